"""Memory and time of reading large files: a PDF of 2,000 pages, and tables of many rows.

`python -m citespan.evals.bench.large`.

Each file is made, and read in a process of its own as a server reads it. The table has the outcome,
the peak memory of that process, and by how much the peak memory of this one grew.
"""

import resource
import time
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table

from citespan.index.errors import DocumentRejected
from citespan.index.layout import encoded
from citespan.index.parse import Request
from citespan.index.parse.isolation import Ended, Sandbox

_LINES = 45  # of a page
_LINE = "Page {page} holds line {line}, which says that the river rose by {rise} centimetres."


def main() -> None:
    """Read the files, and print what each took."""
    used: list[Ended] = []
    sandbox = Sandbox(notify=used.append)
    table = Table("file", "MB", "outcome", "peak MB", "CPU s", "wall s", "grew by MB")
    for name, data in _files():
        used.clear()
        before, started = _peak(), time.perf_counter()
        try:
            parsed = sandbox.parse(data, Request(name=name, ocr="never"))
            outcome = f"{len(parsed.text):,} characters, places {len(encoded(parsed)) >> 10:,} KB"
        except DocumentRejected as refused:
            outcome = str(refused)
        wall = time.perf_counter() - started
        ended = used[-1] if used else Ended(0, 0, 0.0)
        table.add_row(
            name, f"{len(data) / 1e6:.1f}", outcome, str(ended.peak >> 20), f"{ended.cpu_s:.1f}",
            f"{wall:.1f}", str((_peak() - before) >> 20),
        )  # fmt: skip
    sandbox.close()
    Console(width=160).print(table)


def _files() -> Iterator[tuple[str, bytes]]:
    yield "2000-pages.pdf", pdf_of(2_000)
    for rows in (200_000, 1_000_000):
        yield f"{rows}-rows.csv", csv_of(rows)


def csv_of(rows: int) -> bytes:
    """Return a table of three columns."""
    lines = (f"S{n},{n % 97},{n % 1013}" for n in range(rows))
    return ("station,rise,day\n" + "\n".join(lines) + "\n").encode()


def pdf_of(pages: int) -> bytes:
    """Return a PDF of pages that are full of text."""
    kids = " ".join(f"{4 + 2 * page} 0 R" for page in range(pages))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    for page in range(pages):
        content = "".join(
            f"BT /F 10 Tf 60 {740 - 15 * line} Td "
            f"({_LINE.format(page=page + 1, line=line, rise=(page * line) % 97)}) Tj ET\n"
            for line in range(_LINES)
        )
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {5 + 2 * page} 0 R"
            "/Resources<</Font<</F 3 0 R>>>>>>".encode()
        )
        objects.append(f"<</Length {len(content)}>>\nstream\n{content}endstream".encode())
    return _written(objects)


def _written(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    starts: list[int] = []
    for number, one in enumerate(objects, 1):
        starts.append(len(out))
        out += f"{number} 0 obj\n".encode() + one + b"\nendobj\n"
    start = len(out)
    count = len(objects) + 1
    out += f"xref\n0 {count}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{at:010} 00000 n \n".encode() for at in starts)
    out += f"trailer\n<</Size {count}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF".encode()
    return bytes(out)


def _peak() -> int:
    """Return the peak memory of this process, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
