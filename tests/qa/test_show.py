"""What a person sees in the terminal."""

import io
import re
from pathlib import Path

from rich.console import Console

from citespan.index import Corpus, Draft
from citespan.index.embedding.protocol import Embedder
from citespan.qa import Service
from citespan.qa.evidence.protocol import Reader
from citespan.qa.terminal.show import print_answer, print_passages

_HOSTILE = "The vault code is 7391\x1b[2J\x1b]0;owned\x07 [bold]really[/bold] \u202etxt.\u202c"


def test_a_document_cannot_steer_the_terminal(tmp_path: Path, embedder: Embedder, reader: Reader):
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=200)
    with Service(Corpus.open(tmp_path, embedder), reader) as service:
        service.corpus.add(Draft(text=_HOSTILE, id="vault", title="Vault\x1b[31m [red]x"))
        print_answer(service.ask("What is the vault code?"), console)
        print_passages(service.search("vault code"), console)
    shown = out.getvalue()
    plain = re.sub(r"\x1b\[[\d;]*m", "", shown)  # without our own styles
    assert plain.count("7391\ufffd[2J\ufffd]0;owned\ufffd [bold]really[/bold]") == 3
    assert shown.count("Vault\ufffd[31m [red]x") == 2
    assert not any(escape in shown for escape in ("\x1b[2J", "\x1b]0", "\x1b[31m ", "\u202e"))
