"""Labels, questions without an answer, runs, changes and the library's filters, in a browser."""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe import barriers
from browsing import asking, browser, fulfil, lit, needs_chromium, page_on
from faults import use_words
from in_process import listening
from playwright.sync_api import Browser, Page, expect
from run_folders import write_run
from scripting import VECTORS

from citespan.api.server.app import create_app
from citespan.api.server.operation import Operation
from citespan.evals.datasets.folder import load_dataset
from citespan.evals.runs.plan import Plan
from citespan.evals.runs.runner import run
from citespan.measured import MeasuredHere
from citespan.qa import load_settings
from citespan.qa.collections.feedback.labels import JudgedAnswer, Label, Pointer, Verdict
from citespan.qa.collections.feedback.ledger import Ledger
from citespan.qa.collections.feedback.lines import FileLines
from citespan.qa.collections.feedback.place import FeedbackInFolder
from citespan.qa.collections.feedback.unanswered import Missed, Unanswered
from citespan.qa.collections.registry import Collections

pytestmark = needs_chromium

TEXT = (
    "😀 First: The lock opens at 7.\nZoë’s 👩‍👩‍👧 café 𝒳 opened in 1999.\n"
    "日本語の文です。次の文です。\n"
    "مرحبا بالعالم. هذه جملة ثانية.\n\nAgain, 🎉 second: The lock opens at 7.\nשלום עולם. fin\n"
)
SECOND = TEXT.rindex("The lock opens at 7.")
MARKED = [
    (SECOND, "The lock opens at 7."), (TEXT.index("👩"), "👩‍👩‍👧 café 𝒳 opened"),
    (TEXT.index("次"), "次の文です。"), (TEXT.index("هذه"), "هذه جملة ثانية."),
    (TEXT.index("עולם"), "עולם"),
]  # fmt: skip
ABSTAINED: dict[str, Any] = {
    "id": "a", "status": "abstained", "answer": "", "mode": "extractive", "question": "When?",
    "segments": [], "citations": [], "confidence": 0.1, "fallback": None, "dropped": 0,
    "abstention": {"reason": "not_in_passages", "message": "No."}, "passages": [],
    "timings_ms": {}, "index_generation": 1,
}  # fmt: skip
LABEL: dict[str, Any] = {
    "question": "Who owns it?", "verdict": "should_refuse",
    "answer": {"status": "answered", "mode": "extractive", "confidence": 0.5},
}  # fmt: skip
# Marks characters of the document with the mouse, as a person does.
RECTANGLE = """([start, end]) => {
  const walker = document.createTreeWalker(document.querySelector(".blocks"), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(), at = 0; node; at += node.data.length, node = walker.nextNode())
    for (const [which, unit] of [["Start", start], ["End", end]])
      if (unit >= at && unit < at + node.data.length + (which === "End" ? 1 : 0))
        range[`set${which}`](node, unit - at);
  const rects = [...range.getClientRects()];
  return rects.map(({left, right, top, bottom}) => ({left, right, top, bottom}));
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reviewed")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        environ = use_words(patch) | {
            "CITESPAN_DATA__PATH": str(folder), "CITESPAN_FEEDBACK__UNANSWERED": "true",
        }  # fmt: skip
        operation = Operation(measured=MeasuredHere(folder))
        with (
            Collections.open(load_settings(environ=environ)) as collections,
            listening(create_app(collections, operation=operation)) as url,
            httpx.Client(base_url=url, timeout=60) as client,
        ):
            for name in ("vectors", "filed"):
                client.post("/v1/collections", json={"name": name}).raise_for_status()
            first = {"id": "odd", "title": "Odd letters", "text": TEXT.replace("at 7", "at 6", 1)}
            for sent in (first, first | {"text": TEXT}):
                client.put("/v1/documents/odd", json=sent).raise_for_status()
            yield url


@pytest.fixture(scope="module")
def started() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def page(server: str, started: Browser) -> Iterator[Page]:
    with page_on(started, server, viewport={"width": 1280, "height": 900}) as opened:
        yield opened
    remove_labels(server)


def labels(server: str) -> list[dict[str, Any]]:
    return httpx.get(f"{server}/v1/labels", timeout=60).json()["labels"]


def remove_labels(server: str) -> None:
    for one in labels(server):
        httpx.delete(f"{server}/v1/labels/{one['id']}", timeout=60).raise_for_status()


def drag(page: Page, start: int, words: str) -> None:
    """Mark words that begin at a code point, with the mouse."""
    units = [len(text.encode("utf-16-le")) // 2 for text in (TEXT[:start], words)]
    (box,) = page.evaluate(RECTANGLE, [units[0], units[0] + units[1]])
    middle = (box["top"] + box["bottom"]) / 2
    backwards = "\u0590" <= words[0] <= "\u06ff"
    ends = (
        [box["right"] - 0.5, box["left"] + 0.5]
        if backwards
        else [box["left"] + 0.5, box["right"] - 0.5]
    )
    page.mouse.move(ends[0], middle)
    page.mouse.down()
    page.mouse.move((ends[0] + ends[1]) / 2, middle)
    page.mouse.move(ends[1], middle)
    page.mouse.up()


def test_what_the_mouse_marks_is_kept_and_becomes_the_evaluation_set(
    page: Page, server: str, tmp_path: Path
) -> None:
    page.route("**/v1/ask", lambda route: fulfil(route, [("answer.done", ABSTAINED)]))
    page.goto(asking("When?"))
    page.get_by_role("button", name="It is in here").click()
    for number, (start, words) in enumerate(MARKED, start=1):
        page.get_by_role("button", name=re.compile("^Show m")).click()
        if number == 1:  # no passage was near, so that the document is chosen
            page.get_by_role("button", name="Odd letters").click()
            page.wait_for_selector(".line")
        drag(page, start, words)
        expect(page.get_by_label("The words that answer")).to_have_value(words)
        page.get_by_role("button", name="These words").click()
        expect(page.locator(".judge q")).to_have_count(number)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".judge [role=status]")).to_have_text("Kept for review. ")
    (kept,) = labels(server)
    assert [(one["start"], one["quote"]) for one in kept["spans"]] == MARKED

    page.locator(".judge a").click()
    page.locator(".label .pointed").nth(1).click()
    page.wait_for_selector(".line.at")
    assert lit(page) == [MARKED[1][1]]
    page.get_by_role("button", name="Accept").click()
    expect(page.locator(".label")).to_have_count(0)
    page.get_by_role("link", name="Accepted").click()
    expect(page.locator(".label")).to_have_count(1)
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Download the evaluation set").click()
    with zipfile.ZipFile(io.BytesIO(Path(downloaded.value.path()).read_bytes())) as packed:
        packed.extractall(tmp_path)
    exported = load_dataset(tmp_path / "default-labels")
    (question,) = exported.questions
    assert question.text == "When?"
    assert sorted((one.start, one.text) for one in question.spans) == sorted(MARKED)
    light = load_settings(environ={"CITESPAN_CHUNKING__MAX_TOKENS": "60"})
    plan = Plan(settings=light, resamples=20)
    measured = run(exported, tmp_path / "run", plan).scores["citespan"]
    assert (measured.counts["total"], measured.counts["scored"]) == (1, 1)


def test_words_can_be_typed_and_only_what_is_there_once_is_taken(page: Page, server: str) -> None:
    wrong = LABEL | {"verdict": "wrong"}
    httpx.post(f"{server}/v1/labels", json=wrong, timeout=60).raise_for_status()
    page.goto("/review")
    expect(page.get_by_role("button", name="Accept")).to_be_disabled()
    page.get_by_role("button", name="Show me where").click()
    page.get_by_role("searchbox", name="Title").fill("odd")
    page.get_by_role("button", name="Odd letters").press("Enter")
    page.wait_for_selector(".line")
    field = page.get_by_label("The words that answer")
    for words, said in (("nowhere", "are not in this document"),
                        ("The lock opens at 7.", "more than once")):  # fmt: skip
        field.fill(words)
        field.press("Enter")
        expect(page.locator(".picking .failed")).to_contain_text(said)
    field.fill("second: The lock opens at 7.")
    field.press("Enter")
    expect(page.locator(".label .pointed")).to_have_text("second: The lock opens at 7.")
    page.get_by_role("button", name="Edit the question").click()
    page.get_by_role("dialog").get_by_label("Question").fill("When does it open?")
    page.get_by_role("dialog").get_by_role("button", name="Keep").click()
    expect(page.locator(".label h2")).to_have_text("When does it open?")
    (label,) = labels(server)
    assert label["spans"][0]["start"] == TEXT.index("second")
    page.get_by_role("button", name="Reject").click()
    expect(page.locator(".label")).to_have_count(0)
    page.get_by_role("link", name="Rejected").click()
    page.get_by_role("button", name="Back to waiting").click()
    expect(page.locator(".label")).to_have_count(0)
    page.get_by_role("link", name="Waiting").click()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.locator(".label")).to_have_count(0)
    assert labels(server) == []


def test_a_right_answer_takes_one_click_to_say_and_one_to_take_back(
    page: Page, server: str
) -> None:
    page.route("**/v1/ask", lambda route: fulfil(route, [("answer.done", ABSTAINED)]))
    page.goto(asking("When?"))
    page.route("**/v1/labels", lambda route: route.abort())
    page.get_by_role("button", name="Right, it is not").click()
    expect(page.locator("#toast")).to_have_text("The server does not answer.")
    page.unroute("**/v1/labels")
    page.get_by_role("button", name="Right, it is not").click()
    expect(page.locator(".judge [role=status]")).to_be_visible()
    assert [(one["verdict"], one["ready"]) for one in labels(server)] == [("should_refuse", True)]
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Right, it is not")).to_be_visible()
    assert labels(server) == []


def test_questions_without_an_answer_are_shown_exported_and_forgotten(
    page: Page, folder: Path
) -> None:
    note(folder, "Is it waterproof?", "Is the lock waterproof?", "Is it waterproof?")
    page.goto("/review")
    summary = page.locator(".gaps summary").first
    expect(summary).to_contain_text("Is it waterproof?")
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Download as CSV").click()
    assert "Is it waterproof?" in Path(downloaded.value.path()).read_text("utf-8")
    page.get_by_role("button", name="Forget all").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    expect(page.locator(".gaps")).to_have_text("None yet.")
    assert Unanswered(FeedbackInFolder(folder), 90).all() == []


def note(folder: Path, *questions: str) -> None:
    ledger = Ledger(FileLines(folder / "unanswered.jsonl", durable=False), Missed)
    for number, one in enumerate(questions):
        at = f"2026-11-{10 + number % 15:02}T08:00Z"
        ledger.append(Missed(at=at, question=one, reason="not_in_passages", confidence=0.1))


def test_runs_are_shown_and_compared(page: Page, folder: Path) -> None:
    runs = folder / "eval-runs"
    write_run(runs / "20261101-000000" / "made", right=("q1", "q2"), day=1)
    write_run(runs / "20261102-000000" / "made", right=("q2", "q3"), day=2)
    page.goto("/runs")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator(".measures dt")).to_contain_text(["Right answers and abstentions"])
    expect(page.locator(".plot svg")).to_have_count(3)
    expect(page.locator(".results li").first).to_contain_text("Is q1 open?")
    page.get_by_label("Compare with").select_option("20261101-000000/made")
    comparison = page.get_by_label("Comparison")
    expect(comparison.locator(".results li")).to_have_text([
        "Is q1 open?right → abstained though answerable",
        "Is q3 open?abstained though answerable → right",
    ])  # fmt: skip
    expect(page).to_have_url(re.compile("since=20261101-000000"))


def test_an_old_revision_shows_what_changed(page: Page) -> None:
    page.goto("/documents/odd?revision=1&start=2&end=7")
    page.get_by_role("button", name="Show what changed").click()
    changes = page.get_by_label("What changed")
    expect(changes.locator("del")).to_have_text("removed: 😀 First: The lock opens at 6.")
    expect(changes.locator("ins")).to_have_text("added: 😀 First: The lock opens at 7.")
    expect(page.locator(".reader-note")).to_contain_text("These words are still in it.")


def test_the_library_filters_by_title_and_metadata(page: Page, server: str) -> None:
    for name, team, tags in (
        ("one", "harbour", ["a", "b"]),
        ("two", "harbour", ["b"]),
        ("three", "office", []),
    ):
        sent = {
            "id": name,
            "title": f"The {name}",
            "text": name,
            "metadata": {"team": team, "tags": tags},
        }
        httpx.post(
            f"{server}/v1/documents?collection=filed", json=sent, timeout=60
        ).raise_for_status()
    page.goto("/library?collection=filed")
    names = page.locator(".documents tbody th a")
    expect(names).to_have_count(3)
    choice = page.get_by_label("Filter by metadata")
    choice.select_option(label="harbour")
    expect(names).to_have_count(2)
    page.get_by_label("Filter by title").press_sequentially("tw")
    expect(names).to_have_text(["The two"])
    page.get_by_label("Filter by title").fill("")
    choice.select_option(label="a")
    expect(names).to_have_text(["The one"])
    expect(page.get_by_text("1 document found")).to_be_visible()


def test_no_text_of_labels_questions_or_runs_becomes_a_script(
    page: Page, server: str, folder: Path
) -> None:
    assert len(VECTORS) >= 139
    text = "\n".join(VECTORS)
    with httpx.Client(base_url=server, timeout=120, params={"collection": "vectors"}) as client:
        whole = {
            "id": "all",
            "title": VECTORS[0],
            "text": text,
            "metadata": {VECTORS[1]: VECTORS[2]},
        }
        client.post("/v1/documents", json=whole).raise_for_status()
        client.put("/v1/documents/all", json=whole | {"text": text + VECTORS[3]}).raise_for_status()
        stored_at = client.get("/v1/documents/all/revisions").json()["revisions"][0]["created_at"]
    ledger = Ledger(FileLines(folder / "collections/vectors/labels.jsonl", durable=False), Label)
    at = 0
    for number, one in enumerate(VECTORS):
        where = Pointer(
            document_id="all", revision=1, start=at, end=at + len(one), stored_at=stored_at
        )
        at += len(one) + 1
        judged = JudgedAnswer(status=one, mode=one, confidence=0.5)
        ledger.append(Label(
            id=f"{number}{one}", created_at=one, question=one, verdict=Verdict.WRONG,
            judged=judged, cited=(where,), spans=(where,), reviewer=one,
        ))  # fmt: skip
    note(folder / "collections" / "vectors", *VECTORS)
    write_run(folder / "eval-runs" / "20261103-000000" / "hostile", right=(), day=3, words=VECTORS)
    page.goto("/review?collection=vectors")
    expect(page.locator(".label")).to_have_count(len(VECTORS))
    assert page.locator(".label .places li:first-child").all_text_contents() == [
        one for one in VECTORS[::-1] for _ in range(2)
    ]
    expect(page.locator(".gaps summary").first).to_be_visible()
    page.locator(".gaps summary").first.click()
    page.get_by_role("button", name="Show me where").first.click()
    page.get_by_role("button", name="Another document").click()
    expect(page.locator(".choices button")).to_have_count(1)
    page.goto("/runs")
    expect(page.locator(".results li").first).to_be_visible()
    page.goto("/documents/all?collection=vectors&revision=1")
    page.get_by_role("button", name="Show what changed").click()
    page.wait_for_selector(".changes ins")
    page.goto("/library?collection=vectors")
    expect(page.get_by_label("Filter by metadata").locator("option")).to_have_count(2)
    made = "img, script, iframe, object, embed, video, audio, style, link, base, form"
    assert page.locator(f"main :is({made})").count() == 0


def test_no_view_keeps_anybody_out(started: Browser, server: str, folder: Path) -> None:
    for verdict in ("wrong", "should_refuse"):
        sent = LABEL | {"verdict": verdict}
        httpx.post(f"{server}/v1/labels", json=sent, timeout=60).raise_for_status()
    note(folder, "Is it waterproof?", "Is it waterproof?")
    for day in (1, 2):
        runs = folder / "eval-runs" / f"2026110{day}-000000" / "axe"
        write_run(runs, right=("q1", "q2")[:day], day=20 + day)
    with page_on(started, server, viewport={"width": 320, "height": 640}) as page:
        wrong: list[tuple[str, str, str]] = []
        page.route("**/v1/ask", lambda route: fulfil(route, [("answer.done", ABSTAINED)]))
        page.goto(asking("When?"))
        page.get_by_role("button", name="It is in here").click()
        wrong += barriers(page, "judging")
        page.goto("/review")
        page.wait_for_selector(".gaps summary")
        wrong += barriers(page, "review")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.get_by_role("button", name="Show me where").click()
        page.get_by_role("button", name="Odd letters").click()
        page.wait_for_selector(".line")
        wrong += barriers(page, "marking")
        page.set_viewport_size({"width": 320, "height": 640})
        page.goto("/runs?run=20261102-000000/axe&since=20261101-000000/axe")
        page.wait_for_selector("section[aria-label=Comparison]")
        wrong += barriers(page, "runs")
        page.goto("/documents/odd?revision=1")
        page.get_by_role("button", name="Show what changed").click()
        page.wait_for_selector(".changes ins")
        wrong += barriers(page, "changes")
        assert wrong == []
    remove_labels(server)
