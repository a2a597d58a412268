import io
import re

from rich.console import Console

from citespan.index import Draft
from citespan.index.reading import ReadFile
from citespan.qa.files import Source
from citespan.qa.terminal.progress import Progress


def source(name: str) -> Source:
    return Source(number=0, name=name, read=lambda: ReadFile(draft=Draft(text="a")))


def shown(*, terminal: bool) -> str:
    written = io.StringIO()
    with Progress(3, Console(file=written, force_terminal=terminal, width=100)) as progress:
        progress.chunks_done(source("short.txt"), 0, 3)
        progress.file_done()
        progress.chunks_done(source("[red]lo\x1bng.txt"), 0, 200)
        progress.chunks_done(source("[red]lo\x1bng.txt"), 64, 200)
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", written.getvalue())


def test_files_and_the_chunks_of_a_long_one_are_shown_in_a_terminal():
    last = shown(terminal=True).splitlines()[-2:]
    assert "1/3" in last[0]
    assert last[1].startswith("[red]long.txt")
    assert "64/200 chunks" in last[1]


def test_nothing_is_shown_anywhere_else():
    assert shown(terminal=False) == ""
