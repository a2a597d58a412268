"""The progress of storing, shown only in a terminal."""

from typing import Self

from rich import progress
from rich.console import Console
from rich.markup import escape

from citespan.qa.files import Source

_WIDEST_NAME = 40  # characters of a file's name
_LONG = 64  # chunks; fewer are embedded before a user would see a bar


class Progress:
    """A bar of the files, and below it a bar of the chunks of a long file. Use it in a `with`.

    Args:
        files: the number of files.
        console: shows the bars; standard error by default.
    """

    def __init__(self, files: int, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._bars = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[unit]}"),
            progress.TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._files = self._bars.add_task("Storing", total=files, unit="files")
        self._chunks = self._bars.add_task("", total=None, unit="chunks", visible=False)

    def file_done(self) -> None:
        """Count one more finished file."""
        self._bars.advance(self._files)
        self._bars.update(self._chunks, visible=False)

    def chunks_done(self, source: Source, done: int, total: int) -> None:
        """Show how many chunks of a file are embedded."""
        if done == 0:
            self._bars.reset(self._chunks, total=total, visible=total > _LONG)
        name = "".join(filter(str.isprintable, source.name))[-_WIDEST_NAME:]
        self._bars.update(self._chunks, completed=done, description=escape(name))

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()
