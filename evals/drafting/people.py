"""Patterns that ask who."""

from collections.abc import Iterator

import regex

from citespan.evals.drafting.names import Mention, NameKind
from citespan.evals.drafting.phrases import (
    DONE,
    Finding,
    any_of,
    cut,
    has_name,
    subject_before,
)
from citespan.evals.drafting.prose import Sentence
from citespan.evals.drafting.words import PEOPLES, PREPOSITIONS, TRANSITIVE
from citespan.index import Span

_WHO = regex.compile(
    rf"(?:(?:first|later|originally) )?(?P<verb>{any_of(TRANSITIVE)}|said that"
    r"|\p{Ll}{2,}ed(?: that)?)"
    r" (?P<rest>.+)$"
)
_BY = regex.compile(
    rf"^(?P<subject>.{{2,80}}?) (?P<aux>is|was|were)"
    rf" (?P<done>{DONE}(?: [^,.()]{{2,60}})?) by (?:\p{{L}}+ )??(?=\p{{Lu}})"
)


def ask_who(sentence: Sentence) -> Iterator[Finding]:
    """Ask who did something, and by whom something was done."""
    text = sentence.text
    first = next(iter(sentence.mentions), None)
    plain = first and (
        first.start == 0 or regex.fullmatch(r"(?:\p{Lu}\p{L}+\.? ){1,2}", text[: first.start])
    )
    if first and plain and first.kind is NameKind.PERSON:
        yield from _who_did(sentence, first)
    if (match := _BY.match(text)) and (subject := subject_before(sentence, match.end("subject"))):
        for mention in sentence.mentions:
            tail = regex.match(r"\.$|, | (?:in|on|at) ", text[mention.end :])
            if mention.start == match.end() and mention.kind is NameKind.PERSON and tail:
                done = match["done"]
                yield Finding(
                    f"Who {match['aux']} {subject} {done} by?", Span(mention.start, mention.end)
                )


def _who_did(sentence: Sentence, person: Mention) -> Iterator[Finding]:
    match = _WHO.match(sentence.text, person.end + 1)
    rest = match and cut(match["rest"], 18)
    if not match or not rest or rest.split(" ")[0].casefold() in PREPOSITIONS:
        return
    if " " in rest and has_name(sentence, rest):
        yield Finding(f"Who {match['verb']} {rest}?", Span(person.start, person.end))


_ROLE = regex.compile(
    r", (?:the |then )?(?P<role>(?:head|director|president|chairman|founder|leader|author|mayor"
    r"|governor|editor|inventor|CEO|chief executive|secretary-general|capital)"
    r" of (?:the )?\p{Lu}[^,;()\"”“]*?)(?=[,.](?: |$))"
)


def ask_role(sentence: Sentence) -> Iterator[Finding]:
    """Ask, of `Song Junying, head of the Department`, who it is."""
    for match in _ROLE.finditer(sentence.text):
        names = [m for m in sentence.mentions if m.end == match.start()]
        role = cut(match["role"], 18)
        if names and role and not regex.search(r"\band $", sentence.text[: names[0].start]):
            word = "What" if role.startswith("capital") else "Who"
            if (word == "What") == (names[0].kind is NameKind.PERSON):
                continue
            yield Finding(f"{word} is the {role}?", Span(names[0].start, names[0].end))


_OFFICE = regex.compile(
    rf"(?:^|[ (\"“])(?P<office>(?:U\.S\.|{any_of(PEOPLES)}) (?:\p{{Lu}}[\p{{L}}-]+ ){{0,2}}?"
    r"(?:Secretary of State|Prime Minister|President|Chancellor"
    r"|(?:\p{Lu}\p{Ll}+ )?(?:Minister|Secretary)"
    r"|Ambassador|Speaker)(?: of \p{Lu}[\p{L}]+)?) $"
)


def ask_office(sentence: Sentence) -> Iterator[Finding]:
    """Ask, of `Uruguayan Foreign Minister Mario Lubetkin`, who it is."""
    for mention in sentence.mentions:
        match = _OFFICE.search(sentence.text[: mention.start])
        if match and mention.kind is NameKind.PERSON and " " in mention.text:
            place = Span(mention.start, mention.end)
            yield Finding(f"Who is named as the {match['office']}?", place)
