"""The settings of the engine that searches."""

from typing import TYPE_CHECKING, Literal

import msgspec

from citespan.qa.errors import ConfigError

if TYPE_CHECKING:
    from citespan.index.search import SearchServer


class SearchSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What finds the chunks for a question.

    engine: local searches in each process, with indexes in its data folder; postgres searches in
        the database of `store.url`, which needs pgvector there; milvus searches in Milvus, which
        needs citespan[milvus] and `store.url`.
    url: the address of Milvus, such as http://milvus.example.org:19530.
    token: what Milvus asks for, if anything: user:password, or a key.
    """

    engine: Literal["local", "postgres", "milvus"] = "local"
    url: str = ""
    token: str = ""

    def server(self, store_url: str) -> "SearchServer | None":
        """Return the engine on a server, or None if each process searches by itself.

        Raises:
            ConfigError: the engine needs other settings.
        """
        if self.engine == "local":
            return None
        if not store_url:
            raise ConfigError(f"search.engine = {self.engine} needs the documents at store.url")
        if (self.engine == "milvus") != bool(self.url):
            raise ConfigError("search.url is the address of Milvus, for search.engine = milvus")
        from citespan.index.search import EngineKind, SearchServer

        return SearchServer(kind=EngineKind(self.engine), url=self.url, token=self.token)
