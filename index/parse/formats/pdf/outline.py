"""The outline of a PDF, which viewers show as bookmarks."""

from typing import Any

from citespan.index.parse.formats.layout import folded
from citespan.index.parse.formats.pdf.pdfium import raw, string

_DEEPEST = 6
_MOST_ENTRIES = 2000


def outline_of(document: Any) -> dict[tuple[int, str], int]:
    """Return the level (1 to 6) of each entry of the outline, by its page and its folded title."""
    found: dict[tuple[int, str], int] = {}
    stack = [(raw.FPDFBookmark_GetFirstChild(document, None), 1)]
    for _ in range(_MOST_ENTRIES):
        if not stack:
            break
        entry, level = stack.pop()
        if not entry:
            continue
        stack.append((raw.FPDFBookmark_GetNextSibling(document, entry), level))
        stack.append((raw.FPDFBookmark_GetFirstChild(document, entry), level + 1))
        target = raw.FPDFBookmark_GetDest(document, entry)
        page = raw.FPDFDest_GetDestPageIndex(document, target) if target else -1
        title = folded(string(raw.FPDFBookmark_GetTitle, entry))
        if title and page >= 0:
            found.setdefault((page + 1, title), min(level, _DEEPEST))
    return found
