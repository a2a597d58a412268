"""Where quotes are in the files of their documents; decoded layouts are kept for a while."""

import threading
from collections import OrderedDict

from citespan.index.catalogue.protocol import Catalogue
from citespan.index.catalogue.types import SourceInfo
from citespan.index.layout import (
    Grid,
    Layout,
    Outline,
    Where,
    grids_in,
    outline_of,
    where_in_file,
    where_in_text,
)
from citespan.index.types import Document, SourceFile, Span

_KEPT = 64  # documents whose layouts and outlines stay decoded


class Places:
    """The places of the documents of a catalogue. Safe for many threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, int], tuple[Layout | None, Outline, bool]] = (
            OrderedDict()
        )

    def where(self, document: Document, span: Span, answer: Span | None = None) -> Where:
        """Return where a quote stands; a look-up takes O(log n) once the layout is decoded.

        Args:
            document: the document, at the quoted revision.
            span: the quote.
            answer: the short answer inside of the quote, if it has one.

        Raises:
            DocumentDamaged: the layout is not what was stored.
        """
        layout, outline, original = self._of(document)
        if layout is None:
            return where_in_text(document.text, outline, span)
        return where_in_file(layout, outline, span, answer, original=original)

    def outline(self, document: Document) -> Outline:
        """Return the headings and tables of a document.

        Raises:
            DocumentDamaged: the layout is not what was stored.
        """
        return self._of(document)[1]

    def grids(self, document: Document, within: Span) -> list[Grid]:
        """Return the tables that a span of a document meets, as grids.

        Raises:
            DocumentDamaged: the layout is not what was stored.
        """
        layout = self._of(document)[0]
        return list(grids_in(document.text, layout, within)) if layout else []

    def source(self, document_id: str, revision: int) -> SourceInfo | None:
        """Return the file of a revision without its bytes; None if there is none.

        Raises:
            DocumentDamaged: the layout is not what was stored.
        """
        return self._catalogue.sources.info(document_id, revision)

    def file(self, document_id: str, revision: int) -> SourceFile | None:
        """Return the file of a revision; None if its text was given as text.

        Raises:
            DocumentDamaged: the file is not what was stored.
        """
        return self._catalogue.sources.file(document_id, revision)

    def _of(self, document: Document) -> tuple[Layout | None, Outline, bool]:
        key = (document.id, document.revision)  # a number is never used again
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        info = self._catalogue.sources.info(*key)
        layout = Layout(info.layout) if info else None
        outline = outline_of(document, layout)
        made = layout, outline, bool(info and info.original)
        with self._lock:
            self._known[key] = made
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return made


def layout_in(catalogue: Catalogue, document: Document) -> Layout | None:
    """Return the stored layout of a document; None if its text was given as text.

    Raises:
        DocumentDamaged: the layout is not what was stored.
    """
    info = catalogue.sources.info(document.id, document.revision)
    return Layout(info.layout) if info else None
