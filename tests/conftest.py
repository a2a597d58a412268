"""Fixtures that every test module may use: the real models, loaded once, and empty folders."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from citespan.index import Corpus, OnnxEmbedder
from citespan.qa import load_settings
from citespan.qa.composition import build_embedder, build_reader
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.settings.sections import Settings

pytest.register_assert_rewrite("contracts", "search_contract", "shared_contract")

# A shell starts what runs in the background with SIGINT ignored, and processes of tests inherit it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples in each run, so that a red build means a change; look for new ones with
# `--hypothesis-profile=deep`.
_SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
settings.register_profile(
    "repeatable",
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=_SLOW_IS_FINE,
)
settings.register_profile(
    "deep", deadline=None, max_examples=2000, suppress_health_check=_SLOW_IS_FINE
)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where exported models are kept; set MODELS_FOR_TESTS to keep them between runs."""
    kept = os.environ.get("MODELS_FOR_TESTS")
    return Path(kept) if kept else tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def embedder(models_folder: Path) -> OnnxEmbedder:
    """The embedder of the default settings; a service that a test opens shares it."""
    loaded = build_embedder(load_settings(flags={"data": {"models": str(models_folder)}}))
    assert isinstance(loaded, OnnxEmbedder)
    return loaded


@pytest.fixture(scope="session")
def reader() -> BundledReader:
    """The evidence model that citespan ships; a service that a test opens shares it."""
    loaded = build_reader(Settings())
    assert isinstance(loaded, BundledReader)
    return loaded


@pytest.fixture
def corpus(tmp_path: Path, embedder: OnnxEmbedder) -> Iterator[Corpus]:
    """An empty corpus in a folder of its own."""
    with Corpus.open(tmp_path / "corpus", embedder) as opened:
        yield opened
