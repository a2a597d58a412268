"""The composition root: settings to a running service."""

import json
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path

import msgspec

from index import Corpus, Draft, Embedder, OnnxEmbedder, TorchEmbedder, decode
from index.errors import StoreUnavailable
from index.export import export_onnx, exported_folder, read_manifest
from index.folder import IDENTITY
from index.reserve import RESERVE
from qa.bundled import BundledReader
from qa.checking import Checker
from qa.decision import Decision
from qa.endpoint import Endpoint
from qa.errors import ConfigError
from qa.extract import Rules
from qa.generate import Writer
from qa.manifest import read_evidence_manifest
from qa.models import InUse
from qa.ownsettings import noted, with_own
from qa.reading import Reader
from qa.service import Service
from qa.settings import (
    BUNDLED_EVIDENCE,
    COLLECTIONS,
    EvidenceSettings,
    LlmSettings,
    Settings,
    load_settings,
)
from qa.types import Mode, Policy

Say = Callable[[str], None]

_LEAST_PROMPT_TOKENS = 400

_embedders: InUse[Embedder] = InUse()
_readers: InUse[Reader] = InUse()

_OURS = {
    "models", "lexical", "collections", "collection.json", IDENTITY, "jobs", "jobs.db",
    "jobs.db-wal", "jobs.db-shm", RESERVE, "writer.lock", "writer.pid", "lost+found",
}  # fmt: skip


_OURS_BEGIN = (".restore", "damaged-jobs-")


def open_service(
    path: str | Path | None = None,
    *,
    settings: Settings | None = None,
    read_only: bool = False,
    endpoint: Endpoint | None = None,
    say: Say = lambda _: None,
) -> Service:
    """A service on a data folder; an empty folder gets the seed document first, if set so.

    Args:
        path: the data folder; by default the one in `settings`.
        settings: by default what the environment says.
        read_only: open beside a process that writes.
        endpoint: the language model, which stays open; by default the one in `settings`, which the
            service closes.
        say: told, in words, about work that takes a while.

    Raises:
        ConfigError, StoreError: it cannot be opened; the message says why.
    """
    settings = settings or load_settings()
    folder = Path(path) if path is not None else settings.collection_path()
    corpus = open_corpus(folder, settings, read_only=read_only, say=say)
    try:
        if settings.data.seed and not read_only and corpus.generation == 0:
            say("This data folder is empty: ingesting the seed document.")
            corpus.put(seed_draft())
        return service_of(corpus, settings, endpoint)
    except BaseException:
        corpus.close()
        raise


def service_of(corpus: Corpus, settings: Settings, endpoint: Endpoint | None = None) -> Service:
    """A service that answers from a corpus as the settings say; `endpoint` as for `open_service`.

    Raises:
        ConfigError: answers are to be generated, and no language model is set.
    """
    reader = build_reader(settings.evidence)
    decision = build_decision(settings.evidence)
    own = build_endpoint(settings.llm) if endpoint is None else None
    model = endpoint or own
    if settings.answer.mode == Mode.GENERATED and model is None:
        raise ConfigError("answer.mode is generated; set llm.base_url and llm.model, too")
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
    )


def build_endpoint(settings: LlmSettings) -> Endpoint | None:
    """The language model that the settings name, if any; close it when done.

    Raises:
        ConfigError: it cannot be used so.
    """
    if not settings.base_url:
        return None
    if not settings.model:
        raise ConfigError("llm.base_url is set; set llm.model, too")
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
    """What writes a collection's generated answers.

    Raises:
        ConfigError: the model could read nothing beside what it may write.
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
    """A service that only answers: beside a writer, and writing nothing once all is prepared."""
    folder = settings.collection_path()
    if is_warm(folder, settings):
        try:
            service = open_service(folder, settings=settings, read_only=True, say=say)
        except StoreUnavailable:
            pass  # made, but never filled: fall through and fill it
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
    remake: bool = False,
    say: Say = lambda _: None,
) -> Corpus:
    """The corpus alone, for work that asks no questions; `remake` as for `Corpus.open`."""
    check_folder(folder)
    settings = as_made(folder, settings)
    return Corpus.open(
        folder,
        build_embedder(settings, say),
        chunk_tokens=settings.chunking.max_tokens,
        read_only=read_only,
        remake=remake,
        keep_revisions=settings.data.keep_revisions or None,
        reserve_in=folder.parent.parent if folder.parent.name == COLLECTIONS else folder,
    )


def as_made(folder: Path, settings: Settings) -> Settings:
    """The settings with those that the chunks were made anew with, if they were.

    They were chosen later than whatever stands in a file.
    """
    return with_own(settings, noted(folder))


def build_embedder(settings: Settings, say: Say = lambda _: None) -> Embedder:
    """Return the embedder that the settings name.

    The lean runtime exports a model that does not come with citespan at its first use.

    All in this process that name the same one share it.
    """
    model = settings.embedding.model
    if settings.embedding.runtime == "torch":
        device = settings.embedding.device or None
        return _embedders.get(_named(model, device), lambda: TorchEmbedder(model, device))
    exported = exported_folder(settings.models_path(), model)
    if not exported.exists():
        say(f"First use: preparing the embedding model {model} (once, some 10 seconds).")
        export_onnx(model, exported)
    # Its files may have been made anew since another was opened.
    made_from = exported, msgspec.json.encode(read_manifest(exported))
    return _embedders.get(made_from, lambda: OnnxEmbedder(exported))


def build_reader(settings: EvidenceSettings) -> Reader:
    """The evidence model that the settings name; all in this process that do share it."""
    model, device = settings.model, settings.device or None
    if model == BUNDLED_EVIDENCE:
        return _readers.get(model, lambda: BundledReader(evidence_folder()))
    from qa.hub import open_reader  # loads torch

    return _readers.get(_named(model, device), lambda: open_reader(model, device))


def _named(model: str, device: str | None) -> Hashable:
    """What a model is made from: the name, and the files of a folder as they are now."""
    files: list[Hashable] = []
    with suppress(OSError, ValueError):  # it is no folder
        for path in sorted(Path(model).iterdir()):
            found = path.stat()
            files.append((path.name, found.st_ino, found.st_size, found.st_mtime_ns))
    return model, device, *files


def build_decision(settings: EvidenceSettings) -> Decision:
    """When the evidence model's word is enough, as the settings say.

    Raises:
        ConfigError: there is no threshold for the risk that is set.
    """
    bundled = settings.model == BUNDLED_EVIDENCE
    decision = read_evidence_manifest(evidence_folder()).decision if bundled else Decision()
    if settings.min_confidence is not None:
        return msgspec.structs.replace(decision, least=settings.min_confidence)
    return decision if settings.risk is None else decision.at_risk(settings.risk)


def evidence_folder() -> Path:
    """Where the bundled evidence model lies."""
    return Path(__file__).parent / "evidence"


def is_warm(folder: Path, settings: Settings) -> bool:
    """Whether a question can be asked without writing anything to the folder."""
    ready = settings.embedding.runtime == "torch" or (
        exported_folder(settings.models_path(), settings.embedding.model).exists()
    )
    return ready and (folder / "catalog.db").exists()


def check_folder(folder: Path) -> None:
    """Refuse a folder of something else, a user's documents say, before anything is put there.

    Raises:
        ConfigError: it is one.
    """
    if not folder.is_dir() or (folder / "catalog.db").exists():
        return
    names = sorted(path.name for path in folder.iterdir())
    if others := [name for name in names if name not in _OURS and not name.startswith(_OURS_BEGIN)]:
        raise ConfigError(
            f"{folder} is not a data folder of citespan: it holds {others[0]!r}; name an empty or"
            " a new folder, and store documents in it with `citespan ingest`"
        )


def seeds_folder() -> Path:
    """The seed document and its questions: inside the package when installed from a wheel."""
    installed = Path(__file__).parent / "seeds"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "seeds"


def seed_draft() -> Draft:
    """The seed document as `seeds/seed.json` describes it."""
    folder = seeds_folder()
    card = json.loads((folder / "seed.json").read_text(encoding="utf-8"))
    return Draft(
        id=card["id"],
        text=decode((folder / card["file"]).read_bytes()),
        title=card["title"],
        uri=card["uri"],
    )
