"""The examples of one part: what each question becomes, with and without its answer."""

import hashlib
import zlib
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.random import Generator
from rich.progress import track

from index.types import Span
from qa.training.articles import Part
from qa.training.config import Config, DataConfig
from qa.training.examples import Example
from qa.training.layouts import beside, headed, listed
from qa.training.negatives import Negatives, Place
from qa.training.neighbours import Neighbours
from qa.training.sources import DEVELOPMENT, Asked, Library, SourceText
from qa.training.swaps import names, swapped
from qa.training.tables import settings_examples, table_examples, table_text
from qa.training.views import Views, holding, lacking
from qa.training.wording import both, keywords, yes_no

_REAL = ("subjqa", DEVELOPMENT)
_TABLE_NAMES = 8  # a document with fewer names makes no table


def part_of(group: str, data: DataConfig) -> Part:
    """The part that an article lies in, by its name alone, whatever source it comes from."""
    place = zlib.crc32(f"part:{group}".encode()) / 2**32
    if place < data.held_for_calibration:
        return "calibrate"
    return "report" if place < data.held_for_calibration + data.held_for_report else "train"


class Maker:
    """Makes the examples of one part, from its own documents alone."""

    def __init__(
        self, library: Library, views: Views, near: Neighbours, config: Config, part: Part
    ) -> None:
        self._data, self._seed, self._views, self._part = config.data, config.seed, views, part
        self._near = near
        inside = [
            document
            for document in library.documents.values()
            if (document.part or part_of(document.group, config.data)) == part
        ]
        kept = {id(document) for document in inside}
        self._questions = [asked for asked in library.questions if id(asked.document) in kept]
        self._documents = inside
        self._negatives = Negatives(inside)
        self._names: dict[int, list[str]] = {}
        self._beside: dict[tuple[int, Span], list[Asked]] = {}
        for asked in self._questions:
            self._beside.setdefault((id(asked.document), asked.paragraph), []).append(asked)

    def examples(self) -> Iterator[Example]:
        """All examples of the part, some of them laid out otherwise than as plain paragraphs."""
        for example in self._plain():
            rng = np.random.default_rng([self._seed, zlib.crc32(f"layout:{example.id}".encode())])
            yield self._laid_out(example, rng) if self._hit("layouts", rng) else example
        if self._part == "train":
            yield from self._again()
        yield from self._made()

    def _laid_out(self, example: Example, rng: Generator) -> Example:
        draw = rng.random()
        if draw < 0.4:
            return listed(example) or example
        if draw < 0.7:
            return headed(example, example.title or example.question.split(" ", 2)[-1].strip("?"))
        near = self._documents[int(rng.integers(len(self._documents)))]
        known = self._names_in(near)
        if len(known) < _TABLE_NAMES:
            return example
        return beside(example, table_text(known[:4], rng), before=bool(rng.random() < 0.5))

    def _made(self) -> Iterator[Example]:
        """Tables and settings with a document's names; how many goes with `tables`."""
        for document in self._documents:
            key = zlib.crc32(f"made:{document.source}-{document.group}".encode())
            rng = np.random.default_rng([self._seed, key])
            known = self._names_in(document)
            if document.source == "subjqa" or len(known) < _TABLE_NAMES:
                continue
            if self._hit("tables", rng):
                yield from table_examples(document, known, rng)
            if self._hit("tables", rng) and rng.random() < 0.5:
                yield from settings_examples(document, rng)

    def _plain(self) -> Iterator[Example]:
        """Examples from the sources, in order of the questions."""
        sampled = self._sampled()
        chosen = {asked.id for asked in sampled}
        for asked in track(sampled, description=f"prepare {self._part}", transient=True):
            rng = self._rng(asked)
            view = self._view(asked, rng)
            positive = self._positive(asked, view, rng)
            if positive is not None:
                yield positive
                yield from self._against(asked, positive, view, rng)
            if self._hit("both", rng):
                yield from self._with_another(asked, view, rng)
        for asked in self._unanswered(chosen):
            rng = self._rng(asked)
            view = self._views.paragraph(asked.document, asked.paragraph, asked.paragraph)
            kind = "real" if asked.document.source in _REAL else "synthetic"
            yield self._lacking(asked, (asked.document, view), kind, asked.question, rng)

    def _again(self) -> Iterator[Example]:
        """The questions that people wrote to mislead, and those beside them, once more."""
        for asked in self._questions:
            if asked.document.source != DEVELOPMENT:
                continue
            view = self._views.paragraph(asked.document, asked.paragraph, asked.paragraph)
            for time in range(2, self._data.development_times + 1):
                title = asked.document.title if time % 2 else ""
                how: dict[str, str] = {
                    "kind": f"again-{time}",
                    "question": asked.question,
                    "title": title,
                }
                made = (
                    holding(asked, view, **how)
                    if asked.answers
                    else lacking(asked, (asked.document, view), **how)
                )
                if made:
                    yield made

    def _unanswered(self, chosen: set[str]) -> Iterator[Asked]:
        """Questions whose own paragraph does not answer: real ones, and some of those made."""
        asked = [question for question in self._questions if not question.answers]
        real = [question for question in asked if question.document.source == "subjqa"]
        yield from _first(real, self._data.subjqa_questions, self._seed)
        if self._data.development_times:
            yield from (q for q in asked if q.document.source == DEVELOPMENT)
        for question in asked:
            answered = question.id.removesuffix("-neg") in chosen
            if answered and self._hit("synthetic", self._rng(question)):
                yield question

    def _sampled(self) -> list[Asked]:
        """Answered questions, as many of each source as the configuration says."""
        limits = {
            "squad": self._data.squad_questions,
            "nq": self._data.nq_questions,
            "fairytale": self._data.fairytale_questions,
            "subjqa": self._data.subjqa_questions,
            DEVELOPMENT: len(self._questions) if self._data.development_times else 0,
        }
        found: list[Asked] = []
        for source, limit in limits.items():
            answered = [q for q in self._questions if q.document.source == source and q.answers]
            found += _first(answered, limit, self._seed)
        return found

    def _view(self, asked: Asked, rng: Generator) -> Span:
        document, answer = asked.document, asked.answers[0]
        draw = rng.random()
        if document.source == "subjqa":  # neighbours are other reviews
            return self._views.paragraph(document, asked.paragraph, answer)
        if draw < self._data.chunks:
            return self._views.chunk(document, answer)
        if draw < self._data.chunks + self._data.neighbours:
            return self._views.neighbours(document, asked.paragraph, answer)
        return self._views.paragraph(document, asked.paragraph, answer)

    def _positive(self, asked: Asked, view: Span, rng: Generator) -> Example | None:
        kind, wording = "given", asked.question
        if self._hit("keywords", rng):
            kind, wording = "keywords", keywords(asked.question)
        elif self._hit("yes_no", rng):
            asked_so = yes_no(asked.question, asked.answers[0].of(asked.document.text))
            kind, wording = ("yes-no", asked_so) if asked_so else (kind, wording)
        if wording == asked.question:
            kind = "given"
        title = asked.document.title if self._hit("titles", rng) else ""
        return holding(asked, view, kind=kind, question=wording, title=title)

    def _with_another(self, asked: Asked, view: Span, rng: Generator) -> Iterator[Example]:
        """Two questions in one, each with its own evidence."""
        others = [
            other
            for other in self._beside[(id(asked.document), asked.paragraph)]
            if other.answers and not set(other.answers) & set(asked.answers)
        ]
        first = holding(asked, view, kind="both", question=asked.question, title="")
        if first is None or not others:
            return
        other = others[int(rng.integers(len(others)))]
        second = holding(other, view, kind="both", question=other.question, title="")
        if second is None:
            return
        yield msgspec.structs.replace(
            first,
            question=both(asked.question, other.question, run_together=bool(rng.random() < 0.5)),
            answers=tuple(sorted({*first.answers, *second.answers})),
            evidence=tuple(sorted({*(first.evidence or ()), *(second.evidence or ())})),
        )

    def _against(
        self, asked: Asked, positive: Example, view: Span, rng: Generator
    ) -> Iterator[Example]:
        if asked.document.source != "subjqa":
            if self._hit("article", rng) and (place := self._negatives.article(asked, rng)):
                yield self._lacking(asked, self._cut(place), "article", positive.question, rng)
            if self._hit("retrieved", rng) and (place := self._negatives.retrieved(asked, rng)):
                yield self._lacking(asked, self._cut(place), "retrieved", positive.question, rng)
            if self._hit("swapped", rng):
                other = swapped(
                    asked.question,
                    positive.passage,
                    self._names_in(asked.document),
                    self._near.of,
                    rng,
                )
                if other:
                    yield self._lacking(asked, (asked.document, view), "swapped", other, rng)
        if self._hit("random", rng) and (place := self._negatives.random(asked, rng)):
            yield self._lacking(asked, self._cut(place), "random", positive.question, rng)

    def _lacking(
        self, asked: Asked, place: Place, kind: str, question: str, rng: Generator
    ) -> Example:
        title = place[0].title if self._hit("titles", rng) else ""
        return lacking(asked, place, kind=kind, question=question, title=title)

    def _cut(self, place: Place) -> Place:
        document, paragraph = place
        return document, self._views.paragraph(document, paragraph, paragraph)

    def _rng(self, asked: Asked) -> Generator:
        return np.random.default_rng([self._seed, zlib.crc32(asked.id.encode())])

    def _hit(self, rate: str, rng: Generator) -> bool:
        return bool(rng.random() < float(getattr(self._data, rate)))

    def _names_in(self, document: SourceText) -> list[str]:
        key = id(document)
        if key not in self._names:
            self._names[key] = names(document.text)
        return self._names[key]


def _first(questions: Sequence[Asked], limit: int, seed: int) -> list[Asked]:
    """A sample that a larger limit only adds to."""

    def place(asked: Asked) -> bytes:
        return hashlib.sha256(f"{seed} {asked.id}".encode()).digest()

    return sorted(questions, key=place)[:limit]
