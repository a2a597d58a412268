"""The topics of a question: its names and its other words that mean something. Pure."""

import re
from itertools import islice

from citespan.qa.english.words import RELATIONAL, STOP_WORDS

WORD = re.compile(r"[^\W_](?:[\w'’&.-]*\w)?")
_JOINT = re.compile(r"\s++(?:(?:of|on|and|de|the|von|van|du|la)\s++){0,2}")
_INITIAL = re.compile(r"(?:^|\W)[A-Z]$")
_OF_A_PEOPLE = re.compile(r"(?:[ae]n|ese|ish|ench|utch|viet|eek)$")
_ENDING = re.compile(r"(?:'s|s')$|(?<=\w\w\w)s$")
_GENITIVE = re.compile(r"['’]s?$")
_CALLED = 4  # words after the name of a people that may belong to it
_SAYING_NOTHING = STOP_WORDS | RELATIONAL


def topics(text: str) -> tuple[str, ...]:
    """Return the names of a text, then its other words that mean something, as written."""
    return tuple(dict.fromkeys([*names(text), *phrases(text)]))


def names(text: str) -> list[str]:
    """Return runs of capitalised words with the small words that join them, each once."""
    spans = name_spans(text)
    return list(dict.fromkeys(_bare(_extended(text, *span)) for span in spans))


def name_spans(text: str) -> list[tuple[int, int]]:
    """Return the spans of names, from first to last."""
    spans: list[tuple[int, int]] = []
    joins = False  # whether the next word may belong to the last name
    for match in WORD.finditer(text):
        if not _is_name(match.group()):
            continue
        start, end = match.span()
        joins = joins and _joins(text, spans[-1][1], start)
        if joins:
            spans[-1] = (spans[-1][0], end)
        elif not match.group()[0].isdigit():
            spans.append((start, end))
            joins = True
    return [span for span in spans if not _only_begins(text, *span)]


def phrases(text: str) -> list[str]:
    """Return runs of words that can be searched for, without names and single verbs."""
    inside = stems(" ".join(names(text)))
    found: list[list[str]] = [[]]
    for match in WORD.finditer(text):
        word = match.group()
        plain = word.casefold().replace("’", "'")
        if plain in _SAYING_NOTHING or word[0].isdigit() or stems(word) <= inside:
            found.append([])
        else:
            found[-1].append(word)
    return [" ".join(run) for run in found if run and not (len(run) == 1 and run[0].endswith("ed"))]


def words(text: str) -> list[str]:
    """Return the words of a text in lower case."""
    return [match.group().replace("’", "'").casefold() for match in WORD.finditer(text)]


def stems(text: str) -> frozenset[str]:
    """Return the words that mean something, without plural and genitive endings."""
    return frozenset(_ENDING.sub("", word) for word in words(text) if word not in STOP_WORDS)


def _is_name(word: str) -> bool:
    plain = word.casefold().replace("’", "'")
    return (word[0].isupper() or word[0].isdigit()) and plain not in STOP_WORDS


def _joins(text: str, end: int, start: int) -> bool:
    initial = text.startswith(".", end) and _INITIAL.search(text[max(0, end - 2) : end])
    between = _JOINT.fullmatch(text, end + bool(initial), start)
    return bool(between) and text[end - 2 : end] not in {"'s", "’s"}


def _only_begins(text: str, start: int, end: int) -> bool:
    """Return whether a single word has a capital only because it begins a sentence."""
    before = start
    while before and text[before - 1] in "\"'“‘( ":
        before -= 1
    return (
        " " not in text[start:end]
        and (not before or text[before - 1] in ".!?")
        and text[start + 1 : end].islower()
        and bool(before or not text.startswith(("'s", "’s"), end))
    )


def _extended(text: str, start: int, end: int) -> str:
    """Return the name; if it is that of a people, with the words after it that belong to it."""
    if " " in text[start:end] or not _OF_A_PEOPLE.search(text[start:end]):
        return text[start:end]
    for match in islice(WORD.finditer(text, end), _CALLED):
        if text[end : match.start()] != " " or match.group() in STOP_WORDS:
            break
        end = match.end()
    return text[start:end]


def _bare(name: str) -> str:
    return _GENITIVE.sub("", name)
