"""The documents that passages are from, in pieces and units, without what is no evidence. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import replace

from citespan.index.corpus import chunk_of
from citespan.index.layout import Outline
from citespan.index.text import Kind, Unit, View
from citespan.index.types import Document, Passage, Scores, Span
from citespan.qa.english.planted import planted_spans
from citespan.qa.evidence.headings import Section, sections_of
from citespan.qa.evidence.heads import WROTE
from citespan.qa.evidence.pieces import Piece, pieces_of
from citespan.qa.evidence.pointers import without_contents
from citespan.qa.evidence.selection import Sentence, folded

_AROUND = 1200  # code points before and after a piece in which a list that it is in may continue


class PassageDocuments:
    """The documents of passages, with their outlines.

    Args:
        documents: by id.
        outlines: their headings and tables, by id.
    """

    def __init__(self, documents: Mapping[str, Document], outlines: Mapping[str, Outline]) -> None:
        self.documents, self.outlines = documents, outlines
        self._units: dict[tuple[int, Span], list[Unit]] = {}
        self._sections: dict[str, list[Section]] = {}

    def pieces(self, passage: Passage) -> list[Piece]:
        """Return a passage in pieces, without what is addressed to a language model."""
        name, span = passage.chunk.document_id, passage.chunk.span
        pieces = pieces_of(passage, self.documents[name], self.outlines[name])
        planted = planted_spans(self.documents[name].text, span)
        if not planted:
            return pieces
        return [one for one in (piece.apart(planted) for piece in pieces) if one.view.text.strip()]

    def units(self, piece: Piece) -> list[Unit]:
        """Return what of a piece can be cited."""
        key = (piece.passage.chunk.id, piece.span)
        if key not in self._units:
            name = piece.passage.chunk.document_id
            document = self.documents[name]
            planted = planted_spans(document.text, piece.span)
            units = without_contents(self.outlines[name].units(piece.span), document.text)
            self._units[key] = [
                unit for unit in units if not any(one.overlap(unit.span) for one in planted)
            ]
        return self._units[key]

    def all_units(self, passage: Passage) -> list[Unit]:
        """Return what of the document of a passage people see, paragraphs as a whole."""
        document = self.documents[passage.chunk.document_id]
        whole = Span(0, len(document.text))
        planted = planted_spans(document.text, whole)
        units = self.outlines[document.id].units(whole, split=False)
        if not units:
            view = View.same(document.text, whole)
            units = Piece(passage=passage, path=(), span=whole, view=view).blocks()
        return [unit for unit in units if not any(one.overlap(unit.span) for one in planted)]

    def units_around(self, piece: Piece) -> list[Unit]:
        """Return what can be cited of a piece and of its section nearby, where lists may end."""
        name = piece.passage.chunk.document_id
        document, outline = self.documents[name], self.outlines[name]
        if not (outline.marked or outline.structured):
            return self.units(piece)
        starts = [start for start, _ in outline.shape.headings]
        at = bisect_right(starts, piece.span.start)
        before = max(starts[at - 1] if at else 0, piece.span.start - _AROUND)
        after = bisect_left(starts, max(piece.span.end, piece.span.start + 1))
        end = min(starts[after] if after < len(starts) else len(document.text),
                  piece.span.end + _AROUND)  # fmt: skip
        start = 1 + document.text.rfind("\n", 0, before)
        stop = document.text.find("\n", max(end - 1, piece.span.end))
        whole = Span(min(start, piece.span.start), len(document.text) if stop < 0 else stop)
        return self.units(replace(piece, span=whole))

    def sections(self, name: str) -> list[Section]:
        """Return the sections of a document, in order."""
        if name not in self._sections:
            self._sections[name] = sections_of(self.documents[name], self.outlines[name])
        return self._sections[name]

    def passage(self, like: Passage, span: Span) -> Passage:
        """Return a span of the document of a passage as a passage."""
        document = self.documents[like.chunk.document_id]
        return replace(
            like, chunk=chunk_of(document, span, 0), text=span.of(document.text), scores=Scores()
        )

    def around(self, sentence: Sentence, piece: Piece) -> str:
        """Return the words that a sentence stands below: headings, title, its item, its lead."""
        lead = item = ""
        for unit in self.units(piece):
            if unit.span == sentence.span:
                lead = lead if unit.kind in (Kind.ITEM, Kind.CODE) else ""
                item = item if unit.nested else ""
                break
            if unit.kind is Kind.SENTENCE and not unit.nested:
                lead = unit.view.text
            elif unit.kind is Kind.ITEM:
                item = unit.view.text
        return "\n".join((*piece.above, lead, item))

    def above(self, sentence: Sentence) -> str:
        """Return the title and the headings that a sentence stands below."""
        path = self.outlines[sentence.document_id].path(sentence.span.start)
        return "\n".join((self.documents[sentence.document_id].title, *path))

    def quote(self, sentence: Sentence) -> str:
        """Return the text of a sentence, with single spaces."""
        return folded(sentence.span.of(self.documents[sentence.document_id].text))

    def is_history(self, sentence: Sentence) -> bool:
        """Return whether a sentence is of an earlier message, quoted in a mail."""
        document = self.documents[sentence.document_id]
        if self.outlines[document.id].marked:
            return False
        line = 1 + document.text.rfind("\n", 0, sentence.span.start)
        quoted = document.text[line : line + 4].lstrip(" ").startswith(">")
        return quoted or bool(WROTE.match(document.text, line))
