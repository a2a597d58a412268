"""Opening the parts of a corpus in a data folder, on this machine."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock

from citespan.index.catalogue import CatalogueServer, SqliteCatalogue
from citespan.index.catalogue.protocol import Catalogue
from citespan.index.corpus.contents import summary
from citespan.index.corpus.making import ChunkMaker
from citespan.index.corpus.searcher import Searcher, build_settings
from citespan.index.disk.folder import (
    CATALOGUE,
    build_folder,
    check_catalogue,
    clear_builds,
    lock_for_writing,
    settle,
)
from citespan.index.disk.reserve import Reserve
from citespan.index.embedding.protocol import Embedder
from citespan.index.errors import ModelUnavailable, StoreMismatch
from citespan.index.search import LocalSearchIndex, SearchServer, served_index
from citespan.index.search.protocol import SearchIndex
from citespan.index.types import Build


class Parts(NamedTuple):
    """What a corpus is made of.

    searcher: the searcher over the live build, to which the corpus also stores.
    searcher_over: opens a searcher over the build that a catalogue is seen with.
    index_of: makes the search index of another build, for vectors of the given length.
    lock: released when the corpus is closed.
    shared: whether other processes store documents at the same time.
    """

    searcher: Searcher
    searcher_over: Callable[[Catalogue], Searcher]
    index_of: Callable[[Catalogue, int], SearchIndex]
    lock: FileLock | None = None
    shared: bool = False


def open_parts(
    folder: Path,
    embedder: Embedder,
    *,
    chunk_tokens: int,
    read_only: bool,
    for_reindex: bool,
    exact_most: int,
    reserve_in: Path | None,
    server: CatalogueServer | None,
    search: SearchServer | None,
    embedder_of: Callable[[Build], Embedder] | None,
    maker: ChunkMaker | None,
) -> Parts:
    """Open the parts of a corpus, with arguments and errors as those of `Corpus.open`."""
    settings = build_settings(embedder, chunk_tokens)
    with ExitStack() as opened:
        lock = None if read_only else lock_for_writing(folder)
        if lock:
            opened.callback(lock.release)
        if server is None:
            check_catalogue(folder)
        else:
            _check_unused(folder, server)
        if for_reindex and summary(folder, server):
            settings = {}
        catalogue = _catalogue(folder, settings, server, reserve_in, read_only=read_only)
        opened.callback(catalogue.close)
        if lock:
            # Remove files of other builds, which would keep words of documents deleted later.
            clear_builds(folder, [] if search else [catalogue.build.id])

        def index_of(seen: Catalogue, dim: int) -> SearchIndex:
            if search:
                return served_index(search, seen, dim, exact_most=exact_most, read_only=read_only)
            files = build_folder(folder, seen.build.id)
            return LocalSearchIndex(files, seen, dim, read_only=read_only, exact_most=exact_most)

        def searcher_over(seen: Catalogue) -> Searcher:
            build = seen.build
            made_by = embedder_of(build) if embedder_of else embedder
            if made_by.name != build.settings["embedder"]:
                raise ModelUnavailable(
                    f"another server has made the chunks with {build.settings['embedder']}, which"
                    " is not what the settings of this one name"
                )
            if lock:
                clear_builds(folder, [build.id, seen.previous() or build.id])
            index = index_of(seen, made_by.dim)
            return Searcher(seen, index, made_by, int(build.settings["chunk_tokens"]), maker)

        index = index_of(catalogue, embedder.dim)
        opened.pop_all()
    searcher = Searcher(catalogue, index, embedder, chunk_tokens, maker)
    return Parts(searcher, searcher_over, index_of, lock, shared=server is not None)


def _catalogue(
    folder: Path,
    settings: Mapping[str, str],
    server: CatalogueServer | None,
    reserve_in: Path | None,
    *,
    read_only: bool,
) -> Catalogue:
    if server is None:
        reserve = Reserve(reserve_in) if reserve_in and not read_only else None
        return SqliteCatalogue(folder / CATALOGUE, settings, read_only=read_only, reserve=reserve)
    from citespan.index.catalogue import PostgresCatalogue  # its driver is an extra

    return PostgresCatalogue(server, settings, read_only=read_only, folder=folder)


def _check_unused(folder: Path, server: CatalogueServer) -> None:
    """Refuse a folder with documents of its own, which nobody would find.

    Raises:
        StoreMismatch: the folder has a catalogue.
    """
    settle(folder)
    if (folder / CATALOGUE).exists():
        raise StoreMismatch(
            f"the data folder {folder} holds documents of its own, but the settings name {server};"
            " choose another folder, or remove store.url"
        )
