"""Wire types of requests: what is not named here is refused."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from index import Draft
from qa.questions import MAX_TOP_K

_MAX_SAFE_INT = 2**53 - 1  # JavaScript keeps no larger integer exact

_TopK = Annotated[int, msgspec.Meta(ge=1, le=MAX_TOP_K)]
_Integer = Annotated[int, msgspec.Meta(ge=-_MAX_SAFE_INT, le=_MAX_SAFE_INT)]
_Short = Annotated[str, msgspec.Meta(max_length=2000)]
_Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class AskRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question."""

    question: str
    top_k: _TopK | None = None
    mode: Literal["extractive"] = "extractive"
    filters: Mapping[str, Any] | None = None
    include: Annotated[tuple[Literal["passages"], ...], msgspec.Meta(max_length=8)] = ()
    stream: bool = False


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to look for."""

    query: str
    top_k: _TopK = 10
    filters: Mapping[str, Any] | None = None


class DocumentRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document to be stored."""

    text: str
    id: str | None = None
    title: _Short | None = None
    uri: _Short | None = None
    metadata: Annotated[
        Mapping[_Key, _Short | _Integer | float | bool | None], msgspec.Meta(max_length=100)
    ] = {}

    def draft(self) -> Draft:
        """What the index is given."""
        return Draft(
            id=self.id, text=self.text, title=self.title, uri=self.uri, metadata=self.metadata
        )
