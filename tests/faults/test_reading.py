"""A disk that fails to read: refused with a typed error, and all is well once it reads again."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from faults import NIGHTLY, Nursery, await_file, open_corpus, scratch_folder, text_of
from tracing import traced

from citespan.index import Draft

_CALLS = "read,pread64"


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as opened:
        yield opened


@pytest.fixture
def room() -> Iterator[Path]:
    with scratch_folder() as made:
        yield made


@pytest.mark.parametrize("times", ["once", "always"])
@pytest.mark.parametrize("files", ["catalogue", "derived"])
@pytest.mark.parametrize("work", ["reads_while_opening", "reads_while_open"])
def test_each_read_fails(nursery: Nursery, room: Path, work: str, files: str, times: str) -> None:
    if (work, files) == ("reads_while_open", "derived"):
        pytest.skip("tantivy maps its files: nothing is read")
    with open_corpus(room / "data") as corpus:
        for number in range(12):
            corpus.put(Draft(id=f"d{number}", text=text_of(number, 20)))
    derived = [path for path in (room / "data").rglob("*") if path.parent.name == "lexical"]
    paths = [room / "data" / "catalog.db"] if files == "catalogue" else derived
    for nth in count(1, 1 if NIGHTLY else 9):
        child = nursery.start(work, room)
        await_file(room / "ready")
        inject = f"inject={_CALLS}:error=EIO:when={nth}{'+' if times == 'always' else ''}"
        only = [f"-P{path}" for path in paths]
        with traced(child, room / "trace", "-e", f"trace={_CALLS}", "-e", inject, *only):
            (room / "attached").touch()
            await_file(room / "acted")
        (room / "detached").touch()
        ended = child.ended()
        assert ended.code == 0, "\n".join([f"call {nth}", *map(str, ended.told)])
        injected = "INJECTED" in (room / "trace").read_text()
        for file in ("ready", "attached", "acted", "detached", "trace"):
            (room / file).unlink()
        assert injected or nth > 1
        if not injected:
            break
