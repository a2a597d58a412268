"""A server that is told to stop while it works."""

import signal
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from api_client import KNOWN, problem, seeded
from scripted_endpoint import scripted
from serving import Served, started
from sse import parsed

from citespan.index import OnnxEmbedder


class Client(threading.Thread):
    """One request, and what became of it."""

    def __init__(self, served: Served, path: str, body: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self.url, self.body = served.url + path, body
        self.response: httpx.Response | None = None
        self.start()

    def run(self) -> None:
        self.response = httpx.post(self.url, json=self.body, timeout=300)

    def answer(self) -> httpx.Response:
        self.join(300)
        assert self.response is not None, "the connection was cut"
        return self.response


def stored_until_refused(served: Served, acknowledged: list[str]) -> None:
    for n in range(10_000):
        try:
            body = {"id": f"d{n}", "text": f"Room {n} holds {n * 7} birds."}
            if httpx.post(f"{served.url}/v1/documents", json=body, timeout=60).status_code != 201:
                return
        except httpx.TransportError:
            return
        acknowledged.append(f"d{n}")


def test_told_to_stop_it_ends_what_runs_and_loses_nothing(
    tmp_path: Path, models_folder: Path, embedder: OnnxEmbedder
) -> None:
    data = tmp_path / "data"
    acknowledged: list[str] = []
    text = "".join(f"Room {n} holds {n * 7} birds and {n} cats. " for n in range(50_000))
    with (
        scripted("hang_before_headers") as model,
        started(
            data,
            models_folder,
            # ends by itself
            before="import citespan.api.server.process as process; process._STOP_S = 60",
            CITESPAN_LLM__BASE_URL=model.base_url,
            CITESPAN_LLM__MODEL="tiny",
            CITESPAN_LLM__TIMEOUT_S="300",
            CITESPAN_LLM__LIMIT_S="300",
            CITESPAN_SERVE__ASKS_AT_ONCE="2",
        ) as served,
    ):
        asked = {"question": KNOWN, "mode": "generated"}
        storing = threading.Thread(target=stored_until_refused, args=(served, acknowledged))
        storing.start()
        big = Client(served, "/v1/documents", {"id": "big", "text": text})
        stream = Client(served, "/v1/ask", asked | {"stream": True})
        while len(model.requests) < 1:
            assert stream.is_alive()
            time.sleep(0.05)
        whole = Client(served, "/v1/ask", asked)
        while len(model.requests) < 2 or len(acknowledged) < 3:
            assert whole.is_alive()
            time.sleep(0.05)
        waiting = Client(served, "/v1/ask", asked)
        while (
            'waiting{line="asking"} 1.0' not in httpx.get(f"{served.url}/metrics", timeout=60).text
        ):
            assert waiting.is_alive()
            time.sleep(0.05)
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(timeout=120) == 0
        events = parsed(stream.answer().text)
        assert events[-1].name == "error"
        assert events[-1].data["type"] == "urn:citespan:problem:not-ready"
        for one in (whole, waiting, big):
            problem(one.answer(), 503, "not-ready")
        storing.join()
    with seeded(data, models_folder) as service:
        found = {one.id for one in service.corpus.documents(limit=1000).documents}
        assert {*acknowledged, "seed"} <= found
        assert "big" not in found
