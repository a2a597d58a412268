"""XML without entities, document types or network, as typed elements."""

import io
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Protocol, cast

import lxml.etree  # pyright: ignore[reportMissingImports, reportMissingTypeStubs]

from citespan.index.parse.request import Unreadable

_etree: Any = lxml.etree  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportUnknownVariableType]

MAX_TREE = 64_000_000  # bytes; libxml2 needs some eight times as much for a tree of Word's markup
_DOCTYPES = tuple("<!DOCTYPE".encode(name) for name in ("ascii", "utf-16-le", "utf-16-be"))
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w{1,40})/(\w{1,40})")
_SAFE = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


class Element(Protocol):
    """The part of lxml's element that readers use; `tag` of a comment is no string."""

    tag: str
    text: str | None
    tail: str | None
    sourceline: int | None

    @property
    def attrib(self) -> Any: ...
    def get(self, key: str, default: str | None = None, /) -> str | None: ...
    def iter(self, *tags: str) -> Iterator["Element"]: ...
    def find(self, path: str, /) -> "Element | None": ...
    def findall(self, path: str, /) -> list["Element"]: ...
    def getparent(self) -> "Element | None": ...
    def clear(self) -> None: ...
    def __iter__(self) -> Iterator["Element"]: ...
    def __len__(self) -> int: ...


@cache
def _after_brace(tag: str) -> str:
    return tag.rpartition("}")[2]


def local(element: Element) -> str:
    """Return an element's name without its namespace; it is empty for an entity or a comment."""
    return _after_brace(element.tag) if isinstance(element.tag, str) else ""  # pyright: ignore[reportUnnecessaryIsInstance]


def attribute(element: Element, name: str) -> str | None:
    """Return the attribute with this local name, in any namespace."""
    for key, value in element.attrib.items():
        if _after_brace(key) == name:
            return value
    return None


def whole(value: str | None, default: int = 0, most: int = 2**31) -> int:
    """Return a whole number that a file states, or the default if it is none."""
    try:
        number = int(value or "")
    except ValueError:
        return default
    return number if -most <= number <= most else default


def parse(data: bytes, what: str, *, doctype: bool = False) -> Element:
    """Return the root of an XML file.

    Args:
        data: the file; namespaces of strict OOXML become those of the usual one.
        what: its name for messages.
        doctype: whether a document type is accepted if it declares nothing itself.

    Raises:
        Unreadable: it is no XML, declares entities, or is too large.
    """
    data = _checked(data, what, doctype=doctype)
    parser = _etree.XMLParser(remove_comments=True, remove_pis=True, **_SAFE)
    try:
        root = _etree.fromstring(data, parser)
    except (_etree.XMLSyntaxError, ValueError) as error:
        raise _broken(what, error) from error
    if root.getroottree().docinfo.internalDTD is not None and not doctype:
        raise _declares(what)
    return cast("Element", root)


def stream(data: bytes, what: str, *tags: str) -> Iterator[Element]:
    """Yield the elements with these tags as they end; each is emptied after it was used.

    Raises:
        Unreadable: it is no XML, or declares a document type.
    """
    data = _checked(data, what, doctype=False, most=2**31)
    events = _etree.iterparse(
        io.BytesIO(data), events=("end",), tag=tags, remove_comments=True, remove_pis=True, **_SAFE
    )
    try:
        for _, element in events:
            yield cast("Element", element)
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except (_etree.XMLSyntaxError, ValueError) as error:
        raise _broken(what, error) from error


def _checked(data: bytes, what: str, *, doctype: bool, most: int = MAX_TREE) -> bytes:
    if len(data) > most:
        raise Unreadable("too_large", f"{what} has {len(data) >> 20} MB; split the document")
    for mark in _DOCTYPES:
        at = data.find(mark)
        if at < 0:
            continue
        end = data.find(b">", at)
        if not doctype or b"[" in data[at : end if end > 0 else len(data)]:
            raise _declares(what)
    return _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/\2", data)


def _declares(what: str) -> Unreadable:
    return Unreadable(
        "unsupported", f"{what} declares a document type or entities; save it again without them"
    )


def _broken(what: str, error: Exception) -> Unreadable:
    reason = str(error).partition("\n")[0][:200]
    return Unreadable("corrupt", f"{what} is not valid XML ({reason}); save the document again")
