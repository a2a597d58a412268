"""The package of an Office file: its parts, their relationships and properties."""

import posixpath
from functools import cached_property
from typing import NamedTuple
from urllib.parse import unquote

from citespan.index.parse.formats.archive import Archive
from citespan.index.parse.formats.details import details, iso, language
from citespan.index.parse.formats.markup import Element, local, parse
from citespan.index.parse.formats.passwords import OLE, decrypted
from citespan.index.parse.parsed import MetadataValue
from citespan.index.parse.request import Request, Unreadable

RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"

_TYPES = "[Content_Types].xml"
_BY_SUFFIX = {
    ".htm": "text/html", ".html": "text/html", ".xhtml": "application/xhtml+xml",
    ".mht": "message/rfc822", ".mhtml": "message/rfc822", ".rtf": "application/rtf",
    ".txt": "text/plain",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}  # fmt: skip


class Relation(NamedTuple):
    """What a part points to: the last word of the relation's type, and the target's name."""

    kind: str
    target: str


class Package:
    """An Office file; what it refers to outside of itself is dropped unread."""

    def __init__(self, data: bytes, request: Request) -> None:
        """Open a file.

        Raises:
            Unreadable: it is encrypted or damaged.
        """
        if data.startswith(OLE):
            data = decrypted(data, request)
        self.archive = Archive(data)
        self._names = {name.lower(): name for name in reversed(self.archive.names)}
        self._relations: dict[str, dict[str, Relation]] = {}

    @cached_property
    def main(self) -> str:
        """The name of the main part.

        Raises:
            Unreadable: there is none.
        """
        for relation in self.relations("").values():
            if relation.kind == "officeDocument":
                return relation.target
        raise Unreadable("corrupt", "the file names no main document; save it again")

    def has(self, part: str) -> bool:
        """Return whether there is such a part; case does not matter, as in the standard."""
        return part.lower() in self._names

    def read(self, part: str) -> bytes:
        """Return the bytes of a part.

        Raises:
            Unreadable: it is missing, damaged or too large.
        """
        return self.archive.read(self._names.get(part.lower(), part))

    def media_type(self, part: str) -> str:
        """Return the media type that the file states for a part, or that its name says."""
        name, suffix = f"/{part}".lower(), posixpath.splitext(part)[1].lower()
        stated = _BY_SUFFIX.get(suffix, "")
        for entry in self.tree(_TYPES) if self.has(_TYPES) else ():
            kind = (entry.get("ContentType") or "").partition(";")[0].strip().lower()
            if (entry.get("PartName") or "").lower() == name:
                return kind
            if f".{entry.get('Extension') or ''}".lower() == suffix:
                stated = kind
        return stated

    def tree(self, part: str) -> Element:
        """Return the root of a part of XML.

        Raises:
            Unreadable: it is missing, damaged or too large.
        """
        return parse(self.read(part), f"its part {part!r}")

    def relations(self, part: str) -> dict[str, Relation]:
        """Return a part's relationships inside the file by id."""
        if part not in self._relations:
            folder, name = posixpath.split(part)
            listing = posixpath.join(folder, "_rels", f"{name}.rels")
            root = self.tree(listing) if self.has(listing) else ()
            self._relations[part] = {
                entry.get("Id") or "": relation
                for entry in root
                if (relation := _relation(folder, entry))
            }
        return self._relations[part]

    def related(self, part: str, kind: str) -> list[str]:
        """Return the names of the parts of a kind that a part points to, and that exist."""
        found = (one.target for one in self.relations(part).values() if one.kind == kind)
        return [target for target in dict.fromkeys(found) if self.has(target)]

    def first(self, part: str, kind: str) -> Element | None:
        """Return the root of the first part of a kind that a part points to."""
        for target in self.related(part, kind):
            return self.tree(target)
        return None

    def properties(self) -> tuple[str, dict[str, MetadataValue]]:
        """Return the title, and the metadata that the file states."""
        for name in self.related("", "core-properties"):
            try:
                entries = self.tree(name)
            except Unreadable:
                break
            stated = {local(entry): entry.text or "" for entry in entries}
            return stated.get("title", ""), details(
                author=stated.get("creator", ""),
                published=iso(stated.get("created")),
                modified=iso(stated.get("modified")),
                language=language(stated.get("language")),
            )
        return "", {}


def _relation(folder: str, entry: Element) -> Relation | None:
    target = entry.get("Target") or ""
    if local(entry) != "Relationship" or entry.get("TargetMode") == "External" or ":" in target:
        return None
    path = posixpath.normpath(posixpath.join("/", folder, unquote(target).replace("\\", "/")))
    return Relation((entry.get("Type") or "").rpartition("/")[2], path.lstrip("/"))
