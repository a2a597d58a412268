"""Settings to models: the embedder, the evidence model and its threshold."""

from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path

import msgspec

from citespan.index import OnnxEmbedder, TorchEmbedder
from citespan.index.disk import sha256_file
from citespan.index.embedding import (
    MULTILINGUAL_MODEL,
    export_onnx,
    exported_folder,
    read_manifest,
)
from citespan.index.embedding.protocol import Embedder
from citespan.index.runtime import InUse
from citespan.qa.evidence import AnswerThreshold
from citespan.qa.evidence.model import (
    MANIFEST,
    BundledReader,
    build_multilingual,
    read_evidence_manifest,
)
from citespan.qa.evidence.protocol import Reader
from citespan.qa.settings.sections import BUNDLED_EVIDENCE, Settings

Say = Callable[[str], None]
_embedders: InUse[Embedder] = InUse()
_readers: InUse[Reader] = InUse()


def build_embedder(settings: Settings, say: Say = lambda _: None) -> Embedder:
    """Return the embedder that the settings name.

    The onnx runtime exports a model that is not bundled at its first use. All callers in this
    process that name the same embedder share it.
    """
    model = settings.embedding.model
    if settings.embedding.runtime == "torch":
        device = settings.embedding.device or None
        return _embedders.get(_named(model, device), lambda: TorchEmbedder(model, device))
    exported = exported_folder(settings.models_path(), model)
    if not exported.exists():
        say(f"First use: exporting the embedding model {model} (once, about 10 seconds).")
        export_onnx(model, exported)
    # The files may have been exported again since another caller opened the model.
    made_from = exported, msgspec.json.encode(read_manifest(exported))
    return _embedders.get(made_from, lambda: OnnxEmbedder(exported))


def build_reader(settings: Settings) -> Reader:
    """Return the evidence model that the settings name; callers in this process share it.

    The bundled one is that for many languages if the embedder is; it is put together at its first
    use.
    """
    model, device = settings.evidence.model, settings.evidence.device or None
    if model == BUNDLED_EVIDENCE:
        folder = _bundled_folder(settings)
        if not folder.exists():
            build_multilingual(multilingual_folder(), folder)
        return _readers.get(str(folder), lambda: BundledReader(folder))
    from citespan.qa.evidence import open_reader  # loads torch

    return _readers.get(_named(model, device), lambda: open_reader(model, device))


def _named(model: str, device: str | None) -> Hashable:
    """Return the identity of a model: its name, and for a folder, its files as they are now."""
    files: list[Hashable] = []
    with suppress(OSError, ValueError):  # the model is not a folder
        for path in sorted(Path(model).iterdir()):
            found = path.stat()
            files.append((path.name, found.st_ino, found.st_size, found.st_mtime_ns))
    return model, device, *files


def build_decision(settings: Settings) -> AnswerThreshold:
    """Return the threshold of the evidence model that the settings select.

    Raises:
        ConfigError: the model has no threshold for the risk that is set.
    """
    own = settings.evidence
    decision = AnswerThreshold()
    if own.model == BUNDLED_EVIDENCE:
        shipped = multilingual_folder() if _is_multilingual(settings) else evidence_folder()
        decision = read_evidence_manifest(shipped).decision
    if own.min_confidence is not None:
        return msgspec.structs.replace(decision, least=own.min_confidence)
    return decision if own.risk is None else decision.at_risk(own.risk)


def evidence_folder() -> Path:
    """Return the folder of the bundled evidence model for English."""
    return Path(__file__).parent.parent / "evidence/model"


def multilingual_folder() -> Path:
    """Return the folder with what comes with citespan of the model for many languages."""
    return evidence_folder() / "multilingual"


def _is_multilingual(settings: Settings) -> bool:
    return settings.embedding.model == MULTILINGUAL_MODEL


def _bundled_folder(settings: Settings) -> Path:
    """Return the folder of the whole bundled model; it may have to be made."""
    if not _is_multilingual(settings):
        return evidence_folder()
    shipped = sha256_file(multilingual_folder() / MANIFEST)
    return settings.models_path() / f"{BUNDLED_EVIDENCE}-multilingual-{shipped[:12]}"
