"""Settings to models: the embedder, the evidence model and its threshold."""

from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path

import msgspec

from citespan.index import OnnxEmbedder, TorchEmbedder
from citespan.index.embedding import export_onnx, exported_folder, read_manifest
from citespan.index.embedding.protocol import Embedder
from citespan.index.runtime import InUse
from citespan.qa.evidence import AnswerThreshold
from citespan.qa.evidence.model import BundledReader, read_evidence_manifest
from citespan.qa.evidence.protocol import Reader
from citespan.qa.settings.sections import BUNDLED_EVIDENCE, EvidenceSettings, Settings

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


def build_reader(settings: EvidenceSettings) -> Reader:
    """Return the evidence model that the settings name; callers in this process share it."""
    model, device = settings.model, settings.device or None
    if model == BUNDLED_EVIDENCE:
        return _readers.get(model, lambda: BundledReader(evidence_folder()))
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


def build_decision(settings: EvidenceSettings) -> AnswerThreshold:
    """Return the threshold of the evidence model that the settings select.

    Raises:
        ConfigError: the model has no threshold for the risk that is set.
    """
    bundled = settings.model == BUNDLED_EVIDENCE
    decision = read_evidence_manifest(evidence_folder()).decision if bundled else AnswerThreshold()
    if settings.min_confidence is not None:
        return msgspec.structs.replace(decision, least=settings.min_confidence)
    return decision if settings.risk is None else decision.at_risk(settings.risk)


def evidence_folder() -> Path:
    """Return the folder of the bundled evidence model."""
    return Path(__file__).parent.parent / "evidence/model"
