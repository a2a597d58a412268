"""UTF-16 offsets slice the same quote in JavaScript."""

import json
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from citespan.api.wire.responses import answer_body
from citespan.index import Corpus, Draft
from citespan.index.embedding.protocol import Embedder
from citespan.qa import Service
from citespan.qa.evidence.protocol import Reader

_TEXT = (
    "👩‍👩‍👧 The café 𝒳 opened in 1999. مرحبا بالعالم.\n"
    "Its owner is Zoë 🎉 Müller, who bakes 𝔟𝔯𝔢𝔞𝔡 every day. Its bread costs two euros."
)
_SCRIPT = """
const { text, citations } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const cut = citations.map((c) => text.slice(c.utf16_start, c.utf16_end) === c.quote);
console.log(JSON.stringify(cut));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_node_cuts_the_same_quotes(tmp_path: Path, embedder: Embedder, reader: Reader):
    with Service(Corpus.open(tmp_path, embedder), reader) as service:
        service.corpus.add(Draft(text=_TEXT, id="café"))
        citations = [
            citation
            for question in ("Who is the owner?", "When did the café open?", "How much is bread?")
            for citation in json.loads(_encode(service, question))["citations"]
        ]
    assert any(citation["start"] != citation["utf16_start"] for citation in citations)
    given = json.dumps({"text": _TEXT, "citations": citations})
    command = ["node", "-e", _SCRIPT]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [True] * len(citations)


def _encode(service: Service, question: str) -> bytes:
    return msgspec.json.encode(answer_body(service.ask(question)))
