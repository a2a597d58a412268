"""A site of this process, which stands for one with a public address."""

import gzip
import hashlib
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

PUBLIC = "93.184.215.14"
HOST = "site.test"


@dataclass
class Page:
    """A response: `headers` win over those that the site makes."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class Site:
    """Pages by path, and the requests that came in: their paths and the status sent."""

    pages: dict[str, Page] = field(default_factory=dict[str, Page])
    seen: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    sent: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    validators: bool = True
    zipped: bool = False

    def html(self, path: str, text: str, title: str = "") -> None:
        body = f"<html><head><title>{title}</title></head><body><p>{text}</p></body></html>"
        self.pages[path] = Page(body.encode(), headers={"content-type": "text/html"})

    def text(self, path: str, text: str) -> None:
        self.pages[path] = Page(text.encode(), headers={"content-type": "text/plain"})

    def xml(self, path: str, text: str) -> None:
        self.pages[path] = Page(text.encode(), headers={"content-type": "application/xml"})

    def sitemap(self, *paths: str, at: str = "/sitemap.xml") -> None:
        places = "".join(f"<url><loc>http://{HOST}{path}</loc></url>" for path in paths)
        self.xml(
            at, f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>'
        )

    def counts(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for _, status in self.seen:
            found[status] = found.get(status, 0) + 1
        return found


def _handler(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def do_GET(self) -> None:
            page = site.pages.get(self.path, Page(b"not here", 404))
            tag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"'
            headers = {"ETag": tag} if site.validators else {}
            status, body = page.status, page.body
            if site.validators and status == 200 and self.headers.get("If-None-Match") == tag:
                status, body = 304, b""
            if site.zipped and body:
                body = gzip.compress(body)
                headers["Content-Encoding"] = "gzip"
            headers |= {"Content-Length": str(len(body)), **page.headers}
            site.seen.append((self.path, status))
            site.sent.append({key.lower(): value for key, value in self.headers.items()})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    return Handler


@dataclass
class Network:
    """Where connections went: what stands for the network outside of this machine.

    port: of the site, which answers at the public address.
    """

    port: int
    reached: list[str] = field(default_factory=list[str])

    def resolve(self, host: str, port: int) -> list[str]:
        """Return the public address of every name, and a numeric address as it is."""
        try:
            found = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
            )
        except OSError:
            return [PUBLIC]
        return [str(one[4][0]) for one in found]


@contextmanager
def published(monkeypatch: pytest.MonkeyPatch, site: Site) -> Generator[Network]:
    """Serve a site at the public address; connections to any other one are noted and fail."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(site))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    network = Network(server.server_address[1])
    connect = socket.create_connection

    def connected(address: tuple[str, int], *args: Any, **more: Any) -> socket.socket:
        network.reached.append(address[0])
        if address[0] != PUBLIC:
            raise ConnectionRefusedError(address)
        return connect(("127.0.0.1", network.port), *args, **more)

    monkeypatch.setattr(socket, "create_connection", connected)
    try:
        yield network
    finally:
        monkeypatch.setattr(socket, "create_connection", connect)
        server.shutdown()
        thread.join()
        server.server_close()
