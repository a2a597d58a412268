"""The stock clients with keys: OpenAI's, and MCP's official one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from in_process import listening
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextContent
from openai import AuthenticationError, NotFoundError, OpenAI
from tenants import Tenants, tenants

from citespan.api.access import Gate, Keyring
from citespan.api.server.app import create_app


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Tenants]]:
    folder: Path = tmp_path_factory.mktemp("clients")
    with tenants(folder) as made:
        app = create_app(made.collections, gate=Gate(Keyring(folder)))
        with listening(app) as url:
            yield url, made


def test_openai_clients_send_the_key_as_they_send_their_own(served: tuple[str, Tenants]) -> None:
    url, made = served

    def client(key: str) -> OpenAI:
        return OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)

    own = client(made.keys["ask", "hr"])
    assert [one.id for one in own.models.list()][:1] == ["citespan/hr"]
    question: Any = {"role": "user", "content": "When does the canteen open?"}
    with pytest.raises(NotFoundError):
        own.chat.completions.create(model="citespan/eng", messages=[question])
    with pytest.raises(AuthenticationError) as refused:
        client("none").models.list()
    assert refused.value.code == "invalid_api_key"


def test_the_client_of_mcp_sends_it_as_its_bearer(served: tuple[str, Tenants]) -> None:
    url, made = served

    def found(collection: str, tenant: str) -> CallToolResult:
        async def called() -> CallToolResult:
            headers = {"authorization": f"Bearer {made.keys['ask', tenant]}"}
            async with (
                httpx2.AsyncClient(headers=headers, timeout=60) as http,
                Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
            ):
                asked = {"query": "code word of the board", "collection": collection}
                return await client.call_tool("search", asked)

        return anyio.run(called)

    def text(result: CallToolResult) -> str:
        return "".join(one.text for one in result.content if isinstance(one, TextContent))

    assert "heliotrope" in text(found("hr", "board"))
    seen = found("hr", "hr")
    assert not seen.is_error
    assert "heliotrope" not in text(seen)
    hidden, absent = found("eng", "hr"), found("none", "hr")
    assert hidden.is_error
    assert text(hidden).replace("eng", "none") == text(absent)
