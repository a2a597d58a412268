"""Wire types of requests: what is not named here is refused."""

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
# What else is checked where it is used has its pattern in the description alone.
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
    """A question; `history` are the messages before it, oldest first."""

    question: _Question
    top_k: _TopK | None = None
    collection: str = DEFAULT
    mode: Literal["extractive", "generated"] | None = None
    filters: Mapping[str, Any] | None = None
    history: Annotated[tuple[MessageRequest, ...], msgspec.Meta(max_length=1000)] = ()
    include: Annotated[tuple[Literal["passages"], ...], msgspec.Meta(max_length=8)] = ()
    stream: bool = False


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for."""

    query: _Question
    collection: str = DEFAULT
    top_k: _TopK = 10
    filters: Mapping[str, Any] | None = None


class DocumentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document to be stored."""

    text: _Text
    id: _Id | None = None
    title: _Short | None = None
    uri: _Short | None = None
    metadata: Annotated[
        Mapping[_Key, _Short | _Integer | _Number | bool | _Tags | None],
        msgspec.Meta(max_length=100),
    ] = {}

    def draft(self) -> Draft:
        """What the index is given."""
        return Draft(
            id=self.id, text=self.text, title=self.title, uri=self.uri, metadata=self.metadata
        )


class OwnChunking(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How a collection's documents are cut."""

    max_tokens: Annotated[int, msgspec.Meta(ge=LEAST_CHUNK_TOKENS, le=_MAX_SAFE_INT)] | None = None


class OwnRetrieval(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How passages are found in a collection."""

    candidates: Annotated[int, msgspec.Meta(ge=1, le=1_000)] | None = None  # each is looked up
    top_k: _TopK | None = None


class OwnEvidence(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How sure the answers from a collection must be."""

    risk: _Share | None = None
    min_confidence: _Share | None = None
    min_evidence: _Share | None = None
    depth: _TopK | None = None


class OwnAnswer(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How a collection's answers are made."""

    mode: Literal["extractive", "generated"] | None = None
    policy: Literal["strict", "mark"] | None = None


class OtherEmbedding(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """What a collection's documents are embedded with: a model that the service may load."""

    model: Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None = None


class ReindexRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a collection's chunks are to be made anew; what is not given stays as it is."""

    chunking: OwnChunking = OwnChunking()
    embedding: OtherEmbedding = OtherEmbedding()

    def own(self) -> dict[str, dict[str, Any]]:
        """The settings that are given, by section and key."""
        return _given(self)


class CollectionRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new collection, with settings of its own.

    No models: what a client names could be anywhere, and whoever runs the service chooses them.
    """

    name: _Name
    chunking: OwnChunking = OwnChunking()
    retrieval: OwnRetrieval = OwnRetrieval()
    evidence: OwnEvidence = OwnEvidence()
    answer: OwnAnswer = OwnAnswer()

    def own(self) -> dict[str, dict[str, Any]]:
        """The settings that are given, by section and key."""
        return _given(self, "name")


def _given(request: msgspec.Struct, *others: str) -> dict[str, dict[str, Any]]:
    """The sections of a request, but for those without any key."""
    sections: dict[str, Any] = msgspec.to_builtins(request)
    return {name: keys for name, keys in sections.items() if keys and name not in others}
