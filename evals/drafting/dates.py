"""Patterns that ask when and where."""

from collections.abc import Iterator

import regex

from citespan.evals.drafting.names import NameKind
from citespan.evals.drafting.phrases import (
    DATE,
    DONE,
    YEAR,
    Finding,
    any_of,
    cut,
    has_name,
    subject_before,
)
from citespan.evals.drafting.prose import Sentence
from citespan.evals.drafting.words import INTRANSITIVE, PREPOSITIONS, TRANSITIVE
from citespan.index import Span

_LIFE = regex.compile(rf" \((?:born )?({DATE})(?: ?[–—-] ?({DATE}))?\)")


def ask_birth(sentence: Sentence) -> Iterator[Finding]:
    """Ask, of `Name (3 March 1847 - 2 August 1922)`, when they were born."""
    for match in _LIFE.finditer(sentence.text):
        ends = [m for m in sentence.mentions if m.end == match.start()]
        if ends and ends[0].kind is NameKind.PERSON and (match.group(2) or "born" in match.group()):
            yield Finding(f"When was {ends[0].text} born?", Span(*match.span(1)))


_PASSIVE = regex.compile(
    rf"^(?P<subject>.{{2,80}}?) (?P<aux>was|were) (?:first |originally |officially )?"
    rf"(?P<done>{DONE}\b(?:[^,.()]| ?\.(?=\p{{L}})){{0,90}}?)"
    rf" (?:in|on) (?P<when>{DATE})(?P<tail>[.,].*)$"
)
_ACTIVE = regex.compile(
    rf"^(?P<subject>.{{2,80}}?) (?P<verb>{any_of(TRANSITIVE | INTRANSITIVE)})"
    rf"(?P<done>(?: [^,.()]{{0,90}}?)?) (?:in|on) (?P<when>{DATE})(?P<tail>[.,].*)$"
)
_FRONTED = regex.compile(
    rf"^(?:In|On|By) (?P<when>{DATE}),? (?P<subject>[^,]{{2,80}}?)"
    rf" (?:(?P<aux>was|were) (?P<done>{DONE}\b.*)"
    rf"|(?P<verb>{any_of(TRANSITIVE | INTRANSITIVE)})\b(?P<rest>.*))$"
)


def ask_when(sentence: Sentence) -> Iterator[Finding]:
    """Ask when something was done, from a sentence that ends or begins with the date."""
    if match := _PASSIVE.match(sentence.text):
        subject = subject_before(sentence, match.end("subject"))
        done = cut(match["done"])
        if subject and done and _definite(sentence, done, match["tail"]):
            yield Finding(f"When {match['aux']} {subject} {done}?", Span(*match.span("when")))
    if match := _ACTIVE.match(sentence.text):
        yield from _when_did(sentence, match, match["done"])
    if match := _FRONTED.match(sentence.text):
        if match["verb"]:
            yield from _when_did(sentence, match, match["rest"])
        else:
            subject = subject_before(sentence, match.end("subject"), match.start("subject"))
            done = cut(match["done"])
            if subject and done and _definite(sentence, done):
                yield Finding(f"When {match['aux']} {subject} {done}?", Span(*match.span("when")))


def _definite(sentence: Sentence, done: str, tail: str = "") -> bool:
    """Return whether the action is stated without reference to other sentences, and dated once."""
    if regex.search(YEAR, tail + done) or regex.search(
        r" and(?:$| (?:was|were|\p{Ll}+ed)\b)", done
    ):
        return False
    return has_name(sentence, done) or not regex.search(r"\b(?:the|so|same)\b", done)


def _when_did(sentence: Sentence, match: "regex.Match[str]", behind: str) -> Iterator[Finding]:
    subject = subject_before(sentence, match.end("subject"), match.start("subject"))
    done = cut(behind.strip())
    if subject is None or done is None or not _definite(sentence, done):
        return
    verb, first = match["verb"], done.split(" ")[0].casefold()
    bare = first in PREPOSITIONS or first in {"", "and", "."}
    if bare and verb not in INTRANSITIVE:
        return  # a participle: "The treaty signed in 1987 ended the war"
    if not bare and verb not in TRANSITIVE:
        return
    base = (TRANSITIVE | INTRANSITIVE)[verb]
    question = f"When did {subject} {base} {done}".strip()
    yield Finding(f"{question}?", Span(*match.span("when")))


_WHERE = regex.compile(
    r"^(?P<subject>.{2,80}?) (?P<aux>is|are|was|were)"
    r" (?P<done>(?:located|situated|based|headquartered|born|held|buried)) (?:in|at) (?:the )?"
)


def ask_where(sentence: Sentence) -> Iterator[Finding]:
    """Ask where something is located, was born, was held."""
    match = _WHERE.match(sentence.text)
    if not match or not (subject := subject_before(sentence, match.end("subject"))):
        return
    for mention in sentence.mentions:
        if mention.start == match.end() and regex.match(
            r"[.,]| (?:in|on|and)\b", sentence.text[mention.end :]
        ):
            place = Span(mention.start, mention.end)
            yield Finding(f"Where {match['aux']} {subject} {match['done']}?", place)
