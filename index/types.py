"""The values that `index` takes and returns. Offsets are code points of `Document.text`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from citespan.index.errors import InvalidSpan

Vectors = NDArray[np.float32]
Sections: TypeAlias = Mapping[str, Mapping[str, Any]]  # settings by section and key

Scalar: TypeAlias = str | int | float | bool | None
MetadataValue: TypeAlias = Scalar | Sequence[str | int | float | bool]
ACCESS = "access"  # in a document's metadata: the groups that may see it


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range of code points, `[start, end)`, ordered by its start."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise InvalidSpan(f"[{self.start}, {self.end}) is not a span: need 0 <= start <= end")

    def __len__(self) -> int:
        return self.end - self.start

    def of(self, text: str) -> str:
        """Return the characters of `text` in this span; the slice never clamps.

        Raises:
            InvalidSpan: the span ends beyond the text.
        """
        if self.end > len(text):
            raise InvalidSpan(f"[{self.start}, {self.end}) ends beyond a text of {len(text)}")
        return text[self.start : self.end]

    def overlap(self, other: "Span") -> int:
        """Return how many code points both spans cover."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """The file that a text was read from.

    name: the file's name, without path; may be empty.
    made_by: the reader and its version.
    layout: where each character stands, as `index.layout.encoded` makes it.
    data: the file's bytes; None if they are not kept.
    """

    name: str
    made_by: str
    layout: bytes
    data: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """What became of an entry of a source: the state that the next sync compares with.

    source, key: the name of the source, and what it calls the entry.
    member: the name of a file inside of the entry; empty for the entry itself.
    version: what the source called the entry's content when it was read.
    sha256: of the content's bytes; empty if it was not read.
    document_id: None if nothing is stored of it; `reason` then says why.
    """

    source: str
    key: str
    version: str
    member: str = ""
    sha256: str = ""
    document_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document to be stored: decoded text and metadata.

    Without `id`, the writer derives one: from `uri` if there is one, otherwise from the text.
    Ingesting the same input twice therefore yields the same document. `parsed` is the file that a
    reader made the text of; None if the text was given as text. `tracked` is the entry of a source
    that it is of; it is recorded together with the document.
    """

    text: str
    id: str | None = None
    title: str | None = None
    uri: str | None = None
    media_type: str = "text/plain"
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict[str, MetadataValue])
    parsed: SourceFile | None = None
    tracked: Tracked | None = None

    def for_groups(self, groups: Sequence[str]) -> "Draft":
        """Return a draft that only these groups see; without any, return this one."""
        if not groups:
            return self
        return replace(self, metadata={**self.metadata, ACCESS: list(groups)})


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInfo:
    """A stored document without its text; `length` in code points, `sha256` of the UTF-8 text."""

    id: str
    title: str
    uri: str | None
    sha256: str
    revision: int
    media_type: str
    metadata: Mapping[str, MetadataValue]
    length: int
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(DocumentInfo):
    """One immutable revision of a document, with the text that all offsets point into."""

    text: str

    def info(self) -> DocumentInfo:
        """Return the document's metadata, without its text."""
        names = (field.name for field in fields(DocumentInfo))
        return DocumentInfo(**{name: getattr(self, name) for name in names})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage of one document: a span without text. The embedder counts `tokens`.

    `context` is what is searched with the text and is not part of the span: the headings over it,
    and the header of its table.
    """

    id: int
    document_id: str
    revision: int
    span: Span
    tokens: int
    context: str = ""

    def titled(self, title: str) -> str:
        """Return the document's title with the context, as both are searched."""
        return " › ".join(part for part in (title, self.context) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A chunk and its score; higher is better in every store."""

    chunk_id: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The scores of a passage by stage; None if a stage did not score the passage.

    dense: cosine in [-1, 1]; lexical: BM25, >= 0; fused: reciprocal rank fusion, > 0;
    relevance: the evidence model's last ranking of it, a raw logit, unbounded; evidence: its
    probability in [0, 1] that the passage holds the answer, once the model has read it; in a
    citation, the mean over the sentence's characters.
    """

    dense: float | None = None
    lexical: float | None = None
    fused: float | None = None
    relevance: float | None = None
    evidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A retrieved chunk with its text, its document's title and its scores by stage."""

    chunk: Chunk
    title: str
    text: str
    scores: Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Chunks and vectors of all documents, made with the same settings (embedder, chunking).

    own: the settings that were recorded when the build became the live one, by section and key.
    """

    id: int
    settings: Mapping[str, str]
    own: Sections
    created_at: str


class Side(StrEnum):
    """The two ways to find a chunk: by meaning, and by words."""

    DENSE = "dense"
    LEXICAL = "lexical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A second query, whose ranks are fused with the query's own at a weight."""

    query: str
    weight: float


class Outcome(StrEnum):
    """The effect of storing a draft."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreResult:
    """The result of adding or replacing a document."""

    document: DocumentInfo
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """A page of the document list in id order; pass `next_cursor` back for the next one."""

    documents: tuple[DocumentInfo, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A deleted document: revision numbers up to this one are never used again."""

    id: str
    revision: int
