"""Spans drawn at random from PDFs: whether their boxes hold just their letters.

`python -m citespan.evals.studies.spans FILES... [--spans 2000]`, with pdfplumber, an independent
reader, from `pip install pdfplumber`.

A span has 1 to 12 words of a file's text. It agrees if the letters and digits that pdfplumber has
in its boxes are those of the span. Pages that are turned or cropped are left out: the two
readers count their points differently.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import click
import regex
from rich.console import Console
from rich.progress import track

from citespan.index.errors import DocumentRejected
from citespan.index.layout import Layout, PageBox, outline_of, where_in_file
from citespan.index.parse.drafts import document_of
from citespan.index.reading import FileReader
from citespan.index.types import Document, Span

_WORD = regex.compile(r"\S+")
_LONGEST = 12  # words


@click.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--spans", default=2000, show_default=True, help="How many are drawn in all.")
@click.option("--show", is_flag=True, help="Print the spans that do not agree.")
def main(files: tuple[Path, ...], spans: int, *, show: bool) -> None:
    """Draw spans from FILES and compare their boxes with what another reader has there."""
    plumber: Any = import_module("pdfplumber")
    out, chance = Console(highlight=False, soft_wrap=True), Random(0)  # noqa: S311  (no secret)
    counts: Counter[str] = Counter()
    each = -(-spans // max(1, len(files)))
    for file in track(files, "reading", console=Console(stderr=True), transient=True):
        try:
            draft = FileReader(ocr="never").read_path(file, None, None).draft
        except DocumentRejected as error:
            out.print(f"{file.name}: {error}", markup=False)
            continue
        if draft.parsed is None or not draft.text.strip():
            continue
        document, layout = document_of(draft), Layout(draft.parsed.layout)
        counts["files"] += 1
        with plumber.open(file) as opened:
            for span in drawn(document.text, each, chance):
                verdict, there = _verdict(document, layout, span, opened)
                counts[verdict] += 1
                if show and verdict == "differs":
                    quote = span.of(document.text)
                    out.print(f"{file.name} {span}: {quote!r} {there!r}", markup=False)
    judged = counts["agrees"] + counts["differs"]
    out.print("  ".join(f"{name} {counts[name]}" for name in sorted(counts)))
    out.print(f"agree: {counts['agrees'] / max(1, judged):.4f} of {judged}")


def drawn(text: str, count: int, chance: Random) -> Iterator[Span]:
    """Yield spans of whole words."""
    words = [Span(*match.span()) for match in _WORD.finditer(text)]
    for _ in range(count if words else 0):
        first = chance.randrange(len(words))
        last = min(first + chance.randrange(_LONGEST), len(words) - 1)
        yield Span(words[first].start, words[last].end)


def _verdict(document: Document, layout: Layout, span: Span, opened: Any) -> tuple[str, str]:
    """Return what is true of the boxes of a span, and what the other reader has there."""
    where = where_in_file(layout, outline_of(document, layout), span, None, original=True)
    if not where.boxes:
        return ("no letters" if not folded(span.of(document.text)) else "without a box"), ""
    if where.page != where.boxes[0].page or where.boxes[-1].page > len(opened.pages):
        return "differs", "another page"
    pages = {box.page: opened.pages[box.page - 1] for box in where.boxes}
    if any(one.rotation or one.cropbox != one.mediabox for one in pages.values()):
        return "turned or cropped", ""
    there = "".join(_letters(box, pages[box.page]) for box in where.boxes)
    same = sorted(folded(there)) == sorted(folded(_written(document.text, layout, span)))
    return ("agrees" if same else "differs"), there


def _written(text: str, layout: Layout, span: Span) -> str:
    """Return the characters of a span of the file."""
    return "".join(
        text[at] for at in range(span.start, span.end) if layout.places(Span(at, at + 1))
    )


def _letters(box: PageBox, page: Any) -> str:
    """Return the characters whose middle is in a box, from left to right."""
    x0, x1 = box.x0 * float(page.width), box.x1 * float(page.width)
    y0, y1 = box.y0 * float(page.height), box.y1 * float(page.height)
    inside = [
        one
        for one in page.chars
        if x0 <= (one["x0"] + one["x1"]) / 2 <= x1 and y0 <= (one["top"] + one["bottom"]) / 2 <= y1
    ]
    return "".join(one["text"] for one in sorted(inside, key=lambda one: one["x0"]))


def folded(text: str) -> str:
    """Return the letters and digits of a text, ligatures apart and without accents."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", text)))


if __name__ == "__main__":
    main()
