"""The widget in Chromium, on pages of other origins that allow little."""

import gzip
import json
import shutil
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from devices import unchanged
from in_process import listening
from litestar.testing import TestClient
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

from citespan.api.middleware.origins import Origins
from citespan.api.server.app import create_app
from citespan.index import Draft
from citespan.qa import load_settings
from citespan.qa.collections.registry import Collections

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

MUSEUM = "The museum 🦕 in Graz is closed on Mondays. Its director is Zoë Müller, a geologist."
TAXES = "The tax office opens at seven. Parking is free for two hours."
QUESTION, SAID = "Who is the director of the museum?", "Its director is Zoë Müller, a geologist."
PARKING = "How long is parking free?"
UNKNOWN = "How many moons does Jupiter have?"
VECTORS = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    "<svg onload=alert(3)><a href=javascript:alert(4)>x</a></svg>",
    "\"><iframe srcdoc='<script>parent.alert(5)</script>'></iframe>",
    "javascript:alert(6)//' autofocus onfocus=alert(7) x='",
    "[click](javascript:alert(8)) <embed src='data:text/html,<script>alert(9)</script>'>",
    "</blockquote></textarea></template><math><mtext><style><img src onerror=alert(10)>",
    "{{constructor.constructor('alert(11)')()}} ${alert(12)} <!--<img src onerror=alert(13)>-->",
]
TRIPWIRE = """
window.fired = [];
for (const name of ["alert", "confirm", "prompt", "print"])
  window[name] = (...given) => { window.fired.push([name, ...given.map(String)]); };
for (const name of ["securitypolicyviolation", "error", "unhandledrejection"])
  addEventListener(name, (e) => {
    window.fired.push([name, String(e.violatedDirective ?? e.message ?? e.reason)]);
  });
"""
expect.set_options(timeout=20_000)
NO_STORAGE = """
Object.defineProperty(window, "sessionStorage", { get() { throw new Error("not here"); } });
"""


@dataclass(frozen=True)
class Sites:
    """A service, and a site that embeds its widget."""

    service: str
    site: str
    browser: Browser


class _Site(BaseHTTPRequestHandler):
    """A site whose policy allows the scripts and answers of the service, and no style at all."""

    service = ""

    def do_GET(self) -> None:
        body = self._page().encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.send_header(
            "content-security-policy",
            f"default-src 'none'; script-src {self.service}; connect-src {self.service};"
            " style-src 'none'; img-src data:;"
            " require-trusted-types-for 'script'; trusted-types 'none'",
        )
        self.end_headers()
        self.wfile.write(body)

    def _page(self) -> str:
        src = f'type="module" src="{self.service}/widget.js"'
        pages = {
            "/inline": f"<script {src}></script><citespan-ask inline lang=de></citespan-ask>",
            "/museum": "<p>…</p>" * 200 + f"<p id=words>{MUSEUM}</p>" + "<p>…</p>" * 200,
            "/dark": f'<script {src} data-collection="default" data-theme="dark"'
            ' data-accent="#e91e63" data-greeting="Ask us!" data-position="bottom-left"></script>',
        }
        usual = f'<script {src} data-collection="default"></script>'
        inside = pages.get(self.path, usual)
        return (
            '<!doctype html><html lang="en"><title>Site</title><link rel=icon href=data:,>'
            f"<main><h1>A site</h1>{inside}</main></html>"
        )

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture(scope="module")
def sites(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    environ = {
        "CITESPAN_DATA__PATH": str(tmp_path_factory.mktemp("data")),
        "CITESPAN_DATA__MODELS": str(models_folder),
        "CITESPAN_DATA__SEED": "false",
    }
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server,
        Collections.open(load_settings(environ=environ)) as opened,
        sync_playwright() as playwright,
    ):
        site = f"http://127.0.0.1:{server.server_address[1]}"
        for draft in (
            Draft(id="museum", text=MUSEUM, title="Museum", uri=f"{site}/museum"),
            Draft(id="taxes é?1", text=TAXES, title="Taxes", uri="javascript:alert(14)"),
            *(
                Draft(
                    id=f"evil{n}", text=f"The code of vault {n} is {one} 47{n}.", title=one, uri=one
                )
                for n, one in enumerate(VECTORS)
            ),
        ):
            opened.service().corpus.add(draft)
        # No sandbox: tests may run as root, and open only what they wrote.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with listening(create_app(opened, origins=Origins.of(site))) as service:
            _Site.service = service
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield Sites(service, site, browser)
            browser.close()
            server.shutdown()


@contextmanager
def on(sites: Sites, path: str = "/", *scripts: str, **options: Any) -> Generator[Page]:
    """Open a page of the site; nothing may fire on it, and it may ask only the service."""
    given: dict[str, Any] = {"base_url": sites.site, **options}
    with unchanged(), sites.browser.new_context(**given) as context:
        for script in (TRIPWIRE, *scripts):
            context.add_init_script(script)
        page = context.new_page()
        page.set_default_timeout(20_000)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path)
        yield page
        assert page.evaluate("window.fired") == []
        hosts = (sites.service, sites.site, sites.site.replace("127.0.0.1", "localhost"), "data:,")
        assert [url for url in asked if not url.startswith(hosts)] == []


def widget(page: Page) -> Locator:
    return page.locator("citespan-ask")


def ask(page: Page, question: str) -> Locator:
    """Ask, by keyboard alone, and return the turn once its answer has ended."""
    if not page.get_by_role("textbox").is_visible():
        page.get_by_role("button", name="Ask a question").press("Enter")
    box = page.get_by_role("textbox")
    expect(box).to_be_focused()
    box.fill(question)
    box.press("Enter")
    turn = widget(page).locator(".turn").last
    expect(turn.locator(".question")).to_contain_text(question)
    expect(widget(page).locator("form button")).to_have_text("Ask")
    return turn


def accessible(page: Page) -> None:
    axe: Any = Axe()
    found = axe.run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.response["violations"] == []


def body(*events: tuple[str, dict[str, Any]]) -> str:
    return "".join(f"event: {name}\r\ndata: {json.dumps(data)}\r\n\r\n" for name, data in events)


@needs_chromium
def test_a_page_of_another_origin_asks_and_opens_the_words(sites: Sites) -> None:
    with on(sites) as page:
        turn = ask(page, QUESTION)
        sentence = turn.locator("[part=sentence]")
        expect(sentence).to_have_count(1)
        assert sentence.inner_text().startswith(SAID)
        marker = turn.get_by_role("button", name="Source 1: Museum")
        quote = turn.locator("blockquote")
        expect(quote).to_be_hidden()
        marker.press("Enter")
        expect(quote).to_be_visible()
        assert marker.get_attribute("aria-expanded") == "true"
        assert quote.locator("mark").inner_text() == SAID
        link = turn.get_by_role("link", name="Museum")
        href = link.get_attribute("href") or ""
        assert href.startswith(f"{sites.site}/museum#:~:text=")
        accessible(page)
        with page.expect_popup() as opened:
            link.click()
        opened.value.wait_for_function("scrollY > 0 || undefined")
        page.keyboard.press("Escape")
        launcher = page.get_by_role("button", name="Ask a question")
        expect(launcher).to_be_focused()
        expect(widget(page).locator(".panel")).to_be_hidden()


@needs_chromium
def test_what_has_no_page_of_its_own_opens_in_the_reader(sites: Sites) -> None:
    with on(sites, "/dark", viewport={"width": 320, "height": 600}, color_scheme="light") as page:
        turn = ask(page, PARKING)
        cited = httpx.post(f"{sites.service}/v1/ask", json={"question": PARKING}, timeout=60).json()
        (one,) = cited["citations"]
        span = f"revision=1&start={one['start']}&end={one['end']}"
        href = turn.get_by_role("link", name="Taxes").get_attribute("href")
        assert href == f"{sites.service}/documents/taxes%20%C3%A9%3F1?{span}"
        expect(widget(page).locator("[part=greeting]")).to_have_text("Ask us!")
        accessible(page)
        box = widget(page).locator(".panel").bounding_box()
        assert box is not None
        assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 320, 600)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


@needs_chromium
def test_an_abstention_shows_what_is_nearest(sites: Sites) -> None:
    with on(sites) as page:
        turn = ask(page, UNKNOWN)
        told = httpx.post(f"{sites.service}/v1/ask", json={"question": UNKNOWN}, timeout=60).json()
        assert told["status"] == "abstained"
        expect(turn.locator("[part=note]")).to_have_text(told["abstention"]["message"])
        expect(turn.locator("[part=sentence]")).to_have_count(0)
        assert 0 < turn.get_by_role("link").count() <= 3
        expect(turn.locator(".fault, [part=retry]")).to_have_count(0)
        accessible(page)


@needs_chromium
def test_an_origin_that_is_not_listed_gets_nothing(sites: Sites) -> None:
    elsewhere = sites.site.replace("127.0.0.1", "localhost")
    with on(sites, base_url=elsewhere) as page:
        turn = ask(page, QUESTION)
        expect(turn.locator(".fault")).to_have_text("The service cannot be reached.")
        expect(turn.locator("[part=sentence]")).to_have_count(0)


@needs_chromium
def test_a_stream_that_is_cut_keeps_what_came_and_is_asked_again(sites: Sites) -> None:
    part: dict[str, Any] = {"start": 0, "end": 5, "support": "quoted", "citations": []}
    begun = body(("answer.created", {"id": "a"}), ("answer.delta", {"text": "Begun"}),
                 ("segment.done", part)) + 'event: answer.delta\r\ndata: {"te'  # fmt: skip

    def cut(route: Route) -> None:
        headers = {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}
        route.fulfill(content_type="text/event-stream", body=begun, headers=headers)

    with on(sites) as page:
        page.route("**/v1/ask", cut)
        turn = ask(page, QUESTION)
        expect(turn.locator("[part=sentence]")).to_have_text(["Begun"])
        expect(turn.locator(".fault")).to_contain_text("The connection broke")
        accessible(page)
        page.unroute("**/v1/ask")
        turn.get_by_role("button", name="Ask again").click()
        expect(widget(page).locator(".turn")).to_have_count(1)
        expect(widget(page).locator(".turn [part=sentence]")).to_contain_text([SAID])
        expect(widget(page).locator(".fault, [part=retry]")).to_have_count(0)


@needs_chromium
def test_an_answer_can_be_stopped(sites: Sites) -> None:
    with on(sites) as page:
        page.route("**/v1/ask", lambda _: None)  # never answered
        page.get_by_role("button", name="Ask a question").click()
        page.get_by_role("textbox").fill(QUESTION)
        page.get_by_role("button", name="Ask", exact=True).click()
        page.get_by_role("button", name="Stop").click()
        expect(widget(page).locator("[part=note]")).to_have_text("Stopped.")
        expect(widget(page).locator("[part=retry]")).to_be_visible()


@needs_chromium
def test_the_conversation_outlives_a_page_where_there_is_storage(sites: Sites) -> None:
    with on(sites) as page:
        ask(page, QUESTION)
        ask(page, "And is it open on Mondays?")
        shown = widget(page).locator(".turn").all_text_contents()
        page.reload()
        page.get_by_role("button", name="Ask a question").click()
        assert widget(page).locator(".turn").all_text_contents() == shown
        page.get_by_role("button", name="New conversation").click()
        expect(widget(page).locator(".turn")).to_have_count(0)
    with on(sites, "/", NO_STORAGE) as page:
        expect(ask(page, QUESTION).locator("[part=sentence]")).to_have_count(1)


@needs_chromium
def test_text_is_never_more_than_text(sites: Sites) -> None:
    with on(sites) as page:
        for n, vector in enumerate(VECTORS):
            turn = ask(page, f"What is the code of vault {n}?")
            expect(turn).to_contain_text(f"47{n}")
            quoted = turn.locator("blockquote mark").first.evaluate("(e) => e.textContent")
            assert vector[:16] in quoted
            links = turn.get_by_role("link").evaluate_all("(all) => all.map((one) => one.href)")
            assert all(one.startswith(f"{sites.service}/documents/") for one in links)
        ask(page, "".join(VECTORS))
        inside = "(e) => [...e.shadowRoot.querySelectorAll('*')].map((one) => one.localName)"
        tags = set(widget(page).evaluate(inside))
        assert not tags & {"img", "script", "iframe", "style", "math", "template"}
        assert (
            widget(page).evaluate(
                "(e) => e.shadowRoot.querySelectorAll('[style], [onerror]').length"
            )
            == 0
        )


@needs_chromium
def test_the_element_stands_in_a_page_in_its_language(sites: Sites) -> None:
    with on(sites, "/inline", color_scheme="dark") as page:
        expect(page.get_by_role("region", name="Die Dokumente fragen")).to_be_visible()
        expect(page.get_by_role("button", name="Eine Frage stellen")).to_have_count(0)
        widget(page).evaluate("(e, question) => e.ask(question)", QUESTION)
        expect(page.get_by_role("button", name="Quelle 1: Museum")).to_be_visible()
        accessible(page)


DIRECTIVES = [
    (("One two.", "", ""), "One%20two."),
    (("one-two, three", "a b ", " c d"), "b-,one%2Dtwo%2C%20three,-c"),
    (("x" * 300, "", ""), "x" * 300),
    ((" ".join("abcdefghijkl") * 20, "", ""), "a%20b%20c%20d,i%20j%20k%20l"),
    (("a b c d e f\ng h i j", "", ""), "a%20b%20c%20d,g%20h%20i%20j"),
    (("Quote.", "cut words before the ", " and wo"), "words%20before%20the-,Quote.,-and"),
    (("Quote.", "Earlier.\n## A ", "\nLater on."), "Quote."),
    (("Quote.", "some **bold** ", " [a](b) c"), "Quote."),
]  # fmt: skip


@needs_chromium
def test_links_name_the_words(sites: Sites) -> None:
    with on(sites) as page:
        page.evaluate(f"import('{sites.service}/widget/links.js').then((m) => (window.links = m))")
        page.wait_for_function("window.links")
        for (quote, prefix, suffix), directive in DIRECTIVES:
            given = {"quote": quote, "prefix": prefix, "suffix": suffix}
            assert page.evaluate("(given) => links.textDirective(given)", given) == directive


def test_the_files_are_small_public_and_kept() -> None:
    site = "https://www.example.org"
    client = TestClient(create_app(lambda: pytest.fail("opened"), origins=Origins.of(site)))
    entry = client.get("/widget.js", headers={"origin": site})
    assert entry.headers["content-type"].startswith("text/javascript")
    assert entry.headers["cache-control"] == "public, no-cache"
    assert entry.headers.get_list("access-control-allow-origin") == ["*"]
    assert entry.headers["cross-origin-resource-policy"] == "cross-origin"
    tag = entry.headers["etag"]
    again = client.get("/widget.js", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    folder = Path(__file__).parents[2] / "api/web/widget"
    total = 0
    for file in sorted(folder.glob("*.js")):
        got = client.get(f"/widget/{file.name}", params={"v": tag.strip('"')})
        assert got.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "innerHTML" not in got.text
        total += len(gzip.compress(got.content))
    assert total < 15_000
    assert "export declare class CitespanAsk" in client.get("/widget/widget.d.ts").text
    assert client.get("/widget/routes.py").status_code == 404
