"""Stock client libraries and the examples, against a real server: what they parse has every
citation of the answer.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import openai
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_openai import ChatOpenAI
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionMessageParam
from proxying import NAME, certificate, needs_nginx, nginx
from serving import serving

from citespan.api.access import KeyFile, Role

ROOT = Path(__file__).parents[2]
MODEL = "citespan/default"
QUESTION = "Which think tank does Song Junying work for? What did Rubio claim?"  # two citations
ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": QUESTION}]
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])|\u200b")  # what keeps text from becoming Markdown
_MARKER = re.compile(r" \[\[(\d+)\]\]\((https?://[^()\s]+)\)")


class Door(NamedTuple):
    """The address of a server, a key for it, and what a process needs to reach it."""

    url: str
    key: str
    environ: dict[str, str]


@pytest.fixture(scope="module", params=["alone", pytest.param("nginx", marks=needs_nginx)])
def door(
    request: pytest.FixtureRequest, models_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Door]:
    """A server for everybody; and one that asks for keys, behind nginx with TLS and a path."""
    folder = tmp_path_factory.mktemp("clients")
    if request.param == "alone":
        with serving(folder / "data", models_folder) as url:
            yield Door(url, "none", {})
        return
    _, key = KeyFile(folder / "data").create("clients", Role.ASK)
    trusted, name = str(certificate(folder)), f"127.0.0.1,{NAME}"
    with (
        pytest.MonkeyPatch.context() as patched,
        serving(
            folder / "data",
            models_folder,
            CITESPAN_SERVE__TRUSTED_PROXIES="127.0.0.1",
            CITESPAN_SERVE__HOSTS=name,
        ) as inner,
        nginx(folder, inner) as url,
    ):
        patched.setenv("SSL_CERT_FILE", trusted)
        yield Door(url, key, {"NODE_EXTRA_CA_CERTS": trusted})


@pytest.fixture(scope="module")
def server(door: Door) -> str:
    return door.url


@pytest.fixture(scope="module")
def answer(door: Door) -> dict[str, Any]:
    """What every client should show."""
    made = httpx.post(
        f"{door.url}/v1/ask",
        json={"question": QUESTION},
        headers={"x-api-key": door.key},
        timeout=60,
    ).json()
    assert len(made["citations"]) == 2
    return made


@pytest.fixture
def client(door: Door) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{door.url}/v1", api_key=door.key, max_retries=0) as opened:
        yield opened


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts for Node and the packages that they import."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("needs node and npm")
    folder = tmp_path_factory.mktemp("node")
    scripts = [*(ROOT / "examples/node").glob("*.*"), *(ROOT / "tests/clients/node").glob("*.mjs")]
    for file in scripts:
        shutil.copy(file, folder)
    install = ["npm", "ci", "--prefer-offline", "--no-audit", "--no-fund"]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def run(door: Door, *command: str, given: str = "") -> str:
    environ = os.environ | door.environ | {"API_KEY": door.key}
    done = subprocess.run(
        command, input=given, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def links(answer: dict[str, Any], server: str) -> list[str]:
    """The addresses of the citations; behind a proxy, the answer has them whole."""
    urls = [str(citation["url"]) for citation in answer["citations"]]
    return [url if url.startswith(server) else f"{server}{url}" for url in urls]


def shows(text: str, answer: dict[str, Any], server: str) -> None:
    """A message says what the answer says, with a link to each of its citations."""
    found = _MARKER.findall(text)
    urls = links(answer, server)
    assert found == [(str(number), url) for number, url in enumerate(urls, start=1)]
    assert _ESCAPE.sub(r"\1", _MARKER.sub("", text)) == answer["answer"]


def same(found: Any, answer: dict[str, Any]) -> None:
    """An answer is another one, but for what differs with every request."""
    for key in ("status", "answer", "segments", "citations"):
        assert found[key] == answer[key]


def test_links_open_the_quotes(door: Door, answer: dict[str, Any]) -> None:
    for url, citation in zip(links(answer, door.url), answer["citations"], strict=True):
        opened = httpx.get(url, headers={"x-api-key": door.key}, timeout=60)
        assert opened.text == citation["quote"]


def test_openai_python_by_responses(client: OpenAI, answer: dict[str, Any], server: str) -> None:
    whole = client.responses.create(model=MODEL, input=QUESTION)
    shows(whole.output_text, answer, server)
    streamed = ""
    with client.responses.stream(model=MODEL, input=QUESTION) as events:
        for event in events:
            if event.type == "response.output_text.delta":
                streamed += event.delta
        last = events.get_final_response()
    assert streamed == last.output_text == whole.output_text
    for response in (whole, last):
        (item,) = response.output
        assert item.type == "message"
        (text,) = item.content
        assert text.type == "output_text"
        cited = [one for one in text.annotations if one.type == "url_citation"]
        assert [one.url for one in cited] == links(answer, server)
        assert all(_MARKER.fullmatch(f" {text.text[o.start_index : o.end_index]}") for o in cited)
        same((response.model_extra or {})["citespan"], answer)


def test_openai_python(client: OpenAI, answer: dict[str, Any], server: str) -> None:
    whole = client.chat.completions.create(model=MODEL, messages=ASKED)
    message = whole.choices[0].message
    shows(message.content or "", answer, server)
    cited = [one.url_citation for one in message.annotations or []]
    assert [one.url for one in cited] == links(answer, server)
    for one in cited:
        assert _MARKER.fullmatch(" " + (message.content or "")[one.start_index : one.end_index])
    same((whole.model_extra or {})["citespan"], answer)
    assert whole.usage
    assert whole.usage.total_tokens == 0


def test_openai_python_streams(client: OpenAI, answer: dict[str, Any], server: str) -> None:
    options: Any = {"include_usage": True}
    with client.chat.completions.create(
        model=MODEL, messages=ASKED, stream=True, stream_options=options
    ) as stream:
        *chunks, last = stream
    deltas = [chunk.choices[0].delta for chunk in chunks]
    shows("".join(delta.content or "" for delta in deltas), answer, server)
    assert chunks[-1].choices[0].finish_reason == "stop"
    same((chunks[-1].model_extra or {})["citespan"], answer)
    assert (last.choices, last.usage and last.usage.total_tokens) == ([], 0)


def test_openai_python_folds_what_it_streams(
    client: OpenAI, answer: dict[str, Any], server: str
) -> None:
    with client.chat.completions.stream(model=MODEL, messages=ASKED) as stream:
        folded = stream.get_final_completion().choices[0].message
    shows(folded.content or "", answer, server)
    assert [one.url_citation.url for one in folded.annotations or []] == links(answer, server)


def test_openai_python_asynchronously(door: Door, answer: dict[str, Any]) -> None:
    async def both() -> tuple[str, str]:
        async with AsyncOpenAI(base_url=f"{door.url}/v1", api_key=door.key) as client:
            whole = await client.chat.completions.create(model=MODEL, messages=ASKED)
            content = ""
            async with await client.chat.completions.create(
                model=MODEL, messages=ASKED, stream=True
            ) as stream:
                async for chunk in stream:
                    content += chunk.choices[0].delta.content or ""
        return whole.choices[0].message.content or "", content

    for text in asyncio.run(both()):
        shows(text, answer, door.url)


def test_openai_python_lists_models(client: OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names == [MODEL, f"{MODEL}:extractive"]
    for name in names:
        assert client.models.retrieve(name).id == name


def test_openai_python_knows_the_errors(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match=r"no model 'gpt-4o'; /v1/models") as missing:
        client.chat.completions.create(model="gpt-4o", messages=ASKED)
    assert (missing.value.code, missing.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError, match="citespan/nope"):
        client.models.retrieve("citespan/nope")
    with pytest.raises(openai.BadRequestError, match="one answer") as impossible:
        client.chat.completions.create(model=MODEL, messages=ASKED, n=2)
    assert impossible.value.param == "n"
    with pytest.raises(openai.BadRequestError, match="no language model is set up"):
        client.chat.completions.create(model=f"{MODEL}:generated", messages=ASKED, stream=True)
    assert "/" not in missing.value.message.replace("/v1/models", "")


def test_langchain(door: Door, answer: dict[str, Any], request: pytest.FixtureRequest) -> None:
    server = door.url
    model = ChatOpenAI(
        model=MODEL, base_url=f"{server}/v1", api_key=lambda: door.key, stream_usage=True
    )
    request.addfinalizer(model.root_client.close)
    whole = model.invoke(QUESTION)
    assert isinstance(whole, AIMessage)
    shows(whole.text, answer, server)
    streamed = AIMessageChunk(content="")
    for chunk in model.stream(QUESTION):
        assert isinstance(chunk, AIMessageChunk)
        streamed += chunk
    shows(streamed.text, answer, server)
    assert streamed.response_metadata["finish_reason"] == "stop"
    assert streamed.usage_metadata
    conversation = [
        ("user", QUESTION),
        ("ai", whole.text),
        ("user", "How has Hegseth painted China's presence?"),
    ]
    assert "Hegseth" in model.invoke(conversation).text


def test_openai_node(node: Path, door: Door, server: str, answer: dict[str, Any]) -> None:
    found = json.loads(run(door, "node", str(node / "openai.mjs"), server, QUESTION))
    for made in (found["whole"], found["folded"]):
        message = made["choices"][0]["message"]
        shows(message["content"], answer, server)
        cited = [one["url_citation"]["url"] for one in message["annotations"]]
        assert cited == links(answer, server)
        assert made["usage"]["total_tokens"] == 0
        same(made["citespan"], answer)
    assert found["models"] == [MODEL, f"{MODEL}:extractive"]
    assert found["model"]["id"] == f"{MODEL}:extractive"
    failed = found["failures"]
    assert (failed["missing"]["name"], failed["missing"]["code"]) == (
        "NotFoundError", "model_not_found",
    )  # fmt: skip
    assert (failed["impossible"]["name"], failed["impossible"]["param"]) == ("BadRequestError", "n")


def test_the_ai_sdk(node: Path, door: Door, server: str, answer: dict[str, Any]) -> None:
    providers = json.loads(run(door, "node", str(node / "ai.mjs"), server, QUESTION))
    assert set(providers) == {"compatible", "openai"}
    for name, found in providers.items():
        for made in (found["whole"], found["streamed"]):
            shows(made["text"], answer, server)
            assert made["finishReason"] == "stop"
            sources = links(answer, server) if name == "openai" else []  # it knows of none
            assert made["sources"] == sources
            same(made["citespan"], answer)
        assert found["failed"]["status"] == 404
        assert "no model 'gpt-4o'" in found["failed"]["message"]


@pytest.mark.parametrize("example", ["python", "node"])
def test_the_examples(
    example: str,
    door: Door,
    server: str,
    answer: dict[str, Any],
    request: pytest.FixtureRequest,
) -> None:
    if example == "python":
        command = [sys.executable, str(ROOT / "examples/chatbot.py")]
    else:
        command = ["node", str(request.getfixturevalue("node") / "chatbot.mjs")]
    printed = run(
        door, *command, server, given=f"{QUESTION}\n\nWhich think tank is Song Junying at?\n"
    )
    for citation in answer["citations"]:
        assert f"  {citation['document']['title']}: “{citation['quote']}”\n" in printed
    assert all(url in printed for url in links(answer, server))
    assert "China Institute of International Studies" in printed
