"""HTML as a tree, after a look at what would keep the parser busy for minutes."""

import re
from collections.abc import Callable

from selectolax.lexbor import LexborHTMLParser, LexborNode

from citespan.index.parse.formats.texts import lenient
from citespan.index.parse.request import Unreadable

_CHARSET = re.compile(rb"charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_LONG_TAG = re.compile(rb"<[^<>]{20000}")
_NESTING = re.compile(
    rb"<(/?)(?:div|table|span|ul|ol|font|b|i|u|em|strong|small|section|blockquote|a|center|dl"
    rb"|form|article|main|big|code|s|tt|nobr|svg|math|select|button|object)\b",
    re.IGNORECASE,
)
MAX_DEPTH, _MAX_ATTRIBUTES = 3000, 5000
_HEAD = 4096  # bytes in which a page names its encoding
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def parse_html(data: bytes, encoding: str | None) -> LexborHTMLParser:
    """Return the tree of a page.

    Args:
        data: the page.
        encoding: the one that the sender names; otherwise the page does.

    Raises:
        Unreadable: elements are nested too deeply, or have too many attributes.
    """
    return parse_text(characters(data, encoding))


def characters(data: bytes, encoding: str | None) -> str:
    """Return the characters of a page."""
    if data.startswith(_MARKS):
        return lenient(
            data[3:] if data[:1] == b"\xef" else data, None if data[:1] == b"\xef" else "utf-16"
        )
    named = _CHARSET.search(data[:_HEAD])
    return lenient(data, encoding or (named[1].decode("ascii") if named else None))


def parse_text(text: str) -> LexborHTMLParser:
    """Return the tree of a page whose characters are known.

    Raises:
        Unreadable: elements are nested too deeply, or have too many attributes.
    """
    data = text.encode("utf-8", "replace")
    for match in _LONG_TAG.finditer(data):
        end = data.find(b">", match.start())
        if len(data[match.start() : end if end > 0 else None].split()) > _MAX_ATTRIBUTES:
            raise Unreadable("too_large", "an element of the page has too many attributes")
    depth = 0
    for match in _NESTING.finditer(data):
        depth = max(0, depth - 1) if match[1] else depth + 1
        if depth > MAX_DEPTH:
            raise Unreadable(
                "too_large", f"the page nests more than {MAX_DEPTH} elements; repair it"
            )
    return LexborHTMLParser(data.decode())


def walk(
    root: LexborNode,
    enter: Callable[[LexborNode], bool],
    leave: Callable[[LexborNode], None],
) -> None:
    """Visit what is inside a node in order, however deep it is.

    Args:
        root: the node; it is not visited itself.
        enter: called with each node; whether to visit what is inside of it.
        leave: called with each node that was entered, after what is inside of it.
    """
    path: list[LexborNode] = []
    node = root.first_child
    while node is not None or path:
        if node is None:
            node = path.pop()
            leave(node)
            node = node.next
        elif enter(node):
            path.append(node)
            node = node.first_child
        else:
            node = node.next
