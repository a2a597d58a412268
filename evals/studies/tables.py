"""Questions about cells of tables, for the same tables as CSV, XLSX, HTML and DOCX.

`python -m citespan.evals.studies.tables [--format csv] [--show]`.

All twelve tables are stored in one corpus, and each of the 110 questions is asked. A cell is marked
if the first citation's place is the cell's row and column. A row is cited if the place is its row.
"""

import tempfile
from collections import Counter
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track
from rich.table import Table as Shown

from citespan.evals.studies.table_data import CellQuestion, StudyTable, tables
from citespan.evals.studies.table_files import FORMATS
from citespan.index.layout import Cell
from citespan.index.reading import FileReader
from citespan.qa import Service, load_settings
from citespan.qa.composition import open_service


@click.command()
@click.option("--format", "formats", multiple=True, type=click.Choice(list(FORMATS)))
@click.option("--show", is_flag=True, help="Print the questions whose cell is not marked.")
def main(formats: tuple[str, ...], *, show: bool) -> None:
    """Ask about the tables in each format, and print the share of the cells marked."""
    out = Console(highlight=False)
    shown = Shown("format", "questions", "answered", "right row", "right cell", "share")
    for name in formats or FORMATS:
        counts = _asked(name, out if show else None)
        shown.add_row(
            name, *(str(counts[key]) for key in ("asked", "answered", "row", "cell")),
            f"{counts['cell'] / counts['asked']:.2f}",
        )  # fmt: skip
    out.print(shown)


def _asked(name: str, out: Console | None) -> Counter[str]:
    """Return how many questions have which verdict, for the tables in one format."""
    made = tables()
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings(
            environ={}, flags={"data": {"path": f"{folder}/data", "seed": False}}
        )
        with open_service(settings=settings) as service:
            for table in made:
                _store(service, table, Path(folder), name)
            questions = [(table, one) for table in made for one in table.asked]
            for table, one in track(questions, name, console=Console(stderr=True), transient=True):
                found = _verdict(service, table, one)
                counts.update(found)
                if out and "cell" not in found:
                    out.print(f"{name} {one.question} [{one.answer}]: {' '.join(sorted(found))}")
    return counts


def _store(service: Service, table: StudyTable, folder: Path, name: str) -> None:
    file = folder / f"{table.title.lower().replace(' ', '-')}.{name}"
    file.write_bytes(FORMATS[name](table))
    service.corpus.put(FileReader().read_path(file, None, None).draft)


def _verdict(service: Service, table: StudyTable, asked: CellQuestion) -> set[str]:
    """Return what is true of the answer to a question."""
    answer = service.ask(asked.question)
    found = {"asked", answer.status.value}
    if not answer.citations:
        return found
    first = answer.citations[0]
    name = table.title.lower().replace(" ", "-")
    if not isinstance(first.place, Cell) or name not in (first.document.uri or ""):
        return found
    if first.place.row == asked.row:
        found.add("row")
        if first.place.column == asked.column:
            found.add("cell")
    return found


if __name__ == "__main__":
    main()
