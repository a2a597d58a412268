"""A server without network, and without what the lean image leaves out: asked, and looked through.

As a script, it starts the server, asks it on every route, stops it, and writes what came back. In
a network namespace of its own, nothing but the loopback exists.
"""

import fcntl
import json
import os
import socket
import struct
import sys
from pathlib import Path
from typing import Any

import httpx
from serving import started

KNOWN = "Which think tank does Song Junying work for?"
MARK = "Quozzleburg"  # in every question, and in no document
QUESTION = f"Which think tank does Song Junying of {MARK} work for?"
# What the lean image leaves out cannot be imported.
WITHOUT = """
import sys
class Left:
    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] in {names!r}:
            raise ModuleNotFoundError(name + ' is left out', name=name)
sys.meta_path.insert(0, Left())
"""


def main() -> None:
    """Ask a server on the data folder of the first argument, without the modules of the others."""
    data, *names = sys.argv[1:]
    if os.environ.get("LOOPBACK_ONLY"):
        raise_loopback()
    before = WITHOUT.format(names=set(names))
    quick = {"CITESPAN_EVIDENCE__MIN_CONFIDENCE": "0", "CITESPAN_RETRIEVAL__TOP_K": "4"}
    with (
        started(Path(data), Path(data).parent / "models", before=before, **quick) as served,
        httpx.Client(base_url=served.url, timeout=60) as client,
    ):
        sys.stdout.write(json.dumps(_asked(client)))


def raise_loopback() -> None:
    """Bring the loopback of a new network namespace up."""
    flags = struct.pack("16sh", b"lo", 1)  # IFF_UP
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, 0x8914, flags.ljust(40, b"\0"))  # SIOCSIFFLAGS


def _asked(client: httpx.Client) -> dict[str, Any]:
    """Ask on every route that takes a question, and return what tells whether it worked."""
    long = [
        {"role": "user", "content": f"{MARK} {'and so on ' * 1500}"}
    ] * 5  # beyond what waits in memory
    messages = [{"role": "user", "content": QUESTION}]
    call = {"name": "search", "arguments": {"query": QUESTION}}
    rpc = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    bodies: dict[str, dict[str, Any]] = {
        "/v1/ask": {"question": QUESTION},
        "/v1/search": {"query": QUESTION},
        "/v1/chat/completions": {"model": "citespan/default", "messages": messages},
        "/v1/responses": {"model": "citespan/default", "input": QUESTION},
        "/mcp": rpc,
    }
    both = {"Accept": "application/json, text/event-stream"}  # MCP asks for it
    found = {
        path: client.post(path, json=body, headers=both if path == "/mcp" else {})
        for path, body in bodies.items()
    }
    found["stream"] = client.post("/v1/ask", json={"question": QUESTION, "stream": True})
    found["history"] = client.post("/v1/ask", json={"question": QUESTION, "history": long})
    found["refused"] = client.post("/v1/ask", json={"question": MARK * 4000})
    found["page"] = client.get("/", params={"q": QUESTION}, headers={"Accept": "text/html"})
    found["lost"] = client.get(f"/v1/documents/{MARK}")
    answer = client.post("/v1/ask", json={"question": KNOWN})
    kept = client.post("/v1/documents", json={"text": "The mill grinds rye.", "id": "mill"})
    return {
        "statuses": {path: one.status_code for path, one in found.items()}
        | {"put": kept.status_code},
        "answer": answer.json(),
        "metrics": client.get("/metrics").text,
    }


if __name__ == "__main__":
    main()
