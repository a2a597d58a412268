"""A conversation in the terminal: answers as they are made, with sources that can be opened."""

import importlib
from collections.abc import Callable, Iterator
from contextlib import suppress

from rich.console import Console
from rich.text import Text

from index.types import Span
from qa.cite import Citation
from qa.errors import QAError
from qa.events import Delta, Done, SegmentDone
from qa.messages import Message
from qa.service import Service
from qa.show import FELL_BACK, print_source, shown
from qa.types import Answer, Mode, Support

_HELP = """\
Ask anything about the documents; a follow-up may lean on what was said before.
/sources  what the last answer rests on     /open N  read source N in its document
/new      begin another conversation        /quit    leave (or ctrl-D)"""
_AROUND = 600  # code points on each side of a source that is opened


class Chat:
    """One conversation.

    Args:
        service: answers.
        mode: how; the service's own by default.
        console: where it is shown.
    """

    def __init__(
        self, service: Service, mode: Mode | None = None, console: Console | None = None
    ) -> None:
        self._service, self._mode = service, mode
        self._console = console or Console()
        self._history: list[Message] = []
        self._citations: tuple[Citation, ...] = ()

    def run(self, lines: Iterator[str]) -> None:
        """Go on until there are no more lines, or one is /quit."""
        for line in lines:
            command, _, argument = line.strip().partition(" ")
            if command == "/quit":
                return
            if command.startswith("/"):
                self._command(command, argument.strip())
            elif command:
                self._ask(line.strip())

    def _command(self, command: str, argument: str) -> None:
        commands: dict[str, Callable[[], None]] = {
            "/sources": self._sources,
            "/open": lambda: self._open(argument),
            "/new": self._new,
            "/help": lambda: self._say(_HELP),
        }
        commands.get(command, lambda: self._say(f"There is no {command}.\n{_HELP}"))()

    def _ask(self, question: str) -> None:
        try:
            answer = self._tell(question)
        except KeyboardInterrupt:
            self._console.print()
            self._say("stopped")
            return
        except QAError as error:
            self._say(str(error))
            return
        self._citations = answer.citations
        said = answer.text or (answer.abstention.message if answer.abstention else "")
        self._history += [
            Message(role="user", content=question), Message(role="assistant", content=said)
        ]  # fmt: skip

    def _tell(self, question: str) -> Answer:
        """The answer, shown while it is made."""
        numbers: dict[tuple[str, int, Span], int] = {}
        for event in self._service.stream(question, mode=self._mode, history=self._history):
            match event:
                case Delta():
                    self._console.print(Text(shown(event.text)), end="", soft_wrap=True)
                case SegmentDone():
                    marks = [
                        numbers.setdefault(_place(one), len(numbers) + 1)
                        for one in event.segment.citations
                    ]
                    unsupported = event.segment.support is Support.UNSUPPORTED
                    mark = " [?]" if unsupported else "".join(f"[{n}]" for n in marks)
                    self._console.print(Text(mark, style="cyan"), end="", soft_wrap=True)
                case Done():
                    self._close(event.answer)
                    return event.answer
                case _:
                    pass
        raise ValueError("the events do not end with an answer")

    def _close(self, answer: Answer) -> None:
        if answer.text:
            self._console.print()
        if answer.abstention:
            self._say(answer.abstention.message)
        if answer.fallback:
            self._say(FELL_BACK.format(answer.fallback))
        if answer.citations:
            self._say(f"{len(answer.citations)} sources: /sources, /open N")

    def _sources(self) -> None:
        if not self._citations:
            self._say("The last answer has no sources.")
        for number, citation in enumerate(self._citations, start=1):
            print_source(citation, number, self._console)

    def _open(self, argument: str) -> None:
        number = 0
        with suppress(ValueError):
            number = int(argument)
        if not 1 <= number <= len(self._citations):
            self._say(f"There is no source {argument or 'without a number'}; see /sources.")
            return
        citation = self._citations[number - 1]
        document = self._service.corpus.get(citation.document.id, citation.document.revision)
        citation.verify(document)
        span, text = citation.span, document.text
        head = f"{citation.document.title or citation.document.id} {span.start}-{span.end}"
        self._console.print(Text(shown(head), style="bold"))
        whole = Text(shown(text[max(0, span.start - _AROUND) : span.start]), style="dim")
        whole.append(shown(citation.quote), style="bold green")
        whole.append(shown(text[span.end : span.end + _AROUND]), style="dim")
        self._console.print(whole, soft_wrap=not self._console.is_terminal)

    def _new(self) -> None:
        self._history, self._citations = [], ()
        self._say("A new conversation.")

    def _say(self, text: str) -> None:
        self._console.print(Text(shown(text), style="yellow"), soft_wrap=True)


def _place(citation: Citation) -> tuple[str, int, Span]:
    return citation.document.id, citation.document.revision, citation.span


def typed(prompt: str) -> Iterator[str]:
    """Lines that are typed, with the editing and the memory that a terminal has."""
    with suppress(ImportError):
        importlib.import_module("readline")  # which makes `input` editable
    while True:
        try:
            yield input(prompt)
        except (EOFError, KeyboardInterrupt):
            print()  # noqa: T201
            return
