"""Coverage-guided fuzzing of what meets bytes and words from outside.

`python tests/support/fuzzing.py TARGET FOLDER -runs=10000 -seed=1`: FOLDER keeps the inputs that
reached new code, and gets some to begin with; other options are libFuzzer's. TARGET may be `all`:
the first byte of an input says which. An input that breaks something is left as `crash-…` in the
present folder, and run again by naming it instead of FOLDER.
"""

import sys
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, TypeVar

import atheris
import msgspec

_atheris: Any = atheris  # untyped
_LOOKED_AT = (
    "citespan.api.openai.markdown", "citespan.index.transfer.backup",
    "citespan.index.text.chunking", "citespan.index.parse.decode",
    "citespan.index.catalogue.filters",
    "citespan.index.catalogue.filter_sql", "citespan.index.transfer.jsonl",
    "citespan.index.text.segmentation", "citespan.qa.english.alignment",
    "citespan.qa.claims.checking", "citespan.qa.claims.splitting",
    "citespan.qa.english.clauses", "citespan.qa.question.understanding",
    "citespan.qa.english.ellipsis", "citespan.qa.question.followups", "citespan.qa.english.leaning",
    "citespan.qa.claims.markup",
    "citespan.qa.english.numbers", "citespan.qa.english.word_order",
    "citespan.qa.evidence.model.pairs", "citespan.qa.claims.quotes",
    "citespan.qa.english.small_talk", "citespan.qa.english.wording",
)  # fmt: skip

with _atheris.instrument_imports(include=list(_LOOKED_AT)):
    from faults import Words, open_corpus, text_of
    from markdown_it import MarkdownIt

    from citespan.api.openai.markdown import escaped
    from citespan.index import Draft, Passage, Span, parse_filter
    from citespan.index.catalogue.filter_sql import where
    from citespan.index.errors import DocumentRejected, ExportInvalid, InvalidFilter, StoreError
    from citespan.index.parse.decode import canonical, decode
    from citespan.index.parse.drafts import document_of
    from citespan.index.text.chunking import counted_chunks
    from citespan.index.text.segmentation import sentences
    from citespan.index.transfer.backup import back_up, restore
    from citespan.index.transfer.jsonl import (
        EndLine,
        Header,
        RevisionLine,
        encoded,
        read_histories,
    )
    from citespan.index.types import Chunk, Scores
    from citespan.qa.claims.checking import Checker
    from citespan.qa.claims.markup import plain as without_markup
    from citespan.qa.claims.markup import visible
    from citespan.qa.claims.sources import Sources
    from citespan.qa.claims.splitting import Claim, Claims
    from citespan.qa.errors import InvalidQuestion
    from citespan.qa.evidence.protocol import Look, Titled
    from citespan.qa.question.understanding import plain, understand
    from citespan.qa.types import Message, Support

T = TypeVar("T")

MAX_BYTES = 2048  # of an input
_LONGEST = 400  # characters of a text that costs more than the square of them
_TEXT = "It rose by 1,500 dollars, or 4 percent. It is not true that the harbour was closed."


class Given:
    """Values out of an input."""

    def __init__(self, data: bytes) -> None:
        self._provider: Any = _atheris.FuzzedDataProvider(data)

    def number(self, least: int, most: int) -> int:
        return self._provider.ConsumeIntInRange(least, most)

    def text(self, most: int) -> str:
        return self._provider.ConsumeUnicodeNoSurrogates(most)

    def bytes_(self, most: int) -> bytes:
        return self._provider.ConsumeBytes(most)

    def one_of(self, values: Sequence[T]) -> T:
        return self._provider.PickValueInList(list(values))


def decoding(data: bytes) -> None:
    """Text or a refusal; what is text stays as it is."""
    given = Given(data)
    encoding = given.one_of([None, "utf-16", "latin-1", "gbk", "shift_jis", "nonsense"])
    with suppress(DocumentRejected):
        text = decode(given.bytes_(MAX_BYTES), encoding)
        assert canonical(text) == text
        assert "\r" not in text


def cutting(data: bytes) -> None:
    """Sentences and chunks lie in the text, in order, and hold all but white space."""
    given = Given(data)
    max_tokens = given.number(1, 40)
    text = given.text(MAX_BYTES)
    _check_partition(text, sentences(text))
    counted = counted_chunks(text, max_tokens, _count)
    _check_partition(text, [span for span, _ in counted])
    for span, tokens in counted:
        assert tokens == _count(span.of(text))
        assert tokens <= max_tokens or len(span) == 1


def talking(data: bytes) -> None:
    """A conversation is understood, or refused as such."""
    given = Given(data)
    roles: list[Literal["user", "assistant", "system"]] = ["user", "assistant", "system"]
    messages = [
        Message(role=given.one_of(roles), content=_text(given, _LONGEST))
        for _ in range(given.number(0, 4))
    ]
    messages.append(Message(role="user", content=_text(given, _LONGEST)))
    for message in messages:
        said = plain(message.content)
        assert len(said) <= len(message.content)
    with suppress(InvalidQuestion):
        understood = understand(messages)
        assert understood.small_talk is None or not understood.question
        assert len(understood.history) < len(messages)


def claiming(data: bytes) -> None:
    """Claims are the same however they come in pieces, and hold nothing that is not shown."""
    given = Given(data)
    written = _text(given, MAX_BYTES)
    at_once = _claims([written])
    cuts = sorted(given.number(0, len(written)) for _ in range(3))
    ends = [*cuts, len(written)]
    pieces = [written[start:end] for start, end in zip([0, *cuts], ends, strict=True)]
    assert _claims(pieces) == at_once
    for claim in at_once:
        assert visible(claim.text) == claim.text
        assert claim.text == " ".join(claim.text.split())
        assert len(set(claim.sources)) == len(claim.sources)
    without_markup(written)


class _Unread(Exception):
    """The evidence model would have been asked."""


class _Reader:
    def look(self, question: str, passages: Sequence[Titled]) -> list[Look]:
        raise _Unread


def checking(data: bytes) -> None:
    """A claim rests on places of the passage; as a quote, on its own letters in their order."""
    given = Given(data)
    said, text = _text(given, _LONGEST), _text(given, _LONGEST) + _TEXT
    with suppress(DocumentRejected, _Unread):
        document = replace(document_of(Draft(id="d0", text=text, title=_TEXT)), revision=1)
        whole = Span(0, len(document.text))
        chunk = Chunk(id=1, document_id="d0", revision=1, span=whole, tokens=1)
        passage = Passage(chunk=chunk, title=document.title, text=document.text, scores=Scores())
        sources = Sources([passage], {"d0": document})
        for claim in (said, said + _TEXT, _TEXT[: len(said)]):
            checked = Checker(_Reader()).check(Claim(claim, (1,)), sources)
            quotes = [one.span.of(document.text) for one in checked.sentences]
            if checked.support is Support.QUOTED:
                assert _letters("".join(quotes)) == _letters(claim)
            else:
                assert quotes == []


def rendering(data: bytes) -> None:
    """Text made harmless is shown by a renderer of Markdown as text, and as the same one."""
    text = Given(data).text(_LONGEST)
    for token in _renderer().parse(escaped(text)):
        for inside in token.children or [token]:
            assert not inside.type.startswith(("link", "image", "html")), (inside.type, text)


def filtering(data: bytes) -> None:
    """A filter is one that SQL can ask for, or refused."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidFilter):
        where(parse_filter(msgspec.json.decode(data)))


def importing(data: bytes) -> None:
    """An export is read as it was written, or refused with the line's number."""
    with suppress(ExportInvalid):
        for one in read_histories(BytesIO(data)):
            assert one.history.revisions or one.history.retired


def restoring(data: bytes) -> None:
    """A backup is restored, or refused with nothing left behind."""
    file, folder = _scratch() / "given.zip", _scratch() / "data"
    _, catalogue = _backup()
    if data[:1] == b"{":
        with zipfile.ZipFile(file, "w") as packed:
            packed.writestr("manifest.json", data)
            packed.writestr("default/catalog.db", catalogue)
    else:
        file.write_bytes(data)
    with suppress(StoreError):
        restore(file, folder, replace=True)
        assert data[:1] == b"{"
        assert (folder / "catalog.db").read_bytes() == catalogue
    assert not list(folder.glob(".restore*"))


TARGETS: dict[str, Callable[[bytes], None]] = {
    work.__name__: work
    for work in (
        decoding, cutting, talking, claiming, checking, rendering, filtering, importing, restoring,
    )
}  # fmt: skip


def seeds(target: str) -> list[bytes]:
    """Inputs to begin with."""
    texts = [
        text_of(1), "Is it?\r\nNo. 1. a\n- b\n# c\n| d | e |\n", "他来了。ไทย 👩‍👩‍👧 e\u0301 שלום",
        "It rose [1](/v1/x), *so* [2][3] `a` <b> ![i](u) www.a.bc.", "thanks so much! and then?",
    ]  # fmt: skip
    made = {
        "filtering": [
            b'{"a": {"$gte": 1}, "$or": [{"b": "c"}, {"$not": {"$id": {"$in": ["d"]}}}]}'
        ],
        "importing": [_export()],
        "restoring": [_backup()[0], (_scratch() / "made.zip").read_bytes()],
    }
    # Text is taken from the front, numbers from the back; the first byte says what text it is.
    return made.get(target) or [b"\x02" + text.encode("utf-32-le") + b"\x03\x07" for text in texts]


def _text(given: Given, most: int) -> str:
    return given.text(given.number(0, most))


def _count(text: str) -> int:
    return Words().count_tokens(text)


def _check_partition(text: str, spans: list[Span]) -> None:
    at = 0
    for span in spans:
        assert at <= span.start < span.end <= len(text)
        assert not text[at : span.start].strip()
        at = span.end
    assert not text[at:].strip()


def _claims(pieces: list[str]) -> list[Claim]:
    claims = Claims()
    return [claim for piece in pieces for claim in claims.feed(piece)] + claims.end()


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


@cache
def _renderer() -> Any:
    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


@cache
def _scratch_folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


def _scratch() -> Path:
    return Path(_scratch_folder().name)


@cache
def _backup() -> tuple[bytes, bytes]:
    """The manifest and the catalogue of a backup."""
    with open_corpus(_scratch() / "stored") as corpus:
        corpus.put(Draft(id="d0", text=text_of(0)))
    back_up(_scratch() / "stored", _scratch() / "made.zip")
    with zipfile.ZipFile(_scratch() / "made.zip") as packed:
        return packed.read("manifest.json"), packed.read("default/catalog.db")


def _export() -> bytes:
    document = document_of(Draft(id="d0", text=text_of(0)))
    lines = encoded(Header(created_at="2026-01-01")) + encoded(
        RevisionLine(
            id=document.id, revision=1, current=True, title="", uri=None, media_type="text/plain",
            metadata={}, created_at="2026-01-01", sha256=document.sha256, text=document.text,
        )
    )  # fmt: skip
    end = EndLine(documents=1, revisions=1, retired=0, sha256=sha256(lines).hexdigest())
    return lines + encoded(end)


def _any_of_them(data: bytes) -> None:
    names = list(TARGETS)
    TARGETS[names[(data or b"\0")[0] % len(names)]](data[1:])


def main() -> None:
    """Fuzz one target, or all."""
    target, where, *options = sys.argv[1:]
    if (folder := Path(where)).is_dir():
        for at, name in enumerate(TARGETS):
            first = bytes([at]) if target == "all" else b""
            for number, data in enumerate(seeds(name) if target in {name, "all"} else ()):
                (folder / f"{name}-{number}").write_bytes(first + data)
    work = TARGETS.get(target, _any_of_them)
    _atheris.Setup([sys.argv[0], f"-max_len={MAX_BYTES}", where, *options], work)
    _atheris.Fuzz()


if __name__ == "__main__":
    main()
