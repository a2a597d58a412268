"""Citations: cut from the stored text by offsets, and verified before they are sent. Pure."""

from dataclasses import dataclass, field
from typing import Self

from citespan.index.layout import NOWHERE, PageBox, Place, Where
from citespan.index.types import Document, DocumentInfo, Scores, Span
from citespan.qa.errors import UngroundedCitation

_CONTEXT = 80  # code points of context on each side of a quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """A quote of a document with its place. Only `Citation.of` creates one.

    `span` and `highlights` are code points of the document's text; a highlight is the short answer
    inside the span. `utf16` is the span in UTF-16 code units, as JavaScript slices. `prefix` and
    `suffix` are the text around the quote. `where` is the place in the document's file. `number` is
    the place in `Answer.citations`, from 1; 0 outside of an answer.
    """

    document: DocumentInfo
    span: Span
    utf16: Span
    quote: str
    prefix: str
    suffix: str
    scores: Scores
    highlights: tuple[Span, ...]
    where: Where
    number: int = field(default=0, compare=False)

    @property
    def page(self) -> int | None:
        """The page of the first character, 1-based; None if the document's file has no pages."""
        return self.where.page

    @property
    def boxes(self) -> tuple[PageBox, ...]:
        """The rectangles of the quote on its pages, in reading order."""
        return self.where.boxes

    @property
    def place(self) -> Place | None:
        """The slide, cell, part, block or line, if the document's file has no pages."""
        return self.where.place

    @property
    def headings(self) -> tuple[str, ...]:
        """The headings over the quote, the outermost first."""
        return self.where.headings

    @classmethod
    def of(
        cls,
        document: Document,
        span: Span,
        scores: Scores | None = None,
        highlights: tuple[Span, ...] = (),
        where: Where = NOWHERE,
    ) -> Self:
        """Return the citation of these characters, which stand at `where` in the file.

        Raises:
            InvalidSpan: the span is not inside the document.
            UngroundedCitation: the span is empty, or a highlight is not inside it.
        """
        quote = span.of(document.text)
        if not quote:
            raise UngroundedCitation(f"the span at {span.start} is empty and cites nothing")
        if not _inside(span, highlights):
            raise UngroundedCitation(f"a highlight is outside the span [{span.start}, {span.end})")
        return cls(
            document=document.info(),
            span=span,
            utf16=_utf16_span(document.text, span),
            quote=quote,
            prefix=document.text[max(0, span.start - _CONTEXT) : span.start],
            suffix=document.text[span.end : span.end + _CONTEXT],
            scores=scores or Scores(),
            highlights=highlights,
            where=where,
        )

    def verify(self, document: Document) -> None:
        """Check every offset against the stored text.

        Raises:
            UngroundedCitation: anything differs, even one character.
            InvalidSpan: the span is not inside the document.
        """
        same = (self.document.id, self.document.revision) == (document.id, document.revision)
        if not same or self.span.of(document.text) != self.quote:
            raise UngroundedCitation(
                f"citation [{self.span.start}, {self.span.end}) of {self.document.id!r}"
                f" revision {self.document.revision} differs from the stored text"
            )
        if self.utf16 != _utf16_span(document.text, self.span):
            raise UngroundedCitation(
                f"the UTF-16 offsets of a citation of {self.document.id!r} differ"
            )
        if not _inside(self.span, self.highlights):
            raise UngroundedCitation(f"a highlight in {self.document.id!r} is outside its quote")


def _inside(span: Span, highlights: tuple[Span, ...]) -> bool:
    return all(span.start <= one.start < one.end <= span.end for one in highlights)


def _utf16_span(text: str, span: Span) -> Span:
    start = utf16_length(text[: span.start])
    return Span(start, start + utf16_length(span.of(text)))


def utf16_length(text: str) -> int:
    """Return the number of UTF-16 code units of a text."""
    return len(text.encode("utf-16-le")) // 2
