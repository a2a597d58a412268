"""The composition root: settings to a running service."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from citespan.index import Corpus
from citespan.index.catalogue import CatalogueServer
from citespan.index.corpus import ChunkMaker, Searcher
from citespan.index.disk import IDENTITY, RESERVE
from citespan.index.embedding import exported_folder
from citespan.index.errors import StoreUnavailable
from citespan.index.reading import FileReader
from citespan.qa.answer.generated import Writer
from citespan.qa.claims import Checker
from citespan.qa.composition.models import Say, build_decision, build_embedder, build_reader
from citespan.qa.composition.seed import seed_draft
from citespan.qa.errors import ConfigError
from citespan.qa.evidence import Rules
from citespan.qa.evidence.protocol import Reader
from citespan.qa.llm import Endpoint
from citespan.qa.oversight import SERVER_FILE
from citespan.qa.service import Service
from citespan.qa.settings.overrides import embedding_of, recorded, with_own
from citespan.qa.settings.sections import (
    AUDIT,
    COLLECTIONS,
    LlmSettings,
    ParseSettings,
    Settings,
    load_settings,
)
from citespan.qa.types import Mode, Policy

if TYPE_CHECKING:
    from citespan.index.cluster import Cluster

_LEAST_PROMPT_TOKENS = 400


_OURS = {
    "models", "collections", "collection.json", "server.id", IDENTITY, "jobs", "jobs.db",
    "jobs.db-wal", "jobs.db-shm", "keys.json", "keys.lock", "keys.used.json", RESERVE,
    "sources", "eval-runs", "writer.lock", "writer.pid", "lost+found",
}  # fmt: skip


_OURS_BEGIN = ("worker-", ".restore", ".keys.", "damaged-jobs-", AUDIT, SERVER_FILE)
_DERIVED = ("build-", "derived.json", ".derived.json")  # from what a server holds


def open_service(
    path: str | Path | None = None,
    *,
    settings: Settings | None = None,
    read_only: bool = False,
    endpoint: Endpoint | None = None,
    maker: ChunkMaker | None = None,
    say: Say = lambda _: None,
) -> Service:
    """Open a service on a data folder; with `data.seed`, an empty folder gets the seed document.

    Args:
        path: the data folder; by default the one in `settings`.
        settings: by default those of the environment.
        read_only: open while another process writes.
        endpoint: the language model, which the caller closes. By default it is the one in
            `settings`, which the service closes.
        maker: makes chunks and vectors elsewhere; the caller closes it.
        say: called with a message about work that takes a while.

    Raises:
        ConfigError, StoreError: the folder cannot be opened; the message says why.
    """
    settings = settings or load_settings()
    folder = Path(path) if path is not None else settings.collection_path()
    corpus = open_corpus(folder, settings, read_only=read_only, maker=maker, say=say)
    try:
        if settings.data.seed and not read_only and corpus.generation == 0:
            say("This data folder is empty: ingesting the seed document.")
            corpus.put(seed_draft())
        return service_of(corpus, settings, endpoint)
    except BaseException:
        corpus.close()
        raise


def service_of(
    corpus: Corpus,
    settings: Settings,
    endpoint: Endpoint | None = None,
    searcher: Searcher | None = None,
) -> Service:
    """Return a service that answers from a corpus; `endpoint` is that of `open_service`.

    With `searcher`, it answers from another build of the corpus than the live one.

    Raises:
        ConfigError: `answer.mode` is generated, but no language model is set.
    """
    now = _embedded_by(corpus.embedder if searcher is None else searcher.embedder.name, settings)
    reader, decision = build_reader(now), build_decision(now)
    own = build_endpoint(settings.llm) if endpoint is None else None
    model = endpoint or own
    if settings.answer.mode == Mode.GENERATED and model is None:
        raise ConfigError(
            "answer.mode is generated, but no language model is set; set llm.base_url and llm.model"
        )
    return Service(
        corpus,
        reader,
        decision=decision,
        rules=Rules(depth=settings.evidence.depth, evidence=settings.evidence.min_evidence),
        top_k=settings.retrieval.top_k,
        candidates=settings.retrieval.candidates,
        collection=settings.data.collection,
        writer=model and build_writer(model, reader, settings),
        mode=Mode(settings.answer.mode),
        owned=own,
        searcher=searcher,
        files=build_files(settings.parse),
    )


def _embedded_by(embedder: str, settings: Settings) -> Settings:
    """Return the settings with the model of an embedder, which may be one of a reindex."""
    model = embedding_of(embedder)["model"]
    embedding = msgspec.structs.replace(settings.embedding, model=model)
    return msgspec.structs.replace(settings, embedding=embedding)


def build_files(settings: ParseSettings, cluster: "Cluster | None" = None) -> FileReader:
    """Return the reader of files that the settings describe; with `cluster`, that reads them."""
    originals, ocr = settings.originals, settings.ocr
    if cluster is None:
        return FileReader(originals=originals, ocr=ocr)
    return FileReader(originals=originals, ocr=ocr, parse=cluster.parse, at_once=cluster.at_once)


def build_endpoint(settings: LlmSettings) -> Endpoint | None:
    """Return the language model that the settings name, if any; the caller closes it.

    Raises:
        ConfigError: a setting of the language model is missing or invalid.
    """
    if not settings.base_url:
        return None
    if not settings.model:
        raise ConfigError("llm.base_url is set, but llm.model is not; set llm.model")
    return Endpoint(
        base_url=settings.base_url,
        model=settings.model,
        api_key=settings.api_key,
        timeout_s=settings.timeout_s,
        limit_s=settings.limit_s,
        retries=settings.retries,
        concurrency=settings.concurrency,
    )


def build_writer(endpoint: Endpoint, reader: Reader, settings: Settings) -> Writer:
    """Return the writer of a collection's generated answers.

    Raises:
        ConfigError: the context of the model has too little room for a prompt.
    """
    budget_tokens = settings.llm.context_tokens - settings.llm.max_tokens
    if budget_tokens < _LEAST_PROMPT_TOKENS:
        raise ConfigError(
            f"llm.context_tokens must be at least {_LEAST_PROMPT_TOKENS} more than llm.max_tokens"
        )
    return Writer(
        endpoint,
        Checker(reader),
        policy=Policy(settings.answer.policy),
        max_tokens=settings.llm.max_tokens,
        budget_tokens=budget_tokens,
    )


def open_for_questions(settings: Settings, say: Say = lambda _: None) -> Service:
    """Open a service that only answers, read-only if nothing has to be prepared first."""
    folder = settings.collection_path()
    if is_warm(folder, settings):
        try:
            service = open_service(folder, settings=settings, read_only=True, say=say)
        except StoreUnavailable:
            pass  # created, but never filled: fall through and fill it
        else:
            if service.corpus.generation or not settings.data.seed:
                return service
            service.close()
    return open_service(folder, settings=settings, say=say)


def open_corpus(
    folder: Path,
    settings: Settings,
    *,
    read_only: bool = False,
    for_reindex: bool = False,
    maker: ChunkMaker | None = None,
    say: Say = lambda _: None,
) -> Corpus:
    """Open only the corpus, for work that asks no questions.

    With `for_reindex`, the embedder and chunk size may differ from those of the chunks, because
    the caller is about to reindex.
    """
    server = settings.server()
    check_folder(folder, server)
    now = with_recorded(folder, settings)
    return Corpus.open(
        folder,
        build_embedder(now, say),
        chunk_tokens=now.chunking.max_tokens,
        read_only=read_only,
        for_reindex=for_reindex,
        keep_revisions=settings.data.keep_revisions or None,
        reserve_in=folder.parent.parent if folder.parent.name == COLLECTIONS else folder,
        server=server,
        search=settings.engine(),
        embedder_of=lambda build: build_embedder(with_own(settings, build.own), say),
        maker=maker,
    )


def with_recorded(folder: Path, settings: Settings) -> Settings:
    """Return the settings with the values recorded at the last reindex.

    The recorded values override the settings file.
    """
    return with_own(settings, recorded(folder, settings.server()))


def is_warm(folder: Path, settings: Settings) -> bool:
    """Return whether a question can be answered without writing to the folder."""
    ready = settings.embedding.runtime == "torch" or (
        exported_folder(settings.models_path(), settings.embedding.model).exists()
    )
    if settings.engine():
        return ready  # opening for reading finds out
    known = any(folder.glob("build-*")) if settings.server() else (folder / "catalog.db").exists()
    return ready and known


def check_folder(folder: Path, server: CatalogueServer | None = None) -> None:
    """Check that a folder is empty, new or a data folder, before anything is written to it.

    Args:
        folder: the folder.
        server: the server that holds the documents in place of the folder.

    Raises:
        ConfigError: the folder holds something else, such as a user's documents.
    """
    if not folder.is_dir() or (folder / "catalog.db").exists():
        return
    names = sorted(path.name for path in folder.iterdir())
    begin = (*_OURS_BEGIN, *_DERIVED) if server else _OURS_BEGIN
    if others := [name for name in names if name not in _OURS and not name.startswith(begin)]:
        raise ConfigError(
            f"{folder} is not a data folder of citespan: it holds {others[0]!r}; choose an empty or"
            " a new folder, and store documents in it with `citespan ingest`"
        )
