"""A conversation in the terminal: streamed answers, with sources that can be opened."""

import importlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

from rich.console import Console
from rich.text import Text

from citespan.index.errors import StoreError
from citespan.index.text import shown
from citespan.qa.answer.events import CitationAdded, Delta, Done, SegmentDone
from citespan.qa.citation import Citation
from citespan.qa.errors import ModeUnavailable, QAError
from citespan.qa.service import Service
from citespan.qa.terminal.show import FELL_BACK, UNSUPPORTED, print_source
from citespan.qa.types import Answer, Message, Mode, Support

_HELP = """\
Ask anything about the documents; a follow-up may refer to earlier messages.
  /sources  show the quotes that support the last answer
  /open N   show source N of the last answer in its document
  /new      begin another conversation
  /quit     end the chat, as ctrl-D does; ctrl-C stops an answer
[1] is the number of a source."""
_AROUND = 600  # code points on each side of a source that is opened


class Chat:
    """One conversation.

    Args:
        service: answers the questions.
        mode: how answers are made; the service's setting by default.
        console: shows the conversation; standard output by default.

    Raises:
        ModeUnavailable: the service cannot answer in that mode.
    """

    def __init__(
        self, service: Service, mode: Mode | None = None, console: Console | None = None
    ) -> None:
        if mode and mode not in service.modes():
            raise ModeUnavailable("no language model is set up: set llm.base_url and llm.model")
        self._service, self._mode = service, mode
        self._console = console or Console()
        self._history: list[Message] = []
        self._citations: dict[str, Citation] = {}  # those of the last answer, by number

    def run(self, lines: Iterable[str]) -> None:
        """Answer each line until the lines end or one is /quit."""
        for line in lines:
            command, _, argument = line.strip().partition(" ")
            if command == "/quit":
                return
            try:
                if command.startswith("/"):
                    self._command(command, argument.strip())
                elif command:
                    self._ask(line.strip())
            except (QAError, StoreError) as error:
                self._notify(str(error))

    def _command(self, command: str, argument: str) -> None:
        commands: dict[str, Callable[[], None]] = {
            "/sources": self._sources,
            "/open": lambda: self._open(argument),
            "/new": self._new,
            "/help": lambda: self._notify(_HELP),
        }
        commands.get(command, lambda: self._notify(f"There is no command {command}.\n{_HELP}"))()

    def _ask(self, question: str) -> None:
        self._citations = {}
        try:
            answer = self._print_answer(question)
        except KeyboardInterrupt:
            self._console.print()
            self._notify("The answer was stopped.")
            return
        content = answer.text or (answer.abstention.message if answer.abstention else "")
        self._history += [
            Message(role="user", content=question), Message(role="assistant", content=content)
        ]  # fmt: skip

    def _print_answer(self, question: str) -> Answer:
        """Print the answer while it is made, and return it."""
        for event in self._service.stream(question, mode=self._mode, history=self._history):
            match event:
                case CitationAdded():
                    self._citations[str(event.citation.number)] = event.citation
                case Delta():
                    self._console.print(Text(shown(event.text)), end="", soft_wrap=True)
                case SegmentDone():
                    marks = "".join(f" [{one.number}]" for one in event.segment.citations)
                    self._console.print(Text(marks, style="cyan"), end="", soft_wrap=True)
                    if event.segment.support is Support.UNSUPPORTED:
                        self._console.print(Text(UNSUPPORTED, style="yellow"), end="")
                case Done():
                    self._close(event.answer)
                    return event.answer
                case _:
                    pass
        raise ValueError("the events must end with an answer")

    def _close(self, answer: Answer) -> None:
        if answer.text:
            self._console.print()
        if answer.abstention:
            self._notify(answer.abstention.message)
        if answer.fallback:
            self._notify(FELL_BACK.format(answer.fallback))
        if answer.citations:
            self._notify("/sources shows the sources, /open 1 shows the first one in its document")

    def _sources(self) -> None:
        if not self._citations:
            self._notify("The last answer has no sources.")
        for citation in self._citations.values():
            print_source(citation, self._console)

    def _open(self, argument: str) -> None:
        citation = self._citations.get(argument)
        if citation is None:
            last = len(self._citations)
            known = f"1 to {last}; /sources shows them" if last else "but there is none now"
            self._notify(f"/open needs the number of a source, {known}.")
            return
        document = self._service.corpus.get(citation.document.id, citation.document.revision)
        citation.verify(document)
        span, text = citation.span, document.text
        head = f"{citation.document.title or citation.document.id} {span.start}-{span.end}"
        self._console.print(Text(shown(head), style="bold"), soft_wrap=True)
        before, after = text[: span.start], text[span.end :]
        if len(before) > _AROUND:
            before = "…" + before[-_AROUND:].partition(" ")[2]
        if len(after) > _AROUND:
            after = after[:_AROUND].rpartition(" ")[0] + "…"
        coloured = self._console.is_terminal
        quote = shown(citation.quote) if coloured else f"**{shown(citation.quote)}**"
        parts = (shown(before), "dim"), (quote, "bold green"), (shown(after), "dim")
        self._console.print(Text.assemble(*parts), soft_wrap=not coloured)

    def _new(self) -> None:
        self._history, self._citations = [], {}
        self._notify("This is a new conversation.")

    def _notify(self, text: str) -> None:
        self._console.print(Text(shown(text), style="yellow"), soft_wrap=True)


def typed(prompt: str) -> Iterator[str]:
    """Yield the lines that a user types, with line editing and history if available."""
    with suppress(ImportError):
        importlib.import_module("readline")  # adds line editing to `input`
    while True:
        try:
            yield input(prompt)
        except (EOFError, KeyboardInterrupt):
            print()  # noqa: T201
            return
