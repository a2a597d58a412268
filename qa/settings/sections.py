"""Settings: defaults, a TOML file, the environment, flags. Import reads nothing."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, cast

import msgspec

from citespan.decoding import converted
from citespan.qa.errors import ConfigError
from citespan.qa.evidence import Rules
from citespan.qa.settings.access import AccessSettings
from citespan.qa.settings.environment import from_environment
from citespan.qa.settings.search import SearchSettings
from citespan.qa.settings.serving import (
    AuditSettings,
    FeedbackSettings,
    LimitsSettings,
    ServeSettings,
    TelemetrySettings,
)
from citespan.qa.settings.sources import SourcesSettings
from citespan.qa.settings.store import StoreSettings

if TYPE_CHECKING:
    from citespan.index.catalogue import CatalogueServer
    from citespan.index.search import SearchServer

_HIDDEN = "(set)"  # printed instead of a secret
BUNDLED_EVIDENCE = "citespan-evidence"
COLLECTIONS = "collections"  # the folder of all collections except the default one
AUDIT = "audit.jsonl"  # in the data folder
RUNS = "eval-runs"  # in the data folder: what `citespan eval run` measured
DEFAULT = "default"  # the collection that always exists

# The minimum that a client may choose: a short sentence, and as many tokens of the title before.
LEAST_CHUNK_TOKENS = 32

_Positive = Annotated[int, msgspec.Meta(ge=1)]
_Name = Annotated[str, msgspec.Meta(min_length=1)]
_Path = Annotated[str, msgspec.Meta(pattern=r"^[^\x00\ud800-\udfff]*$", max_length=4096)]
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]  # a bound also refuses nan


class DataSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where documents and exported models are stored.

    path: the data folder; if empty, the user's own by the convention of the platform.
    models: the folder for exports of embedding models that are not bundled, shared by all data
        folders; if empty, the user's cache folder.
    collection: the collection that commands use.
    seed: whether an empty data folder gets the seed document, so that questions work at once.
    keep_revisions: how many past revisions of a document are kept when it is replaced; 0 keeps all.
    """

    path: _Path = ""
    models: _Path = ""
    collection: _Name = DEFAULT
    seed: bool = True
    keep_revisions: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)] = 0


class ParseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How files other than plain text are read.

    originals: whether the files are kept with their texts, for viewers and for reading them again.
    ocr: when pages are read as pictures; auto is for pages without text, never is never.
    """

    originals: bool = True
    ocr: Literal["auto", "always", "never"] = "auto"


class ChunkingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How documents are split into chunks; fixed once documents are stored.

    max_tokens: maximum tokens per chunk, counted by the embedder.
    """

    max_tokens: _Positive = 150


class EmbeddingSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The model that turns text into vectors.

    model: the bundled one; multilingual-e5-small, which the extra `languages` brings; a hub id; or
        a folder.
    runtime: onnx is lean; torch can use a GPU.
    device: the device of runtime torch; if empty, the fastest one available.
    """

    model: _Name = "all-MiniLM-L6-v2"
    runtime: Literal["onnx", "torch"] = "onnx"
    device: str = ""


class RetrievalSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How passages are found for a question.

    candidates: how many chunks each side of the retrieval contributes to the fusion.
    top_k: how many of the best passages are considered.
    """

    candidates: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 50
    top_k: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20


class EvidenceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How passages are judged, and how confident an answer must be.

    model: the bundled one, which reads what the embedder reads, or a hub id or folder of a
        cross-encoder, an extractive question answerer or a token classifier.
    device: the torch device of a model that is not bundled; if empty, CUDA if available, else the
        CPU.
    risk: the share of answers that may be wrong, on data like the calibration data of the model.
    min_confidence: the minimum confidence of an answer; it overrides the one of `risk`.
    min_evidence: the minimum probability of a cited sentence.
    depth: how many passages are read to the end.
    """

    model: _Name = BUNDLED_EVIDENCE
    device: str = ""
    risk: _Share | None = None
    min_confidence: _Share | None = None
    min_evidence: _Share = Rules().evidence
    depth: Annotated[int, msgspec.Meta(ge=1, le=100)] = Rules().depth


class AnswerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How answers are made unless a question says otherwise.

    mode: extractive uses only quotes; generated lets the language model of `[llm]` write.
    policy: what happens to a generated sentence that nothing supports; strict drops it, mark sends
        it with a mark.
    """

    mode: Literal["extractive", "generated"] = "extractive"
    policy: Literal["strict", "mark"] = "strict"


class LlmSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A language model behind an OpenAI-compatible endpoint; without `base_url`, none is used.

    base_url: the URL of the endpoint, such as http://127.0.0.1:8080/v1.
    model: the name of the model at the endpoint.
    api_key: the key of the endpoint, if it needs one.
    timeout_s: the timeout for the connection, the first word, and between two words, in seconds.
    limit_s: the time limit for a whole answer, in seconds.
    context_tokens: how much the model can read and write, in tokens of cl100k_base.
    max_tokens: how many of those tokens the model may write.
    retries: how often a request is repeated if it fails before the first word.
    concurrency: how many answers the model writes at once, at most.
    """

    base_url: str = ""
    model: str = ""
    api_key: str = ""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 20.0
    limit_s: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 60.0
    context_tokens: Annotated[int, msgspec.Meta(ge=500)] = 4000
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] = 500
    retries: Annotated[int, msgspec.Meta(ge=0, le=10)] = 2
    concurrency: _Positive = 4


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings. Only composition roots see them."""

    data: DataSettings = DataSettings()
    store: StoreSettings = StoreSettings()
    search: SearchSettings = SearchSettings()
    parse: ParseSettings = ParseSettings()
    chunking: ChunkingSettings = ChunkingSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    answer: AnswerSettings = AnswerSettings()
    llm: LlmSettings = LlmSettings()
    serve: ServeSettings = ServeSettings()
    access: AccessSettings = AccessSettings()
    limits: LimitsSettings = LimitsSettings()
    audit: AuditSettings = AuditSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    sources: SourcesSettings = SourcesSettings()

    def shown(self) -> "Settings":
        """Return the settings without secrets, to be printed or stored."""
        llm = msgspec.structs.replace(self.llm, api_key=self.llm.api_key and _HIDDEN)
        store = msgspec.structs.replace(self.store, url=self.store.url and _HIDDEN)
        search = msgspec.structs.replace(self.search, token=self.search.token and _HIDDEN)
        sources = self.sources.shown(_HIDDEN)
        return msgspec.structs.replace(self, llm=llm, sources=sources, store=store, search=search)

    def data_path(self) -> Path:
        """Return the data folder: `data.path`, or the user's own by the platform's convention."""
        if self.data.path:
            return _expanded(self.data.path)
        import platformdirs

        return Path(platformdirs.user_data_dir("citespan", appauthor=False))

    def audit_path(self) -> Path | None:
        """Return the file of the audit log, or None if it is off."""
        if not self.audit.on:
            return None
        return _expanded(self.audit.path) if self.audit.path else self.data_path() / AUDIT

    def collection_path(self) -> Path:
        """Return the folder of the collection: the data folder, or a folder below it."""
        name = self.data.collection
        return self.data_path() if name == DEFAULT else self.data_path() / COLLECTIONS / name

    def server(self) -> "CatalogueServer | None":
        """Return the server that holds the collection, or None; errors as `StoreSettings.at`."""
        return self.store.at(self.data.collection)

    def engine(self) -> "SearchServer | None":
        """Return the engine that searches, or None; errors as `SearchSettings.server`."""
        return self.search.server(self.store.url)

    def models_path(self) -> Path:
        """Return the folder of exported models."""
        if self.data.models:
            return _expanded(self.data.models)
        import platformdirs

        return Path(platformdirs.user_cache_dir("citespan", appauthor=False)) / "models"


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ConfigError(f"the folder {path} names a user that does not exist") from error


def load_settings(
    file: Path | None = None,
    environ: Mapping[str, str] = os.environ,
    flags: Mapping[str, Mapping[str, object]] | None = None,
) -> Settings:
    """Read settings from a TOML file, `CITESPAN_SECTION__KEY` variables and flags; later ones win.

    A variable `CITESPAN_SECTION__KEY_FILE` names a file that holds the value.

    Raises:
        ConfigError: a key is unknown, a value is invalid, or the file cannot be read.
    """
    raw: dict[str, dict[str, object]] = {}
    for source in (_from_file(file), from_environment(environ, _keys()), flags or {}):
        for section, values in source.items():
            _check_section(section, values)
            raw.setdefault(section, {}).update(values)
    try:
        return converted(raw, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"settings: {error}") from error


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read settings file {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"settings file {file} is not valid TOML: {error}") from error


def _keys() -> dict[str, list[str]]:
    """Return the keys of each section."""
    return {
        section.name: [key.name for key in msgspec.structs.fields(section.type)]
        for section in msgspec.structs.fields(Settings)
    }


def _check_section(section: str, values: object) -> None:
    sections = _keys()
    if section not in sections:
        raise ConfigError(
            f"unknown settings section {section!r}{_nearest(section, list(sections))}"
        )
    if not isinstance(values, Mapping):
        raise ConfigError(f"settings section {section!r} must be a table of keys")
    keys = sections[section]
    for key in map(str, cast(Mapping[object, object], values)):
        if key not in keys:
            raise ConfigError(f"unknown setting {section}.{key}{_nearest(key, keys)}")


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; the known ones are {', '.join(known)}"
