"""Patterns that ask what something is, and what it is called."""

from collections.abc import Iterator

import regex

from citespan.evals.drafting.names import Mention, NameKind
from citespan.evals.drafting.phrases import NUMBER, Finding, cut, has_name, small_first
from citespan.evals.drafting.prose import Sentence
from citespan.evals.drafting.words import (
    AUXILIARIES,
    CONJUNCTIONS,
    PERSON_NOUNS,
    PREPOSITIONS,
    PRONOUNS,
)
from citespan.index import Span

_ACRONYM = regex.compile(r" \((\p{Lu}{3,8})\)")


def ask_abbreviation(sentence: Sentence) -> Iterator[Finding]:
    """Ask, of `Long Name (LN)`, for the short form: the capitals of the name."""
    for match in _ACRONYM.finditer(sentence.text):
        words = list(regex.finditer(r"[\p{L}’'-]+", sentence.text[: match.start()]))
        for first in range(len(words) - 1, max(-1, len(words) - 13), -1):
            start = words[first].start()
            name = sentence.text[start : match.start()]
            if '"' in name:
                break
            capitals = "".join(regex.findall(r"(?<![\p{L}])\p{Lu}|(?<=-)\p{Lu}", name))
            if capitals == match.group(1) and name[0].isupper() and "," not in name:
                yield Finding(f"What does {match.group(1)} stand for?", Span(start, match.start()))
                break


_THE_OF = regex.compile(
    r"^The (?P<what>(?:[\p{Ll}-]+ ){0,3}(?:capital|population|area|name|motto|currency"
    r"|length|height|depth|author|founder|leader|president|head|director|mayor|headquarters|language|date|size|cost"
    r"|elevation|mascot|anthem|flag|symbol|purpose|goal|aim|temperature|age|budget|value|number)"
    r"(?: [^,()]{0,50})? of [^,()]{2,60}?)"
    r" (?P<aux>is|was) (?P<about>(?:about|around|approximately|estimated at|estimated to be) )?"
    rf"(?P<answer>\$?(?:{NUMBER})(?: (?:million|billion))?(?:%| percent)?"
    rf"|(?:the )?\p{{Lu}}[\p{{L}} -]{{2,50}})(?P<tail>[.,])"
)
_UNIQUE = regex.compile(r"^(?P<name>.{2,60}?) (?P<aux>is|was) (?P<role>the .+)$")


def ask_what_is_the(sentence: Sentence) -> Iterator[Finding]:
    """Ask, of `The capital of Poland is Warsaw` and of its reverse, what it is.

    The reverse is `Warsaw is the capital of Poland`.
    """
    text = sentence.text
    if match := _THE_OF.match(text):
        what = match["what"]
        if has_name(sentence, what) and not set(what.split()) & (
            AUXILIARIES | PRONOUNS | CONJUNCTIONS
        ):
            word = "Who" if _is_somebody(what) else "What"
            yield Finding(f"{word} {match['aux']} the {what}?", Span(*match.span("answer")))
    match = _UNIQUE.match(text)
    first = next(iter(sentence.mentions), None)
    if not match or not first or (first.start, first.end) != match.span("name"):
        return
    role = cut(match["role"], 16)
    if not role or len(role.split(" ")) < 4 or not has_name(sentence, role):
        return
    if regex.match(
        r"the (?:only )?(?:son|daughter|result|same|case|subject|one|most|home)\b", role
    ):
        return
    if not regex.search(r"\b(?:of|in|to|at)\b", role):
        return
    word = "Who" if is_who(first, role) else "What"
    yield Finding(f"{word} {match['aux']} {role}?", Span(first.start, first.end))


def is_who(name: Mention, what: str) -> bool:
    """Return whether a name is a person's, by its form or by its description."""
    return name.kind is NameKind.PERSON or _is_somebody(what)


def _is_somebody(what: str) -> bool:
    """Return whether a description is of a person, by its noun."""
    noun = regex.split(r" (?:of|in|at|on|for|to|from|who|with|born|known)\b", what)[0]
    nouns = [noun, *noun.split(" and ")]
    return any(part.rsplit(" ", 1)[-1] in PERSON_NOUNS for part in nouns)


_IS_A = regex.compile(
    r"^(?P<name>[^,()]{3,50}?)(?: \([^()]{1,60}\))? (?P<aux>is|was) (?P<what>an? .+)$"
)
_CATEGORY_END = regex.compile(
    r" (?:that|which|who|where|whose|and (?:is|was|has|had|sought|\p{Ll}+ed)|,)\b|, |\.$"
)


def ask_what_is(sentence: Sentence) -> Iterator[Finding]:
    """Ask, of `Asthma is a common disease of the airways`, what it is."""
    match = _IS_A.match(sentence.text)
    if not match:
        return
    name, words = match["name"], match["name"].split(" ")
    named = any((m.start, m.end) == match.span("name") for m in sentence.mentions)
    common = words[0] in {"A", "An"} and 2 <= len(words) <= 4
    if common and any(
        word[0].isupper() or word.endswith(("ed", "ing")) or word in PREPOSITIONS
        for word in words[1:]
    ):
        return
    if not named and not common:
        return
    end = _CATEGORY_END.search(match["what"])
    what = match["what"][: end.start()] if end else ""
    if not 3 <= len(what.split(" ")) <= 12 or set(what.casefold().split()) & PRONOUNS:
        return
    if regex.match(
        r"an? (?:result|lot|number|common (?:one|way)|major|key|good|great|part|matter"
        r"|source|popular|member|founding member|leading member|type|form|kind|very|more|much)\b",
        what,
    ):
        return
    person = any(m.end == match.end("name") and is_who(m, what) for m in sentence.mentions)
    start = match.start("what")
    asked = name if named else small_first(name)
    yield Finding(
        f"{'Who' if person else 'What'} {match['aux']} {asked}?", Span(start, start + len(what))
    )
