"""Checks of what a reader returned: the parent believes nothing that it can check."""

from collections.abc import Iterable, Sequence

from citespan.index.errors import DocumentRejected
from citespan.index.parse.decode import canonical
from citespan.index.parse.parsed import MetadataValue, Pair, Parsed
from citespan.index.parse.places import Box, PlaceRun
from citespan.index.parse.request import Unreadable

_MAX_TEXT = 20_000_000  # characters
_MAX_TITLE = 2000
_MAX_MEMBERS, _MAX_MEMBERS_SIZE = 100, 200 << 20


class Untrue(Exception):
    """A reader returned what cannot be; the message says what."""


def check(parsed: Parsed) -> Parsed:
    """Return what a reader returned, if it is what readers may return.

    Raises:
        Untrue: the reader failed, or was taken over.
        Unreadable: `too_large` or `no_text`.
    """
    length = len(parsed.text)
    if length > _MAX_TEXT:
        raise Unreadable("too_large", f"the text has more than {_MAX_TEXT:,} characters")
    if not parsed.text.strip() and not parsed.members:
        raise Unreadable("no_text", "the file holds no text")
    _check_canonical(parsed)
    _check_runs(parsed.runs, length, len(parsed.pages))
    _check_pairs("headings", [(one.start, one.end) for one in parsed.headings], length)
    _check_pairs("tables", [(one.start, one.end) for one in parsed.tables], length)
    _check_pairs("furniture", parsed.furniture, length)
    if len(parsed.members) > _MAX_MEMBERS or (
        sum(len(member.data) for member in parsed.members) > _MAX_MEMBERS_SIZE
    ):
        raise Unreadable("too_large", "the files inside of the file are too many or too large")
    return parsed


def _check_canonical(parsed: Parsed) -> None:
    try:
        unchanged = not parsed.text.strip() or canonical(parsed.text) == parsed.text
    except DocumentRejected as error:
        raise Untrue(f"the text: {error}") from error
    if not unchanged:
        raise Untrue("the text is not canonical")
    if len(parsed.title) > _MAX_TITLE:
        raise Untrue("the title is too long")
    strings = [parsed.title, *(warning.message for warning in parsed.warnings)]
    strings += [one for value in parsed.metadata.values() for one in _strings(value)]
    strings += [warning.code for warning in parsed.warnings]
    if any("\ud800" <= character <= "\udfff" for one in strings for character in one):
        raise Untrue("a lone surrogate")


def _strings(value: MetadataValue) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, Sequence) else []


def _check_runs(runs: Sequence[PlaceRun], length: int, pages: int) -> None:
    last = 0
    for run in runs:
        if not last <= run.start < run.end:
            raise Untrue(f"a run at {run.start} is empty, or is not after the one before it")
        if run.edges and not (
            isinstance(run.place, Box) and len(run.edges) == 2 * (run.end - run.start)
        ):
            raise Untrue(f"the run at {run.start} has edges that are not its own")
        if isinstance(run.place, Box) and not 1 <= run.place.page <= pages:
            raise Untrue(f"the run at {run.start} is on page {run.place.page} of {pages}")
        last = run.end
    if last > length:
        raise Untrue("a run ends beyond the text")


def _check_pairs(what: str, pairs: Sequence[Pair], length: int) -> None:
    last = 0
    for start, end in pairs:
        if not last <= start < end <= length:
            raise Untrue(f"{what} are not ascending, or not inside the text")
        last = start
