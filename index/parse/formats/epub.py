"""E-books (.epub)."""

import posixpath
import re
from urllib.parse import unquote

from citespan.index.parse.formats.archive import Archive
from citespan.index.parse.formats.details import details, iso, language, names
from citespan.index.parse.formats.markup import Element, local, parse
from citespan.index.parse.formats.markup_html import characters, parse_text
from citespan.index.parse.formats.page import HtmlPage
from citespan.index.parse.formats.writing import BlockWriter, folded
from citespan.index.parse.parsed import MetadataValue, Parsed
from citespan.index.parse.places import Part
from citespan.index.parse.request import Request, Unreadable

MADE_BY = "epub 2"
MEDIA_TYPE = "application/epub+zip"
_PAGES = {"application/xhtml+xml", "text/html", "application/xml", "text/x-oeb1-document"}
# HTML closes these elements nowhere if they are written as XML allows.
_SELF_CLOSED = re.compile(
    r"<(a|abbr|b|blockquote|cite|div|em|h[1-6]|i|iframe|li|ol|p|script|section|small|span|strong"
    r"|style|sub|sup|table|td|textarea|th|title|tr|u|ul)((?:\s[^<>]{0,2000})?)/>",
    re.IGNORECASE,
)


class MemberPlaces:
    """The places of a page that is a member of an e-book or a part of a message."""

    def __init__(self, path: str, *, fragments: bool = True) -> None:
        self._path = path
        self._fragments = fragments

    def block(self, number: int, fragment: str) -> Part:  # noqa: ARG002
        return Part(self._path, fragment if self._fragments else "")

    def cell(self, table: int, row: int, column: int, fragment: str) -> Part:  # noqa: ARG002
        return self.block(0, fragment)


def read(data: bytes, _: Request) -> Parsed:
    """Read an e-book: its members in the order of reading; the request adds nothing.

    A member without a heading gets its title from the table of contents.

    Raises:
        Unreadable: it is encrypted, damaged, too large, or holds no text.
    """
    archive = Archive(data)
    _check_encryption(archive)
    path = _package_path(archive)
    root = parse(archive.read(path), "its package", doctype=True)
    folder = posixpath.dirname(path)
    writer = BlockWriter()
    contents = _contents(archive, root, folder)
    for member in _spine(root, folder):
        if member in archive:
            _member(writer, archive, member, contents)
        else:
            writer.warn("part_failed", f"the member {member[:200]!r} is missing", partial=True)
    title, metadata = _metadata(root)
    return writer.parsed(
        MEDIA_TYPE, MADE_BY, title=title, metadata=metadata, warnings=archive.warnings
    )


def _check_encryption(archive: Archive) -> None:
    name = "META-INF/encryption.xml"
    if name in archive and re.search(rb"URI=\"[^\"]{1,500}html?\"", archive.read(name)):
        raise Unreadable("encrypted", "the e-book is copy-protected; use one without protection")


def _package_path(archive: Archive) -> str:
    root = parse(archive.read("META-INF/container.xml"), "its container", doctype=True)
    for entry in root.iter():
        if local(entry) == "rootfile" and (path := entry.get("full-path")):
            return posixpath.normpath(unquote(path)).lstrip("/")
    raise Unreadable("corrupt", "the e-book names no package; download it again")


def _items(root: Element, folder: str) -> dict[str, tuple[str, Element]]:
    """Return the members that the package lists by id, with their paths."""
    return {
        entry.get("id") or "": (path_of(folder, entry.get("href") or ""), entry)
        for entry in root.iter()
        if local(entry) == "item"
    }


def path_of(folder: str, href: str) -> str:
    """Return the path of a member that a member in a folder refers to; it cannot climb out."""
    target = unquote(href.partition("#")[0]).replace("\\", "/")
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")


def _spine(root: Element, folder: str) -> list[str]:
    """Return the paths of the pages in the order of reading, each once."""
    items = _items(root, folder)
    listed = [entry.get("idref") or "" for entry in root.iter() if local(entry) == "itemref"]
    pages: dict[str, None] = {}
    for name in dict.fromkeys(listed):
        path, entry = items.get(name, ("", root))
        kind = entry.get("media-type") or "text/html"
        if path and kind in _PAGES and "nav" not in (entry.get("properties") or "").split():
            pages[path] = None
    return list(pages)


def _member(writer: BlockWriter, archive: Archive, path: str, contents: dict[str, str]) -> None:
    try:
        text = _SELF_CLOSED.sub(r"<\1\2></\1>", characters(archive.read(path), None))
        tree = parse_text(text)
    except Unreadable as error:
        writer.warn("part_failed", f"the member {path[:200]!r}: {error}", partial=True)
        return
    if tree.body is None:
        return
    if path in contents and not tree.body.css("h1, h2, h3, h4, h5, h6"):
        writer.paragraph()
        start = writer.length
        writer.separate(contents[path])
        writer.heading(start, 1)
    HtmlPage(writer, MemberPlaces(path)).read(tree.body, whole=True)


def _contents(archive: Archive, root: Element, folder: str) -> dict[str, str]:
    """Return the titles of the table of contents by the member that they name."""
    out: dict[str, str] = {}
    for path, entry in _items(root, folder).values():
        if path not in archive:
            continue
        inside = posixpath.dirname(path)
        if "nav" in (entry.get("properties") or "").split():
            for link in parse_text(characters(archive.read(path), None)).css("nav a"):
                target = path_of(inside, link.attributes.get("href") or "")
                out.setdefault(target, folded(link.text(deep=True))[:300])
        elif entry.get("media-type") == "application/x-dtbncx+xml":
            for point in parse(archive.read(path), "its contents", doctype=True).iter():
                if local(point) == "navPoint":
                    href, label = _point(point)
                    out.setdefault(path_of(inside, href), label)
    return out


def _point(point: Element) -> tuple[str, str]:
    href, label = "", ""
    for child in point:
        if local(child) == "content":
            href = child.get("src") or ""
        elif local(child) == "navLabel":
            label = folded(" ".join(one.text or "" for one in child))[:300]
    return href, label


def _metadata(root: Element) -> tuple[str, dict[str, MetadataValue]]:
    stated: dict[str, list[str]] = {}
    for entry in root.iter():
        key = entry.get("property") or local(entry)
        stated.setdefault(key.removeprefix("dcterms:"), []).append(entry.text or "")
    return stated.get("title", [""])[0], details(
        author=names(stated.get("creator", [])),
        published=iso(stated.get("date", [""])[0]),
        modified=iso(stated.get("modified", [""])[0]),
        language=language(stated.get("language", [""])[0]),
    )
