"""The most that one response holds, in code points. Pure.

A quote is a sentence (`index.text.segmentation.MAX_SENTENCE`). A passage is a chunk of at most
`index.text.chunking.CHARACTERS_A_TOKEN` characters a token. The data about a document are bounded
when the document is stored (`index.parse.drafts`).
"""

from collections.abc import Sequence

from citespan.index.types import Passage

MAX_ANSWER = 20_000  # of an answer's text; four passages of the default size have 6,000 at most
MAX_CITATIONS = 100  # of an answer
MAX_PASSAGES = 200_000  # of all passages together; 100 of the default size have 150,000 at most
MAX_FETCH = 50_000  # of a document's text that a tool gives a language model at once
MAX_LISTED = 1_000_000  # bytes of a page of documents, with their metadata


def bounded(passages: Sequence[Passage]) -> list[Passage]:
    """Return the first passages, as many as a response holds; at least one if there are any."""
    kept: list[Passage] = []
    room = MAX_PASSAGES
    for passage in passages:
        room -= len(passage.text)
        if room < 0 and kept:
            break
        kept.append(passage)
    return kept
