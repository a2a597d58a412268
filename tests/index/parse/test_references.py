"""Files that name other files and servers: nothing is opened, connected or started for them.

TEST_CYCLES=100 reads each kind with each target, more than 600 files.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults import NIGHTLY
from referring_files import REFERRING, TARGETS, WORD
from tracing import traced

from citespan.index.parse import Request, Unreadable
from citespan.index.parse.isolation import Sandbox, missing
from citespan.index.reading import FileReader

_CALLS = "%network,%file,execve,execveat,fork,vfork,ptrace,prctl,io_uring_setup,memfd_create"
_CLOSED = re.compile(r"prctl\(PR_SET_SECCOMP, .*\)\s+= 0")
_REFUSED = {  # files with a document type definition of XML
    "entity.docx", "parameter.docx", "entity.pptx", "entity.odt", "entity.ods", "package.epub",
    "container.epub", "drawing.svg",
}  # fmt: skip
_SECRET = ("root:x:", "/bin/bash", "nologin", "PYTHONPATH=")  # of /etc/passwd and of the process


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    with pytest.raises(Unreadable):
        made.parse(b"%PDF-1.7\n", Request())  # starts what is traced
    yield made
    made.close()


def _files() -> Iterator[tuple[str, bytes]]:
    """Each kind with each target, or with one of them by day."""
    for name, make in REFERRING.items():
        for target in TARGETS if NIGHTLY else TARGETS[:1]:
            yield name, make(target)


def _after_closing(trace: Path) -> tuple[int, list[str]]:
    """Return how many readers closed their doors, and all calls that they made afterwards."""
    closed: set[str] = set()
    calls: list[str] = []
    for line in trace.read_text("utf-8", "replace").splitlines():
        pid, _, call = line.partition(" ")
        if pid in closed and "+++" not in call and "---" not in call:
            calls.append(f"{pid} {call.strip()}")
        elif _CLOSED.match(call.strip()):
            closed.add(pid)
    return len(closed), calls


@pytest.mark.skipif(bool(missing()), reason="the kernel lacks what is tested")
def test_nothing_outside_is_reached_or_read(sandbox: Sandbox, tmp_path: Path):
    files = FileReader(parse=sandbox.parse)
    zygote = sandbox._zygote.process  # pyright: ignore[reportPrivateUsage]
    assert zygote
    read: list[str] = []
    with traced(zygote, tmp_path / "trace", "-e", f"trace={_CALLS}"):
        for name, data in _files():
            try:
                found = files.read(data, Request(name=name)).draft
            except Unreadable:
                continue
            read.append(name)
            assert WORD in f"{found.title} {found.text}", name
            assert not any(secret in found.text for secret in _SECRET), name
    readers, calls = _after_closing(tmp_path / "trace")
    assert calls == []
    assert set(REFERRING) - set(read) == _REFUSED
    assert readers > len(read) / 2  # others are texts, which are decoded without a process
