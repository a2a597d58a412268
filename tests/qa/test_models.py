"""Opening a service: its models, its settings, and the seed that it opens with."""

import gc
import json
import logging
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from qa_readers import tiny_bert

from citespan.index import OnnxEmbedder, TorchEmbedder
from citespan.index.disk.hashing import sha256_file
from citespan.index.embedding.to_onnx import BUNDLED_MODEL, exported_folder
from citespan.index.errors import ModelUnavailable, StoreUnavailable
from citespan.index.runtime.onnx import OnnxModel
from citespan.index.runtime.shared import InUse
from citespan.qa import Answer, Service, Settings, Status, open_service
from citespan.qa.collections.registry import Collections
from citespan.qa.composition.models import (
    build_decision,
    build_embedder,
    build_reader,
    evidence_folder,
)
from citespan.qa.composition.seed import seed_draft, seeds_folder
from citespan.qa.composition.services import is_warm
from citespan.qa.errors import ConfigError
from citespan.qa.evidence.decision import AnswerThreshold
from citespan.qa.evidence.hub import CrossEncoderReader
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.evidence.model.manifest import read_evidence_manifest
from citespan.qa.settings.sections import DataSettings, EvidenceSettings
from citespan.qa.types import Reason


class TestPinnedFiles:
    def test_another_sha256_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "tokenizer.json").write_text("{}")
        with pytest.raises(ModelUnavailable, match="has SHA-256 44136fa355b3"):
            OnnxModel(tmp_path, {"tokenizer.json": "0" * 64}, 512)

    def test_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable, match=r"model\.onnx is missing"):
            OnnxModel(tmp_path, {"model.onnx": "0" * 64}, 512)


@pytest.fixture
def settings(models_folder: Path, embedder: object) -> Settings:
    """Models that are made already, `embedder` saw to it; answers however unsure they are."""
    return Settings(
        data=DataSettings(models=str(models_folder)), evidence=EvidenceSettings(min_confidence=0.0)
    )


_OFFLINE = """
import socket, sys

def refuse(*args, **kwargs):
    raise AssertionError("no network")

socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from citespan.qa import open_service, load_settings

flags = {"data": {"models": sys.argv[2]}, "evidence": {"min_confidence": 0}}
settings = load_settings(environ={}, flags=flags)
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

    @pytest.mark.parametrize(
        ("evidence", "error"),
        [
            (EvidenceSettings(model="/there/is/no/model"), ModelUnavailable),
            (EvidenceSettings(risk=0.123), ConfigError),
        ],
    )
    def test_a_service_that_cannot_open_lets_the_folder_go(
        self, tmp_path: Path, settings: Settings, evidence: EvidenceSettings, error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            open_service(tmp_path, settings=Settings(data=settings.data, evidence=evidence))
        with open_service(tmp_path, settings=settings) as service:
            assert service.ask("Who is Song Junying?").status in set(Status)

    def test_the_evidence_settings_are_used(self, tmp_path: Path, settings: Settings) -> None:
        def ask(evidence: EvidenceSettings) -> Answer:
            changed = Settings(data=settings.data, evidence=evidence)
            with open_service(tmp_path, settings=changed) as service:
                return service.ask("Which think tank does Song Junying work for?")

        def read(answer: Answer) -> int:
            return sum(passage.scores.evidence is not None for passage in answer.passages)

        sure = ask(EvidenceSettings(min_confidence=1.0))
        assert sure.status is Status.ABSTAINED
        assert 0 < sure.confidence < 1
        strict, wide = (
            ask(EvidenceSettings(min_confidence=0.0, min_evidence=least)) for least in (1.0, 0.0)
        )
        assert strict.confidence == wide.confidence == sure.confidence
        assert 1 <= len(strict.citations) < len(wide.citations)
        assert read(ask(EvidenceSettings(depth=1))) == 1
        assert 1 < read(ask(EvidenceSettings(depth=3))) <= 3


def alive(kind: type) -> int:
    """How many of a class there are in this process."""
    gc.collect()
    return sum(type(one) is kind for one in gc.get_objects())


class TestModelsInUse:
    KINDS = (OnnxEmbedder, BundledReader, TorchEmbedder, CrossEncoderReader)

    @pytest.fixture
    def shared(self, tmp_path: Path, settings: Settings) -> Settings:
        data = msgspec.structs.replace(settings.data, path=str(tmp_path / "data"), seed=False)
        return msgspec.structs.replace(settings, data=data)

    @pytest.fixture
    def counted(
        self, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[], tuple[int, ...]]:
        """How many models of each class there are more than at the start."""
        for known in ("_embedders", "_readers"):  # other tests may have some in use
            fresh: InUse[object] = InUse()
            monkeypatch.setattr(f"citespan.qa.composition.models.{known}", fresh)
        caplog.set_level(logging.ERROR, "citespan.index")  # what pytest keeps of a log holds frames
        before = [alive(kind) for kind in self.KINDS]
        return lambda: tuple(
            alive(kind) - one for kind, one in zip(self.KINDS, before, strict=True)
        )

    def test_collections_share_them_as_long_as_one_is_left(
        self, shared: Settings, counted: Callable[[], tuple[int, ...]]
    ) -> None:
        with Collections.open(shared) as collections:
            for name in ("a", "b"):
                collections.create(name, {"chunking": {"max_tokens": 60}})
                collections.service(name)
            collections.service("b").corpus.put(seed_draft())
            assert counted() == (1, 1, 0, 0)
            found = collections.service("b").ask("Who is Song Junying?")
            collections.delete("a")
            again = collections.service("b").ask("Who is Song Junying?")
            assert (again.text, again.confidence) == (found.text, found.confidence)
            assert counted() == (1, 1, 0, 0)
        del collections
        assert counted() == (0, 0, 0, 0)

    def test_other_settings_have_others_which_go_with_their_last_collection(
        self, tmp_path: Path, shared: Settings, counted: Callable[[], tuple[int, ...]]
    ) -> None:
        model = tiny_bert(tmp_path / "cross", "SequenceClassification", labels=1)
        own = {"embedding": {"runtime": "torch"}, "evidence": {"model": str(model)}}
        with Collections.open(shared) as collections:
            for name in ("a", "b"):
                collections.create(name, own)
            assert counted() == (1, 1, 1, 1)
            collections.create("c", own | {"embedding": {"runtime": "torch", "device": "cpu"}})
            assert counted() == (1, 1, 2, 1)
            collections.delete("c")
            collections.delete("a")
            assert counted() == (1, 1, 1, 1)
            collections.delete("b")
            assert counted() == (1, 1, 0, 0)

    def test_files_that_were_made_anew_are_read_anew(
        self, tmp_path: Path, settings: Settings
    ) -> None:
        data = msgspec.structs.replace(settings.data, models=str(tmp_path / "models"))
        embedding = msgspec.structs.replace(settings.embedding, model="someone/model")
        here = msgspec.structs.replace(settings, data=data, embedding=embedding)
        shutil.copytree(
            exported_folder(tmp_path, BUNDLED_MODEL),
            exported_folder(tmp_path / "models", "someone/model"),
        )
        first = build_embedder(here)
        assert build_embedder(here) is first
        assert build_embedder(settings) is not first
        (manifest,) = (tmp_path / "models").glob("*/manifest.json")
        manifest.write_text(
            manifest.read_text().replace('"query_prompt": ""', '"query_prompt": "q"')
        )
        assert build_embedder(here) is not first
        model = tiny_bert(tmp_path / "cross", "SequenceClassification", labels=1)
        evidence = Settings(evidence=EvidenceSettings(model=str(model)))
        reader = build_reader(evidence)
        assert build_reader(evidence) is reader
        (model / "config.json").touch()
        assert build_reader(evidence) is not reader

    def test_what_cannot_be_loaded_is_tried_again(self, tmp_path: Path) -> None:
        evidence = Settings(evidence=EvidenceSettings(model=str(tmp_path / "cross")))
        with pytest.raises(ModelUnavailable):
            build_reader(evidence)
        tiny_bert(tmp_path / "cross", "SequenceClassification", labels=1)
        assert build_reader(evidence) is build_reader(evidence)

    def test_many_threads_of_two_collections_get_what_one_gets(self, shared: Settings) -> None:
        questions = [line for line in seed_draft().text.splitlines() if line][:2]
        with Collections.open(shared) as collections, ThreadPoolExecutor(8) as pool:
            collections.create("a", {"chunking": {"max_tokens": 60}})
            services = [collections.service(name) for name in ("default", "a")]
            for service in services:
                service.corpus.put(seed_draft())
            asked = [(service, question) for question in questions for service in services]
            alone = [_said(one) for one in asked]
            assert list(pool.map(_said, asked * 2)) == alone * 2

    def test_threads_that_come_at_once_load_it_once(self) -> None:
        known, start = InUse[threading.Event](), threading.Barrier(8)

        def get(_: int) -> threading.Event:
            start.wait()
            return known.get("same", threading.Event)

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(get, range(8)))) == 1


def _said(asked: tuple[Service, str]) -> tuple[object, ...]:
    answer = asked[0].ask(asked[1])
    return answer.text, answer.confidence, [passage.scores for passage in answer.passages]


class TestBuildDecision:
    def test_by_default_it_is_the_models_own(self) -> None:
        own = read_evidence_manifest(evidence_folder()).decision
        assert build_decision(Settings(evidence=EvidenceSettings())) == own
        assert (
            build_decision(Settings(evidence=EvidenceSettings(model="some/other")))
            == AnswerThreshold()
        )

    def test_a_risk_sets_the_least_confidence(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        manifest = json.loads((evidence_folder() / "manifest.json").read_text())
        decision = {"bias": 0.25, "thresholds": {"0.05": 0.75}}
        (tmp_path / "manifest.json").write_text(json.dumps({**manifest, "decision": decision}))
        monkeypatch.setattr("citespan.qa.composition.models.evidence_folder", lambda: tmp_path)
        expected = AnswerThreshold(bias=0.25, least=0.75, thresholds={"0.05": 0.75})
        assert build_decision(Settings(evidence=EvidenceSettings(risk=0.05))) == expected
        with pytest.raises(ConfigError, match=r"evidence\.risk is 0\.1; .* for 0\.05"):
            build_decision(Settings(evidence=EvidenceSettings(risk=0.1)))
        with pytest.raises(ConfigError, match=r"evidence\.risk is 0\.05; .* for no risk"):
            build_decision(Settings(evidence=EvidenceSettings(model="some/other", risk=0.05)))

    @pytest.mark.parametrize("model", [EvidenceSettings().model, "some/other"])
    def test_the_least_confidence_goes_before_any_risk(self, model: str) -> None:
        for risk in (None, 0.123):
            found = build_decision(
                Settings(evidence=EvidenceSettings(model=model, risk=risk, min_confidence=0.0))
            )
            assert found.least == 0.0


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
