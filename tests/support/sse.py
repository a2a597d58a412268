"""Server-sent events as a client reads them, and the answer that they fold to."""

import json
from codecs import getincrementaldecoder
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple


class Sent(NamedTuple):
    """An event's name and its data."""

    name: str
    data: Any


def parsed(text: str) -> list[Sent]:
    """Return the events of a whole stream, without comments."""
    found: list[Sent] = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = [line.partition(": ") for line in block.split("\n") if line]
        fields = {name: value for name, _, value in lines if name}
        if "data" in fields:
            found.append(Sent(fields.get("event", ""), json.loads(fields["data"])))
    return found


def folded(events: list[Sent]) -> dict[str, Any]:
    """Return the answer that the deltas, citations and segments of a stream add up to."""
    made: dict[str, Any] = {"answer": "", "citations": [], "segments": []}
    for name, data in events:
        if name == "answer.delta":
            made["answer"] += data["text"]
        elif name == "citation.added":
            made["citations"].append(data)
        elif name == "segment.done":
            made["segments"].append(data)
    return made


class Reading:
    """A reader of a stream that arrives in pieces, split anywhere, even inside a character."""

    def __init__(self) -> None:
        self.events: list[Sent] = []
        self._decoder = getincrementaldecoder("utf-8")()
        self._held = ""

    def feed(self, piece: bytes) -> None:
        """Read a piece, and append the events that it completes to `events`."""
        self._held += self._decoder.decode(piece)
        if self._held.endswith("\r"):  # a line end may be split, too
            return
        *blocks, self._held = self._held.replace("\r\n", "\n").split("\n\n")
        for block in blocks:
            if block.endswith("data: [DONE]"):
                continue
            self.events += parsed(block)


def read_in_pieces(stream: bytes, chance: Random) -> list[Sent]:
    """Return the events of a stream that is split at random places."""
    cuts = sorted(chance.randint(0, len(stream)) for _ in range(chance.randint(0, 40)))
    reading = Reading()
    for start, end in pairwise([0, *cuts, len(stream)]):
        reading.feed(stream[start:end])
    return reading.events
