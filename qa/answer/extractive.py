"""The extractive answer: sentences as written in the documents."""

import re
from collections.abc import Generator

from citespan.qa.answer.conflicts import conflicting
from citespan.qa.answer.events import Composer, Event, Gap
from citespan.qa.answer.material import GatheredEvidence
from citespan.qa.citation import Citation
from citespan.qa.evidence import by_quote, once
from citespan.qa.types import Abstention, Answer, Mode, Reason, Status, Support

_NEAR = 60  # code points between quotes of the same paragraph or list
_ITEM = re.compile(
    r"[^\w\n]*\n\s{0,60}(?:[-*+•‣▪–—]|\(?(?:\d{1,3}(?:\.\d{1,3}){0,3}|[A-Za-z]|[ivx]{2,4})[.)])"
    r"\s(?:\s{0,9}\[[ xX]\]\s)?\W*"
)
_BLANK = re.compile(r"\n\s*\n|\u2029")
_WORD = re.compile(r"\w")
_MESSAGES = {
    Reason.EMPTY_INDEX: "There are no documents to answer from yet.",
    Reason.NO_RELEVANT_PASSAGE: "Nothing in the documents is about this question.",
    Reason.FILTERED_OUT: "No document matches the filter.",
    Reason.NOT_IN_PASSAGES: "The documents touch on this question but do not answer it.",
}


def write_quotes(material: GatheredEvidence, composer: Composer) -> Generator[Event, None, Answer]:
    """Write the sentences that were found, as people see them, and return the answer.

    Sentences that were cited before are not repeated.
    """
    answered = [one for one in material.found if not one.reason]
    if not answered:
        return abstained(material, material.reason or _why_not(material))
    sentences = once([sentence for one in answered for sentence in one.sentences])
    cited = [material.cite(one) for one in sentences]
    seen = {one.quote: sentence.shown for one, sentence in zip(cited, sentences, strict=True)}
    last: Citation | None = None
    for same in by_quote(cited):
        if not composer.cites(same):
            first = same[0]
            stored = material.stored[first.document.id].text
            gap = gap_before(first, last, stored) if last else ""
            text = seen[first.quote] or first.quote
            yield from composer.say(text, same, Support.QUOTED, gap)
            last = first
    lacking = _lacking(material)
    return Answer(
        status=Status.PARTIAL if lacking else Status.ANSWERED,
        text=composer.text,
        segments=tuple(composer.segments),
        citations=composer.citations,
        abstention=lacking,
        passages=material.passages,
        mode=Mode.EXTRACTIVE,
        confidence=min(one.confidence for one in answered),
        question=material.question,
    )


def gap_before(one: Citation, before: Citation, text: str) -> Gap:
    """Return what stands at least between a quote from a text and the one before it.

    What follows in the same paragraph may follow in the same line, and the next item of a list in
    the next one. Anything else is a paragraph of its own.
    """
    start, end = before.span.end, one.span.start
    if one.document.id != before.document.id or not start <= end <= start + _NEAR:
        return "\n\n"
    between = text[start:end]
    if _ITEM.fullmatch(between):
        return "\n"
    return "\n\n" if _WORD.search(between) or _BLANK.search(between) else ""


def abstained(material: GatheredEvidence, reason: Reason, message: str = "") -> Answer:
    """Return an abstention, with its reason."""
    message = message or _MESSAGES[reason]
    if material.unread:
        message += f" The question seems to be in {material.unread}; the models read English."
    return Answer(
        status=Status.ABSTAINED,
        text="",
        segments=(),
        citations=(),
        abstention=Abstention(reason=reason, message=message),
        passages=material.passages,
        mode=Mode.EXTRACTIVE,
        confidence=material.confidence,
        question=material.question,
    )


def _why_not(material: GatheredEvidence) -> Reason:
    about = any(one.reason is Reason.NOT_IN_PASSAGES for one in material.found)
    return Reason.NOT_IN_PASSAGES if about and material.passages else Reason.NO_RELEVANT_PASSAGE


def _lacking(material: GatheredEvidence) -> Abstention | None:
    """Return the parts without evidence, and the disagreements of documents; None for neither."""
    missing = ", ".join(f"“{one.question}”" for one in material.found if one.reason)
    disagreed = any(conflicting(one.sentences, material.documents) for one in material.found)
    messages = [
        f"The documents answer only a part: nothing was found for {missing}." if missing else "",
        "The documents disagree: they give different answers, and each is quoted."
        if disagreed
        else "",
    ]
    if not missing and not disagreed:
        return None
    reason = Reason.NOT_IN_PASSAGES if missing else Reason.CONFLICTING_SOURCES
    return Abstention(reason=reason, message=" ".join(filter(None, messages)))
