"""Places of citations in long files: their size a page, and the time of a look-up.

`python -m citespan.evals.bench.places --pages 1000`
"""

import random
import sys
import time
import zlib
from collections.abc import Callable

import click

from citespan.index.layout import Box, Layout, encoded
from citespan.index.reading import Builder, PageSize, Parsed
from citespan.index.types import Span

_LINES, _CHARACTERS = 45, 66  # of a page
_WIDTHS = {" ": 28, "i": 25, "l": 25, "m": 86, "w": 75}  # tenths of a point; others 54 to 61
_WORDS = """
the of harbour and in to gates a crane was steel for on are as with they at be this have from or one
had by words but not what all were we when your can said there use an each which
""".split()  # noqa: SIM905  (a list would be 40 lines)


@click.command()
@click.option("--pages", default=1000, show_default=True)
@click.option("--times", default=20_000, show_default=True, help="How many look-ups.")
@click.option("--seed", default=1, show_default=True)
def main(pages: int, times: int, seed: int) -> None:
    """Print the size of a made file's layout a page, and the time of its look-ups."""
    chance = random.Random(seed)  # noqa: S311  (no secret)
    parsed = made_pages(pages, chance)
    data = encoded(parsed)
    took_ms = [1000 * one for one in _timed(lambda: Layout(data), 5)]
    layout = Layout(data)
    length = len(parsed.text)
    spans = [
        Span(at, min(length, at + chance.randint(1, 300))) for at in _starts(length, times, chance)
    ]
    found = sorted(
        1000 * one for span in spans for one in _timed(lambda s=span: layout.places(s), 1)
    )
    text = len(zlib.compress(parsed.text.encode(), 6))
    lines = (
        f"{pages} pages, {length:,} characters, {len(parsed.runs):,} runs",
        f"layout: {len(data) / pages / 1000:.2f} kB a page; the text: {text / pages / 1000:.2f} kB",
        f"decoding: {min(took_ms):.1f} ms; in memory {layout.size_bytes / 1e6:.1f} MB",
        f"places: p50 {found[len(found) // 2]:.3f} ms, p99 {found[len(found) * 99 // 100]:.3f} ms,"
        f" max {found[-1]:.3f} ms of processor time",
    )
    for line in lines:
        click.echo(line)


def made_pages(pages: int, chance: random.Random) -> Parsed:
    """Return a file of pages of text in one column, with the edges of each character."""
    builder = Builder()
    for page in range(1, pages + 1):
        for line in range(_LINES):
            _add_line(builder, page, line, chance)
        builder.paragraph()
    sizes = [PageSize(6120, 7920)] * pages
    return Parsed(
        text=builder.text, media_type="application/pdf", made_by="bench 1", runs=builder.runs,
        pages=sizes,
    )  # fmt: skip


def _add_line(builder: Builder, page: int, line: int, chance: random.Random) -> None:
    words: list[str] = []
    while sum(map(len, words)) + len(words) < _CHARACTERS:
        words.append(chance.choice(_WORDS))
    text, x, edges = " ".join(words), 720, list[int]()
    for character in text:
        width = _WIDTHS.get(character, 54 + ord(character) % 8)
        edges += [x, x + width]
        x += width + chance.choice((0, 0, 0, 1))  # rounding of positions
    top = 720 + 140 * line
    builder.add(text, Box(page, 720, top, x, top + 110), edges)
    builder.separate(" ")


def _starts(length: int, times: int, chance: random.Random) -> list[int]:
    return [chance.randrange(length) for _ in range(times)]


def _timed(work: Callable[[], object], times: int) -> list[float]:
    found: list[float] = []
    for _ in range(times):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return found


if __name__ == "__main__":
    sys.exit(main())
