"""Drafts to documents: the rules of what may be stored, and ids. Pure except for the clock."""

import hashlib
import math
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from citespan.index.disk.hashing import sha256_text
from citespan.index.errors import DocumentRejected
from citespan.index.parse.decode import canonical
from citespan.index.types import Document, Draft, MetadataValue

_MAX_ID = 200
# Code points: answers include these fields with each citation of a document.
_MAX_TITLE, _MAX_URI, _MAX_TYPE = 2000, 4000, 200
_MAX_METADATA = 20_000  # bytes of JSON


def document_of(draft: Draft) -> Document:
    """Return the first revision of a draft's document.

    Raises:
        DocumentRejected: the draft cannot be stored; the message says why.
    """
    _check_strings(draft)
    text = canonical(draft.text)
    sha256 = sha256_text(text)
    title = " ".join((draft.title or "").split())
    return Document(
        id=_document_id(draft, sha256),
        title=title,
        uri=draft.uri,
        text=text,
        sha256=sha256,
        revision=1,
        media_type=draft.media_type,
        metadata=dict(draft.metadata),
        length=len(text),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _check_strings(draft: Draft) -> None:
    _check_lengths(draft)
    strings = [("title", draft.title), ("uri", draft.uri), ("media type", draft.media_type)]
    for key, value in draft.metadata.items():
        strings.append((f"metadata key {key!r}", key))
        for one in _values(value):
            strings.append((f"metadata value of {key!r}", one if isinstance(one, str) else None))
            if isinstance(one, float) and not math.isfinite(one):
                raise DocumentRejected(f"the metadata value of {key!r} is {one}: not a number")
    for what, string in strings:
        if string and any("\ud800" <= character <= "\udfff" for character in string):
            raise DocumentRejected(f"the {what} holds a lone surrogate: not valid Unicode")
    if (size := len(msgspec.json.encode(draft.metadata))) > _MAX_METADATA:
        raise DocumentRejected(
            f"the metadata has {size} bytes as JSON; {_MAX_METADATA} are allowed"
        )


def _check_lengths(draft: Draft) -> None:
    for what, string, most in (
        ("title", draft.title, _MAX_TITLE),
        ("uri", draft.uri, _MAX_URI),
        ("media type", draft.media_type, _MAX_TYPE),
    ):
        if string and len(string) > most:
            raise DocumentRejected(f"the {what} has {len(string)} characters; {most} are allowed")


def _values(value: MetadataValue) -> Sequence[MetadataValue]:
    """Return the values of a list, or the single value as a list."""
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def _document_id(draft: Draft, sha256: str) -> str:
    if draft.id is None:
        origin = hashlib.sha256(draft.uri.encode()).hexdigest() if draft.uri else sha256
        return f"doc_{origin[:20]}"
    if not 0 < len(draft.id) <= _MAX_ID or not draft.id.isprintable() or "/" in draft.id:
        raise DocumentRejected(f"a document id is 1 to {_MAX_ID} printable characters without '/'")
    if draft.id in {".", ".."}:  # no URL can name them: clients remove them from a path
        raise DocumentRejected("a document id may not be '.' or '..'")
    return draft.id
