"""Processor time of the rules on questions, histories and model outputs made to be slow.

`python -m citespan.evals.bench.hostile` measures everything that is done with them, but for models
and searches. The texts are made of the words and marks that the rules look for.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from random import Random
from statistics import median, quantiles
from types import ModuleType

import click
import regex

import citespan.qa.claims.markup
import citespan.qa.claims.splitting
import citespan.qa.english.ellipsis
import citespan.qa.english.leaning
import citespan.qa.english.numbers
import citespan.qa.english.question_parts
import citespan.qa.english.small_talk
import citespan.qa.english.topics
import citespan.qa.english.wording
import citespan.qa.english.words
import citespan.qa.question.followups
import citespan.qa.question.understanding
from citespan.qa.claims import Claims
from citespan.qa.english import missing, parts, wording_of
from citespan.qa.errors import InvalidQuestion, PromptTooLong
from citespan.qa.llm import build_prompt
from citespan.qa.question import (
    MAX_QUESTION,
    believed,
    checked_question,
    rewriting_messages,
    understand,
)
from citespan.qa.types import Message

MOST_MESSAGES, LONGEST_MESSAGE = 1000, 100_000  # limits of a request
LONGEST_OUTPUT = 9_000  # code points; the default limit is 500 tokens
_MOST = 2_000_000  # code points of a history; a request may have 20 MB
_RULES = (
    citespan.qa.claims.splitting, citespan.qa.question.understanding, citespan.qa.english.ellipsis,
    citespan.qa.english.words, citespan.qa.question.followups, citespan.qa.english.leaning,
    citespan.qa.claims.markup,
    citespan.qa.english.numbers, citespan.qa.english.question_parts, citespan.qa.english.small_talk,
    citespan.qa.english.topics, citespan.qa.english.wording,
)  # fmt: skip
_LETTERS = regex.compile(r"(?<!\\)\p{L}[\p{L}']*+")
_MARKS = (
    " ", "  ", "\t", "\n", " \n\n", ",", ".", "?", "!", ";", ":", "'", "’", '"', "“", "(", ")",
    "[", "]", "<", ">", "](", "[1](", "[[1]](", "![", "<!--", "<a ", "\\", "*", "_", "`", "|", "#",
    "-", "–", "•", "†", "【", "…", "。", "？", "\u200b", "\u00ad", "\u200d", "\u202e", "\xa0",
    "\x00", "://", "www.", "http://a.b/", "\U0001f468\u200d\U0001f469", "e\u0301",
)  # fmt: skip
_WORDS = (
    "Rome", "R. Kelly", "Polish", "A", "I", "1", "1990s", "2019", "1,234", "1.5%", "x", "the",
    "Wolfgang's", "谁", "尼罗河", "ქალაქი", "ไทย", "Рим", "ﬁ", "Ｗｈｏ", "１２", "ß", "İ", "²",
)  # fmt: skip


def literals(modules: Sequence[ModuleType] = _RULES) -> list[str]:
    """Return the words that the modules' patterns and lists look for, in order."""
    found: dict[str, None] = {}
    for value in (value for module in modules for value in vars(module).values()):
        source = getattr(value, "pattern", None)
        if isinstance(source, str):
            found |= dict.fromkeys(_LETTERS.findall(source))
        elif isinstance(value, frozenset):
            found |= dict.fromkeys(sorted(map(str, value)))  # pyright: ignore[reportUnknownArgumentType]
    return list(found)


class Attacker:
    """A generator of hostile texts; the same seed gives the same texts."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)  # noqa: S311
        self._words = [*literals(), *_WORDS * 3]

    def text(self, longest: int) -> str:
        """Return a text of at most `longest` code points: a repeated unit, then a breaking mark."""
        length = self._up_to(longest)
        parts = [self.unit() for _ in range(self._rng.randint(1, 3))]
        text = ""
        while len(text) < length:
            unit = self._rng.choice(parts)
            text += unit * self._rng.choice((1, 3, 1 + length // len(unit)))
        return self.unit() * self._rng.randint(0, 1) + text[: length - 2] + self._end()

    def question(self) -> str:
        """Return a question that is within the limits."""
        while True:
            text = self.text(MAX_QUESTION)[:MAX_QUESTION]
            try:
                return checked_question(text)
            except InvalidQuestion:
                continue

    def history(self) -> list[Message]:
        """Return a history that is within the limits, possibly empty."""
        count, left = self._rng.choice((0, 1, 2, 4, self._up_to(MOST_MESSAGES))), _MOST
        messages: list[Message] = []
        for at in range(count):
            content = self.text(min(LONGEST_MESSAGE, max(2, left)))[:LONGEST_MESSAGE]
            left -= len(content)
            messages.append(Message(role="assistant" if at % 2 else "user", content=content))
        return messages

    def _up_to(self, most: int) -> int:
        """Return a length whose order of magnitude is drawn; a third of the lengths are `most`."""
        return most if self._rng.random() < 1 / 3 else int(most ** self._rng.uniform(0.1, 1))

    def unit(self) -> str:
        """Return a few words and marks, to be repeated."""
        kinds = (self._words, self._words, _MARKS)
        drawn = (self._rng.choice(kinds) for _ in range(self._rng.randint(1, 4)))
        joint = self._rng.choice((" ", " ", "", ", ", ". "))
        return joint.join(self._rng.choice(kind) for kind in drawn) + self._rng.choice(("", joint))

    def _end(self) -> str:
        return self._rng.choice(("", "x", "?", " x?", "\n", "\x00"))


def ask(question: str, history: Sequence[Message]) -> None:
    """Run all rules that process a question before the search and before a model is asked."""
    messages = (*history, Message(role="user", content=checked_question(question)))
    understood = understand(messages)
    parts(understood.question)
    parts(understood.words)
    rewriting_messages(question, understood.history)
    believed(question[:300], question, understood.history)
    try:
        build_prompt(
            understood.question, (), budget_tokens=3000, history=understood.history, fence="0f"
        )
    except PromptTooLong:
        return


def read(output: str, piece: int) -> None:
    """Run all rules that process a model's output, but for the sentences of passages."""
    claims = Claims()
    found = [
        claim
        for start in range(0, len(output), piece)
        for claim in claims.feed(output[start : start + piece])
    ]
    for claim in [*found, *claims.end()]:
        said = wording_of(claim.text)
        missing(said.numbers, said.numbers)


def taken_ms(act: Callable[[], object]) -> float:
    """Return the processor time of the thread in milliseconds."""
    started_s = time.thread_time()
    act()
    return (time.thread_time() - started_s) * 1000


def measured(count: int, seed: int) -> Iterator[tuple[str, list[float]]]:
    """Measure `count` questions with histories, and as many outputs."""
    attacker = Attacker(seed)
    ask("warm", [])
    asked = ((attacker.question(), attacker.history()) for _ in range(count))
    yield (
        "questions",
        [
            taken_ms(lambda question=question, history=history: ask(question, history))
            for question, history in asked
        ],
    )
    written = ((attacker.text(LONGEST_OUTPUT), 1 + n % 50) for n in range(count))
    yield (
        "outputs",
        [
            taken_ms(lambda output=output, piece=piece: read(output, piece))
            for output, piece in written
        ],
    )


def p99(values: Sequence[float]) -> float:
    """Return the 99th percentile of at least two values."""
    return quantiles(values, n=100, method="inclusive")[98]


@click.command()
@click.option("--count", type=click.IntRange(2), default=2000, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
def main(count: int, seed: int) -> None:
    """Print the processor time of hostile questions and outputs."""
    for name, taken in measured(count, seed):
        click.echo(
            f"{len(taken)} {name}: p50 {median(taken):.2f} ms, p99 {p99(taken):.2f} ms,"
            f" max {max(taken):.2f} ms of processor time"
        )


if __name__ == "__main__":
    main()
