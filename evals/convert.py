"""Public research data to data set folders: `python -m evals.convert KIND SOURCE DEST`.

squad     corpus.jsonl.gz and questions_dev.jsonl.gz: articles with offsets into them
chunking  questions.jsonl.gz and corpora/*.md: the public chunking benchmark
clapnq    answerable.jsonl.gz and unanswerable.jsonl.gz: long answers with their sentences
obliqa    passages.jsonl.gz and questions.jsonl.gz: rulebook passages
"""

import argparse
import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from evals.dataset import counts_of, load_dataset, write_dataset
from evals.errors import DatasetError
from evals.readers import checked
from evals.types import Card, Dataset, GoldSpan, Question, Region, SourceDocument


def main() -> None:
    """Convert, read back, and print the counts."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.convert",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=sorted(_KINDS))
    parser.add_argument("source", type=Path)
    parser.add_argument("dest", type=Path)
    arguments = parser.parse_args()
    try:
        dataset = _KINDS[arguments.kind](arguments.source)
        write_dataset(dataset, arguments.dest)
        if load_dataset(arguments.dest).sha256 != dataset.sha256:
            raise DatasetError(f"{arguments.dest} is not what was written")
    except (DatasetError, OSError) as error:
        raise SystemExit(f"evals.convert: {error}") from error
    for name, count in counts_of(dataset).items():
        click.echo(f"{name}: {count}")


def squad(source: Path) -> Dataset:
    """Articles as documents; an unanswerable question is so for its own paragraph only."""
    documents = [
        SourceDocument(id=row["doc_id"], title=row["title"], text=row["text"])
        for row in _rows(source / "corpus.jsonl.gz")
    ]
    questions: list[Question] = []
    for row in _rows(source / "questions_dev.jsonl.gz"):
        name: str = row["doc_id"]
        answers: list[dict[str, Any]] = row["answers"] if row["answerable"] else []
        places = dict.fromkeys((a["start"], a["end"], a["text"]) for a in answers)
        questions.append(
            Question(
                id=row["id"],
                text=row["question"],
                answerable=row["answerable"],
                answers=tuple(dict.fromkeys(answer["text"] for answer in answers)),
                spans=tuple(_gold(name, *place) for place in places),
                relevant={name: 1} if answers else {},
                topic=None if answers else "on",
                origin=Region(
                    document_id=name, start=row["paragraph_start"], end=row["paragraph_end"]
                ),
            )
        )
    card = Card(
        name="squad",
        licence="CC BY-SA 4.0",
        source="SQuAD 2.0 dev (Rajpurkar et al. 2018)",
        language="en",
        description="Unanswerable questions are known to be so for their own paragraph only.",
    )
    return checked(str(source), card, documents, questions)


def chunking(source: Path) -> Dataset:
    """Long texts with the excerpts that answer each question."""
    documents = [
        SourceDocument(id=file.stem, title="", text=file.read_bytes().decode())
        for file in sorted((source / "corpora").glob("*.md"))
    ]
    questions: list[Question] = []
    for number, row in enumerate(_rows(source / "questions.jsonl.gz"), start=1):
        name, excerpts = row["corpus"], row["references"]
        excerpts = json.loads(excerpts) if isinstance(excerpts, str) else excerpts
        questions.append(
            Question(
                id=f"{name}-{number:03d}",
                text=row["question"],
                answerable=True,
                spans=tuple(
                    _gold(name, e["start_index"], e["end_index"], e["content"]) for e in excerpts
                ),
                relevant={name: 1},
            )
        )
    card = Card(
        name="chunking",
        licence="MIT",
        source="Smith and Troynikov 2024, Evaluating Chunking Strategies for Retrieval",
        language="en",
    )
    return checked(str(source), card, documents, questions)


def clapnq(source: Path) -> Dataset:
    """Wikipedia passages with long answers and the sentences that these rest on."""
    documents: dict[str, SourceDocument] = {}
    questions: list[Question] = []
    unplaced = 0
    for kind in ("answerable", "unanswerable"):
        for row in _rows(source / f"{kind}.jsonl.gz"):
            passage = row["passages"][0]
            digest = hashlib.sha256(passage["text"].encode()).hexdigest()[:12]
            document = SourceDocument(id=digest, title=passage["title"], text=passage["text"])
            documents[digest] = document
            answerable = kind == "answerable"
            outputs: list[dict[str, Any]] = row["output"] if answerable else []
            chosen = {text for output in outputs for text in output["selected_sentences"]}
            placed = _placed(document.text, passage["sentences"])
            unplaced += len(chosen - {text for _, _, text in placed})
            questions.append(
                Question(
                    id=f"{kind}{row['id']}",
                    text=row["input"],
                    answerable=answerable,
                    references=tuple(dict.fromkeys(output["answer"] for output in outputs)),
                    spans=tuple(_gold(digest, *place) for place in placed if place[2] in chosen),
                    relevant={digest: 1} if answerable else {},
                    topic=None if answerable else "on",
                    origin=Region(document_id=digest, start=0, end=len(document.text)),
                )
            )
    click.echo(f"gold sentences that are not in their passage, left out: {unplaced}", err=True)
    card = Card(
        name="clapnq", licence="Apache-2.0", source="CLAPnq (Rosenthal et al. 2024)", language="en"
    )
    return checked(str(source), card, documents.values(), questions)


def obliqa(source: Path) -> Dataset:
    """Rulebook passages, each a document; the gold is whole passages."""
    documents: dict[str, SourceDocument] = {}
    empty: set[str] = set()
    twice = 0
    for row in _rows(source / "passages.jsonl.gz"):
        name = _passage_id(row)
        if not row["Passage"].strip():
            empty.add(name)
        elif name in documents:
            twice += 1  # questions name passages by this id: the first one is meant
        else:
            documents[name] = SourceDocument(id=name, title="", text=row["Passage"])
    questions: list[Question] = []
    for row in _rows(source / "questions.jsonl.gz"):
        named = dict.fromkeys(_passage_id(passage) for passage in row["Passages"])
        relevant = {name: 1 for name in named if name in documents}
        if relevant:
            questions.append(
                Question(
                    id=row["QuestionID"],
                    text=row["Question"],
                    answerable=True,
                    relevant=relevant,
                )
            )
    click.echo(f"left out: {len(empty)} empty passages, {twice} under a used id", err=True)
    card = Card(name="obliqa", licence="none stated", source="ObliQA dev", language="en")
    return checked(str(source), card, documents.values(), questions)


def _passage_id(row: Mapping[str, Any]) -> str:
    name = f"{row['DocumentID']}:{row['PassageID']}".replace("/", "_")[:200]
    return "".join(character for character in name if character.isprintable())


def _placed(text: str, sentences: Sequence[str]) -> list[tuple[int, int, str]]:
    """Where each sentence stands, read in order; what is not there is left out."""
    found: list[tuple[int, int, str]] = []
    end = 0
    for sentence in sentences:
        start = text.find(sentence, end)
        if sentence and start >= 0:
            end = start + len(sentence)
            found.append((start, end, sentence))
    return found


def _gold(document_id: str, start: int, end: int, text: str) -> GoldSpan:
    return GoldSpan(document_id=document_id, start=start, end=end, text=text)


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield json.loads(line)


_KINDS: Mapping[str, Callable[[Path], Dataset]] = {
    "squad": squad,
    "chunking": chunking,
    "clapnq": clapnq,
    "obliqa": obliqa,
}

if __name__ == "__main__":
    main()
