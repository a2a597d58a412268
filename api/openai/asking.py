"""What both OpenAI-compatible doors share: models by name, conversations, and what they refuse."""

from collections.abc import Sequence
from typing import cast

from citespan.api.errors.types import InvalidRequest, ModelNotFound
from citespan.api.openai.bodies import MessagePart
from citespan.qa import Mode, Service
from citespan.qa.collections import Collections
from citespan.qa.errors import CollectionNotFound
from citespan.qa.types import Message

PREFIX = "citespan/"
_MODES = {"extractive": Mode.EXTRACTIVE, "generated": Mode.GENERATED}
_MOST_EARLIER = 1000  # messages that are looked at before the question
_TEXTS = {"text", "input_text", "output_text", "refusal"}


def model_of(name: str) -> tuple[str, Mode | None]:
    """Return the collection and the mode that a model's name stands for.

    Raises:
        ModelNotFound: the name is not of this kind.
    """
    collection, separator, mode = name.removeprefix(PREFIX).partition(":")
    if not name.startswith(PREFIX) or (separator and mode not in _MODES):
        raise ModelNotFound(name)
    return collection, _MODES.get(mode)


def service_of(collections: Collections, collection: str, model: str) -> Service:
    """Return the service of a model's collection.

    Raises:
        ModelNotFound: there is no such collection.
    """
    try:
        return collections.service(collection)
    except CollectionNotFound as error:
        raise ModelNotFound(model) from error


def model_names(collections: Collections) -> list[str]:
    """Return the names of all models: each collection, and each of its modes."""
    found: list[str] = []
    for one in collections.figures():
        found.append(f"{PREFIX}{one.name}")
        found += [f"{PREFIX}{one.name}:{mode}" for mode in one.modes]
    return found


def conversation(
    field: str, messages: Sequence[tuple[str, str | Sequence[MessagePart] | None]]
) -> tuple[str, list[Message]]:
    """Return the question and the last messages before it; ignore instructions and tool messages.

    Of earlier messages, only the text counts: a picture there does not block a conversation.

    Args:
        field: the name of the field that holds the messages.
        messages: the role and the content of each.

    Raises:
        InvalidRequest: the last message is not the user's, or has parts other than text.
    """
    if messages[-1][0] != "user":
        raise InvalidRequest.of(field, "the last message must be the user's")
    *earlier, (_, asked) = messages
    if isinstance(asked, Sequence) and not isinstance(asked, str):
        for part in asked:
            if part.type not in _TEXTS:
                raise InvalidRequest.of(field, f"the server reads only text parts, not {part.type}")
    said = [
        Message(role=role, content=_text(content))
        for role, content in earlier[-_MOST_EARLIER:]
        if role == "user" or role == "assistant"
    ]
    return _text(asked), said


def _text(content: str | Sequence[MessagePart] | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(part.text for part in content if part.type in _TEXTS)


def refuse_tools(
    tools: Sequence[object] | None, choice: object, named: str = "tool_choice"
) -> None:
    """Refuse tools that would have to be used; functions may be offered, and none is called.

    Raises:
        InvalidRequest: a tool is one that the server would run, or the choice demands a call.
    """
    if not all(map(_is_function, tools or ())):
        raise InvalidRequest.of("tools", "must be functions, because the server runs no tools")
    if choice not in (None, "none", "auto"):  # not a set: an object is not hashable
        raise InvalidRequest.of(named, "must be none or auto, because answers call no tools")


def _is_function(tool: object) -> bool:
    return isinstance(tool, dict) and cast("dict[str, object]", tool).get("type") == "function"


def refuse(*wrong: tuple[str, bool, str]) -> None:
    """Refuse options that would change an answer's form; those that only tune it are ignored.

    Args:
        wrong: of each option its name, whether it has such a value, and what it must be.

    Raises:
        InvalidRequest: one of them has.
    """
    for name, has, must in wrong:
        if has:
            raise InvalidRequest.of(name, must)
