"""An answer as Markdown for chat programs: a numbered link to its source behind each sentence.

The Markdown has no other links, even if documents or a language model contain some. Pure.
"""

import re
from itertools import chain, zip_longest
from typing import Literal

import msgspec

from citespan.api.wire.places import BoxBody, PlaceBody
from citespan.api.wire.responses import CitationBody
from citespan.index.text import shown
from citespan.qa.answer import CitationAdded, Delta, Done, Event, SegmentDone
from citespan.qa.types import Answer, Status, Support

_BREAK = "\u200b"  # of no width: some programs find addresses even in text without markup
# Where an address, a mention, an emoji's short name or a tag can begin or continue. With a digit on
# both sides it is a number or a time, unless more dots follow: four numbers are an address.
_JOINT = re.compile(
    r"""(?P<around>
        (?<=[^\s.])\.(?=[^\s.,;:!?)\]}"'”’»…]) (?: (?<!\d\.) | (?!\d) | (?=\d{1,3}\.\d) )
        | (?<=[0-9A-Za-z])[。．｡](?=\S) | (?<=\S)[。．｡](?=[0-9A-Za-z])
        | (?<=\S)@ | @(?=\S)
    ) | (?P<before>
        :(?=\S) (?: (?<!\d:) | (?!\d) ) | /(?=/) | \#(?=\w) | <(?=\S)
    )""",
    re.VERBOSE,
)
_BRACKET = re.compile(r"[!\[\]](?=\S)")
_SPECIAL = re.compile(r"[\\`*_\[\]{}<>~|!#&$^=]")
_LIST = re.compile(r"^ ?(?:(?=[-+])|\d{1,9}(?=[.)]))")  # where a message begins
_LINE_ENDS = re.compile(r"(\n[\n \t]{0,99})")
_UNSUPPORTED = " _(not in the documents)_"


class UrlCitation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The place of a marker in the message, in code points, and the citation's address.

    `page`, `boxes`, `place` and `headings` are those of the citation, without empty ones.
    """

    start_index: int
    end_index: int
    url: str
    title: str
    page: int | None = None
    boxes: tuple[BoxBody, ...] = ()
    place: PlaceBody | None = None
    headings: tuple[str, ...] = ()


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """A citation in the shape that OpenAI's clients know."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class MarkdownPiece(msgspec.Struct, frozen=True, kw_only=True):
    """The next part of a message; a marker is never split."""

    content: str
    annotations: tuple[Annotation, ...] = ()


class Rendering:
    """A rendering of an answer's events as pieces of a message.

    Args:
        base_url: the address that those of citations begin with, without a slash at its end.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._citations: dict[int, CitationBody] = {}
        self._length = 0

    def cite(self, event: CitationAdded, body: CitationBody) -> None:
        """Store a citation that later markers point to."""
        self._citations[event.citation.number] = body

    def piece(self, event: Event) -> MarkdownPiece | None:
        """Return the piece that an event adds to the message, or None."""
        match event:
            case Delta():
                piece = MarkdownPiece(content=event.text if event.as_is else written(event.text))
            case SegmentDone():
                piece = self._markers(event)
            case Done():
                piece = MarkdownPiece(content=_note(event.answer))
            case _:
                return None
        self._length += len(piece.content)
        return piece

    def _markers(self, event: SegmentDone) -> MarkdownPiece:
        content = _UNSUPPORTED if event.segment.support is Support.UNSUPPORTED else ""
        annotations: list[Annotation] = []
        for citation in event.segment.citations:
            body = self._citations[citation.number]
            url = f"{self._base_url}{body.url}"
            marker = f"[[{citation.number}]]({url})"
            start = self._length + len(content) + 1
            content += f" {marker}"
            found = UrlCitation(
                start_index=start,
                end_index=start + len(marker),
                url=url,
                title=unlinked(body.document.title or body.document.id),
                page=body.page,
                boxes=body.boxes,
                place=body.place,
                headings=tuple(map(unlinked, body.headings)),
            )
            annotations.append(Annotation(url_citation=found))
        return MarkdownPiece(content=content, annotations=tuple(annotations))


def written(text: str) -> str:
    """Return Markdown that shows the lines and paragraphs of a text, each as `escaped` shows it."""
    pieces = _LINE_ENDS.split(text)
    ends = ["\n\n" if end.count("\n") > 1 else "  \n" for end in pieces[1::2]]
    lines = map(escaped, pieces[::2])
    return "".join(chain.from_iterable(zip_longest(lines, ends, fillvalue="")))


def escaped(text: str) -> str:
    """Return Markdown that shows this text on one line: no markup, no image, no link, no address.

    It adds a backslash before each character that Markdown may read, and a U+200B where an address
    or a mention could begin or continue. A run of white space becomes one space. Characters that
    `shown` removes are removed.
    """
    return _LIST.sub(r"\g<0>\\", _SPECIAL.sub(r"\\\g<0>", _broken(text)))


def unlinked(text: str) -> str:
    """Return a title that is no link, image or tag, whether or not it is read as Markdown."""
    return _BRACKET.sub(rf"\g<0>{_BREAK}", _broken(text))


def _broken(text: str) -> str:
    text = re.sub(r"\s+", " ", shown(text))
    return _JOINT.sub(_break, text)


def _break(found: re.Match[str]) -> str:
    before = _BREAK if found["around"] else ""
    return f"{before}{found[0]}{_BREAK}"


def _note(answer: Answer) -> str:
    """Return the note on an answer that is missing or partial, or an empty text."""
    if answer.abstention is None:
        return ""
    message = escaped(answer.abstention.message)
    return message if answer.status is Status.ABSTAINED else f"\n\n_{message}_"
