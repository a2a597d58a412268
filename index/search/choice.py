"""The engines by name; their drivers are extras, which are imported when an engine is chosen."""

from citespan.index.catalogue.protocol import Catalogue
from citespan.index.catalogue.types import CatalogueServer
from citespan.index.errors import StoreMismatch
from citespan.index.search.engine import Engine, EngineKind, SearchServer
from citespan.index.search.served import ServedSearchIndex


def served_index(
    search: SearchServer, catalogue: Catalogue, dim: int, *, exact_most: int, read_only: bool
) -> ServedSearchIndex:
    """Return the search index of a catalogue's build in an engine.

    Args:
        search: the engine.
        catalogue: the catalogue with the build.
        dim: length of the vectors.
        exact_most: with more chunks than this, the nearest vectors are found approximately.
        read_only: change nothing.

    Raises:
        StoreMismatch: the engine cannot be used with this catalogue.
        StoreUnavailable: as for `ServedSearchIndex`, or the engine cannot be reached.
    """
    from citespan.index.catalogue import PostgresCatalogue

    if not isinstance(catalogue, PostgresCatalogue):
        raise StoreMismatch(
            f"search.engine = {search.kind} needs documents on PostgreSQL; set store.url, too"
        )
    engine: Engine
    match search.kind:
        case EngineKind.POSTGRES:
            from citespan.index.search.postgres import PostgresEngine

            engine = PostgresEngine(catalogue, dim, exact_most=exact_most, read_only=read_only)
        case EngineKind.MILVUS:
            from citespan.index.search.milvus import MilvusEngine

            engine = MilvusEngine(catalogue, search.url, search.token, dim, read_only=read_only)
    return ServedSearchIndex(engine, catalogue, read_only=read_only)


def drop_served(search: SearchServer, server: CatalogueServer) -> None:
    """Delete what an engine holds of a catalogue outside of the catalogue's own database.

    Raises:
        StoreUnavailable: the engine, or the server of the catalogue, cannot be reached.
    """
    if search.kind is EngineKind.MILVUS:
        from citespan.index.catalogue import identity_on
        from citespan.index.search.milvus import drop_collections

        if identity := identity_on(server):
            drop_collections(search.url, search.token, identity)
