"""Embedders: unit vectors that depend on their text alone, close to the original model's."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import texts

from citespan.index import OnnxEmbedder, TorchEmbedder
from citespan.index.disk.hashing import sha256_file
from citespan.index.embedding.to_onnx import (
    BUNDLED_MODEL,
    export_onnx,
    exported_folder,
    read_manifest,
)
from citespan.index.errors import ModelUnavailable
from citespan.index.text.segmentation import sentences
from citespan.qa.composition.seed import seed_draft


@pytest.fixture(scope="module")
def seed_sentences() -> list[str]:
    text = seed_draft().text
    return [span.of(text) for span in sentences(text)]


@pytest.fixture
def copy(models_folder: Path, embedder: OnnxEmbedder, tmp_path: Path) -> Path:
    """The exported model in a folder that may be damaged."""
    folder = tmp_path / "copy"
    shutil.copytree(exported_folder(models_folder, BUNDLED_MODEL), folder)
    return folder


def test_what_it_says_of_itself(embedder: OnnxEmbedder) -> None:
    assert embedder.name.startswith("all-MiniLM-L6-v2@")
    assert embedder.name.endswith("/onnx-int8-2")
    assert (embedder.dim, embedder.max_tokens) == (384, 254)


def test_a_vector_depends_on_its_text_alone(
    embedder: OnnxEmbedder, seed_sentences: list[str]
) -> None:
    together = embedder.embed_documents(seed_sentences)
    assert together.shape == (len(seed_sentences), 384)
    assert together.dtype == np.float32
    alone = np.stack([embedder.embed_documents([text])[0] for text in seed_sentences])
    reversed_ = embedder.embed_documents(seed_sentences[::-1])[::-1]
    assert together.tobytes() == alone.tobytes() == reversed_.tobytes()


def test_a_query_is_the_same_each_time(embedder: OnnxEmbedder) -> None:
    first = embedder.embed_query("Who is Song Junying?")
    embedder.embed_query("Something else")
    assert embedder.embed_query("Who is Song Junying?").tobytes() == first.tobytes()


@settings(max_examples=25)
@given(texts)
def test_vectors_have_unit_norm(embedder: OnnxEmbedder, text: str) -> None:
    vector = embedder.embed_documents([text])[0]
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert np.linalg.norm(embedder.embed_query(text)) == pytest.approx(1, abs=1e-5)


def test_no_texts_give_no_rows(embedder: OnnxEmbedder) -> None:
    assert embedder.embed_documents([]).shape == (0, 384)


def test_tokens_are_counted_without_special_ones_and_never_cut(embedder: OnnxEmbedder) -> None:
    assert embedder.count_tokens("") == 0
    assert embedder.count_tokens("cats sleep") == 2
    assert embedder.count_tokens("cat " * 1000) == 1000


def test_max_tokens_is_what_is_seen(embedder: OnnxEmbedder) -> None:
    full = "cat " * embedder.max_tokens
    less = "cat " * (embedder.max_tokens - 1)
    as_seen = embedder.embed_query(full).tobytes()
    assert embedder.embed_query(full + "dog").tobytes() == as_seen
    assert embedder.embed_query(less + "dog").tobytes() != as_seen


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_changed_file_is_refused(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    with pytest.raises(ModelUnavailable, match=f"{name} has SHA-256"):
        OnnxEmbedder(copy)


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "manifest.json"])
def test_a_missing_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ModelUnavailable, match=r"missing|no usable"):
        OnnxEmbedder(copy)


@pytest.mark.parametrize("manifest", ["", "{", "[]", "{}", '{"model": 1}'])
def test_an_unusable_manifest_is_refused(copy: Path, manifest: str) -> None:
    (copy / "manifest.json").write_text(manifest)
    with pytest.raises(ModelUnavailable, match="delete the folder"):
        OnnxEmbedder(copy)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable):
        OnnxEmbedder(tmp_path / "none")


def test_int8_is_close_to_the_original(embedder: OnnxEmbedder, seed_sentences: list[str]) -> None:
    original = TorchEmbedder(BUNDLED_MODEL, "cpu")
    exact = original.embed_documents(seed_sentences)
    cosines = (exact * embedder.embed_documents(seed_sentences)).sum(axis=1)
    assert cosines.min() >= 0.98
    assert np.linalg.norm(exact, axis=1) == pytest.approx(1, abs=1e-5)
    assert original.dim == embedder.dim
    assert original.max_tokens == embedder.max_tokens
    for text in seed_sentences:
        assert original.count_tokens(text) == embedder.count_tokens(text)
    assert original.name != embedder.name
    assert original.name.split("/")[0] == embedder.name.split("/")[0]  # the same weights


def test_an_export_is_whole_and_replaces_what_was_there(
    tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    folder = tmp_path / "models" / "made"
    folder.mkdir(parents=True)
    (folder / "left over").write_text("from before")
    export_onnx(BUNDLED_MODEL, folder)
    assert sorted(path.name for path in folder.iterdir()) == [
        "manifest.json", "model.onnx", "tokenizer.json",
    ]  # fmt: skip
    assert [path.name for path in folder.parent.iterdir()] == ["made"]  # no scratch files
    manifest = read_manifest(folder)
    assert manifest.files == {
        name: sha256_file(folder / name) for name in ("model.onnx", "tokenizer.json")
    }
    assert json.loads((folder / "manifest.json").read_bytes())["dim"] == 384
    made = OnnxEmbedder(folder)
    assert made.name == embedder.name
    assert made.embed_query("cats") @ embedder.embed_query("cats") >= 0.9999


def test_an_export_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a regular file")
    with pytest.raises(ModelUnavailable, match="cannot write"):
        export_onnx(BUNDLED_MODEL, tmp_path / "file" / "models" / "x")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="cannot load"):
        TorchEmbedder(str(tmp_path / "no-model"), "cpu")
