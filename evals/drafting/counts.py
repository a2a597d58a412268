"""Patterns that ask how many and how much."""

from collections.abc import Iterator

import regex

from citespan.evals.drafting.phrases import (
    ABOUT,
    COUNT,
    NUMBER,
    Finding,
    any_of,
    cut,
    has_name,
    subject_before,
)
from citespan.evals.drafting.prose import Sentence
from citespan.evals.drafting.words import PREPOSITIONS, TRANSITIVE
from citespan.index import Span

_HAS = regex.compile(
    rf"^(?P<subject>.{{2,80}}?) (?P<verb>has|had|have|contains|contained|comprises|employs|employed"
    rf"|includes|included) (?:a total of )?(?P<about>{ABOUT})"
    rf"(?P<count>{COUNT}) (?P<what>(?:[\p{{Ll}}-]+ ){{0,2}}[\p{{Ll}}]+s)"
    r"(?P<tail>[.,]| (?:in|at|on)\b)"
)
_HAS_BASE = {
    "has": "does {} have",
    "had": "did {} have",
    "have": "do {} have",
    "contains": "does {} contain",
    "contained": "did {} contain",
    "comprises": "does {} comprise",
    "employs": "does {} employ",
    "employed": "did {} employ",
    "includes": "does {} include",
    "included": "did {} include",
}
_COUNTED = regex.compile(
    rf"^(?:A total of )?(?i:{ABOUT})(?P<count>{COUNT})"
    rf" (?P<what>(?:[\p{{Ll}}-]+ ){{0,2}}(?:[\p{{Ll}}]+s|people)"
    rf" (?:were|died|live|lived|are|work|worked|attended|took part|participated)\b.+)$",
)
_THERE = regex.compile(
    rf"^(?:There (?P<aux>are|were) )(?:a total of )?{ABOUT}(?P<count>{COUNT})"
    rf" (?P<what>(?:[\p{{Ll}}-]+ ){{0,2}}(?:[\p{{Ll}}]+s|people)) (?P<where>(?:in|at|on) .+)$"
)
_SHARE = regex.compile(
    rf"^(?i:{ABOUT})(?P<share>(?:{NUMBER})(?:%| percent| per cent)) of (?P<rest>.+)$"
)


def ask_how_many(sentence: Sentence) -> Iterator[Finding]:
    """Ask how many of something there are, or what share."""
    text = sentence.text
    if (match := _HAS.match(text)) and (subject := subject_before(sentence, match.end("subject"))):
        asked = _HAS_BASE[match["verb"]].format(subject)
        if match["what"].split(" ")[0] not in PREPOSITIONS | {"percent", "of"}:
            yield Finding(f"How many {match['what']} {asked}?", Span(*match.span("count")))
    if (
        (match := _COUNTED.match(text))
        and (what := cut(match["what"], 16))
        and has_name(sentence, what)
    ):
        yield Finding(f"How many {what}?", Span(*match.span("count")))
    if (
        (match := _THERE.match(text))
        and (where := cut(match["where"]))
        and has_name(sentence, where)
    ):
        question = f"How many {match['what']} {match['aux']} there {where}?"
        yield Finding(question, Span(*match.span("count")))
    if (
        (match := _SHARE.match(text))
        and (rest := cut(match["rest"], 16))
        and has_name(sentence, rest)
    ):
        yield Finding(f"What percentage of {rest}?", Span(*match.span("share")))


_DID = regex.compile(
    rf"^(?P<subject>.{{2,80}}?) (?P<verb>{any_of(TRANSITIVE)}) (?P<about>{ABOUT})"
    rf"(?:(?P<count>{COUNT}) (?P<what>(?:[\p{{Ll}}-]+ ){{0,2}}(?:[\p{{Ll}}]+s|people|men))"
    rf"|(?P<money>[$€£](?:{NUMBER})(?: (?:million|billion|trillion))?(?!\w|\.\d)))"
    r"(?P<rest>[.,].*| (?:in|at|on|to|for|from|of|with|by)\b.+)$"
)


def ask_how_much_done(sentence: Sentence) -> Iterator[Finding]:
    """Ask, of `The earthquake killed 5,335 people`, how many."""
    match = _DID.match(sentence.text)
    if not match or not (subject := subject_before(sentence, match.end("subject"))):
        return
    rest = "" if match["rest"][0] in ".," else cut(match["rest"].strip())
    if rest is None or (match["what"] or "").split(" ")[0] in PREPOSITIONS | {"percent", "years"}:
        return
    asked = f"did {subject} {TRANSITIVE[match['verb']]} {rest}".strip()
    if match["count"]:
        yield Finding(f"How many {match['what']} {asked}?", Span(*match.span("count")))
    else:
        yield Finding(f"How much money {asked}?", Span(*match.span("money")))
