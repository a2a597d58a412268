"""Public question sets as documents and questions. Offsets are checked against the text."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from citespan.evals.datasets import Part, role
from citespan.evals.training.data.rows import Marked, QuestionRow, read_objects, read_rows
from citespan.index.types import Span

BREAK = "\n\n"  # between the paragraphs of a document

DEVELOPMENT = "squad2"  # the source's name for questions about development articles

MISLEADING = "misleading"  # the source's name for SQuAD 2.0's training questions without an answer

FILES = {
    "squad": ("train/squad11_train", "train/squad11_train_synthetic_unanswerable"),
    "nq": ("train/qed_nq_train",),
    "fairytale": ("train/fairytaleqa_explicit",),
    "subjqa": ("train/subjqa_train",),
    MISLEADING: ("train2/squad2_train_unanswerable/squad2_train_unanswerable",),
    "selqa": ("train2/selqa/selqa_sentences",),
    "boolq": ("train2/boolq/boolq_dev",),
    "condaqa": ("train2/condaqa/condaqa_dev",),
    "policyqa": ("train2/policyqa/policyqa_dev_test",),
    "covidqa": ("train2/covidqa/covidqa_windows",),
    "jaquad": ("languages/ja_jaquad",),
    "pquad": ("languages/fa_pquad",),
    "iapp": ("languages/th_iapp",),
    "drcd": ("languages/zh_drcd",),
    "cmrc": ("languages/zh_cmrc2018",),
    "norquad": ("languages/no_norquad",),
    "arcd": ("languages/ar_arcd",),
    "faquad": ("languages/pt_faquad",),
}
# Sources that are not in English; what rewords English leaves them as they are.
FOREIGN = {"jaquad", "pquad", "iapp", "drcd", "cmrc", "norquad", "arcd", "faquad"}
_ARTICLES = {MISLEADING: "squad"}  # sources whose paragraphs are of another source's articles
_UNTITLED = {"subjqa", "condaqa"}  # a product's or a passage's number says nothing
_NAMELESS = 60  # code points of a text without a title that name its group
_WHOLE_SENTENCES = {"selqa"}  # its answers are its evidence: there is no shorter answer


@dataclass(slots=True, kw_only=True)
class SourceText:
    """A document of a source: its paragraphs joined, as an index would hold it.

    `part` is the part of the data that it must be in; if None, its group's name decides.
    """

    source: str
    title: str
    group: str
    part: Part | None = None
    text: str = ""
    paragraphs: list[Span] = field(default_factory=list[Span])
    _known: dict[str, Span] = field(default_factory=dict[str, Span])

    def paragraph(self, text: str) -> Span:
        """Return where a paragraph lies; a new one is added at the end."""
        if text not in self._known:
            start = len(self.text) + len(BREAK) if self.text else 0
            self.text += (BREAK if self.text else "") + text
            self._known[text] = Span(start, start + len(text))
            self.paragraphs.append(self._known[text])
        return self._known[text]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question of a source; offsets are of `document.text`.

    answerable: from `paragraph`.
    answers: short ones; none if the question is not answerable, or only yes or no, or whole
        sentences answer it.
    evidence: sentences that people marked; None if they marked none.
    twin: the id of the answerable question that people changed into this one.
    plausible: the answer that a careless reader would give.
    """

    id: str
    document: SourceText
    question: str
    paragraph: Span
    answerable: bool
    answers: tuple[Span, ...] = ()
    evidence: tuple[Span, ...] | None = None
    twin: str = ""
    plausible: tuple[Span, ...] = ()

    @property
    def source(self) -> str:
        """The source of the question; its document may be of another."""
        return self.id.partition(":")[0]


@dataclass(slots=True, kw_only=True)
class Library:
    """All documents and questions, and those that were left out, by reason."""

    documents: dict[tuple[str, str], SourceText] = field(
        default_factory=dict[tuple[str, str], SourceText]
    )
    questions: list[Asked] = field(default_factory=list[Asked])
    dropped: Counter[str] = field(default_factory=Counter[str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """Articles and questions of evaluation data, which no example may come from."""

    groups: frozenset[str]
    questions: frozenset[str]


def load_library(folder: Path, excluded: Excluded, wanted: Collection[str]) -> Library:
    """Load these sources without `excluded`, and the development articles that train.

    Two kinds of questions are left out: those whose answer's occurrence in the text was guessed,
    and those about the development articles that are for reporting.

    Args:
        folder: holds `train`, `train2` and `squad`.
        excluded: articles and questions of evaluation data.
        wanted: names in `FILES`.

    Raises:
        TrainingError: a file is missing, or a line of it is not as described.
    """
    library = Library()
    for source, names in FILES.items():
        taken: set[str] = set()
        for name in names if source in wanted else ():
            for row in read_rows(folder / f"{name}.jsonl.gz"):
                if row.id in taken:
                    library.dropped[f"{source}: id given before"] += 1
                    continue
                taken.add(row.id)
                _add(library, source, row, excluded)
    _add_development(library, folder / "squad")
    return library


def _add_development(library: Library, folder: Path) -> None:
    texts = {row["doc_id"]: str(row["text"]) for row in read_objects(folder / "corpus.jsonl.gz")}
    for row in read_objects(folder / "questions_dev.jsonl.gz"):
        name = str(row["doc_id"])
        part = role(name)
        if part == "report":
            continue
        document = library.documents.setdefault(
            (DEVELOPMENT, name),
            SourceText(source=DEVELOPMENT, title=readable(name), group=normal(name), part=part),
        )
        place = Span(int(row["paragraph_start"]), int(row["paragraph_end"]))
        paragraph = document.paragraph(place.of(texts[name]))
        moved = paragraph.start - place.start
        answers = {Span(a["start"] + moved, a["end"] + moved) for a in row["answers"]}
        library.questions.append(
            Asked(
                id=f"{DEVELOPMENT}:{row['id']}",
                document=document,
                question=" ".join(str(row["question"]).split()),
                paragraph=paragraph,
                answerable=bool(answers),
                answers=tuple(sorted(answers)),
            )
        )


def _add(library: Library, source: str, row: QuestionRow, excluded: Excluded) -> None:
    group = normal(row.title)
    if group in excluded.groups or normal(row.question) in excluded.questions:
        library.dropped[f"{source}: in evaluation data"] += 1
        return
    if any(answer.start < 0 for answer in row.answers):
        library.dropped[f"{source}: no span"] += 1
        return
    if any(answer.offset_guessed for answer in row.answers):
        library.dropped[f"{source}: occurrence guessed"] += 1
        return
    title = "" if source in _UNTITLED else readable(row.title)
    home = _ARTICLES.get(source, source)
    group = group or normal(row.context[:_NAMELESS])
    document = library.documents.setdefault(
        (home, group), SourceText(source=home, title=title, group=group)
    )
    paragraph = document.paragraph(row.context)
    answers = _placed(row.answers, paragraph)
    whole = source in _WHOLE_SENTENCES
    library.questions.append(
        Asked(
            id=f"{source}:{row.id}",
            document=document,
            question=" ".join(row.question.split()),
            paragraph=paragraph,
            answerable=row.answerable,
            answers=() if whole else answers,
            evidence=_placed(row.evidence_spans, paragraph) or (answers if whole else None),
            twin=f"squad:{row.pair}" if row.pair else "",
            plausible=_placed(row.plausible, paragraph),
        )
    )


def _placed(marked: Sequence[Marked], paragraph: Span) -> tuple[Span, ...]:
    """Move spans of a paragraph to its document, each once, in order."""
    start = paragraph.start
    return tuple(sorted({Span(start + one.start, start + one.end) for one in marked}))


def excluded_from(folder: Path) -> Excluded:
    """Return the articles and questions of the evaluation sets next to the training data.

    Raises:
        TrainingError: one of them is missing; without it nothing can be excluded.
    """
    groups: set[str] = set()
    questions: set[str] = set()
    for row in read_objects(folder / "squad/questions_dev.jsonl.gz"):
        groups.add(normal(str(row["doc_id"])))
        questions.add(normal(str(row["question"])))
    for name in ("answerable", "unanswerable"):
        for row in read_objects(folder / f"clapnq/{name}.jsonl.gz"):
            questions.add(normal(str(row["input"])))
            groups.update(normal(str(passage["title"])) for passage in row["passages"])
    for row in read_objects(folder / "chunking/questions.jsonl.gz"):
        questions.add(normal(str(row["question"])))
    return Excluded(groups=frozenset(groups), questions=frozenset(questions))


def readable(title: str) -> str:
    """Return an article's title as a reader sees it; a section of it follows an angle."""
    plain = unquote(title).replace("_", " ").replace(" / ", " › ")
    return plain if " " in plain else plain.replace("-", " ")


def normal(text: str) -> str:
    """Return only letters and digits, folded: equal for spellings of the same title or question."""
    return "".join(character for character in unquote(text).casefold() if character.isalnum())
