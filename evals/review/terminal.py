"""`citespan eval label`: the judgements that wait for a review, one by one in the terminal."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citespan.qa import Settings
from citespan.qa.terminal import json_flag, print_json, tell
from citespan.qa.terminal.commands import here, record

if TYPE_CHECKING:
    from citespan.index import Document
    from citespan.index.catalogue import Catalogue
    from citespan.qa.collections.feedback import Label, LabelStore, MarkedSpan

_PAGE = 1000  # documents read at once
_SAID = {
    "right": "right", "wrong": "wrong", "incomplete": "incomplete",
    "should_refuse": "the documents do not say it", "should_answer": "the documents say it",
}  # fmt: skip
_KEYS = "a accept · r reject · w show the words · s skip · q quit"


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the accepted ones as a data set to this new folder.",
)
@click.option("--list", "lists", is_flag=True, help="Only list all judgements.")
@json_flag
@click.pass_obj
def label(settings: Settings, out: Path | None, *, lists: bool, as_json: bool) -> None:
    """Review what people said of answers, and write a data set of it.

    On the page, people mark answers as right or wrong. Each judgement waits here until it is
    accepted or rejected; `citespan eval run` reads the folder that --out writes. A server may run
    meanwhile.
    """
    from citespan.evals.errors import DatasetError
    from citespan.index.corpus import open_catalogue
    from citespan.qa.collections import feedback_of
    from citespan.qa.collections.feedback import LabelStore

    chosen = here(settings)
    folder = chosen.collection_path()
    with open_catalogue(folder, chosen.server()) as catalogue, feedback_of(chosen) as place:
        if catalogue is None:
            raise DatasetError(f"nothing is stored in {folder}, so no answer was judged")
        labels = LabelStore(place, catalogue.document)
        if out is not None:
            _write(labels, catalogue, out)
        elif as_json:
            print_json({"labels": labels.all()})
        elif lists:
            for one in labels.all():
                tell(f"{one.id}  {one.state:9}  {one.verdict:13}  {one.question}")
        else:
            changed = _review(labels, catalogue)
            if changed:
                record(settings, "label.change", detail=f"{changed} reviewed")


def _review(labels: "LabelStore", catalogue: "Catalogue") -> int:
    """Ask about each candidate, the oldest first; return how many were decided."""
    from citespan.qa.collections.feedback import State

    waiting = [one for one in reversed(labels.all()) if one.state is State.CANDIDATE]
    decided = 0
    for number, candidate in enumerate(waiting, start=1):
        tell(f"\n{number} of {len(waiting)}", colour="cyan")
        answer = _decide(candidate, labels, catalogue)
        if answer == "q":
            break
        decided += answer in {"a", "r"}
    accepted = sum(one.state is State.ACCEPTED for one in labels.all())
    tell(f"{accepted} accepted; write them with: citespan eval label --out FOLDER")
    return decided


def _decide(candidate: "Label", labels: "LabelStore", catalogue: "Catalogue") -> str:
    from citespan.qa.collections.feedback import State
    from citespan.qa.errors import InvalidLabel

    while True:
        _show(candidate, labels)
        choices = click.Choice(list("arwsq"))
        key = click.prompt(_KEYS, type=choices, show_choices=False, default="s")
        try:
            if key == "w":
                claim = _shown(candidate, catalogue)
                if claim is not None:
                    candidate = labels.change(candidate.id, spans=[claim])
                continue
            if key in {"a", "r"}:
                state = State.ACCEPTED if key == "a" else State.REJECTED
                labels.change(candidate.id, state=state)
        except InvalidLabel as error:
            tell(str(error), colour="red")
            continue
        return key


def _show(candidate: "Label", labels: "LabelStore") -> None:
    judged = candidate.judged
    tell(candidate.question)
    tell(f"  {judged.status} ({judged.confidence:.2f}); said of it: {_SAID[candidate.verdict]}")
    for name, pointers in (("cited", candidate.cited), ("shown", candidate.spans)):
        for one in pointers:
            words = labels.quote(one)
            place = f"{one.document_id}, characters {one.start}-{one.end}"
            tell(f"  {name}: {'(no longer stored)' if words is None else words}  [{place}]")


def _shown(candidate: "Label", catalogue: "Catalogue") -> "MarkedSpan | None":
    """Ask for the words that answer, and find them in one place of the documents."""
    from citespan.qa.collections.feedback import MarkedSpan

    words: str = click.prompt("The words that answer, as the document has them", default="")
    if not words.strip():
        return None
    first = [one.document_id for one in candidate.cited]
    order = dict.fromkeys([*first, *document_ids(catalogue)])
    found = [
        (document, at) for document in _documents(catalogue, order)
        for at in _places(words, document.text)
    ]  # fmt: skip
    if len(found) != 1:
        there = "are in no document" if not found else f"are in {len(found)} places; give more"
        tell(f"these words {there}", colour="red")
        return None
    document, start = found[0]
    return MarkedSpan(
        document_id=document.id, revision=document.revision, start=start, end=start + len(words),
        quote=words,
    )  # fmt: skip


def _places(words: str, text: str) -> Iterator[int]:
    at = text.find(words)
    while at >= 0:
        yield at
        at = text.find(words, at + 1)


def _documents(catalogue: "Catalogue", ids: dict[str, None]) -> "Iterator[Document]":
    from citespan.index.errors import DocumentNotFound

    for one in ids:
        try:
            yield catalogue.document(one)
        except DocumentNotFound:
            continue  # cited once, and deleted since


def document_ids(catalogue: "Catalogue") -> Iterator[str]:
    """Yield the ids of all documents of a catalogue."""
    cursor: str | None = None
    while True:
        page = catalogue.page(cursor, _PAGE)
        yield from (one.id for one in page.documents)
        cursor = page.next_cursor
        if cursor is None:
            return


def _write(labels: "LabelStore", catalogue: "Catalogue", out: Path) -> None:
    from citespan.evals.datasets import write_dataset
    from citespan.evals.review.labelled import labelled_dataset

    made = labelled_dataset(labels, document_ids(catalogue), catalogue.document, out.resolve().name)
    write_dataset(made.dataset, out)
    for one in made.left:
        tell(f"left out: {one.label.question}: {one.why}", colour="yellow")
    tell(f"{out}: {len(made.dataset.questions)} questions; measure with: citespan eval run {out}")
