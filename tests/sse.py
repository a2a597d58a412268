"""Server-sent events as a client reads them, and what they fold to."""

import json
from typing import Any, NamedTuple


class Sent(NamedTuple):
    """An event's name and its data."""

    name: str
    data: Any


def parsed(text: str) -> list[Sent]:
    """The events of a whole stream; comments are left out."""
    found: list[Sent] = []
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = [line.partition(": ") for line in block.split("\n") if line]
        fields = {name: value for name, _, value in lines if name}
        if "data" in fields:
            found.append(Sent(fields.get("event", ""), json.loads(fields["data"])))
    return found


def folded(events: list[Sent]) -> dict[str, Any]:
    """What the events before the last one add up to."""
    made: dict[str, Any] = {"answer": "", "citations": [], "segments": []}
    for name, data in events:
        if name == "answer.delta":
            made["answer"] += data["text"]
        elif name == "citation.added":
            made["citations"].append(data)
        elif name == "segment.done":
            made["segments"].append(data)
    return made
