"""Citations of files in git repositories lead to their lines at the commit."""

from dataclasses import replace

import pytest
from strategies import document

from citespan.api.wire.places import open_url
from citespan.index import Span
from citespan.index.layout import Line, Where
from citespan.qa import Citation

COMMIT = "64f609d4acf7d9a747c29e3ed94e90ed0b6f2ade"
TEXT = "One.\nTwo.\nThree.\n"


@pytest.mark.parametrize(
    ("address", "span", "answer", "fragment"),
    [
        (f"https://github.com/o/r/blob/{COMMIT}/a.txt", Span(5, 9), None, "#L2"),
        (f"https://github.com/o/r/blob/{COMMIT}/a.txt", Span(5, 16), None, "#L2-L3"),
        (f"https://gitlab.com/o/r/-/blob/{COMMIT}/a.txt", Span(0, 16), None, "#L1-3"),
        (f"https://codeberg.org/o/r/src/commit/{COMMIT}/a.txt", Span(0, 9), None, "#L1-L2"),
        (f"https://github.com/o/r/blob/{COMMIT}/a.txt", Span(5, 16), Span(10, 15), "#L2"),
        ("https://github.com/o/r/blob/main/a.txt", Span(5, 9), None, ""),
        ("https://example.org/a.txt", Span(5, 9), None, ""),
    ],
)
def test_a_file_at_a_commit_opens_at_its_lines(
    address: str, span: Span, answer: Span | None, fragment: str
) -> None:
    cited = Citation.of(
        replace(document(TEXT), uri=address),
        span,
        highlights=() if answer is None else (answer,),
        where=Where(place=Line(TEXT[: span.start].count("\n") + 1)),
    )
    assert open_url(cited, "default") == address + fragment
