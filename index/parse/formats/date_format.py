"""Dates and times of a spreadsheet as it shows them, by their formats."""

import math
from datetime import datetime, timedelta
from typing import NamedTuple

_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August",
           "September", "October", "November", "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class FormatPiece(NamedTuple):
    """A piece of a number format: its kind, and what it is made of."""

    kind: str
    value: str


def general(value: float) -> str:
    """Return a number in the format that spreadsheets use for cells without one."""
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.11g}".replace("e", "E")


def date_shown(value: float, tokens: list[FormatPiece], *, since_1904: bool) -> str:
    """Return a number of days as the date or time of day that a format shows.

    Args:
        value: the number of days since the epoch.
        tokens: the format.
        since_1904: whether the epoch is that of old Macs.
    """
    when = moment_of(value, since_1904=since_1904)
    if when is None:
        return general(value)
    halves = any(token.kind == "half" for token in tokens)
    out: list[str] = []
    for at, token in enumerate(tokens):
        if token.kind == "elapsed":
            out.append(_elapsed(value, token.value))
        elif token.kind == "half":
            out.append("AM" if when.hour < 12 else "PM")
        elif token.kind == "date":
            minutes = token.value[0] == "m" and len(token.value) < 3 and _is_minute(tokens, at)
            out.append(_piece(when, token.value, minutes=minutes, halves=halves))
        elif token.kind in {"literal", "digit"} and token.value != "@":
            out.append(token.value)
    return "".join(out).strip()


def moment_of(value: float, *, since_1904: bool = False) -> datetime | None:
    """Return the time of a number of days; None if a spreadsheet shows none for it."""
    if not 0 <= value < 2_958_466:
        return None
    epoch = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30 if value >= 60 else 31)  # noqa: DTZ001
    return epoch + timedelta(seconds=round(value * 86400))


def _is_minute(tokens: list[FormatPiece], at: int) -> bool:
    timed = [n for n, token in enumerate(tokens) if token.kind in {"date", "elapsed"}]
    place = timed.index(at)
    before = tokens[timed[place - 1]].value[0] if place else ""
    after = tokens[timed[place + 1]].value[0] if place + 1 < len(timed) else ""
    return before == "h" or after == "s"


def _piece(when: datetime, code: str, *, minutes: bool, halves: bool) -> str:
    letter, length = code[0], len(code)
    if letter in "ye":
        return f"{when.year:04d}" if length > 2 or letter == "e" else f"{when.year % 100:02d}"
    if letter == "m" and not minutes and length > 2:
        name = _MONTHS[when.month - 1]
        return {3: name[:3], 4: name, 5: name[0]}[length]
    if letter == "d" and length > 2:
        name = _DAYS[when.weekday()]
        return name if length > 3 else name[:3]
    number = {
        "m": when.minute if minutes else when.month, "d": when.day, "s": when.second,
        "h": (when.hour % 12 or 12) if halves else when.hour, "b": when.year + 543,
    }[letter]  # fmt: skip
    return f"{number:02d}" if len(code.partition(".")[0]) > 1 else str(number)


def _elapsed(value: float, code: str) -> str:
    unit = {"h": 3600, "m": 60, "s": 1}[code[0]]
    return str(round(value * 86400) // unit).rjust(len(code), "0")
