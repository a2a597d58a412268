"""Reading of a file of drafts after its review.

Without YAML's guesses: every value is text (1987, 12:30, no), and lines are known for messages.
"""

import re
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import yaml

from citespan.evals.drafting.types import (
    DraftedDocument,
    DraftFile,
    DraftKind,
    QuestionDraft,
    Swap,
)
from citespan.evals.errors import DatasetError
from citespan.evals.types import GoldSpan
from citespan.index import Span

_YES, _NO = {"yes", "y", "true"}, {"no", "n", "false"}
_NUMBERS = re.compile(r"(\d{1,12}) to (\d{1,12})")
_yaml: Any = yaml  # yaml's stubs do not type its input


def read_drafts(file: Path) -> DraftFile:
    """Read the drafts with the reviewer's decisions.

    Raises:
        DatasetError: the file cannot be read; the message names the file, the line and the draft.
    """
    top = _mapping(file, _compose(file), {"documents", "drafts"})
    documents = [
        _read_document(file, node) for node in _items(file, top.get("documents"), "documents")
    ]
    drafts: list[QuestionDraft] = []
    lines: dict[str, int] = {}
    for node in _items(file, top.get("drafts"), "drafts"):
        draft = _read_draft(file, node)
        line = _line(node)
        if draft.id in lines:
            _refuse(file, line, f"draft {draft.id} is in line {lines[draft.id]} already")
        lines[draft.id] = line
        drafts.append(draft)
    return DraftFile(documents=tuple(documents), drafts=tuple(drafts), lines=lines)


def _compose(file: Path) -> yaml.Node | None:
    try:
        return _yaml.compose(file.read_text(encoding="utf-8-sig"), Loader=yaml.BaseLoader)
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{file} is not UTF-8 at byte {error.start}; save it as UTF-8"
        ) from error
    except RecursionError as error:
        raise DatasetError(f"{file} is no file of drafts: it is nested too deeply") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        hint = "is a line of a question or an answer not as far to the right as the one before?"
        raise DatasetError(f"{file}, line {line}: {error.problem}; {hint}") from error
    except yaml.YAMLError as error:
        raise DatasetError(f"{file}: {error}") from error


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _refuse(file: Path, line: int, reason: str) -> NoReturn:
    raise DatasetError(f"{file}, line {line}: {reason}")


def _mapping(file: Path, node: yaml.Node | None, known: set[str]) -> dict[str, yaml.Node]:
    """Return the entries of a mapping; refuse names that are unknown or come twice."""
    if not isinstance(node, yaml.MappingNode):
        _refuse(file, _line(node) if node else 1, "this is not a file of drafts, or was damaged")
    found: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = str(key.value)
        if name not in known:
            _refuse(file, _line(key), f"{name!r} is unknown; there are {', '.join(sorted(known))}")
        if name in found:
            _refuse(file, _line(key), f"{name!r} comes twice in one block")
        found[name] = value
    return found


def _items(file: Path, node: yaml.Node | None, name: str) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode):
        _refuse(file, _line(node) if node else 1, f"{name!r} has to be a list of blocks")
    return list(node.value)


_FIELDS = {
    "accept", "kind", "question", "answers", "asks_about", "instead_of", "sentence", "document",
    "characters", "twin_of", "id",
}  # fmt: skip


class _Block:
    """One block of the file, its values as text; its errors name the place."""

    def __init__(self, file: Path, node: yaml.Node, known: set[str]) -> None:
        self._file, self._line = file, _line(node)
        self._nodes = _mapping(file, node, known)

    def text(self, name: str) -> str:
        value = self.optional(name)
        if value is None:
            self.refuse(f"{name!r} is missing")
        return value

    def optional(self, name: str) -> str | None:
        node = self._nodes.get(name)
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode):
            _refuse(self._file, _line(node), f"{name!r} has to be a text; put `|-` before it")
        return str(node.value)

    def span(self, name: str) -> Span:
        match = _NUMBERS.fullmatch(self.text(name).strip())
        if not match or int(match[1]) > int(match[2]):
            self.refuse(f"{name!r} is {self.text(name)!r}, not two offsets like '120 to 180'")
        return Span(int(match[1]), int(match[2]))

    def refuse(self, reason: str) -> NoReturn:
        node = self._nodes.get("id")
        name = f"draft {node.value}: " if isinstance(node, yaml.ScalarNode) else ""
        _refuse(self._file, self._line, f"{name}{reason}")


def _read_document(file: Path, node: yaml.Node) -> DraftedDocument:
    block = _Block(file, node, {"id", "title", "path", "sha256"})
    return DraftedDocument(
        id=block.text("id"),
        title=block.text("title"),
        path=block.text("path"),
        sha256=block.text("sha256"),
    )


def _read_draft(file: Path, node: yaml.Node) -> QuestionDraft:
    block = _Block(file, node, _FIELDS)
    kind = block.text("kind")
    if kind not in set(DraftKind):
        block.refuse(f"'kind' is {kind!r}, not one of {', '.join(DraftKind)}")
    span = block.span("characters")
    new, old = block.optional("asks_about"), block.optional("instead_of")
    answers = (block.optional("answers") or "").splitlines()
    try:
        evidence = msgspec.convert(
            {
                "document_id": block.text("document"),
                "start": span.start,
                "end": span.end,
                "text": block.text("sentence"),
            },
            GoldSpan,
        )
    except msgspec.ValidationError as error:
        block.refuse(str(error))
    return QuestionDraft(
        id=block.text("id"),
        kind=DraftKind(kind),
        question=" ".join(block.text("question").split()),
        answers=tuple(" ".join(line.split()) for line in answers if line.strip()),
        evidence=evidence,
        twin_of=block.optional("twin_of"),
        swap=Swap(old=old, new=new) if old and new else None,
        accept=_decision(block),
    )


def _decision(block: _Block) -> bool | None:
    said = (block.optional("accept") or "").strip().casefold()
    if said in _YES:
        return True
    if said in _NO:
        return False
    if said:
        block.refuse(f"'accept' is {said!r}; write yes, no, or nothing")
    return None
