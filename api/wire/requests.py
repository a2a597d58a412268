"""Wire types of requests; the server refuses fields that are not named here."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from citespan.index import Draft
from citespan.qa.question import MAX_QUESTION, MAX_TOP_K
from citespan.qa.settings import DEFAULT, LEAST_CHUNK_TOKENS

_MAX_SAFE_INT = 2**53 - 1  # JavaScript keeps no larger integer exact

_TopK = Annotated[int, msgspec.Meta(ge=1, le=MAX_TOP_K)]
_Integer = Annotated[int, msgspec.Meta(ge=-_MAX_SAFE_INT, le=_MAX_SAFE_INT)]
_Number = Annotated[float, msgspec.Meta(ge=-_MAX_SAFE_INT, le=_MAX_SAFE_INT)]
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Short = Annotated[str, msgspec.Meta(max_length=2000)]
# Where the code that uses a value checks it, the pattern is only in the description.
_Question = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=MAX_QUESTION, extra_json_schema={"pattern": r"[\p{L}\p{N}]"}
    ),
]
ID_SCHEMA = {"pattern": r"^[^/\p{C}\p{Z}]( |[^/\p{C}\p{Z}])*$", "not": {"enum": [".", ".."]}}
_Id = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=200,
        description="Printable characters without '/', but not '.' or '..'.",
        extra_json_schema=ID_SCHEMA,
    ),
]
_Text = Annotated[str, msgspec.Meta(extra_json_schema={"pattern": r"^[^\x00]*[^\x00\s][^\x00]*$"})]
_Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Tags = Annotated[tuple[_Short | _Integer | _Number | bool, ...], msgspec.Meta(max_length=100)]


class MessageRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An earlier message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: Annotated[str, msgspec.Meta(max_length=100_000)]


class AskRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question; `history` holds the messages before it, oldest first."""

    question: _Question
    top_k: _TopK | None = None
    collection: str = DEFAULT
    mode: Literal["extractive", "generated"] | None = None
    filters: Mapping[str, Any] | None = None
    history: Annotated[tuple[MessageRequest, ...], msgspec.Meta(max_length=1000)] = ()
    include: Annotated[tuple[Literal["passages"], ...], msgspec.Meta(max_length=8)] = ()
    stream: bool = False


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A query for passages."""

    query: _Question
    collection: str = DEFAULT
    top_k: _TopK = 10
    filters: Mapping[str, Any] | None = None


class DocumentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document to store."""

    text: _Text
    id: _Id | None = None
    title: _Short | None = None
    uri: _Short | None = None
    metadata: Annotated[
        Mapping[_Key, _Short | _Integer | _Number | bool | _Tags | None],
        msgspec.Meta(max_length=100),
    ] = {}

    def draft(self) -> Draft:
        """Return the document as the index takes it."""
        return Draft(
            id=self.id, text=self.text, title=self.title, uri=self.uri, metadata=self.metadata
        )


class OwnChunking(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The collection's own settings for splitting documents into chunks."""

    max_tokens: Annotated[int, msgspec.Meta(ge=LEAST_CHUNK_TOKENS, le=_MAX_SAFE_INT)] | None = None


class OwnRetrieval(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The collection's own settings for finding passages."""

    # At most 1,000, because the search looks up each one.
    candidates: Annotated[int, msgspec.Meta(ge=1, le=1_000)] | None = None
    top_k: _TopK | None = None


class OwnEvidence(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The collection's own settings for how certain its answers must be."""

    risk: _Share | None = None
    min_confidence: _Share | None = None
    min_evidence: _Share | None = None
    depth: _TopK | None = None


class OwnAnswer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The collection's own settings for its answers."""

    mode: Literal["extractive", "generated"] | None = None
    policy: Literal["strict", "mark"] | None = None


class OtherEmbedding(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The embedding model of a collection, one that the service may load."""

    model: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None


class ReindexRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings for rebuilding a collection's chunks; omitted settings stay unchanged."""

    chunking: OwnChunking = OwnChunking()
    embedding: OtherEmbedding = OtherEmbedding()

    def own(self) -> dict[str, dict[str, Any]]:
        """Return the settings that the request has, by section and key."""
        return _given(self)


class CollectionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new collection, with its own settings.

    A client cannot name models, which could be loaded from anywhere: the operator chooses them.
    """

    name: _Name
    chunking: OwnChunking = OwnChunking()
    retrieval: OwnRetrieval = OwnRetrieval()
    evidence: OwnEvidence = OwnEvidence()
    answer: OwnAnswer = OwnAnswer()

    def own(self) -> dict[str, dict[str, Any]]:
        """Return the settings that the request has, by section and key."""
        return _given(self, "name")


def _given(request: msgspec.Struct, *others: str) -> dict[str, dict[str, Any]]:
    """Return the sections of a request that have at least one key."""
    sections: dict[str, Any] = msgspec.to_builtins(request)
    return {name: keys for name, keys in sections.items() if keys and name not in others}
