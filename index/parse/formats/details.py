"""What a file says of itself, as metadata: names, and dates as ISO 8601."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from citespan.index.parse.formats.writing import short
from citespan.index.parse.parsed import MetadataValue

_DATE = re.compile(r"\d{4}(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d)?)?)?)?")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


def details(**values: object) -> dict[str, MetadataValue]:
    """Return the values that a file has, as metadata; texts are cut to 500 code points."""
    out: dict[str, MetadataValue] = {}
    for name, value in values.items():
        if isinstance(value, int) and value > 0:
            out[name] = value
        elif isinstance(value, str) and (text := short(value)):
            out[name] = text
    return out


def iso(text: str | None) -> str:
    """Return a date in ISO 8601 as the file states it, in UTC if it has a zone; else nothing."""
    text = (text or "").strip()[:40]
    try:
        return moment(datetime.fromisoformat(text)) if len(text) > 10 else _day(text)
    except ValueError:
        match = _DATE.match(text)
        return match.group().replace(" ", "T") if match else ""


def moment(when: datetime) -> str:
    """Return a time as ISO 8601 to the second, in UTC if it has a zone."""
    try:
        when = when.astimezone(UTC) if when.tzinfo else when
    except (OverflowError, ValueError):
        return ""
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


def language(text: str | None) -> str:
    """Return a language tag, such as "en-GB"; nothing if the text is none."""
    match = _LANGUAGE.fullmatch((text or "").strip())
    return match.group().replace("_", "-") if match else ""


def names(values: Iterable[str]) -> str:
    """Return several names as one text."""
    return ", ".join(dict.fromkeys(short(value) for value in values if value.strip()))


def _day(text: str) -> str:
    match = _DATE.fullmatch(text)
    return match.group() if match else ""
