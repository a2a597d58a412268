"""Settings: where they come from, and what is refused."""

import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from citespan.qa import Settings, load_settings
from citespan.qa.errors import ConfigError
from citespan.qa.evidence.selection import Rules
from citespan.qa.settings.sections import EvidenceSettings


def toml(folder: Path, text: str) -> Path:
    file = folder / "citespan.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_defaults() -> None:
    settings = load_settings(environ={})
    assert settings == Settings()
    evidence = settings.evidence
    assert Rules() == Rules(evidence=evidence.min_evidence, depth=evidence.depth)
    assert (evidence.model, evidence.device) == ("citespan-evidence", "")
    assert (evidence.risk, evidence.min_confidence) == (None, None)
    assert (settings.retrieval.top_k, settings.serve.host) == (20, "127.0.0.1")


def test_later_sources_win_key_by_key(tmp_path: Path) -> None:
    file = toml(tmp_path, "[retrieval]\ntop_k = 1\ncandidates = 11\n[serve]\nport = 1\n")
    environ = {"CITESPAN_RETRIEVAL__TOP_K": "2", "CITESPAN_SERVE__PORT": "2", "OTHER": "x"}
    flags = {"serve": {"port": 3}}
    settings = load_settings(file, environ, flags)
    assert settings.retrieval.candidates == 11
    assert settings.retrieval.top_k == 2
    assert settings.serve.port == 3
    assert load_settings(file, {}).retrieval.top_k == 1


def test_evidence_is_set_by_words_and_numbers(tmp_path: Path) -> None:
    environ = {
        "CITESPAN_EVIDENCE__MODEL": "some/model",
        "CITESPAN_EVIDENCE__DEVICE": "cuda:1",
        "CITESPAN_EVIDENCE__RISK": "0.05",
        "CITESPAN_EVIDENCE__MIN_CONFIDENCE": "1",
        "CITESPAN_EVIDENCE__MIN_EVIDENCE": "0",
        "CITESPAN_EVIDENCE__DEPTH": "100",
    }
    expected = EvidenceSettings(
        model="some/model", device="cuda:1", risk=0.05, min_confidence=1.0, min_evidence=0.0,
        depth=100,
    )  # fmt: skip
    assert load_settings(environ=environ).evidence == expected
    file = toml(tmp_path, "[evidence]\nrisk = 0\nmin_confidence = 0.25\n")
    assert load_settings(file, {}).evidence == EvidenceSettings(risk=0.0, min_confidence=0.25)


def test_the_environment_is_read_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITESPAN_RETRIEVAL__TOP_K", "7")
    assert load_settings().retrieval.top_k == 7


def test_variables_that_could_be_meant_as_settings_are_errors() -> None:
    assert load_settings(environ={"CITESPANX__Y": "1", "HOME": "/x"}) == Settings()
    with pytest.raises(ConfigError, match="CITESPAN_DATA_PATH is not a setting"):
        load_settings(environ={"CITESPAN_DATA_PATH": "/x"})


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"CITESPAN_RETREIVAL__TOP_K": "2"}, r"'retreival'; did you mean 'retrieval'\?"),
        ({"CITESPAN_RETRIEVAL__TOPK": "2"}, r"retrieval\.topk; did you mean 'top_k'\?"),
        ({"CITESPAN_RETRIEVAL__ZZZ": "2"}, r"retrieval\.zzz; the known ones are candidates, top_k"),
        ({"CITESPAN_RETRIEVAL__TOP_K": "many"}, r"retrieval\.top_k"),
        ({"CITESPAN_RETRIEVAL__TOP_K": "2.5"}, r"retrieval\.top_k"),
        ({"CITESPAN_RETRIEVAL__TOP_K": ""}, r"retrieval\.top_k"),
        ({"CITESPAN_RETRIEVAL__TOP_K": "0"}, r">= 1.*retrieval\.top_k"),
        ({"CITESPAN_RETRIEVAL__TOP_K": "101"}, r"<= 100.*retrieval\.top_k"),
        ({"CITESPAN_CHUNKING__MAX_TOKENS": "0"}, r"chunking\.max_tokens"),
        ({"CITESPAN_SERVE__PORT": "65536"}, r"serve\.port"),
        ({"CITESPAN_EMBEDDING__RUNTIME": "cuda"}, r"embedding\.runtime"),
        ({"CITESPAN_EVIDENCE__MODEL": ""}, r"evidence\.model"),
        ({"CITESPAN_EVIDENCE__RISK": "low"}, r"evidence\.risk"),
        ({"CITESPAN_EVIDENCE__RISK": ""}, r"evidence\.risk"),
        ({"CITESPAN_EVIDENCE__RISK": "-0.1"}, r">= 0.*evidence\.risk"),
        ({"CITESPAN_EVIDENCE__RISK": "nan"}, r"evidence\.risk"),
        ({"CITESPAN_EVIDENCE__MIN_CONFIDENCE": "1.1"}, r"<= 1.*evidence\.min_confidence"),
        ({"CITESPAN_EVIDENCE__MIN_CONFIDENCE": "nan"}, r"evidence\.min_confidence"),
        ({"CITESPAN_EVIDENCE__MIN_EVIDENCE": "1.1"}, r"<= 1.*evidence\.min_evidence"),
        ({"CITESPAN_EVIDENCE__MIN_EVIDENCE": "nan"}, r"evidence\.min_evidence"),
        ({"CITESPAN_EVIDENCE__DEPTH": "0"}, r">= 1.*evidence\.depth"),
        ({"CITESPAN_EVIDENCE__DEPTH": "101"}, r"<= 100.*evidence\.depth"),
        ({"CITESPAN_EVIDENCE__MIN_SCORE": "1"}, r"unknown setting evidence\.min_score; did you"),
    ],
)
def test_what_cannot_be_used_is_named(environ: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_settings(environ=environ)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("top_k = 1", "unknown settings section 'top_k'"),
        ("retrieval = 1", "'retrieval' must be a table"),
        ("[retrieval]\ntop_k = [1]", r"retrieval\.top_k"),
        ("[retrieval", "not valid TOML"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_settings(toml(tmp_path, text), {})


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: No such file"):
        load_settings(tmp_path / "none.toml", {})
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_settings(tmp_path / "latin.toml", {})


def test_unknown_flags_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"serve\.prot; did you mean 'port'\?"):
        load_settings(environ={}, flags={"serve": {"prot": 1}})


def test_exported_models_are_shared_by_all_data_folders_unless_set() -> None:
    def paths(**data: str) -> tuple[Path, Path]:
        settings = load_settings(environ={}, flags={"data": data})
        return settings.data_path(), settings.models_path()

    shared = Path(platformdirs.user_cache_dir("citespan", appauthor=False)) / "models"
    assert paths(path="/d") == (Path("/d"), shared)
    assert paths(path="/d", models="/m") == (Path("/d"), Path("/m"))
    assert paths(path="~/d")[0] == Path.home() / "d"
    assert paths()[0].name == "citespan"


def test_import_reads_nothing_and_loads_no_model() -> None:
    code = (
        "import os, sys\n"
        "seen = []\n"
        "def hook(event, args):\n"
        "    if event == 'open' and str(args[0]).endswith(('.toml', '.onnx', 'tokenizer.json')):\n"
        "        seen.append(args[0])\n"
        "sys.addaudithook(hook)\n"
        "os.environ['CITESPAN_RETRIEVAL__TOP_K'] = 'nonsense'\n"
        "import citespan.qa, citespan.index\n"
        "assert not seen, seen\n"
        "assert not {'torch', 'onnxruntime', 'sentence_transformers'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_the_address_of_a_server_is_checked_and_never_shown() -> None:
    url = "postgresql://citespan:secret@db.example.org/citespan"
    settings = load_settings(environ={"CITESPAN_STORE__URL": url})
    server = settings.server()
    assert server is not None
    assert (server.url, server.name) == (url, "default")
    assert str(server) == "the PostgreSQL server db.example.org"
    assert settings.shown().store.url == "(set)"
    assert load_settings(environ={}).server() is None
    with pytest.raises(ConfigError, match=r"store\.url must begin with postgresql://"):
        load_settings(environ={"CITESPAN_STORE__URL": "mysql://db"}).server()


def test_an_engine_needs_what_it_searches_in() -> None:
    url = {"CITESPAN_STORE__URL": "postgresql://db/x"}
    engine = {"CITESPAN_SEARCH__ENGINE": "postgres"}
    milvus = {"CITESPAN_SEARCH__ENGINE": "milvus", "CITESPAN_SEARCH__TOKEN": "root:secret"}
    address = {"CITESPAN_SEARCH__URL": "http://milvus:19530"}
    assert load_settings(environ=url).engine() is None
    found = load_settings(environ=url | engine).engine()
    assert found is not None
    assert found.kind == "postgres"
    settings = load_settings(environ=url | milvus | address)
    found = settings.engine()
    assert found is not None
    assert (found.kind, found.url, found.token) == ("milvus", "http://milvus:19530", "root:secret")
    assert settings.shown().search.token == "(set)"  # noqa: S105
    for wrong in (engine, milvus | address):
        with pytest.raises(ConfigError, match=r"needs the documents at store\.url"):
            load_settings(environ=wrong).engine()
    for wrong in (milvus, engine | address):
        with pytest.raises(ConfigError, match=r"search\.url is the address of Milvus"):
            load_settings(environ=url | wrong).engine()
    with pytest.raises(ConfigError, match="engine"):
        load_settings(environ=engine | {"CITESPAN_SEARCH__ENGINE": "elastic"})
