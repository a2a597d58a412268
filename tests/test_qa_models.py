"""Rerankers, opening a service, and the seed that it opens with."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from index.errors import ModelUnavailable, StoreUnavailable
from index.hashing import sha256_file
from index.onnx import OnnxModel
from qa import Reason, Settings, Status, open_service
from qa.build import is_warm, seed_draft, seeds_folder
from qa.evidence import BundledReranker, HubReranker, Reranker
from qa.settings import DataSettings

QUESTION = "Which river is the largest?"
TEXTS = ["The Amazon is the largest river.", "Cats sleep.", "", "مرحبا 👩\u200d👧", "word " * 3000]


class TestBundledReranker:
    def test_a_score_depends_on_its_pair_alone(self, reranker: BundledReranker) -> None:
        together = reranker.score(QUESTION, TEXTS)
        assert together == [reranker.score(QUESTION, [text])[0] for text in TEXTS]
        assert together == reranker.score(QUESTION, TEXTS[::-1])[::-1]
        assert together == BundledReranker().score(QUESTION, TEXTS)
        assert len(together) == 5

    def test_evidence_scores_above_other_text(self, reranker: BundledReranker) -> None:
        right, wrong = reranker.score(QUESTION, TEXTS[:2])
        assert right > wrong + 5

    def test_nothing_has_no_scores(self, reranker: BundledReranker) -> None:
        assert reranker.score(QUESTION, []) == []


class TestPinnedFiles:
    def test_another_sha256_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "tokenizer.json").write_text("{}")
        with pytest.raises(ModelUnavailable, match="has SHA-256 44136fa355b3"):
            OnnxModel(tmp_path, {"tokenizer.json": "0" * 64}, 512)

    def test_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable, match=r"model\.onnx is missing"):
            OnnxModel(tmp_path, {"model.onnx": "0" * 64}, 512)


def tiny_cross_encoder(folder: Path, labels: int) -> Path:
    """A model of a few hundred weights, made here: random, but real."""
    transformers: Any = importlib.import_module("transformers")  # slow; its types are partial
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "cat", "dog", "river", "the", "large"]
    (folder / "vocab.txt").write_text("\n".join(words))
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=8, max_position_embeddings=32, num_labels=labels,
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer = transformers.BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=32)
    tokenizer.save_pretrained(folder)
    return folder


class TestHubReranker:
    def test_any_cross_encoder_with_one_output_fits(self, tmp_path: Path) -> None:
        reranker: Reranker = HubReranker(str(tiny_cross_encoder(tmp_path / "one", 1)), "cpu")
        texts = ["the cat", "the large river", "dog " * 100]
        scores = reranker.score("river", texts)
        alone = [reranker.score("river", [text])[0] for text in texts]
        assert scores == pytest.approx(alone, abs=1e-5)
        assert len(set(scores)) == 3
        assert reranker.score("river", []) == []

    def test_more_outputs_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable, match="has 3 outputs; one is needed"):
            HubReranker(str(tiny_cross_encoder(tmp_path / "three", 3)), "cpu")

    def test_a_model_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable, match="cannot load"):
            HubReranker(str(tmp_path / "none"), "cpu")


@pytest.fixture
def settings(models_folder: Path, embedder: object) -> Settings:
    """Settings whose models are made already: `embedder` saw to it."""
    return Settings(data=DataSettings(models=str(models_folder)))


_OFFLINE = """
import socket, sys

def refuse(*args, **kwargs):
    raise AssertionError("no network")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from qa import open_service, load_settings

settings = load_settings(environ={}, flags={"data": {"models": sys.argv[2]}})
with open_service(sys.argv[1], settings=settings, read_only=True) as service:
    answer = service.ask("Which think tank does Song Junying work for?")
assert "torch" not in sys.modules
assert "sentence_transformers" not in sys.modules
print(answer.status, answer.citations[0].quote)
"""


class TestOpenService:
    def test_an_empty_folder_gets_the_seed_and_says_so(
        self, tmp_path: Path, settings: Settings
    ) -> None:
        said: list[str] = []
        assert not is_warm(tmp_path, settings)
        with open_service(tmp_path, settings=settings, say=said.append) as service:
            assert service.corpus.get("seed").text == seed_draft().text
            assert service.ask("Which think tank does Song Junying work for?").citations
        assert any("seed" in line for line in said)
        assert is_warm(tmp_path, settings)
        said.clear()
        with open_service(tmp_path, settings=settings, say=said.append) as service:
            assert service.corpus.counts()[0] == 1
        assert said == []

    def test_a_seed_that_was_deleted_stays_deleted(
        self, tmp_path: Path, settings: Settings
    ) -> None:
        with open_service(tmp_path, settings=settings) as service:
            service.corpus.delete("seed")
        with open_service(tmp_path, settings=settings) as service:
            assert service.corpus.counts() == (0, 0)
            abstention = service.ask("Who is Song Junying?").abstention
        assert abstention is not None
        assert abstention.reason is Reason.EMPTY_INDEX

    def test_a_warm_reader_needs_no_torch_and_no_network(
        self, tmp_path: Path, settings: Settings
    ) -> None:
        open_service(tmp_path / "data", settings=settings).close()
        output = subprocess.run(
            [sys.executable, "-c", _OFFLINE, str(tmp_path / "data"), settings.data.models],
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert output.returncode == 0, output.stderr
        assert output.stdout.startswith("answered ")
        assert "China Institute of International Studies" in output.stdout

    def test_a_reader_writes_no_seed(self, tmp_path: Path, settings: Settings) -> None:
        with pytest.raises(StoreUnavailable):
            open_service(tmp_path / "none", settings=settings, read_only=True)
        assert not (tmp_path / "none").exists()

    def test_a_service_that_cannot_open_lets_the_folder_go(
        self, tmp_path: Path, settings: Settings
    ) -> None:
        broken = Settings(
            data=settings.data,
            evidence=type(settings.evidence)(model=str(tmp_path / "no-reranker")),
        )
        with pytest.raises(ModelUnavailable):
            open_service(tmp_path, settings=broken)
        with open_service(tmp_path, settings=settings) as service:
            assert service.ask("Who is Song Junying?").status in set(Status)

    def test_the_thresholds_are_those_set(self, tmp_path: Path, settings: Settings) -> None:
        strict = Settings(data=settings.data, evidence=type(settings.evidence)(min_score=999.0))
        with open_service(tmp_path, settings=strict) as service:
            abstention = service.ask("Which think tank does Song Junying work for?").abstention
        assert abstention is not None
        assert abstention.reason is Reason.NO_RELEVANT_PASSAGE


class TestSeed:
    def test_files_are_those_described(self) -> None:
        card = json.loads((seeds_folder() / "seed.json").read_text(encoding="utf-8"))
        assert sha256_file(seeds_folder() / card["file"]) == card["sha256"]
        questions = card["questions"]
        assert sha256_file(seeds_folder() / questions["file"]) == questions["sha256"]

    def test_the_draft_is_the_file(self) -> None:
        draft = seed_draft()
        data = (seeds_folder() / "china-celac.txt").read_bytes()
        assert draft.id == "seed"
        assert draft.text.encode() == data
        assert draft.title
        assert draft.title in draft.text

    def test_gold_spans_are_the_text_they_say(self) -> None:
        text = seed_draft().text
        lines = (seeds_folder() / "questions.jsonl").read_text(encoding="utf-8").splitlines()
        cases = [json.loads(line) for line in lines]
        assert len({case["id"] for case in cases}) == len(cases)
        answerable = [case for case in cases if case["answerable"]]
        others = [case for case in cases if not case["answerable"]]
        assert len(answerable) >= 25
        assert len(others) >= 15
        for case in answerable:
            assert case["spans"], case["id"]
            assert case["answers"], case["id"]
            for span in case["spans"]:
                assert text[span["start"] : span["end"]] == span["text"], case["id"]
        for case in others:
            assert not case.get("spans"), case["id"]
            assert case["topic"] in {"on", "off"}
            assert case["why"]
