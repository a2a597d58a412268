"""Texts that are made to be slow for a pattern, out of its own parts; and how time grows on them.

A pattern that backtracks more than linearly is slow on a prefix, many repetitions of something
that one of its repeats takes, and an end that does not fit.
"""

import gc
import importlib
import math
import re
import signal
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import product
from random import Random
from typing import Any

parser: Any = importlib.import_module("re._parser")
op: Any = importlib.import_module("re._constants")

COMMON = (" ", "\t", "\n", "a", "A", "1", ".", ",", "!", "?", "'", '"', "(", "[", "<", "-", "_")
OTHER = (
    "é",
    "谁",
    "\u200b",
    "a ",
    "1,",
    "a.",
    "a-",
    "A ",
    "a\n",
    "[a](",
    "\r\n",
    "“",
    "\xa0",
    "。",
)
ENDS = ("", "\x00", "x", "\n", " x")
FIRST = 2000  # code points of the first text
MOST = 64_000
FLOOR_S = 0.001  # of processor time for the first text: a square one takes more
LIMIT_S = 0.5
STEEPEST = 1.5  # the exponent of growth; bounded work inside a line is steeper than 1 at first
SAMPLES = 12  # of what a repeat takes
_PROPERTIES = {
    "Lu": "A-ZÉ", "Ll": "a-zé", "L": "a-zA-Zé谁", "M": "\u0301", "Cf": "\u200b", "Cc": "\x01",
    "Cs": "\x02",
}  # fmt: skip


class TooSlow(Exception):
    """The processor time is over."""


@contextmanager
def processor_limit(seconds: float) -> Generator[None]:
    """Raise `TooSlow` in the main thread when so much time has been used up.

    No garbage is collected meanwhile: what is raised in a callback of the collector is lost.
    """

    def stop(*_: object) -> None:
        raise TooSlow

    collects = gc.isenabled()
    gc.disable()
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
        if collects:
            gc.enable()


def seconds(
    run: Callable[[str], object],
    text: str,
    times: int = 1,
    clock: Callable[[], float] = time.thread_time,
) -> float:
    """The least time of some runs on a text; infinite if one takes more than `LIMIT_S`.

    Processor time, unless a clock that is read faster will do.
    """
    least = math.inf
    for _ in range(times):
        started = clock()
        try:
            with processor_limit(LIMIT_S):
                run(text)
        except TooSlow:
            return math.inf
        least = min(least, clock() - started)
    return least


def growth(run: Callable[[str], object], text: Callable[[int], str], least: int = FIRST) -> float:
    """The exponent of the growth of time with length, 1 for linear; infinite if it never ends.

    Measured again with longer texts while it looks steep: what is bounded inside a pattern grows
    up to its bound.
    """
    begun = seconds(run, text(least), clock=time.perf_counter)
    if begun < FLOOR_S or begun == math.inf:
        return 1.0 if begun < FLOOR_S else math.inf
    steep = math.inf
    size = least
    while size * 4 <= MOST:
        first = seconds(run, text(size), 3)
        last = seconds(run, text(size * 4), 3)
        if last == math.inf:
            return steep
        steep = math.log(last / first, 4)
        if steep <= STEEPEST:
            return steep
        size *= 2
    return steep


def runs(pattern: Any, methods: frozenset[str]) -> list[Callable[[str], object]]:
    """Calls of the pattern: all methods that go through a text are like `finditer`."""
    if isinstance(pattern.pattern, bytes):
        return [lambda text, run=run: run(_encoded(text)) for run in _calls(pattern, methods)]
    return _calls(pattern, methods)


def _encoded(text: str) -> bytes:
    return text.encode("latin-1", errors="replace")


def _calls(pattern: Any, methods: frozenset[str]) -> list[Callable[[Any], object]]:
    found: list[Callable[[Any], object]] = []
    if methods & {"match"}:
        found.append(pattern.match)
    if methods & {"fullmatch"}:
        found.append(pattern.fullmatch)
    if methods - {"match", "fullmatch"}:
        found.append(lambda text: sum(1 for _ in pattern.finditer(text)))
    return found


def steepest(pattern: Any, methods: frozenset[str], texts: int, seed: int = 0) -> tuple[float, str]:
    """The steepest growth of a pattern over so many hostile texts, and what repeats in that one.

    First those made for each of its repeats, then others drawn at random.
    """
    worst = 1.0, ""
    for (before, unit, after), run in product(
        _shapes(pattern, texts, seed), runs(pattern, methods)
    ):

        def text(size: int, parts: tuple[str, str, str] = (before, unit, after)) -> str:
            return parts[0] + parts[1] * (size // len(parts[1]) + 1) + parts[2]

        found = growth(run, text)
        if found > worst[0]:
            worst = found, f"{before!r} + {unit!r} * n + {after!r}"
        if found > STEEPEST:
            break
    return worst


def _shapes(pattern: Any, most: int, seed: int) -> list[tuple[str, str, str]]:
    """What begins, repeats in and ends hostile texts."""
    rng = Random(seed)  # noqa: S311
    tree = _tree(pattern)
    aimed = list(dict.fromkeys(_targets(tree, "", rng))) if tree else []
    words = list(dict.fromkeys(_words(tree, rng))) if tree else []
    units = [*COMMON, *OTHER, *words, *(unit for _, unit in aimed)]
    starts = ["", "", *(before for before, _ in aimed)]
    if len(aimed) > most // 2:
        aimed = rng.sample(aimed, most // 2)
    found = [(before, unit, rng.choice(ENDS)) for before, unit in aimed]
    while len(found) < most:
        unit = "".join(rng.choices(units, k=rng.choice((1, 1, 2, 3))))
        found.append((rng.choice(starts), unit, rng.choice(ENDS)))
    return found


def _targets(tree: Any, before: str, rng: Random) -> Iterator[tuple[str, str]]:
    """For each repeat: what comes before it, with what it takes; and this again and again."""
    for name, value in tree:
        if name in _REPEATS and value[1] > 1:
            for _ in range(SAMPLES):
                inner = _sample(value[2], rng)
                yield from ((start, unit) for start in ("", before) for unit in (inner,) if unit)
                if before:
                    yield "", before
                    yield "", before + inner
        for inner in _parts(name, value):
            yield from _targets(inner, before, rng)
        before += _sample([(name, value)], rng)


def _words(tree: Any, rng: Random) -> Iterator[str]:
    """What the alternatives and the classes of a pattern take."""
    for name, value in tree:
        if name is op.IN:
            yield from _members(value)
        for inner in _parts(name, value):
            if name is op.BRANCH and (word := _sample(inner, rng)):
                yield from (word, f"{word} ")
            yield from _words(inner, rng)


def _tree(pattern: Any) -> Any:
    """The pattern as the standard library parses it; None if it cannot."""
    source = pattern.pattern
    if isinstance(source, bytes):  # a code point for each byte
        source = source.decode("latin-1")
    flags = getattr(pattern, "flags", 0) & (re.IGNORECASE | re.DOTALL | re.MULTILINE)
    for name, range_ in _PROPERTIES.items():
        source = re.sub(
            rf"(\[[^\[\]]*)?\\p\{{{name}\}}",
            lambda found, range_=range_: f"{found[1]}{range_}" if found[1] else f"[{range_}]",
            source,
        )
    try:
        return parser.parse(source.replace(r"\X", "."), flags)
    except (re.error, FutureWarning):
        return None


_REPEATS = {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}


def _parts(name: Any, value: Any) -> list[Any]:
    if name in _REPEATS:
        return [value[2]]
    if name is op.BRANCH:
        return list(value[1])
    if name in {op.ASSERT, op.ASSERT_NOT}:
        return [value[1]]
    if name is op.SUBPATTERN:
        return [value[3]]
    return [value] if name is op.ATOMIC_GROUP else []


def _sample(tree: Any, rng: Random) -> str:
    """A short text that a pattern may match."""
    return "".join(_drawn(name, value, rng) for name, value in tree)


def _drawn(name: Any, value: Any, rng: Random) -> str:
    if name is op.LITERAL:
        return chr(value)
    if name is op.NOT_LITERAL:
        return next(one for one in "ab" if ord(one) != value)
    if name is op.ANY:
        return rng.choice("a ")
    if name is op.IN:
        return rng.choice(_members(value) or ["a"])
    if name in _REPEATS:
        times = min(max(value[0], rng.randint(0, 1)), 9)
        return "".join(_sample(value[2], rng) for _ in range(times))
    if name in {op.SUBPATTERN, op.ATOMIC_GROUP, op.BRANCH}:
        return _sample(rng.choice(_parts(name, value)), rng)
    return ""


_CATEGORIES = {
    "CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " \n", "CATEGORY_WORD": "aZ1_é",
    "CATEGORY_NOT_DIGIT": "a", "CATEGORY_NOT_SPACE": "a.", "CATEGORY_NOT_WORD": "!. \n",
}  # fmt: skip


def _members(items: Any) -> list[str]:
    """Characters of a class."""
    if items and items[0][0] is op.NEGATE:
        inner = "".join(_members(items[1:]))
        # sets that stand for all that is like them, too
        known = re.compile(f"[{re.escape(inner)}]") if inner else re.compile("(?!)")
        return [one for one in (*COMMON, "é", "#", "]", ")") if not known.match(one)]
    found: list[str] = []
    for name, value in items:
        if name is op.LITERAL:
            found.append(chr(value))
        elif name is op.RANGE:
            found += [chr(value[0]), chr(value[1])]
        elif name is op.CATEGORY:
            found += list(_CATEGORIES[str(value)])
    return found
