"""The page in a browser, on a real server with the real models."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import tiny_pdf
from browsing import asking, browser, fulfil, lit, needs_chromium, open_span, page_on, streamed
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from scripting import VECTORS
from serving import serving
from sse import parsed

pytestmark = needs_chromium

QUESTION = "Which think tank does Song Junying work for?"
AXE = files("axe_playwright_python") / "axe.min.js"
SAME = "The lock opens at 7."
SENT = (
    f"😀 First: {SAME}\r\n\r\nZoë’s 👩‍👩‍👧 café 𝒳 opened in 1999.\r\n"
    "日本語の文です。次の文です。\r\nمرحبا بالعالم. هذه جملة ثانية.\r\n\r\n"
    f"Again, 🎉 second: {SAME}\r\nשלום עולם. e\u0301te\u0301 fin"
)
ODD = SENT.replace("\r\n", "\n")  # as it is stored
MARKDOWN = (
    "# Harbour\n\nSee the [rules](https://example.org) for **all** of it.\n\n| Berth | Depth |\n"
    "| --- | --- |\n| A | 9 m |\n\n- one\n- two\n\n```\ncode\n```\n\n> aside\n"
)
KETTLE = "The warranty of the kettle lasts {} years from the day of purchase."
LINE = "The ferry to Skagen leaves the north pier at noon."
# Of a word of more than 100 letters, the embedder reads one token: long texts cost little here.
LONG = "".join(f"Row {n} 🎈 {'x' * 120}.\n" for n in range(400))
METALS = "Metal,Price,Note\nCopper 🎈,9140 dollars,rose\nZinc,,fell\n"
SHIFTS = """() => { window.shifted = 0; new PerformanceObserver(list => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
}).observe({ type: "layout-shift" }) }"""


@pytest.fixture(scope="module")
def server(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("page") / "data"
    with (
        serving(data, models_folder) as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        for name in ("odd", "empty", "kept"):
            client.post("/v1/collections", json={"name": name}).raise_for_status()
        documents = {"odd": SENT, "long": LONG}
        documents |= {f"kettle-{n}": KETTLE.format(n) for n in (2, 5)}
        for name, text in documents.items():
            sent = {"id": name, "title": name, "text": text}
            client.post("/v1/documents?collection=odd", json=sent).raise_for_status()
        client.put(
            "/v1/documents/harbour?collection=odd",
            content=MARKDOWN,
            headers={"content-type": "text/markdown"},
        ).raise_for_status()
        made = tiny_pdf.Pdf([tiny_pdf.Page(""), tiny_pdf.Page(tiny_pdf.prose([LINE]))]).write()
        client.put(
            "/v1/documents/ferry?collection=odd",
            content=made,
            headers={"content-type": "application/pdf"},
        ).raise_for_status()
        client.put(
            "/v1/documents/metals?collection=odd",
            content=METALS,
            headers={"content-type": "text/csv"},
        ).raise_for_status()
        yield url


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def page(server: str, started: Browser) -> Iterator[Page]:
    with page_on(started, server) as opened:
        yield opened


def asked(page: Page, question: str, collection: str = "default") -> None:
    page.goto(asking(question, collection))
    page.wait_for_selector(".why")


def said(page: Page) -> str:
    return page.locator("[role=log] .sentence").evaluate_all(
        "all => all.map(one => one.textContent).join('')"
    )


def test_an_answer_arrives_and_its_citations_open_at_their_words(page: Page, server: str) -> None:
    requests: list[str] = []
    page.on("request", lambda one: requests.append(one.url))
    bodies: list[int] = []
    page.on("response", lambda one: bodies.append(int(one.headers.get("content-length", 0))))
    page.goto("/")
    expect(page.locator("#question")).to_be_focused()
    page.evaluate(SHIFTS)
    with page.expect_response("**/v1/ask") as got:
        page.get_by_role("button", name=QUESTION).click()
    page.wait_for_selector(".why")
    assert page.evaluate("window.shifted") < 0.05  # what is streamed pushes nothing away
    answer = parsed(got.value.text())[-1].data
    assert said(page) == answer["answer"]
    citation = answer["citations"][0]
    short = citation["highlights"][0]
    start = citation["start"]
    words = citation["quote"][short["start"] - start : short["end"] - start]
    assert page.locator("p.short").text_content() == words
    assert lit(page, "short-answer") == [words]
    page.hover(".cite")
    card = page.locator("#card")
    for shown in (
        citation["prefix"],
        citation["quote"],
        citation["suffix"],
        citation["document"]["title"],
    ):
        expect(card).to_contain_text(shown)
    page.click(".cite")
    page.wait_for_selector(".line.at")
    assert lit(page) == [citation["quote"]]
    assert page.locator(".line.at").evaluate(
        "one => { const at = one.getBoundingClientRect();"
        " return at.top < innerHeight && at.bottom > 0 }"
    )
    assert all(one.startswith(server) for one in requests)
    assert 0 < sum(bodies) < 200_000
    page.reload()  # the address alone asks again, and opens the citation again
    page.wait_for_selector(".line.at")
    assert lit(page) == [citation["quote"]]


def spans() -> list[tuple[int, int]]:
    quotes = [
        "😀", "Zoë’s 👩‍👩‍👧 café 𝒳 opened in 1999.", "日本語の文です。", "هذه جملة ثانية.",
        "שלום עולם.",
        "e\u0301te\u0301 fin", "1999.\n日本語の文です。次の文です。\nمرحبا", ODD,
    ]  # fmt: skip
    found = [(at, at + len(one)) for one in quotes for at in [ODD.index(one)]]
    second = ODD.rindex(SAME)
    return [*found, (ODD.index(SAME), ODD.index(SAME) + len(SAME)), (second, second + len(SAME))]


def shown_spans(page: Page) -> Iterator[str]:
    """Show each span in one reader, and yield its words."""
    open_span(page, "odd", 0, 1, collection="odd")
    for start, end in spans():
        target = {"collection": "odd", "id": "odd", "start": start, "end": end}
        page.evaluate(
            """target => { document.querySelector(".line.at")?.classList.remove("at");
               document.querySelector("citespan-reader").show(target) }""",
            target,
        )
        page.wait_for_selector(".line.at")
        yield ODD[start:end]


def test_what_is_lit_up_is_exactly_the_span(page: Page) -> None:
    for words in shown_spans(page):
        assert lit(page) == [words]
    before = page.evaluate(
        """() => { const [range] = CSS.highlights.get("cited"), all = document.createRange();
           all.selectNodeContents(document.querySelector(".blocks"));
           all.setEnd(range.startContainer, range.startOffset); return String(all) }"""
    )
    assert before == ODD[: ODD.rindex(SAME)]  # the second of two equal sentences


def test_without_highlights_the_words_are_marked(started: Browser, server: str) -> None:
    with page_on(started, server, "delete window.Highlight") as page:
        for words in shown_spans(page):
            marked = page.locator("mark.cited").evaluate_all(
                "all => all.map(one => one.textContent).join('')"
            )
            assert marked == words
            assert page.locator(".blocks").text_content() == ODD


def test_markdown_is_shown_as_its_own_characters(page: Page) -> None:
    page.goto("/documents/harbour?collection=odd")
    page.wait_for_selector(".line")
    assert page.locator(".blocks").text_content() == MARKDOWN
    assert {"# ", "](https://example.org)", "**"} <= set(lit(page, "markup"))
    assert page.locator(".level-1").count() == 1
    assert page.locator(".blocks *:not(.line)").count() == 0


def test_a_table_is_a_grid_of_its_own_characters(page: Page, server: str) -> None:
    text = httpx.get(f"{server}/v1/documents/metals/text?collection=odd").text
    at = text.index("9140")
    open_span(page, "metals", at, at + len("9140 dollars"), collection="odd")
    assert lit(page) == ["9140 dollars"]
    assert page.locator(".blocks").text_content() == text
    rows = page.locator(".line.row").evaluate_all(
        """all => all.map(row => [...row.children].map(cell => [...cell.childNodes]
             .filter(one => one.className !== "unseen").map(one => one.textContent).join("")))"""
    )
    assert rows == [["Copper 🎈", "9140 dollars", "rose"], ["Zinc", "", "fell"]]
    heads = page.locator(".head .cell").evaluate_all("all => all.map(one => one.dataset.label)")
    assert heads == ["Metal", "Price", "Note"]
    tops = page.locator(".line.row .cell:nth-child(2), .head .cell:nth-child(2)").evaluate_all(
        "all => all.map(cell => cell.getBoundingClientRect().left)"
    )
    assert len(tops) == 3
    assert len(set(tops)) == 1  # the columns stand below their heads


def test_a_long_document_is_read_by_windows(page: Page) -> None:
    fetched: list[str] = []
    page.on("request", lambda one: fetched.append(one.url) if "/text?" in one.url else None)
    quote = f"Row 200 🎈 {'x' * 120}."
    start = LONG.index(quote)
    open_span(page, "long", start, start + len(quote), collection="odd")
    assert lit(page) == [quote]
    expect(page.locator(".line.at")).to_be_in_viewport()
    assert len(page.locator(".blocks").text_content() or "") < 45_000
    page.get_by_role("button", name="Show what is before").click()
    expect(page.locator(".line").first).to_have_text(re.compile(r"^Row 0 "))
    assert lit(page) == [quote]
    page.locator(".more").last.scroll_into_view_if_needed()
    expect(page.locator(".line").last).to_have_text(re.compile(r"^Row 399 "))
    assert page.locator(".blocks").text_content() == LONG
    assert lit(page) == [quote]
    assert len(fetched) <= 4


def test_a_quote_is_boxed_on_the_picture_of_its_page(page: Page, server: str) -> None:
    asked(page, "When does the ferry to Skagen leave the north pier?", "odd")
    page.click(".cite")
    picture = page.locator(".page img").nth(1)
    picture.evaluate("one => one.decode()")
    shown, boxes = picture.bounding_box(), page.locator(".box").all()
    assert shown
    assert len(boxes) == 1
    box = boxes[0].bounding_box()
    assert box
    source = picture.get_attribute("src") or ""
    grey = np.asarray(Image.open(BytesIO(httpx.get(source, timeout=60).content)).convert("L"))
    rows, columns = np.nonzero(grey < 128)
    left, top, right, bottom = columns.min(), rows.min(), columns.max(), rows.max()
    scale = shown["width"] / grey.shape[1]
    assert abs(box["x"] - shown["x"] - left * scale) < 4
    assert abs(box["x"] + box["width"] - shown["x"] - right * scale) < 4
    assert (
        box["y"] - shown["y"]
        < top * scale
        < bottom * scale
        < box["y"] + box["height"] - shown["y"] + 4
    )
    page.keyboard.press("t")
    page.wait_for_selector(".line.at")
    assert lit(page) == [LINE]
    page.keyboard.press("t")
    page.wait_for_selector(".box")


def test_an_abstention_says_why_and_shows_what_is_nearest(page: Page) -> None:
    asked(page, "How many moons does Jupiter have?")
    expect(page.locator(".abstained .short")).to_have_text("Your documents do not speak of this.")
    assert said(page) == ""
    page.get_by_role("button", name="Show passages").click()
    passage = page.locator(".nearest .passage-title").first
    words = (page.locator(".nearest li p").first.text_content() or "").removesuffix("…")
    passage.click()
    page.wait_for_selector(".line.at")
    assert lit(page)[0].strip().startswith(words)
    page.get_by_role("button", name="Ask another way").click()
    expect(page.locator("#question")).to_have_value("How many moons does Jupiter have?")


def test_a_collection_without_documents_says_so(page: Page) -> None:
    asked(page, "Is there anything?", "empty")
    expect(page.locator(".abstained")).to_contain_text("There are no documents here yet.")
    page.get_by_role("link", name="Add documents").click()
    expect(page).to_have_url(re.compile(r"/library\?collection=empty$"))


def test_documents_that_disagree_are_shown_side_by_side(page: Page) -> None:
    asked(page, "How long is the warranty of the kettle?", "odd")
    expect(page.locator(".note")).to_contain_text("Your documents disagree.")
    sides = page.locator(".sides .short").all_text_contents()
    assert sorted(one[:7] for one in sides) == ["2 years", "5 years"]
    page.locator(".side-source").nth(1).click()
    page.wait_for_selector(".line.at")
    first = lit(page)
    page.keyboard.press("k")
    expect(page.locator(".steps")).to_contain_text("1 of 2")
    page.get_by_role("button", name="Next citation").click()
    expect(page.locator(".steps")).to_contain_text("2 of 2")
    page.wait_for_selector(".line.at")
    assert lit(page) == first


def test_a_cut_stream_keeps_what_was_shown_and_is_asked_again(page: Page, server: str) -> None:
    question = "How long is the warranty of the kettle?"
    events = streamed(server, question=question, collection="odd")
    sentences = [one.data for one in events if one.name == "segment.done"]
    assert len(sentences) == 2
    cuts = iter(range(1, len(events)))
    page.goto("/?collection=odd")
    for cut in cuts:
        page.route("**/v1/ask", lambda route, _, at=cut: fulfil(route, events[:at]))
        page.get_by_role("textbox", name="Question").fill(question)
        page.keyboard.press("Enter")
        expect(page.locator(".retry")).to_be_visible()
        kept = sum(one.name == "segment.done" for one in events[:cut])
        assert page.locator("[role=log] .sentence").count() == kept
        page.unroute("**/v1/ask")
        page.route("**/v1/ask", lambda route: fulfil(route, events))
        page.locator(".retry").click()
        page.wait_for_selector(".why")
        assert page.locator("[role=log] .sentence").count() == 2
        assert page.locator(".cite").count() == 2
        page.unroute("**/v1/ask")
        page.get_by_role("button", name="New conversation").click()


def test_an_answer_can_be_stopped_and_a_server_may_be_away(page: Page) -> None:
    held: list[Route] = []

    def keep(route: Route) -> None:
        held.append(route)

    page.goto("/")
    page.route("**/v1/ask", keep)
    page.fill("#question", QUESTION)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".state")).to_have_text("Stopped.")
    page.unroute("**/v1/ask")
    page.route("**/health/ready", lambda route: route.abort())
    page.route("**/v1/ask", lambda route: route.abort())
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator("#banner")).to_have_text("The server does not answer. Trying again…")
    page.unroute("**/v1/ask")
    page.unroute("**/health/ready")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(".why")
    expect(page.locator("#banner")).to_be_hidden()


def test_a_service_that_starts_says_so(page: Page) -> None:
    page.route(
        "**/health/ready", lambda route: route.fulfill(status=503, json={"status": "starting"})
    )
    page.goto("/")
    expect(page.locator("#banner")).to_have_text("The service is starting…")
    page.unroute("**/health/ready")
    expect(page.locator("#banner")).to_be_hidden()


def test_a_follow_up_has_the_conversation(page: Page) -> None:
    asked(page, QUESTION)
    sent: list[Any] = []
    page.on(
        "request",
        lambda one: sent.append(one.post_data_json) if one.url.endswith("/v1/ask") else None,
    )
    page.fill("#question", "Hello!")
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").nth(1).locator(".sentence")).to_be_visible()
    assert [one["role"] for one in sent[0]["history"]] == ["user", "assistant"]
    assert sent[0]["history"][0]["content"] == QUESTION
    assert page.evaluate(  # it is not behind the question box
        """() => { const [said] = [...document.querySelectorAll(".turn:last-child .sentence")],
           box = document.querySelector(".asking").getBoundingClientRect();
           return said.getBoundingClientRect().bottom <= box.top }"""
    )
    short = lit(page, "short-answer")
    page.go_back()  # nothing is asked again: the conversation is shown as it was there
    expect(page.locator(".turn")).to_have_count(1)
    assert lit(page, "short-answer") == short
    page.go_forward()
    expect(page.locator(".turn")).to_have_count(2)
    assert len(sent) == 1


def test_files_are_added_replaced_and_deleted(page: Page, server: str) -> None:
    page.goto("/library?collection=kept")
    expect(page.locator("citespan-library")).to_contain_text("No documents yet.")
    uploads: list[Any] = [
        {"name": "tide.txt", "mimeType": "text/plain", "buffer": b"High tide is at six."},
        {"name": "void.txt", "mimeType": "text/plain", "buffer": b""},
    ]
    page.get_by_label("Files to add").set_input_files(uploads)
    rows = page.locator(".drop + .results li")
    expect(rows.nth(0)).to_contain_text("added")
    expect(rows.nth(1)).to_contain_text("not added")
    expect(page.locator(".documents tbody tr")).to_have_count(1)
    replaced: Any = {
        "name": "tide.txt",
        "mimeType": "text/plain",
        "buffer": b"High tide is at nine.",
    }
    page.get_by_label("New file for").set_input_files(replaced)
    expect(page.locator("[data-name=revision]")).to_have_text("2")
    page.get_by_label("Filter by title").fill("zzz")
    expect(page.locator(".documents tbody tr")).to_have_count(0)
    page.get_by_label("Filter by title").fill("TIDE")
    page.locator(".documents th a").click()
    expect(page.locator(".blocks")).to_have_text("High tide is at nine.")
    name = page.url.partition("/documents/")[2].partition("?")[0]
    page.goto(f"/documents/{name}?collection=kept&revision=1&start=0&end=20")
    expect(page.locator(".reader-note")).to_contain_text("These words are no longer in it.")
    assert lit(page) == ["High tide is at six."]
    page.goto("/library?collection=kept")
    page.get_by_role("button", name="Delete tide").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert len(httpx.get(f"{server}/v1/documents?collection=kept").json()["documents"]) == 1
    page.get_by_role("button", name="Delete tide").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("citespan-library")).to_contain_text("No documents yet.")
    page.goto(f"/documents/{name}?collection=kept")
    expect(page.locator("citespan-reader h1")).to_have_text("This document is no longer here")


def test_the_keyboard_is_enough_from_the_question_to_a_copied_citation(
    started: Browser, server: str
) -> None:
    with page_on(started, server, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto("/")
        page.keyboard.type(QUESTION)
        page.keyboard.press("Enter")
        page.wait_for_selector(".why")
        page.keyboard.press("Escape")
        page.locator("#question").blur()
        page.keyboard.press("j")
        expect(page.locator(".cite")).to_be_focused()
        expect(page.locator("#card")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#card")).to_be_hidden()
        page.keyboard.press("o")
        page.wait_for_selector(".line.at")
        quote = lit(page)[0]
        page.keyboard.press("c")
        expect(page.locator("#toast")).to_have_text("Copied citation 1")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(f"“{quote}”\n")
        assert "characters 1547-1773" in copied
        page.keyboard.press("Escape")
        expect(page.locator("citespan-reader")).to_be_hidden()
        expect(page.locator(".cite")).to_be_focused()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        expect(page.locator("#question")).to_be_focused()
        page.get_by_role("button", name="Copy as Markdown").click()
        expect(page.locator("#toast")).to_have_text("Copied")
        markdown = page.evaluate("navigator.clipboard.readText()")
        assert "[^1]\n\n[^1]: “While serving" in markdown
        assert f"<{server}/documents/seed?revision=1&start=1547&end=1773>" in markdown


def test_the_page_works_below_a_prefix(page: Page, server: str) -> None:
    outside: list[str] = []

    def below(route: Route) -> None:
        path = route.request.url.removeprefix(server)
        if not path.startswith("/qa/"):
            outside.append(path)
        route.continue_(url=server + path.removeprefix("/qa"))

    page.route(f"{server}/**", below)
    page.goto(f"/qa{asking(QUESTION)}")
    page.wait_for_selector(".why")
    page.click(".cite")
    page.wait_for_selector(".line.at")
    page.get_by_role("link", name="Own page").click()
    expect(page).to_have_url(re.compile(r"/qa/documents/seed\?"))
    page.wait_for_selector(".line.at")
    page.get_by_role("link", name="Library").click()
    expect(page).to_have_url(re.compile(r"/qa/library$"))
    page.wait_for_selector(".documents td")
    assert outside == []


def scripted(vector: str, number: int, at: int) -> dict[str, Any]:
    """A citation that is a vector wherever it holds text."""
    document = {"id": vector, "revision": 1, "title": vector, "uri": vector, "sha256": ""}
    scores = dict.fromkeys(("dense", "lexical", "fused", "relevance", "evidence"), 0.5)
    return {
        "id": f"c{number}", "document": document, "start": at, "end": at + len(vector),
        "quote": vector, "prefix": vector, "suffix": vector, "page": None, "boxes": [],
        "place": {"sheet": vector, "part": vector}, "headings": [vector], "scores": scores,
        "highlights": [{"start": at, "end": at + len(vector)}],
    }  # fmt: skip


def test_nothing_that_is_stored_or_answered_runs(page: Page, server: str) -> None:
    assert len(VECTORS) >= 139
    with httpx.Client(base_url=server, timeout=120) as client:
        client.post("/v1/collections", json={"name": "vectors"})
        whole = {"id": "all", "title": "all", "text": "\n".join(VECTORS), "uri": VECTORS[30]}
        client.post("/v1/documents?collection=vectors", json=whole).raise_for_status()
        lines = [
            {"title": one, "text": f"{n}", "uri": one, "metadata": {one: one}}
            for n, one in enumerate(VECTORS)
        ]
        job = client.post(
            "/v1/jobs?collection=vectors",
            content="\n".join(map(json.dumps, lines)),
            headers={"content-type": "application/x-ndjson"},
        ).json()
        done = client.get(f"/v1/jobs/{job['id']}", headers={"accept": "text/event-stream"})
        assert "job.done" in done.text
    titles = {" ".join(one.split()) for one in VECTORS}
    page.goto("/library?collection=vectors")
    expect(page.locator(".documents tbody tr")).to_have_count(len(VECTORS) + 1)
    names = page.locator(".documents th a").all_text_contents()
    assert len({" ".join(one.split()) for one in names} & titles) > 130
    uploads: list[Any] = [{"name": one, "mimeType": "text/plain", "buffer": b""} for one in VECTORS]
    page.get_by_label("Files to add").set_input_files(uploads)
    expect(page.locator(".outcome.rejected")).to_have_count(len(VECTORS))
    page.locator(".jobs summary").first.click()
    page.goto("/documents/all?collection=vectors")
    page.wait_for_selector(".line")
    assert page.locator(".blocks").text_content() == "\n".join(VECTORS)
    assert page.get_by_role("link", name="Source").count() == 0  # the address is of a script
    page.goto("/?collection=empty")
    page.evaluate(
        "all => Promise.all(all.map(one => document.querySelector('citespan-ask').ask(one)))",
        list(VECTORS),
    )
    assert page.locator("h2.question").all_text_contents() == list(VECTORS)
    starts = [sum(map(len, VECTORS[:n])) for n in range(len(VECTORS))]
    citations = [scripted(one, n, starts[n - 1]) for n, one in enumerate(VECTORS, start=1)]
    segments = [
        {"start": one["start"], "end": one["end"], "support": "quoted", "citations": [one["id"]]}
        for one in citations
    ]
    passages = [
        one | {"document_id": one["quote"], "title": one["quote"], "text": one["quote"]}
        for one in citations
    ]
    answer = {
        "id": "a", "status": "partial", "answer": "".join(VECTORS), "mode": "generated",
        "question": VECTORS[0], "segments": segments, "citations": citations, "confidence": 1,
        "abstention": {"reason": "conflicting_sources", "message": VECTORS[0]}, "dropped": 1,
        "fallback": VECTORS[0], "passages": passages, "timings_ms": {VECTORS[0]: 1},
        "index_generation": 1,
    }  # fmt: skip
    stream: list[tuple[str, Any]] = [
              ("answer.created", {}), *(("citation.added", one) for one in citations),
              ("answer.delta", {"text": answer["answer"]}),
              *(("segment.done", one) for one in segments), ("answer.done", answer)]  # fmt: skip
    page.route("**/v1/ask", lambda route: fulfil(route, stream))
    page.goto("/?q=x")
    page.wait_for_selector(".why")
    assert said(page) == "".join(VECTORS)
    page.locator(".cite").evaluate_all("all => all.forEach(one => { one.focus(); one.blur(); })")
    page.click(".why summary")
    assert page.locator(".cite").count() == len(VECTORS)
    made = (
        "img, script, svg, iframe, object, embed, video, audio, style, link, base,"
        " form:not(.asking), [style*=x]:not(textarea, .card)"
    )
    assert page.locator(f"main :is({made})").count() == 0


def test_no_view_keeps_anybody_out(started: Browser, server: str) -> None:
    with page_on(started, server, viewport={"width": 320, "height": 640}) as page:
        wrong: list[tuple[str, str, Any]] = []
        options: dict[str, Any] = {"resultTypes": ["violations"]}

        def check(view: str) -> None:
            page.evaluate("if (!window.axe) {" + AXE.read_text("utf-8") + "}")
            page.emulate_media(color_scheme="light")
            found = page.evaluate("options => axe.run(document, options)", options)["violations"]
            page.emulate_media(color_scheme="dark")  # which changes nothing but colours
            contrast = options | {"runOnly": ["color-contrast"]}
            found += page.evaluate("options => axe.run(document, options)", contrast)["violations"]
            told = [(view, one["id"], node["html"]) for one in found for node in one["nodes"]]
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            wrong.extend([*told, *([(view, "too wide", wide)] if wide > 0 else [])])

        page.goto("/")
        page.wait_for_selector(".examples")
        check("start")
        page.click(".help")
        check("keys")
        page.keyboard.press("Escape")
        asked(page, "How long is the warranty of the kettle?", "odd")
        page.click(".why summary")
        check("conflict")
        page.locator(".cite").first.focus()
        check("card")
        page.keyboard.press("Enter")
        page.wait_for_selector(".line.at")
        check("reader")
        page.set_viewport_size({"width": 1280, "height": 800})
        check("reader beside")
        asked(page, "Is there anything?", "empty")
        check("abstention")
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto("/library?collection=odd")
        page.wait_for_selector(".documents td")
        check("library")
        page.get_by_role("button", name="Delete odd").click()
        check("confirm")
        page.goto("/documents/harbour?collection=odd")
        page.wait_for_selector(".line")
        check("document")
        page.goto("/documents/ferry?collection=odd&start=0&end=10")
        page.wait_for_selector(".box")
        check("pages")
        assert wrong == []
