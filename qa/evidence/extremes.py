"""The rows of a table with the greatest, the least or the latest of a column. Pure."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from citespan.index.text import Unit
from citespan.index.types import Passage
from citespan.qa.english.order import Place, latest_asked, version_of
from citespan.qa.english.superlatives import Superlative, figure_of, is_of_all, superlatives
from citespan.qa.evidence.covering import Wanted
from citespan.qa.evidence.pieces import row_cells
from citespan.qa.evidence.rows import is_row
from citespan.qa.evidence.selection import Sentence
from citespan.qa.evidence.source import PassageDocuments

_LARGEST = 100_000  # code points of a document whose tables are compared
_LEAST = 2  # rows of a table


def extreme_rows(
    question: str, passages: Sequence[Passage], source: PassageDocuments
) -> list[Sentence]:
    """Return the rows that have the most or the least of what a question asks for.

    Returns:
        those of the only table that has a column for it, with figures of one unit in all rows, and
        whose header and headings have all other words of the question; else nothing.
    """
    for asked in superlatives(question):
        found = [
            _as_sentences(best, passage, source)
            for passage, above, rows in _tables(passages, source)
            if (best := _extreme(asked, above, rows))
        ]
        if found:
            return found[0] if len(found) == 1 else []
    return []


def latest_row(
    question: str, passages: Sequence[Passage], source: PassageDocuments
) -> list[Sentence]:
    """Return the row of the latest version, if a question asks only which that is.

    Returns:
        that of the first table most of whose rows begin with a version; else nothing.
    """
    asked = latest_asked(question)
    if asked is None or not asked.numbered or asked.contents or Wanted(asked.rest).stems:
        return []
    for passage, _, rows in _tables(passages, source):
        places = [(place, at) for at, row in enumerate(rows) if (place := _version(row))]
        if 2 * len(places) > len(rows):
            _, at = min(places) if asked.first else max(places)
            return _as_sentences([rows[at]], passage, source)
    return []


def _version(row: Unit) -> Place | None:
    header, value = next(iter(row_cells(row.view.text)), ("", ""))
    return version_of(value) if Wanted(header).within({"version", "releas"}) and header else None


def _extreme(asked: Superlative, above: str, rows: Sequence[Unit]) -> list[Unit]:
    every = [(row, dict(row_cells(row.view.text))) for row in rows]
    kept = [(row, one) for row, one in every if not is_of_all(next(iter(one.values()), ""))]
    if not kept:
        return []
    rows, cells = zip(*kept, strict=True)
    columns = [one for one in cells[0] if Wanted(one).stems & Wanted(" ".join(asked.columns)).stems]
    rest, header = Wanted(asked.rest), " ".join(cells[0])
    if len(columns) != 1 or (rest.stems and rest.share(f"{header}\n{above}") < 1):
        return []
    figures = [figure_of(one.get(columns[0], "")) for one in cells]
    units = {one.unit for one in figures if one and one.value}
    if None in figures or len(units) > 1:
        return []
    values = [one.value for one in figures if one]
    best = max(values) if asked.most else min(values)
    return [row for row, value in zip(rows, values, strict=True) if value == best]


def _tables(
    passages: Sequence[Passage], source: PassageDocuments
) -> Iterator[tuple[Passage, str, list[Unit]]]:
    """Yield the tables of documents, best first, each with the title and headings over it."""
    best: dict[str, Passage] = {}
    for one in passages:
        best.setdefault(one.chunk.document_id, one)
    for passage in best.values():
        document = source.documents[passage.chunk.document_id]
        outline = source.outlines[document.id]
        if len(document.text) > _LARGEST:
            continue
        for inside, group in groupby(source.all_units(passage), key=is_row):
            rows = list(group)
            if inside and len(rows) >= _LEAST:
                path = outline.path(rows[0].span.start)
                yield passage, "\n".join((document.title, *path)), rows


def _as_sentences(
    rows: Sequence[Unit], passage: Passage, source: PassageDocuments
) -> list[Sentence]:
    return [
        Sentence(
            passage=source.passage(passage, row.span), span=row.span, evidence=1.0, answer=None,
            shown=row.view.text,
        )
        for row in rows
    ]  # fmt: skip
