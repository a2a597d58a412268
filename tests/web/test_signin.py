"""The page and the widget where the server needs keys, in Chromium."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from browsing import browser, needs_chromium, page_on
from in_process import listening
from playwright.sync_api import Browser, Page, expect
from tenants import OPEN_TEXT, Tenants, tenants

from citespan.api.access import Gate, KeyFile, Keyring, Role
from citespan.api.server.app import create_app

pytestmark = needs_chromium


@dataclass(frozen=True)
class Served:
    """A service with keys, a site that embeds its widget, and a browser."""

    url: str
    site: str
    tenants: Tenants
    browser: Browser


class _Site(BaseHTTPRequestHandler):
    script = ""

    def do_GET(self) -> None:
        body = f"<!doctype html><title>Site</title><main>{self.script}</main>".encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("signin")
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server,
        tenants(folder) as made,
        browser() as started,
        listening(create_app(made.collections, gate=Gate(Keyring(folder)))) as url,
    ):
        site = f"http://127.0.0.1:{server.server_port}"
        given = KeyFile(folder).create("site", Role.ASK, collections=("hr",), origins=(site,))[1]
        _Site.script = (
            f'<script type="module" src="{url}/widget.js" data-collection="hr"'
            f' data-key="{given}"></script>'
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Served(url, site, made, started)
        server.shutdown()


def give(page: Page, key: str) -> None:
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Continue").click()


def test_the_page_asks_for_a_key_and_keeps_it_for_the_tab(served: Served) -> None:
    with page_on(served.browser, served.url) as page:
        page.goto("/library?collection=hr")
        expect(page.get_by_role("dialog")).to_contain_text("only people with a key")
        give(page, "csk_wrong")
        expect(page.get_by_role("dialog")).to_contain_text("does not work here")
        give(page, served.tenants.keys["ask", "hr"])
        expect(page.get_by_role("link", name="open", exact=True)).to_be_visible()
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.get_by_role("link", name="board").count() == 0
        page.goto("/documents/file?collection=hr")
        expect(page.locator(".paper img")).to_have_js_property("naturalWidth", 1200)
        with page.expect_download() as saved:
            page.get_by_role("link", name="File").click()
        path = saved.value.path()
        assert Path(path).read_bytes().startswith(b"%PDF")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_without_a_key_it_says_so(served: Served) -> None:
    with page_on(served.browser, served.url) as page:
        page.goto("/documents/open?collection=hr")
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("alert")).to_contain_text("send a key")


def test_the_widget_uses_its_key_and_hands_it_to_the_reader(served: Served) -> None:
    with page_on(served.browser, served.site) as page:
        page.goto("/")
        page.get_by_role("button", name="Ask").click()
        page.get_by_role("textbox").fill("When does the canteen open?")
        page.get_by_role("textbox").press("Enter")
        link = page.locator(f'citespan-ask a[href^="{served.url}/documents/open"]').first
        expect(link).to_be_attached()
        address = link.get_attribute("href") or ""
        assert "#key=csp_" in address
    with page_on(served.browser, served.url) as page:
        page.goto(address)
        expect(page.locator("main")).to_contain_text(OPEN_TEXT)
        assert "key" not in page.url


def test_the_widget_is_refused_on_other_sites(served: Served) -> None:
    other = served.site.replace("127.0.0.1", "localhost")
    with page_on(served.browser, other) as page:
        page.goto("/")
        page.get_by_role("button", name="Ask").click()
        page.get_by_role("textbox").fill("When does the canteen open?")
        with page.expect_event("requestfailed") as failed:
            page.get_by_role("textbox").press("Enter")
        assert failed.value.url == f"{served.url}/v1/ask"
