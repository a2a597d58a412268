"""Questions that compare two things, as one question about each. Pure.

"Which is heavier, the Alpha or the Beta?" asks how heavy the Alpha is, and how heavy the Beta is.
"""

import re

from citespan.qa.english.words import AUXILIARIES, word_set

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
_WITH = re.compile(
    r"(?P<first>[^?]{3,200}),? (?:as |when )?(?:compared|in comparison) (?:with|to) "
    r"(?P<other>(?P<lead>\w+) [^?,.]{1,80})[?.]?",
    re.IGNORECASE,
)
_DIFFER = re.compile(
    r"(?:what(?:'?s| is| are)|tell me|explain) (?:the )?(?:\w+ )?differences? between "
    r"(?P<both>[^?]{1,160})|"
    r"how (?:is|are|do|does) (?P<one>[^?]{1,80}) (?:different|differs?) from (?P<other>[^?]{1,80})|"
    r"how do (?P<both2>[^?]{1,160}) differ|compare (?P<both3>[^?.]{1,160})|"
    r"(?P<one2>[^?]{1,80}) (?:vs\.?|versus) (?P<other2>[^?]{1,80})",
    re.IGNORECASE,
)


def set_apart(question: str) -> list[str] | None:
    """Return what each of two things is, for a question how they differ; None for others.

    It is worth asking if no sentence says how they differ.
    """
    found = _DIFFER.fullmatch(" ".join(question.split()).rstrip("?. "))
    if not found:
        return None
    joined = found["both"] or found["both2"] or found["both3"]
    if joined:
        both = _named_alike(_two(joined, " and "))
    elif found["one"]:
        both = [found["one"], found["other"]]
    else:  # names in as many words: what follows a name is asked of it
        both = [found["one2"], found["other2"]]
        both = both if len(both[0].split()) == len(both[1].split()) else None
    return both and [f"What {_being(one)} {one}?" for one in both]


def compared(question: str) -> list[str] | None:
    """Return the question about each of two things that a question compares; None for others."""
    text = " ".join(question.split())
    if between := _BETWEEN.fullmatch(text):
        what = between["what"] or between["what2"]
        both = _two(between["both"] or between["both2"], " and ")
        return both and [f"What is the {what} of {one}?" for one in both]
    if found := _WITH.fullmatch(text):
        return _with(found["first"].rstrip(","), found["lead"], found["other"])
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


def _named_alike(both: list[str] | None) -> list[str] | None:
    """Return two things by their whole names: "the red and the blue box" names two boxes."""
    if both is None:
        return None
    first, second = both[0].split(), both[1].split()
    shared = len(first) > 1 and len(second) == len(first) + 1 and first[0] == second[0]
    return [f"{both[0]} {second[-1]}", both[1]] if shared else both


def _with(question: str, lead: str, other: str) -> list[str] | None:
    """Return a question, and the same about another thing that is named in as many words."""
    words = question.split()
    at = len(words) - len(other.split())
    if at < 1 or words[at].casefold() != lead.casefold() or words[at - 1] in AUXILIARIES:
        return None
    return [f"{question}?", f"{' '.join(words[:at])} {other}?"]


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
    if measure not in _MEASURES:
        return None
    if having:
        return f"How {_MEASURES[measure]} is the {thing} of {{}}?" if thing else None
    if being and _MEASURES[measure] == "heavy":
        return "How much does {} weigh?"
    if being:
        return f"How {_MEASURES[measure]} {verb} {{}}?"
    return f"How {_MEASURES[measure]} does {{}} {_base(verb)}?"


def _being(thing: str) -> str:
    return "are" if thing.endswith("s") and not thing.endswith(("ss", "us", "is")) else "is"


def _base(verb: str) -> str:
    if verb in {"has", "have", "had"}:
        return "have"
    if verb.endswith("ies"):
        return f"{verb[:-3]}y"
    return verb[:-1] if verb.endswith("s") and not verb.endswith("ss") else verb
