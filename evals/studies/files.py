"""Questions about files of many formats: whether the citation and its place are right.

`python -m citespan.evals.studies.files FOLDER [--ocr auto] [--show] [--data KEPT]`.

FOLDER has `files/` and `questions.jsonl`. A line has `file`, `question`, `answers` (any of these
strings) and `locator`: `page` with `boxes` in points from the top left of a page of `page_size`,
or `slide`, `sheet` and `cell`, `row`, `part` or `heading`, a path of which the innermost must be
over the quote.

All files are stored in one corpus. A citation is right if it is of the file and its quote, with
white space folded, has one of the answers. A box is met if a cited box covers half of it; boxes
are given for `page`, not for the pages in `also_pages`, which say the same.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import click
import msgspec
from rich.console import Console
from rich.progress import track

from citespan.index.errors import DocumentRejected
from citespan.index.layout import Cell, Part, Slide
from citespan.index.reading import FileReader
from citespan.qa import Answer, Citation, Service, load_settings
from citespan.qa.composition import open_service

_COVERED = 0.5  # of a box that is given


class FileQuestion(msgspec.Struct):
    """A question, the answers of which any is right, and where the answer is."""

    file: str
    question: str
    answers: list[str]
    locator: dict[str, Any]
    id: str = ""


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--ocr", type=click.Choice(["auto", "always", "never"]), default="auto")
@click.option("--show", is_flag=True, help="Print the answers without a right first citation.")
@click.option("--data", type=click.Path(path_type=Path), help="Keep what is stored here.")
def main(
    folder: Path, ocr: Literal["auto", "always", "never"], data: Path | None, *, show: bool
) -> None:
    """Store the files of FOLDER, ask its questions, and print how many are answered right."""
    out, err = Console(highlight=False), Console(stderr=True)
    lines = (folder / "questions.jsonl").read_bytes().splitlines()
    questions = [msgspec.json.decode(line, type=FileQuestion) for line in lines]
    with tempfile.TemporaryDirectory() as made:
        path = str(data or made)
        settings = load_settings(environ={}, flags={"data": {"path": path, "seed": False}})
        with open_service(settings=settings) as service:
            store(service, sorted((folder / "files").iterdir()), FileReader(ocr=ocr), err)
            counts: Counter[str] = Counter()
            for asked in track(questions, "asking", console=err, transient=True):
                verdict, answer = _verdict(service, asked)
                counts.update(verdict)
                out.print(
                    f"{asked.id:8} {asked.file:44} {' '.join(sorted(verdict))}", soft_wrap=True
                )
                if show and "cited-first" not in verdict:
                    _show(answer, asked, out)
    out.print("  ".join(f"{name} {counts[name]}" for name in sorted(counts)))


def store(service: Service, files: Sequence[Path], reader: FileReader, err: Console) -> None:
    """Store files, each read by itself; print those that are refused, and why."""
    for file in track(files, "reading", console=err, transient=True):
        try:
            service.corpus.put(reader.read_path(file, None, None).draft)
        except DocumentRejected as error:
            err.print(f"{file.name}: {error}")


def _show(answer: Answer, asked: FileQuestion, out: Console) -> None:
    """Print a question, its right answers, and what was cited for it."""
    out.print(f"  {asked.question} {asked.answers} {asked.locator}", soft_wrap=True, markup=False)
    for one in answer.citations:
        shown = " ".join(one.quote.split())
        out.print(f"    {one.document.uri}: {shown}", soft_wrap=True, markup=False)


def _verdict(service: Service, asked: FileQuestion) -> tuple[set[str], Answer]:
    """Return what is true of the answer to a question, and the answer."""
    answer = service.ask(asked.question)
    found = {"asked", answer.status.value}
    right = [one for one in answer.citations if _is_right(one, asked)]
    if not right:
        return found, answer
    found.add("cited")
    if answer.citations[0] in right:
        found.add("cited-first")
    if any(_is_there(one, asked.locator) for one in right):
        found.add("place")
    if asked.locator.get("boxes") and not _only_elsewhere(right, asked.locator):
        found.add("has-box")
        if all(any(_meets(one, box, asked.locator) for one in right) for box in _boxes(asked)):
            found.add("box")
    return found, answer


def _is_right(citation: Citation, asked: FileQuestion) -> bool:
    quote = " ".join(citation.quote.split())
    own = (citation.document.uri or "").endswith(asked.file.replace(" ", "%20"))
    return own and any(" ".join(one.split()) in quote for one in asked.answers)


def _is_there(citation: Citation, locator: dict[str, Any]) -> bool:
    """Return whether a citation names the place that the locator does."""
    place = citation.place
    match place:
        case _ if "page" in locator:
            return citation.page in {locator["page"], *locator.get("also_pages", ())}
        case Slide():
            return place.number == locator.get("slide")
        case Cell() if "cell" in locator:
            return (place.sheet, place.name) == (locator["sheet"], locator["cell"])
        case Cell() if "sheet" in locator:
            return place.sheet == locator["sheet"]
        case Cell() if "row" in locator:
            return place.row == locator["row"]
        case Part():
            return place.path.split()[0] in str(locator.get("part", place.path))
        case _ if "heading" in locator:
            headings = (*citation.headings, citation.document.title)
            return _seen(locator["heading"][-1]) in map(_seen, headings)
        case _:
            return place is not None


def _seen(heading: str) -> str:
    """Return a heading without marks of code, which some formats show and others do not."""
    return heading.replace("`", "")


def _only_elsewhere(citations: Sequence[Citation], locator: dict[str, Any]) -> bool:
    """Return whether all citations are of other pages that say the same, which have no box."""
    return {one.page for one in citations} <= set(locator.get("also_pages", ()))


def _boxes(asked: FileQuestion) -> Iterator[tuple[float, ...]]:
    """Yield the boxes of a question as shares of the page."""
    width, height = asked.locator["page_size"]
    for x0, y0, x1, y1 in asked.locator["boxes"]:
        yield x0 / width, y0 / height, x1 / width, y1 / height


def _meets(citation: Citation, box: tuple[float, ...], locator: dict[str, Any]) -> bool:
    x0, y0, x1, y1 = box
    for one in citation.boxes:
        if one.page != locator["page"]:
            continue
        width, height = min(x1, one.x1) - max(x0, one.x0), min(y1, one.y1) - max(y0, one.y0)
        if min(width, height) > 0 and width * height >= _COVERED * (x1 - x0) * (y1 - y0):
            return True
    return False


if __name__ == "__main__":
    main()
