"""A language model's text as claims: sentences with the passages that they name. Pure."""

import re
from dataclasses import dataclass, field

from citespan.qa.claims.markup import is_heading, plain, tidy, visible

MAX_CLAIM = 2000  # code points as written; a longer sentence is cut, and loses its markers

_NUMBERS = r"\d{1,4}(?: {0,2}[,;–-] {0,2}\d{1,4}){0,9}"
_SQUARE = (
    rf"[\[【] ?\^?(?:(?:passages?|sources?|documents?) )?({_NUMBERS}) ?"
    r"(?:†[^\]】\n]{0,40})?[\]】]"
)
_MARKER = re.compile(_SQUARE, re.IGNORECASE)
_ROUND = re.compile(rf"(?<=[a-z\"'”’.!?])\s?\(({_NUMBERS})\)(?=[.!?…]*$)")
_RANGE = re.compile(r"(\d+)(?: *[–-] *(\d+))?")
_LONGEST_RANGE = 20  # passages

_END = re.compile(r"[.!?…]+[\"'”’»)*_`]*|[。！？]+[”’」』）\"']*|\n")
_MARKERS = re.compile(
    rf"(?: *(?:{_SQUARE}(?:\([^()\n]{{0,300}}\))?|\({_NUMBERS}\)))*", re.IGNORECASE
)
_PERHAPS_MARKER = re.compile(r" *(?:[\[【][^\]】\n]{0,300}|\([^()\n]{0,300})?\Z")
_ABBREVIATED = re.compile(
    r"(?:^|\W)(?:[^\W\d_]|Mr|Mrs|Ms|Messrs|Dr|Prof|Sr|Jr|St|Gen|Gov|Sen|Rep|Col|Lt"
    r"|Capt|Sgt|Hon|Rev|Nos?|Figs?|Vol|vs|etc|cf|ca|approx|Inc|Ltd|Co|Corp|Art|Sec"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|e\.g|i\.e|[ap]\.m)$"
)
_LIST_NUMBER = re.compile(r"\s*\(?\d{1,2}$")
_CLOSING = re.compile(r"[.,;:!?…]{0,9}[\"'”’»)*_`]{0,9}(?:\s|$)|[。！？，、；：」』）”]")
_CONTEXT = 100  # code points before an end that the end depends on
_AT_ONCE = 1000  # code points that are searched at once: each sentence copies much of the held text
_PATIENCE = 400  # code points that the end of a sentence may depend on, with a marker
_WRAPPED = 40  # a line of this length that does not end a sentence continues in the next


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence, and the numbers of the passages that it names, from 1, each once.

    The text has no markers, Markdown, HTML, addresses, control characters or line ends. `written`
    is the sentence as written, without markers; it is compared with documents, and never shown.
    """

    text: str
    sources: tuple[int, ...] = ()
    written: str = field(default="", compare=False)


class Claims:
    """A splitter that takes a text as it is written, and returns each claim once it is final.

    The claims do not depend on how the text is cut into pieces.
    """

    def __init__(self) -> None:
        self._held = ""  # from the start of a sentence
        self._looked = 0  # code points of it without an end
        self._too_long = False  # the held text is the rest of a sentence that was returned
        self._new: list[str] = []  # pieces not searched yet
        self._wanted = 0  # code points to wait for before the next search

    def feed(self, piece: str) -> list[Claim]:
        """Return the claims that a piece completes, in order."""
        found: list[Claim] = []
        for start in range(0, len(piece), _AT_ONCE):
            self._new.append(visible(piece[start : start + _AT_ONCE]))
            self._wanted -= len(self._new[-1])
            if self._wanted <= 0:
                found += self._complete(ended=False)
                # in a line of only dots the end is far: each search goes through all of it
                waiting = len(self._held) - self._looked
                self._wanted = waiting if waiting > _PATIENCE else 0
        return found

    def end(self) -> list[Claim]:
        """Return the remaining claims; the caller feeds nothing afterwards."""
        found = self._complete(ended=True)
        return found + self._cut(len(self._held))

    def _complete(self, *, ended: bool) -> list[Claim]:
        self._held += "".join(self._new)
        self._new.clear()
        found: list[Claim] = []
        while (end := self._next_end(ended=ended)) is not None:
            found += self._cut(end)
        if self._looked > MAX_CLAIM:
            found += self._claim()
            self._too_long = True
            self._held = self._held[self._looked - _CONTEXT :]
            self._looked = _CONTEXT
        return found

    def _cut(self, end: int) -> list[Claim]:
        """Return the claim that ends there, and drop it from the held text."""
        rest = self._held[end:]
        self._held = self._held[:end]
        found = self._claim()
        self._held, self._looked, self._too_long = rest, 0, False
        return found

    def _claim(self) -> list[Claim]:
        written = self._held[:MAX_CLAIM]
        if self._too_long or not any(map(str.isalnum, written)):
            return []
        claim = read_claim(written)
        if len(self._held) > MAX_CLAIM:
            claim = Claim(claim.text)
        silent = not any(character.isalnum() for character in claim.text)
        return [] if silent or (is_heading(written) and not claim.sources) else [claim]

    def _next_end(self, *, ended: bool) -> int | None:
        """Return where the sentence ends; None if the held text has no known end."""
        while True:
            match = _END.search(self._held, self._looked)
            if match is None:
                self._looked = len(self._held)
                return None
            self._looked = match.start()
            if match.end() == len(self._held) and not ended:
                return None
            if match.group() == "\n":
                known, end = self._line_end(match.end(), ended=ended)
            else:
                known, end = self._stop(match, ended=ended)
            if not known or end:
                return end
            self._looked = match.end()

    def _line_end(self, at: int, *, ended: bool) -> tuple[bool, int | None]:
        """Return whether it is known if a sentence ends at `at`, and `at` if one does."""
        rest = self._held[at:]
        following = rest.lstrip()
        if "\n" in rest[: len(rest) - len(following)]:
            return True, at
        if not following:
            return ended, at if ended else None
        line = self._held[:at].rstrip().rpartition("\n")[2]
        continues = following[0].islower() or (len(line) >= _WRAPPED and following[0].isalpha())
        closed = not line or is_heading(line) or line[-1] in ":;]】)" or _END.match(line[-1])
        return True, None if continues and not closed else at

    def _stop(self, match: re.Match[str], *, ended: bool) -> tuple[bool, int | None]:
        """Return the same for a possible end of a sentence; its markers are before the end."""
        markers = _MARKERS.match(self._held, match.end())
        end = markers.end() if markers else match.end()
        if not ended and _PERHAPS_MARKER.match(self._held, end):
            return False, None
        if end > match.end() or match.group()[0] in "。！？":
            return True, end
        before = self._held[max(0, match.start() - _CONTEXT) : match.start()]
        if match.group() == "." and (_ABBREVIATED.search(before) or _LIST_NUMBER.match(before)):
            return True, None
        rest = self._held[end:]
        following = rest.lstrip(" ")
        if not following:
            return True, end  # the text is complete
        return True, end if rest[0] in " \n" and not following[0].islower() else None


def read_claim(written: str) -> Claim:
    """Return the claim of one sentence as it was written."""
    seen = visible(written)
    text = plain(seen)
    named = _MARKER.findall(text)
    text = tidy(_MARKER.sub(" ", text))
    if not named and (last := _ROUND.search(text)):
        named = [last.group(1)]
        text = tidy(text[: last.start()] + text[last.end() :])
    numbers = (number for part in named for number in _numbers(part))
    return Claim(text, tuple(dict.fromkeys(numbers)), _without_markers(seen))


def _without_markers(written: str) -> str:
    """Return a sentence without markers; text around a marker never joins to one word or number."""
    ends = [(match.start(), match.end()) for match in _MARKER.finditer(written)]
    if not ends and (last := _ROUND.search(written.rstrip())):
        ends = [last.span()]
    text, at = "", 0
    for start, end in ends:
        text, at = _joined(text, written[at:start]).rstrip(), end
    return _joined(text, written[at:])


def _joined(text: str, rest: str) -> str:
    return text + ("" if not text or _CLOSING.match(rest) else " ") + rest


def _numbers(named: str) -> list[int]:
    """Return the numbers of "1", "1, 2" or "1-3"; of a range too long its ends."""
    found: list[int] = []
    for first, last in _RANGE.findall(named):
        a, b = int(first), int(last or first)
        found += range(a, b + 1) if a <= b <= a + _LONGEST_RANGE else (a, b)
    return found
