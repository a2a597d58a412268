"""A reader's process can do nothing but read its file, and its end is a reason."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from processes import children

from citespan.index.parse.isolation import Sandbox, missing
from citespan.index.parse.isolation.checks import Untrue, check
from citespan.index.parse.isolation.outcome import Ended, failure
from citespan.index.parse.isolation.wire import ProcessLimits
from citespan.index.parse.parsed import Heading, PageSize, Parsed
from citespan.index.parse.places import Box, Line, PlaceRun
from citespan.index.parse.request import Request, Unreadable

HOSTILE = """
import os, socket, subprocess, sys, tempfile, threading
from citespan.index.parse.isolation.child import _restrict
from citespan.index.parse.isolation.wire import ProcessLimits
_restrict(ProcessLimits(), ())
def attempt(name, act):
    try:
        act()
    except OSError as error:
        os.write(1, f"{name} {type(error).__name__}\\n".encode())
    else:
        os.write(1, f"{name} done\\n".encode())
attempt("socket", socket.socket)
attempt("socketpair", socket.socketpair)
attempt("read", lambda: os.open("/etc/passwd", os.O_RDONLY))
attempt("list", lambda: os.listdir("/"))
attempt("write", lambda: os.open("/tmp/x", os.O_WRONLY | os.O_CREAT))
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
attempt("fork", os.fork)
attempt("kill", lambda: os.kill(os.getppid(), 0))
attempt("mkdir", lambda: os.mkdir("/tmp/y"))
attempt("unlink", lambda: os.unlink("/etc/passwd"))
thread = threading.Thread(target=lambda: os.write(1, b"thread done\\n"))
thread.start(); thread.join()
"""

PDF = b"%PDF-1.7\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.close()


@pytest.mark.skipif(bool(missing()), reason="the kernel lacks what is tested")
def test_a_reader_can_reach_nothing():
    done = subprocess.run([sys.executable, "-c", HOSTILE], capture_output=True, check=True)
    outcomes = dict(line.split() for line in done.stdout.decode().splitlines())
    assert outcomes.pop("thread") == "done"
    assert len(outcomes) == 10
    assert set(outcomes.values()) == {"PermissionError"}


def test_the_zygote_holds_nothing_heavy():
    code = (
        "import sys; from citespan.index.parse.formats import preload_readers;"
        "preload_readers(); print(sorted({'numpy', 'apsw', 'onnxruntime', 'faiss', 'torch'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"


def test_plain_text_is_decoded_without_a_process():
    sandbox = Sandbox()
    parsed = sandbox.parse(b"One.\r\nTwo.", Request(name="a.md"))
    assert (parsed.text, parsed.media_type) == ("One.\nTwo.", "text/markdown")
    assert not sandbox._zygote.runs  # pyright: ignore[reportPrivateUsage]


def test_a_damaged_file_is_refused(sandbox: Sandbox):
    with pytest.raises(Unreadable) as refused:
        sandbox.parse(PDF, Request())
    assert refused.value.code == "corrupt"


def test_many_threads_share_a_zygote(sandbox: Sandbox):
    def code(_: int) -> str:
        with pytest.raises(Unreadable) as refused:
            sandbox.parse(PDF, Request())
        return refused.value.code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(code, range(40))) == ["corrupt"] * 40


def test_a_zygote_that_died_is_started_again(sandbox: Sandbox):
    for _ in range(2):
        with pytest.raises(Unreadable, match="PDF"):
            sandbox.parse(PDF, Request())
        zygote = sandbox._zygote.process  # pyright: ignore[reportPrivateUsage]
        assert zygote
        zygote.kill()
        zygote.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes as Linux shows them")
def test_its_processes_are_in_our_session(sandbox: Sandbox):
    """Linux may share the cores by session; nice values count only within one."""

    def read(_: int) -> None:
        with pytest.raises(Unreadable):
            sandbox.parse(PDF, Request())

    sessions = set[int]()
    with ThreadPoolExecutor(4) as pool:
        reading = [pool.submit(read, number) for number in range(200)]
        while not all(one.done() for one in reading):
            for process in children(os.getpid()):
                for pid in (process, *children(process)):
                    with suppress(ProcessLookupError):
                        sessions.add(os.getsid(pid))
    assert sessions == {os.getsid(0)}


def test_no_process_outlives_its_parent(tmp_path: Path):
    code = (
        "import time; from citespan.index.parse.isolation import Sandbox;"
        "from citespan.index.parse.request import *\n"
        "sandbox = Sandbox()\n"
        "try: sandbox.parse(b'%PDF-1.7', Request())\n"
        "except Unreadable: print(sandbox._zygote.process.pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        zygote = int(parent.stdout.readline())
        assert zygote in children(parent.pid)
        parent.kill()
    deadline = time.monotonic() + 10
    while Path(f"/proc/{zygote}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{zygote}").exists()


def test_time_that_is_up_ends_the_process():
    sandbox = Sandbox(ProcessLimits(wall_s=0))
    with pytest.raises(Unreadable) as refused:
        sandbox.parse(PDF, Request())
    assert refused.value.code == "timeout"
    zygote = sandbox._zygote.process  # pyright: ignore[reportPrivateUsage]
    assert zygote
    assert children(zygote.pid) == []
    sandbox.close()
    assert zygote.returncode is not None


@pytest.mark.parametrize(
    ("ended", "late", "code", "says"),
    [
        (Ended(0, 0, 1.0), True, "timeout", "600 s"),
        (Ended(signal.SIGXCPU, 0, 60.0), False, "timeout", "60 s of processor time"),
        (Ended(signal.SIGKILL, 0, 1.0), False, "memory", "1.5 GB"),
        (Ended(signal.SIGABRT, 1500 << 20, 1.0), False, "memory", "1.5 GB"),
        (Ended(signal.SIGSEGV, 0, 1.0), False, "crashed", "SIGSEGV"),
        (Ended(1 << 8, 0, 1.0), False, "crashed", "status"),
    ],
)
def test_each_end_has_a_reason(ended: Ended, late: int, code: str, says: str):
    assert os.WIFSIGNALED(ended.status) == (ended.status not in {0, 256})
    error = failure(ended, ProcessLimits(), late=bool(late))
    assert error.code == code
    assert says in str(error)


def parsed(**fields: object) -> Parsed:
    values: dict[str, object] = {"text": "abcd", "media_type": "x/y", "made_by": "x", **fields}
    return Parsed(**values)  # pyright: ignore[reportArgumentType]


BOX = Box(1, 0, 0, 9, 9)


@pytest.mark.parametrize(
    "wrong",
    [
        parsed(text="a\r\nb"),
        parsed(text="\ufeffab"),
        parsed(text="a\0b"),
        parsed(text="a\ud800b"),
        parsed(title="\ud800"),
        parsed(title="x" * 3000),
        parsed(runs=[PlaceRun(2, 2, Line(1))]),
        parsed(runs=[PlaceRun(0, 2, Line(1)), PlaceRun(1, 3, Line(1))]),
        parsed(runs=[PlaceRun(0, 5, Line(1))]),
        parsed(runs=[PlaceRun(-1, 2, Line(1))]),
        parsed(runs=[PlaceRun(0, 2, BOX)]),
        parsed(runs=[PlaceRun(0, 2, Line(1), [1, 2, 3, 4])]),
        parsed(runs=[PlaceRun(0, 2, BOX, [1, 2])], pages=[PageSize(9, 9)]),
        parsed(headings=[Heading(2, 9, 1)]),
        parsed(furniture=[(2, 4), (0, 2)]),
        parsed(metadata={"author": "\ud800"}),
    ],
)
def test_what_cannot_be_is_refused(wrong: Parsed):
    with pytest.raises(Untrue):
        check(wrong)


def test_what_can_be_is_accepted():
    right = parsed(
        runs=[PlaceRun(0, 2, BOX, [1, 2, 3, 4]), PlaceRun(3, 4, BOX)],
        pages=[PageSize(9, 9)],
        headings=[Heading(0, 2, 1)],
        furniture=[(3, 4)],
    )
    assert check(right) is right


def test_a_file_without_text_is_refused():
    with pytest.raises(Unreadable) as refused:
        check(parsed(text=" \n"))
    assert refused.value.code == "no_text"
