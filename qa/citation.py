"""Citations: cut from the stored text by offsets, and checked before they are sent. Pure."""

from dataclasses import dataclass
from typing import Self

from citespan.index.types import Document, DocumentInfo, Scores, Span
from citespan.qa.errors import UngroundedCitation

_CONTEXT = 80  # code points of context on each side of a quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Characters of a document that say something. Made only by `Citation.of`.

    `span` and `highlights` are code points of the document's text; a highlight is the short answer
    inside the span. `utf16` is the span in UTF-16 code units, as JavaScript slices; `prefix` and
    `suffix` are the text around the quote.
    """

    document: DocumentInfo
    span: Span
    utf16: Span
    quote: str
    prefix: str
    suffix: str
    scores: Scores
    highlights: tuple[Span, ...]

    @classmethod
    def of(
        cls,
        document: Document,
        span: Span,
        scores: Scores | None = None,
        highlights: tuple[Span, ...] = (),
    ) -> Self:
        """The citation of these characters.

        Raises:
            InvalidSpan: the span is not inside the document.
            UngroundedCitation: the span is empty, or a highlight is not inside it.
        """
        quote = span.of(document.text)
        if not quote:
            raise UngroundedCitation(f"an empty span at {span.start} cites nothing")
        if not _inside(span, highlights):
            raise UngroundedCitation(f"a highlight lies outside [{span.start}, {span.end})")
        return cls(
            document=document.info(),
            span=span,
            utf16=_utf16_span(document.text, span),
            quote=quote,
            prefix=document.text[max(0, span.start - _CONTEXT) : span.start],
            suffix=document.text[span.end : span.end + _CONTEXT],
            scores=scores or Scores(),
            highlights=highlights,
        )

    def verify(self, document: Document) -> None:
        """Check every pointer against the stored text.

        Raises:
            UngroundedCitation: anything differs, even by one character.
            InvalidSpan: the span is not inside the document.
        """
        same = (self.document.id, self.document.revision) == (document.id, document.revision)
        if not same or self.span.of(document.text) != self.quote:
            raise UngroundedCitation(
                f"citation [{self.span.start}, {self.span.end}) of {self.document.id!r}"
                f" revision {self.document.revision} is not what is stored"
            )
        if self.utf16 != _utf16_span(document.text, self.span):
            raise UngroundedCitation(f"UTF-16 offsets of a citation of {self.document.id!r} differ")
        if not _inside(self.span, self.highlights):
            raise UngroundedCitation(f"a highlight in {self.document.id!r} lies outside its quote")


def _inside(span: Span, highlights: tuple[Span, ...]) -> bool:
    return all(span.start <= one.start < one.end <= span.end for one in highlights)


def _utf16_span(text: str, span: Span) -> Span:
    start = utf16_length(text[: span.start])
    return Span(start, start + utf16_length(span.of(text)))


def utf16_length(text: str) -> int:
    """How many UTF-16 code units a text takes."""
    return len(text.encode("utf-16-le")) // 2
