"""Citations: whether they are true, where they point, and whether they carry what is said."""

import re
from collections.abc import Mapping, Sequence

from evals.metrics.spans import Place, characters, covered, shared
from evals.types import AnswerPart, CitedSpan, SourceDocument
from index import Span

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot)\b|n['’]t\b", re.IGNORECASE
)
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """a an and are as at be been but by can could did do does for from had has have he her
        him his i if in into is it its may more most of on or our she should so some such than
        that the their them then there these they this those to was we were what when where
        which who whom will with would you your""",
    )
)


def pointer_problem(cited: CitedSpan, documents: Mapping[str, SourceDocument]) -> str | None:
    """What is untrue about a citation, in words that name the cause; None if it holds.

    It holds if its document is known, its span is not empty and lies inside the text, the quote
    is exactly what stands there, and UTF-16 offsets, where given, name the same characters.
    """
    document = documents.get(cited.document_id)
    if document is None:
        return f"there is no document {cited.document_id!r}"
    text = document.text
    at = f"[{cited.start}, {cited.end})"
    if not 0 <= cited.start < cited.end:
        return f"{at} is not a span of characters"
    if cited.end > len(text):
        return f"{at} ends beyond the text of {len(text)} characters of {document.id!r}"
    if cited.quote is not None and text[cited.start : cited.end] != cited.quote:
        return _misplaced(cited, cited.quote, documents)
    if cited.utf16_start is not None and cited.utf16_end is not None:
        units = text.encode("utf-16-le")[2 * cited.utf16_start : 2 * cited.utf16_end]
        if units != text[cited.start : cited.end].encode("utf-16-le"):
            return f"the UTF-16 offsets of {at} of {document.id!r} are of other characters"
    return None


def _misplaced(cited: CitedSpan, quote: str, documents: Mapping[str, SourceDocument]) -> str:
    text = documents[cited.document_id].text
    places = [match.start() for match in re.finditer(f"(?={re.escape(quote)})", text)]
    if places:
        moved = min((place - cited.start for place in places), key=abs)
        where = "after" if moved > 0 else "before"
        return (
            f"the quote stands {abs(moved)} characters {where} the offsets"
            f" [{cited.start}, {cited.end}) of {cited.document_id!r}"
        )
    others = [name for name, document in documents.items() if quote in document.text]
    if others:
        return f"the quote is text of document {others[0]!r}, not of {cited.document_id!r}"
    return f"the quote {quote[:60]!r} is nowhere in the documents"


def coverage(text: str, parts: Sequence[AnswerPart], citations: Sequence[CitedSpan]) -> float:
    """Share of the answer's characters, white space aside, in a part that has a citation.

    Without parts every citation counts for the whole text. An empty text is covered.
    """
    spans = [Span(part.start, min(part.end, len(text))) for part in parts if part.citations]
    if not parts and citations:
        spans = [Span(0, len(text))]
    said = len("".join(text.split()))
    inside = covered(Place("", span) for span in spans if span.start < span.end)
    held = sum(len("".join(span.of(text).split())) for span in inside.get("", []))
    return held / said if said else 1.0


def minimality(cited: Sequence[Place], gold: Sequence[Place]) -> float:
    """Share of the citations without which fewer gold characters would be cited, in [0, 1].

    Source: after Gao et al. 2023 (ALCE), section 4, citation precision: there a language model
    judges whether the rest still supports the statement; here gold characters are counted.

    Raises:
        ValueError: nothing is cited.
    """
    if not cited:
        raise ValueError("minimality needs citations")
    wanted = covered(gold)
    whole = shared(covered(cited), wanted)
    needed = sum(
        shared(covered([*cited[:at], *cited[at + 1 :]]), wanted) < whole for at in range(len(cited))
    )
    return needed / len(cited)


def lexical_support(claim: str, evidence: str) -> float:
    """How far the words of a claim stand in its evidence, in [0, 1].

    0 if a number, a name or a negation of the claim is missing there (or one of the two is
    negated and the other is not), otherwise the share of the claim's content words that are in
    it. A name is a capitalised word that does not begin the claim, a month among them; dates are
    their numbers and their month. Words are compared without case and without a plural s.

    Source: our own, after the checks of FactCC's synthetic errors (Kryściński et al. 2020,
    section 3: numbers, dates, names, negation).
    """
    present = _words(evidence)
    numbers = {_number(found) for found in _NUMBER.findall(evidence)}
    if any(_number(found) not in numbers for found in _NUMBER.findall(claim)):
        return 0.0
    if bool(_NEGATION.search(claim)) != bool(_NEGATION.search(evidence)):
        return 0.0
    if not _names(claim) <= present:
        return 0.0
    content = _words(claim) - _STOP_WORDS
    return len(content & present) / len(content) if content else 1.0


def gold_share(cited: Sequence[Place], gold: Sequence[Place]) -> float:
    """Share of the cited characters, each once, that are gold; 0 of nothing."""
    given = covered(cited)
    return shared(given, covered(gold)) / characters(given) if given else 0.0


def _number(text: str) -> str:
    # 1,500 and 1500 are one number; 1.5 is another.
    return re.sub(r",(?=\d{3}\b)", "", text)


def _names(text: str) -> set[str]:
    words = list(_WORD.finditer(text))
    return {_plain(match.group()) for match in words[1:] if match.group()[0].isupper()}


def _words(text: str) -> set[str]:
    return {_plain(word) for word in _WORD.findall(text)}


def _plain(word: str) -> str:
    lower = word.lower().replace("’", "'").removesuffix("'s")
    return lower[:-1] if len(lower) > 3 and lower.endswith("s") else lower
