"""True sentences reworded, and untrue ones made of them by rule. Pure but for `rng`.

A sentence that a rule makes untrue is sometimes still true, or not one that a person would write.
So its figures compare checks, and say little of models that write.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from citespan.qa.evidence import says_something

_LEADING = re.compile(
    r"^(?:However|Moreover|Furthermore|Additionally|In addition|Also|Thus|Therefore|Instead|Indeed"
    r"|Nevertheless|Meanwhile|For example|For instance|As a result|In fact),? "
)
_ADVERB = re.compile(r",? (?:[a-z]{3,}ly|also|very|quite|even|just|still|thus|therefore)\b(?!-),?")
_NOT_ADVERBS = re.compile(
    r"(?:only|early|family|supply|apply|reply|july|daily|likely|rely|ally|hardly|nearly)$"
)
_ASIDE = re.compile(r" \([^()]*\)| \[[^\[\]]*\]|, (?:which|who|where) [^,.;]+(?=[,.;])")
_TAIL = re.compile(r"(?:; |, (?:while|whereas|although|but|which|who|with|as) ).*", re.DOTALL)
_NUMBER = re.compile(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\w,])|(?<![\w.,])\d+(?:\.\d+)?(?![\w])")
_NAME = re.compile(r"(?<=[a-z,;)] )[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)*")
_AUXILIARY = re.compile(r"\b(did|was|were|is|are|can|could|has|have|had|will|would|may)\b(?! not)")
_NEGATION = re.compile(r" (?:not|never)\b|n't\b")
_OPPOSITES = (
    ("more", "less"), ("before", "after"), ("largest", "smallest"), ("highest", "lowest"),
    ("most", "least"), ("oldest", "youngest"), ("longest", "shortest"), ("larger", "smaller"),
    ("higher", "lower"), ("greater", "lesser"), ("increase", "decrease"),
    ("increased", "decreased"), ("increasing", "decreasing"), ("rose", "fell"),
    ("above", "below"), ("older", "younger"), ("earlier", "later"), ("faster", "slower"),
    ("first", "last"), ("better", "worse"), ("longer", "shorter"), ("majority", "minority"),
)  # fmt: skip
_OPPOSITE = dict(_OPPOSITES) | {second: first for first, second in _OPPOSITES}
_COMPARING = re.compile(rf"\b(?:{'|'.join(_OPPOSITE)})\b")
_SYNONYMS = {
    "began": "started", "located": "situated", "created": "made", "approximately": "about",
    "numerous": "many", "however": "but", "several": "a number of", "large": "big",
    "purchased": "bought", "obtained": "got", "constructed": "built", "required": "needed",
    "received": "got", "children": "kids", "utilized": "used", "selected": "chose",
    "allowed": "let", "primarily": "mainly", "often": "frequently", "throughout": "all over",
    "important": "significant", "established": "founded", "considered": "regarded as",
    "people": "persons", "within": "in", "attempted": "tried", "ended": "finished",
}  # fmt: skip
_SYNONYM = re.compile(rf"\b(?:{'|'.join(_SYNONYMS)})\b")
_FRONTED = re.compile(
    r"((?:In|During|By|After|Before|Until|At|On) [^,.;]{3,40}), ([A-Z][^;]*[^.])\."
)
_SPELLED = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A claim made from a sentence; `kind` is "true" or how it was made untrue."""

    text: str
    kind: str


def paraphrased(sentence: str) -> str | None:
    """Return the main clause, without adverbs and asides; None if little is left or no change."""
    text = _LEADING.sub("", sentence)
    text = _ASIDE.sub("", text)
    if text.endswith((".", "!", "?")):
        text = _TAIL.sub("", text[:-1]) + text[-1]
    text = _ADVERB.sub(
        lambda m: m.group() if _NOT_ADVERBS.search(m.group().strip(", ")) else "", text
    )
    text = _NUMBER.sub(_otherwise_written, text)
    text = _SYNONYM.sub(lambda match: _SYNONYMS[match.group()], text, count=1)
    if fronted := _FRONTED.fullmatch(text):
        text = f"{fronted[2]} {fronted[1][0].lower()}{fronted[1][1:]}."
    text = text[:1].upper() + text[1:]
    if text == sentence or len(text.split()) < 6 or not says_something(text):
        return None
    return text


def _otherwise_written(match: re.Match[str]) -> str:
    digits = match.group().replace(",", "")
    return _SPELLED.get(int(digits), digits) if digits.isdecimal() else digits


def untrue(claim: str, names: Sequence[str], numbers: Sequence[str], rng: Random) -> list[Planted]:
    """Return the claim made untrue in every way that it allows.

    Args:
        claim: a true claim.
        names: the names of its document.
        numbers: the numbers of its document.
        rng: chooses the changed part, and its replacement.
    """
    made = {
        "number": _changed(claim, _NUMBER, numbers, rng),
        "name": _changed(claim, _NAME, names, rng),
        "negated": _negated(claim),
        "comparison": _COMPARING.sub(lambda match: _OPPOSITE[match.group()], claim, count=1),
        "roles": _exchanged(claim),
    }
    return [Planted(text=text, kind=kind) for kind, text in made.items() if text and text != claim]


def names_of(text: str) -> list[str]:
    """Return runs of capitalised words inside sentences, each once."""
    return list(dict.fromkeys(_NAME.findall(text)))


def numbers_of(text: str) -> list[str]:
    """Return the numbers in digits, each once."""
    return list(dict.fromkeys(_NUMBER.findall(text)))


def _changed(
    claim: str, pattern: re.Pattern[str], others: Sequence[str], rng: Random
) -> str | None:
    """Replace one match by another of the same kind that the claim does not hold."""
    matches = list(pattern.finditer(claim))
    if not matches:
        return None
    match = rng.choice(matches)
    shape = _shape(match.group())
    fitting = [
        one
        for one in others
        if one not in claim
        and _shape(one) == shape
        and one not in match.group()
        and match.group() not in one
    ]
    if not fitting:
        return None
    return claim[: match.start()] + rng.choice(fitting) + claim[match.end() :]


def _shape(text: str) -> tuple[int, int]:
    """Return digits and words: a year is replaced by a year, a full name by a full name."""
    return sum(character.isdigit() for character in text), len(re.findall(r"\w+", text))


def _negated(claim: str) -> str | None:
    if _NEGATION.search(claim):
        return _NEGATION.sub("", claim, count=1)
    changed = _AUXILIARY.sub(r"\1 not", claim, count=1)
    return changed if changed != claim else None


def _exchanged(claim: str) -> str | None:
    """Swap two names; if "and" joins them nothing would change."""
    found = list(_NAME.finditer(claim))
    for first, second in pairwise(found):
        between = claim[first.end() : second.start()]
        if len(between.split()) >= 2 and " and " not in between and first.group() != second.group():
            return (
                claim[: first.start()]
                + second.group()
                + between
                + first.group()
                + claim[second.end() :]
            )
    return None
