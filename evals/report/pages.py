"""The report's page of each question. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from citespan.evals.report.excerpts import BRIEF, FULL, Detail, Excerpt, Excerpts
from citespan.evals.report.faults import Fault, fault_of, sentence_of, worst_first
from citespan.evals.results import QuestionScore, Run
from citespan.evals.types import AnswerPart, CitedSpan, Question, Response

MOST_SAID = 4_000  # characters of an answer
_TAGS = 5_000  # bytes of a page without its text, about
FINE = "fine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The limits of the report, in bytes of its pages and in lines of its list.

    full: of pages with all detail. all: of all pages. With these, Chromium opened a report of 1,000
        questions (12 MB) in 1.5 s, and one of 3,000 (30 MB) in 5 s.
    """

    full: int = 16_000_000
    all: int = 32_000_000
    rows: int = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A part of the answer's text and the numbers of its citations."""

    text: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """A question, its response, and the evidence of the response.

    detail: how much is shown. left_out: descriptions of the rest.
    """

    detail: Detail
    response: Response
    said: tuple[Said, ...]
    excerpts: tuple[Excerpt, ...]
    left_out: tuple[str, ...]

    @property
    def size(self) -> int:
        """Approximate size in bytes."""
        shown = [piece.text for excerpt in self.excerpts for piece in excerpt.pieces]
        shown += [part.text for part in self.said]
        shown += [cited.quote or "" for cited in self.response.citations]
        return sum(len(text.encode("utf-8", "surrogatepass")) for text in shown) + _TAGS


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionEntry:
    """A line of the list of questions, with its page if there is room for one.

    position: in the data set, from 1. sentence: on its fault.
    """

    position: int
    question: Question
    score: QuestionScore
    fault: Fault | None
    sentence: str
    page: ReportPage | None
    total_ms: float | None

    @property
    def anchor(self) -> str:
        """The page's own address in the report."""
        return f"question-{self.position}"

    @property
    def kind(self) -> str:
        """The filter that the question belongs to: a fault, or fine."""
        return self.fault or FINE


def entries(run: Run, room: Room) -> list[QuestionEntry]:
    """Return the questions that were asked, the worst first, as many as fit."""
    rows = run.scores[run.info.subject].questions
    found: list[QuestionEntry] = []
    left, full = room.all, room.full
    for at in worst_first(rows)[: room.rows]:
        question, row = run.dataset.questions[at], rows[at]
        response = run.responses.get(question.id) or Response(question_id=question.id)
        found_pages = _pages(run, question, response, full) if left else ()
        page = next((page for page in found_pages if page.size <= left), None)
        left, full = (left - page.size, full - page.size) if page else (0, 0)
        entry = QuestionEntry(
            position=at + 1,
            question=question,
            score=row,
            fault=fault_of(row),
            sentence=sentence_of(row),
            page=page,
            total_ms=response.timings_ms.get("total"),
        )
        found.append(entry)
    return found


def said(text: str, parts: Sequence[AnswerPart], citations: Sequence[CitedSpan]) -> Iterator[Said]:
    """Yield the text cut after each part; without parts all citations follow the whole."""
    if not parts and text:
        yield Said(text=text, numbers=tuple(range(1, len(citations) + 1)))
        return
    at = 0
    for part in sorted(parts, key=lambda part: part.end):
        numbers = tuple(number + 1 for number in part.citations)
        end = max(at, part.end)  # a system may state any offsets
        yield Said(text=text[at:end], numbers=numbers)
        at = end
    if at < len(text):
        yield Said(text=text[at:], numbers=())


def _pages(run: Run, question: Question, response: Response, full: int) -> Iterator[ReportPage]:
    """Yield the page in full, if the room allows that, and then in brief."""
    whole = _page(run, question, response, FULL)
    if whole.size <= full:
        yield whole
    yield _page(run, question, response, BRIEF)


def _page(run: Run, question: Question, response: Response, detail: Detail) -> ReportPage:
    excerpts = Excerpts(run.dataset, question, response, detail)
    shown = response.text[:MOST_SAID]
    left_out = excerpts.left_out()
    if len(shown) < len(response.text):
        left_out.append(f"{len(response.text) - len(shown):,} characters of the answer")
    return ReportPage(
        detail=detail,
        response=response,
        said=tuple(said(shown, response.parts, response.citations)),
        excerpts=excerpts.all(),
        left_out=tuple(left_out),
    )
