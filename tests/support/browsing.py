"""A browser on the page of a real server, and what tests look at."""

import json
import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from devices import unchanged
from playwright.sync_api import Browser, Dialog, Page, Route, expect, sync_playwright
from sse import Sent, parsed

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

# Whatever runs that should not, trips this; so does a page that breaks its own policy.
TRIPWIRE = """
window.fired = [];
for (const name of ["alert", "confirm", "prompt", "print", "open"])
  window[name] = (...given) => { window.fired.push([name, ...given.map(String)]); };
addEventListener("securitypolicyviolation",
  (e) => window.fired.push(["policy", e.violatedDirective]));
addEventListener("error", (e) => window.fired.push(["error", e.message]));
addEventListener("unhandledrejection", (e) => window.fired.push(["rejection", String(e.reason)]));
"""
# Machines may be slow, and nothing is wrong with that.
_PATIENCE_MS = 120_000
expect.set_options(timeout=_PATIENCE_MS)
LIT = "(name) => [...(CSS.highlights.get(name) ?? [])].map(String)"


@contextmanager
def browser() -> Generator[Browser]:
    """Start a browser without a window."""
    with sync_playwright() as playwright:
        # No sandbox: tests may run as root, and open only what they wrote.
        flags = ["--no-sandbox", "--disable-dev-shm-usage"]
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


@contextmanager
def page_on(started: Browser, url: str, *scripts: str, **options: Any) -> Generator[Page]:
    """Open a page whose addresses are below a server's; at its end nothing may have fired."""
    with unchanged(), started.new_context(base_url=url, **options) as context:
        for script in (TRIPWIRE, *scripts):
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(_PATIENCE_MS)
        dialogs: list[str] = []

        def dismiss(dialog: Dialog) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", dismiss)
        page.on("console", lambda message: print(message.text))  # noqa: T201  (shown if the test fails)
        yield page
        assert page.evaluate("window.fired") == []
        assert dialogs == []


def lit(page: Page, name: str = "cited") -> list[str]:
    """Return the texts that are painted under a name."""
    return page.evaluate(LIT, name)


def asking(question: str, collection: str = "default") -> str:
    """Return the address that asks a question."""
    return f"/?q={quote(question)}&collection={collection}"


def open_span(page: Page, document_id: str, start: int, end: int, **more: object) -> None:
    """Open a span of a document on a page of its own, and wait until it is shown."""
    query = "".join(f"&{name}={value}" for name, value in more.items())
    page.goto(f"/documents/{quote(document_id)}?start={start}&end={end}{query}")
    page.wait_for_selector(".line.at, .box")


def streamed(url: str, **asked: object) -> list[Sent]:
    """Return the events of an answer, as the page gets them."""
    body = {"stream": True, "include": ["passages"], "history": [], **asked}
    return parsed(httpx.post(f"{url}/v1/ask", json=body, timeout=60).text)


def fulfil(route: Route, events: Sequence[tuple[str, Any]]) -> None:
    """Answer a question with events; the stream ends after them."""
    body = "".join(f"event: {name}\r\ndata: {json.dumps(data)}\r\n\r\n" for name, data in events)
    route.fulfill(content_type="text/event-stream", body=body)
