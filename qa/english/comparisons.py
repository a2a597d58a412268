"""Questions that compare two things, as one question about each. Pure.

"Which is heavier, the Alpha or the Beta?" asks how heavy the Alpha is, and how heavy the Beta is.
"""

import re

from citespan.qa.english.words import word_set

_MEASURES = {
    "larger": "big", "bigger": "big", "smaller": "big", "longer": "long", "shorter": "long",
    "heavier": "heavy", "lighter": "heavy", "faster": "fast", "slower": "fast", "older": "old",
    "younger": "old", "higher": "high", "taller": "tall", "lower": "high", "wider": "wide",
    "deeper": "deep", "stronger": "strong", "farther": "far", "further": "far", "louder": "loud",
    "quieter": "loud", "warmer": "warm", "colder": "cold", "hotter": "hot", "thicker": "thick",
    "nearer": "far", "closer": "far",
}  # fmt: skip
_DEAR = word_set("cheaper dearer costlier pricier")
_TIMES = word_set("earlier later sooner first")
_VERBS = word_set("is are was were has have had")
_WHICH = re.compile(
    r"(?:(?:and |so )?(?:which|what|who)(?: (?:one|of (?:the )?(?:two|these|them)))?)\b", re.I
)
_THAN = re.compile(r"(?P<verb>is|are|was|were|does|do|did)\s(?P<rest>\S.{0,300})", re.IGNORECASE)
_BETWEEN = re.compile(
    r"(?:what(?:'s| is| are)|how (?:big|large|much) is|tell me|show me|explain) (?:the )?"
    r"differences? (?:in|of) (?P<what>[^?]{1,80}) between (?P<both>[^?]{1,160})\??|"
    r"compare (?:the )?(?P<what2>[^?]{1,80}) of (?P<both2>[^?.]{1,160})[?.]?",
    re.IGNORECASE,
)


def compared(question: str) -> list[str] | None:
    """Return the question about each of two things that a question compares; None for others."""
    text = " ".join(question.split())
    if between := _BETWEEN.fullmatch(text):
        what = between["what"] or between["what2"]
        both = _two(between["both"] or between["both2"], " and ")
        return both and [f"What is the {what} of {one}?" for one in both]
    if " than " in text and (than := _THAN.fullmatch(text.rstrip("?. "))):
        return _than(than["verb"].casefold(), than["rest"])
    body, mark, tail = _last_clause(text)
    both = _two(tail.rstrip("?. "), " or ") if mark and _WHICH.match(body) else None
    words = body.split()[1:]
    return _each(words, both) if both else None


def _last_clause(text: str) -> tuple[str, str, str]:
    at = max(text.rfind(","), text.rfind(":"))
    return (text[:at], text[at], text[at + 1 :]) if at > 0 else (text, "", "")


def _two(text: str, joint: str) -> list[str] | None:
    both = [one.strip() for one in text.split(joint)]
    return both if len(both) == 2 and all(both) else None


def _each(words: list[str], both: list[str]) -> list[str] | None:
    """Return the question about each thing, for the words between "which" and the things."""
    verb = next((at for at in range(len(words)) if _measure(words, at + 1)), None)
    if verb is None:
        verb = next((at for at, word in enumerate(words) if word in _VERBS), None)
    if verb is None:
        return None
    asked = _asked(words[verb], words[verb + 1 :])
    return [asked.replace("{}", one) for one in both] if asked else None


def _than(verb: str, rest: str) -> list[str] | None:
    """Return the question about each thing, for "is A heavier than B"."""
    before, _, other = rest.partition(" than ")
    if not other[:1].isalpha():  # a figure
        return None
    words = before.split()
    does = verb in {"do", "does", "did"}
    for at in range(1, len(words)):
        if not _measure(words, at):
            continue
        first = at - does  # "does A have more": the verb precedes
        if first < 1:
            return None
        asked = _asked(words[first] if does else verb, words[at:])
        both = (" ".join(words[:first]), other)
        return [asked.replace("{}", one) for one in both] if asked else None
    return None


def _measure(words: list[str], at: int) -> bool:
    """Return whether a comparative is at a place, maybe after "the"."""
    word = words[at].casefold() if at < len(words) else ""
    if word == "the" and at + 1 < len(words):
        word = words[at + 1].casefold()
    return word in _MEASURES or word in _DEAR or word in _TIMES or word in {"more", "less", "fewer"}


def _asked(verb: str, after: list[str]) -> str | None:
    """Return the question with {} for the thing: "How big is the tank of {}?"."""
    rest = [word for at, word in enumerate(after) if at or word.casefold() != "the"]
    if not rest:
        return None
    measure, thing = rest[0].casefold(), " ".join(rest[1:])
    verb = verb.casefold()
    being = verb in {"is", "are", "was", "were"}
    having = verb in {"has", "have", "had"}
    if measure in _DEAR or (being and rest[:2] == ["more", "expensive"]):
        return "How much does {} cost?"
    if measure in _TIMES:
        return None if being or having else f"When does {{}} {_base(verb)}?"
    if measure in {"more", "less", "fewer"}:
        if being:
            return f"How {thing} {verb} {{}}?" if thing else None
        many = "many" if thing.endswith("s") or measure == "fewer" else "much"
        return f"How {many}{' ' if thing else ''}{thing} does {{}} {_base(verb)}?"
    if having:
        return f"How {_MEASURES[measure]} is the {thing} of {{}}?" if thing else None
    if being and _MEASURES[measure] == "heavy":
        return "How much does {} weigh?"
    if being:
        return f"How {_MEASURES[measure]} {verb} {{}}?"
    return f"How {_MEASURES[measure]} does {{}} {_base(verb)}?"


def _base(verb: str) -> str:
    if verb in {"has", "have", "had"}:
        return "have"
    if verb.endswith("ies"):
        return f"{verb[:-3]}y"
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb
