"""The retrievers of the examples, against a real server: what they return is what is stored."""

from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import httpx
import pytest
from in_process import listening

from citespan.api.server.app import create_app
from citespan.index import Draft
from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections

EXAMPLES = Path(__file__).parents[2] / "examples"
TEXT = "🍞 The café opened in 1999.\n\nThe bread is baked by Zoë Müller every day."
QUESTION = "Who bakes the bread?"
KEYS = {"document_id", "revision", "title", "span", "quote", "url", "score"}


@pytest.fixture(scope="module")
def server(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    environ = {
        "CITESPAN_DATA__PATH": str(tmp_path_factory.mktemp("data")),
        "CITESPAN_DATA__MODELS": str(models_folder),
        "CITESPAN_DATA__SEED": "false",
    }
    with Collections.open(load_settings(environ=environ)) as opened:
        opened.service().corpus.add(Draft(id="café", text=TEXT, title="Bread"))
        with listening(create_app(opened)) as url:
            yield url


def example(name: str) -> Any:
    spec = spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def points(metadata: dict[str, Any], text: str) -> None:
    """What was retrieved is the characters that it names, here and behind its address."""
    start, end = metadata["span"]
    assert TEXT[start:end] == metadata["quote"] == text
    assert httpx.get(metadata["url"], timeout=60).text == text
    assert (metadata["document_id"], metadata["revision"]) == ("café", 1)
    assert set(metadata) == KEYS
    assert isinstance(metadata["score"], float)


def test_langchain(server: str) -> None:
    pytest.importorskip("langchain_core", reason="needs langchain-core")
    retriever = example("langchain_retriever").CitespanRetriever(address=server, k=2)
    found = retriever.invoke(QUESTION)
    assert found
    for one in found:
        points(one.metadata, one.page_content)


def test_llamaindex(server: str) -> None:
    pytest.importorskip("llama_index.core", reason="needs llama-index-core")
    retriever = example("llamaindex_retriever").CitespanRetriever(address=server, k=2)
    found = retriever.retrieve(QUESTION)
    assert found
    for one in found:
        points(one.metadata, one.text)
        assert one.score == one.metadata["score"]
