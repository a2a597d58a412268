"""Subtitles (.srt, .vtt): what is said, as running text."""

import html
import re
from typing import NamedTuple

from citespan.index.parse.formats.texts import decoded
from citespan.index.parse.formats.writing import BlockWriter, folded
from citespan.index.parse.parsed import Parsed
from citespan.index.parse.places import Line
from citespan.index.parse.request import Request, Unreadable

MADE_BY = "subtitles 1"
SRT, VTT = "application/x-subrip", "text/vtt"
_TIMES = re.compile(
    r"\s{0,9}((?:\d{1,3}:)?\d\d:\d\d[.,]\d{3})\s{1,9}-->\s{1,9}((?:\d{1,3}:)?\d\d:\d\d[.,]\d{3})"
)
_TAG = re.compile(r"</?[A-Za-z0-9][^<>]{0,200}>|\{\\[^{}]{0,100}\}")
_VOICE = re.compile(r"<v(?:\.[^\s<>]{0,50})? ([^<>]{1,100})>")
_PAUSE_S = 2.0  # a longer one begins a paragraph
_MAX_PARAGRAPH = 600  # characters after which a sentence's end begins one, too


class Cue(NamedTuple):
    """What is said at once: when it begins and ends, in seconds, and its lines by number."""

    start: float
    end: float
    lines: list[tuple[int, str]]


def read(data: bytes, request: Request) -> Parsed:
    """Read subtitles without their times; a pause or another voice begins a paragraph.

    Raises:
        Unreadable: it is no text, or holds nothing that is said.
    """
    text, warnings = decoded(data, request.encoding)
    cues = _cues(text)
    if not cues:
        raise Unreadable("corrupt", "the file has no line of times such as 00:01:02,000 --> …")
    writer = BlockWriter()
    before: Cue | None = None
    begun = 0
    for cue in cues:
        if before is None or _is_apart(before, cue, writer.length - begun):
            writer.paragraph()
            begun = writer.length
        for number, line in cue.lines:
            if writer.length > begun:
                writer.separate(" ")
            writer.add(line, Line(number))
        before = cue
    kind = VTT if text.lstrip().startswith("WEBVTT") else SRT
    return writer.parsed(kind, MADE_BY, warnings=warnings)


def _cues(text: str) -> list[Cue]:
    cues: list[Cue] = []
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if times := _TIMES.match(line):
            cues.append(Cue(_seconds(times[1]), _seconds(times[2]), []))
            inside = True
        elif not line.strip():
            inside = False
        elif inside and (shown := _shown(line)):
            cues[-1].lines.append((number, shown))
    return [cue for cue in cues if cue.lines]


def _shown(line: str) -> str:
    if voice := _VOICE.search(line):
        line = line.replace(voice.group(), f"{voice[1]}: ", 1)
    return folded(html.unescape(_TAG.sub("", line)))


def _is_apart(before: Cue, cue: Cue, length: int) -> bool:
    last, first = before.lines[-1][1], cue.lines[0][1]
    ended = last[-1] in '.!?…"”'
    return (
        cue.start - before.end > _PAUSE_S
        or first.startswith(("- ", "– "))
        or (ended and length > _MAX_PARAGRAPH)
    )


def _seconds(time: str) -> float:
    total = 0.0
    for part in time.replace(",", ".").split(":"):
        total = 60 * total + float(part)
    return total
