"""Characters that Unicode can write in several forms: kept as they came, and cut right."""

import json
import shutil
import subprocess
import sys
import unicodedata

import pytest
from faults import NIGHTLY
from strategies import document

from citespan.index import OnnxEmbedder
from citespan.index.parse.decode import canonical
from citespan.index.text.chunking import chunk_spans
from citespan.index.text.segmentation import sentences
from citespan.qa import Citation

_FORMS = ("NFC", "NFD", "NFKC", "NFKD")
_A_TEXT = 200  # characters in all their forms
_EVERY = 1 if NIGHTLY else 12
_SCRIPT = """
const { cuts } = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(cuts.map(([t, start, end, quote]) => t.slice(start, end) === quote)));
"""


def texts() -> list[str]:
    """Each character that has another form, with all of them, as sentences of some texts."""
    found = [
        [one, *(unicodedata.normalize(form, one) for form in _FORMS)]
        for one in map(chr, range(1, sys.maxunicode + 1))
        if not 0xD800 <= ord(one) <= 0xDFFF
    ]
    odd = [forms for forms in found if len(set(forms)) > 1][::_EVERY]
    lines = [f"The form {at} is {' and '.join(forms)}." for at, forms in enumerate(odd)]
    return ["\n".join(lines[at : at + _A_TEXT]) for at in range(0, len(lines), _A_TEXT)]


@pytest.fixture(scope="module")
def citations() -> list[tuple[str, Citation]]:
    """Of each sentence of the texts, with its text."""
    made: list[tuple[str, Citation]] = []
    for text in texts():
        stored = document(text)
        made += [(text, Citation.of(stored, span)) for span in sentences(text)]
    return made


def test_no_form_is_changed(embedder: OnnxEmbedder) -> None:
    for text in texts():
        assert canonical(text) == text
        spans = chunk_spans(text, 100, embedder.count_tokens)
        assert "".join("".join(span.of(text) for span in spans).split()) == "".join(text.split())


def test_both_offsets_cut_the_quote(citations: list[tuple[str, Citation]]) -> None:
    assert len(citations) > 1000
    for text, citation in citations:
        assert text[citation.span.start : citation.span.end] == citation.quote
        units = text.encode("utf-16-le")[2 * citation.utf16.start : 2 * citation.utf16.end]
        assert units.decode("utf-16-le") == citation.quote


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_node_cuts_each_quote(citations: list[tuple[str, Citation]]) -> None:
    cuts = [(text, one.utf16.start, one.utf16.end, one.quote) for text, one in citations[::5]]
    given = json.dumps({"cuts": cuts})
    done = subprocess.run(
        ["node", "-e", _SCRIPT], input=given, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [True] * len(cuts)
