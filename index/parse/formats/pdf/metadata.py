"""What a PDF says of itself."""

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from citespan.index.parse.formats.details import language, moment
from citespan.index.parse.formats.pdf.pdfium import raw, string
from citespan.index.parse.parsed import MetadataValue, cleaned

_DATE = re.compile(r"(?:D:)?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([+-])(\d\d)'?(\d\d)?)?")
_NO_TITLE = re.compile(r"(?i)(?:microsoft (?:word|powerpoint|excel) - |untitled|.*\.\w{3,4}$)")
_MAX = 500  # characters of a title or an author


def metadata_of(document: Any, pages: int) -> dict[str, MetadataValue]:
    """Return the author, the dates in ISO 8601, the language and the number of pages."""
    found: dict[str, MetadataValue] = {"pages": pages}
    if author := _text(document, b"Author"):
        found["author"] = author
    for name, key in (("published", b"CreationDate"), ("modified", b"ModDate")):
        if date := iso_date(_text(document, key)):
            found[name] = date
    if spoken := language(string(raw.FPDFCatalog_GetLanguage, document)):
        found["language"] = spoken
    return found


def title_of(document: Any) -> str:
    """Return the title, or "" if it is none that a person gave."""
    title = _text(document, b"Title")
    return "" if _NO_TITLE.match(title) else title


def iso_date(date: str) -> str:
    """Return a date as PDF writes it in ISO 8601, in UTC if it has a zone; "" if it is none."""
    match = _DATE.match(date)
    if not match:
        return ""
    numbers = [
        int(part) if part else least for part, least in zip(match.groups()[:6], _LEAST, strict=True)
    ]
    sign, hours, minutes = match.groups()[6:]
    try:
        zone = None
        if sign:
            offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
            zone = timezone(offset if sign == "+" else -offset)
        made = datetime(*numbers, tzinfo=zone)  # pyright: ignore[reportArgumentType]
    except ValueError:
        return ""
    return moment(made) if match.group(4) else made.date().isoformat()


_LEAST = (1, 1, 1, 0, 0, 0)


def _text(document: Any, key: bytes) -> str:
    value = cleaned(string(raw.FPDF_GetMetaText, document, key))
    return " ".join(value.split())[:_MAX]
