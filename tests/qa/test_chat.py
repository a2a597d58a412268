"""`citespan chat`: as a process, under a pseudo-terminal too, and in generated mode."""

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from scripted_endpoint import ScriptedEndpoint, scripted
from serving import environment

from citespan.index import Draft
from citespan.index.errors import StoreError
from citespan.qa import Mode, Service, load_settings, open_service
from citespan.qa.errors import ModeUnavailable
from citespan.qa.terminal.chat import Chat
from citespan.qa.types import Message

SEED = (Path(__file__).parents[2] / "seeds/china-celac.txt").read_text("utf-8")
RUBIO = "Which think tank does Song Junying work for? What did Rubio claim?"
CLAIMED = 'claimed about so-called "Chinese exploitation,"'
_STYLE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def data(models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of processes on a folder with the seed."""
    folder = tmp_path_factory.mktemp("chat") / "data"
    environ = environment(folder, models_folder)
    open_service(settings=load_settings(environ=environ)).close()
    return environ


@pytest.fixture(scope="module")
def service(data: dict[str, str]) -> Iterator[Service]:
    with open_service(settings=load_settings(environ=data), read_only=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def endpoint() -> Iterator[ScriptedEndpoint]:
    with scripted("right") as server:
        yield server


@pytest.fixture
def writing(data: dict[str, str], endpoint: ScriptedEndpoint) -> Iterator[Service]:
    """A service whose answers are written by the scripted endpoint."""
    own = {
        "CITESPAN_LLM__BASE_URL": endpoint.base_url,
        "CITESPAN_LLM__MODEL": "scripted",
        "CITESPAN_LLM__RETRIES": "0",
        "CITESPAN_ANSWER__MODE": "generated",
        "CITESPAN_ANSWER__POLICY": "mark",
    }
    with open_service(settings=load_settings(environ=data | own), read_only=True) as opened:
        yield opened


def talked(service: Service, *lines: str, mode: Mode | None = None) -> list[str]:
    """What is shown of each line."""
    shown: list[str] = []
    written = io.StringIO()
    chat = Chat(service, mode, Console(file=written, width=80))
    for line in lines:
        chat.run([line])
        shown.append(written.getvalue())
        written.seek(0)
        written.truncate()
    return shown


def test_lines_of_another_program(data: dict[str, str]) -> None:
    lines = f"{RUBIO}\n\n/open 2\n/quit\n{RUBIO}\n".encode()
    odd = b"What \xff\xfe is this?\n"
    done = subprocess.run(
        [sys.executable, "-P", "-m", "citespan", "chat"],
        input=odd + lines,
        env=data | {"PYTHONIOENCODING": "utf-8:strict"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    shown = done.stdout.decode()
    assert shown.count("International Studies. [1]\n\nU.S. Secretary") == 1
    assert f"**U.S. Secretary of State Marco Rubio has {CLAIMED}" in shown


def test_sources_are_those_of_the_last_answer(service: Service) -> None:
    answer, sources, second, ninth, none = talked(
        service, RUBIO, "/sources", "/open 2", "/open 9", "/open"
    )
    quotes = [one.quote for one in service.ask(RUBIO).citations]
    assert answer.startswith(f"{quotes[0]} [1]\n\n{quotes[1]} [2]\n")
    assert all(f"**{quote}**" in sources for quote in quotes)
    head, _, shown = second.partition("\n")
    assert head.endswith("interviews 884-1155")
    before, quote, after = shown.split("**")
    assert quote == quotes[1]
    assert before.removeprefix("…") + quote + after.rstrip("…\n") in SEED
    assert ninth == none == "/open needs the number of a source, 1 to 2; /sources shows them.\n"


def test_a_follow_up_leans_on_what_was_said_until_there_is_a_new_conversation(
    service: Service,
) -> None:
    asked = "Which think tank does Song Junying work for?", "What is her job title?"
    first, followed, new, sources, alone = talked(service, *asked, "/new", "/sources", asked[1])
    history = [
        Message(role="user", content=asked[0]),
        Message(role="assistant", content=service.ask(asked[0]).text),
    ]
    expected = service.ask(asked[1], history=history)
    assert "China Institute of International Studies" in first
    assert followed.startswith(f"{expected.citations[0].quote} [1]")
    assert new == "This is a new conversation.\n"
    assert sources == "The last answer has no sources.\n"
    assert alone == talked(service, asked[1])[0] != followed


def test_what_is_no_question(service: Service) -> None:
    help_, unknown, empty, nothing, wrong = talked(
        service, "/help", "/nope", "  ", "How many moons does Jupiter have?", "a\ud800"
    )
    assert all(command in help_ for command in ("/sources", "/open N", "/new", "/quit", "ctrl-C"))
    assert unknown == f"There is no command /nope.\n{help_}"
    assert empty == ""
    assert nothing == "Nothing in the documents is about this question.\n"
    assert "not valid Unicode" in wrong
    assert talked(service, "hello")[0].startswith("Hello.")


def test_documents_do_not_steer_the_terminal(models_folder: Path, tmp_path: Path) -> None:
    environ = environment(tmp_path, models_folder, CITESPAN_DATA__SEED="false")
    with open_service(settings=load_settings(environ=environ)) as service:
        title = "\x1b]0;owned\x07Café"
        text = "The café has \x1b[31mred\x1b[0m chairs and \u202eblue\u202c tables.\r\n" * 2
        service.corpus.add(Draft(text=text, id="café", title=title))
        shown = talked(service, "What has the café?", "/sources", "/open 1", "/open \x1b[2J")
    assert "red" in shown[0]
    assert "Café" in shown[1]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", "".join(shown))


def test_a_source_that_is_gone(models_folder: Path, tmp_path: Path) -> None:
    environ = environment(tmp_path, models_folder, CITESPAN_DATA__SEED="false")
    with open_service(settings=load_settings(environ=environ)) as service:
        service.corpus.add(Draft(text="The café is in Graz.", id="café"))
        written = io.StringIO()
        chat = Chat(service, console=Console(file=written, width=80))
        chat.run(["Where is the café?"])
        service.corpus.delete("café")
        with pytest.raises(StoreError) as gone:
            service.corpus.get("café", 1)
        chat.run(["/open 1", "/help"])
    assert f"\n{gone.value}\n" in written.getvalue()
    assert "/new" in written.getvalue()


def test_without_a_language_model_nothing_is_generated(data: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "citespan", "chat", "--mode", "generated"],
        stdin=subprocess.DEVNULL, env=data, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "citespan: no language model is set up: set llm.base_url and llm.model\n"
    )


def test_mode_is_checked_at_once(service: Service) -> None:
    with pytest.raises(ModeUnavailable, match=r"llm\.base_url"):
        Chat(service, Mode.GENERATED)


@pytest.mark.parametrize("behaviour", ["right", "sandwiched", "status_500", "cut", "no_answer"])
def test_generated_answers(writing: Service, endpoint: ScriptedEndpoint, behaviour: str) -> None:
    endpoint.behaviour = behaviour
    answer, first, quotes = talked(writing, RUBIO, "/open 1", "/sources")
    endpoint.behaviour = behaviour
    expected = writing.ask(RUBIO)
    for number, citation in enumerate(expected.citations, start=1):
        assert f"[{number}]" in answer
        assert f"**{citation.quote}**".replace("\n", " ") in quotes.replace("\n", " ")
    assert ("The language model did not write the whole answer" in answer) == bool(
        expected.fallback
    )
    assert ("[not in the documents]" in answer) == (behaviour in {"sandwiched", "cut"})
    if expected.citations:
        assert f"**{expected.citations[0].quote}**" in first
    assert bool(expected.fallback) == (behaviour in {"status_500", "cut"})


class Terminal:
    """`citespan chat` under a pseudo-terminal."""

    def __init__(self, environ: dict[str, str], *options: str) -> None:
        arguments = [sys.executable, "-P", "-m", "citespan", "chat", *options]
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            arguments, stdin=theirs, stdout=theirs, stderr=theirs, env=environ,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def until(self, text: str) -> str:
        """What is shown, as far as this text, without its colours."""
        shown = ""
        while text not in _STYLE.sub("", shown):
            ready, _, _ = select.select([self._ours], [], [], 60)
            assert ready, shown
            shown += os.read(self._ours, 1).decode(errors="replace")
        return _STYLE.sub("", shown)

    def end(self) -> int:
        code = self.process.wait(timeout=30)
        os.close(self._ours)
        return code


def test_a_terminal(data: dict[str, str]) -> None:
    terminal = Terminal(data | {"TERM": "xterm", "COLUMNS": "200"})
    terminal.until("/help lists the commands.")
    terminal.until("> ")
    terminal.type(f"{RUBIO}\r")
    shown = terminal.until("\n> ")
    assert "International Studies. [1]\r\n\r\nU.S. Secretary" in shown
    terminal.type("/open 1\r")
    assert "While serving to uphold U.S. hegemony" in " ".join(terminal.until("\n> ").split())
    terminal.type("\x04")
    assert terminal.end() == 0


def test_an_answer_is_stopped(data: dict[str, str], endpoint: ScriptedEndpoint) -> None:
    """By the signal of ctrl-C, while the language model says nothing; the conversation goes on."""
    endpoint.behaviour = "hang_after_headers"
    own = {"CITESPAN_LLM__BASE_URL": endpoint.base_url, "CITESPAN_LLM__MODEL": "scripted"}
    terminal = Terminal(data | own | {"TERM": "xterm"}, "--mode", "generated")
    terminal.until("> ")
    asked = len(endpoint.requests)
    terminal.type(f"{RUBIO}\r")
    while len(endpoint.requests) == asked:
        threading.Event().wait(0.05)
    terminal.process.send_signal(signal.SIGINT)
    terminal.until("stopped")
    terminal.until("> ")
    assert endpoint.requests[-1].disconnected.wait(10)
    terminal.type("/sources\r")
    terminal.until("The last answer has no sources.")
    endpoint.behaviour = "right"
    terminal.type(f"{RUBIO}\r")
    terminal.until("[1]")
    terminal.until("\n> ")
    terminal.type("/quit\r")
    assert terminal.end() == 0
