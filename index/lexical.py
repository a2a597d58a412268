"""The lexical index: BM25 over titles and texts with tantivy, derived from the catalogue."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

import tantivy

from index.hashing import sha256_file
from index.types import Scored

_ANALYZER = "citespan"
_HEAP_BYTES = 20_000_000
_TITLE_BOOST = 0.5  # chosen on the development half of SQuAD as a corpus; see DECISIONS.md
_FILES = re.compile(r"meta\.json|[0-9a-f]{32}\..+")  # the rest is locks and housekeeping


class LexicalIndex:
    """Titles and texts by chunk id.

    Args:
        folder: an existing folder for its files; None keeps everything in memory.

    Raises:
        ValueError: the folder holds files that tantivy cannot read.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._schema = _schema()
        try:
            self._index = tantivy.Index(self._schema, path=str(folder) if folder else None)
            self._index.register_tokenizer(_ANALYZER, _analyzer())
            self._index.reload()
        except (ValueError, OSError) as error:
            raise ValueError(f"not a readable lexical index: {error}") from error
        self._query_analyzer = _analyzer()

    def ids(self) -> set[int]:
        """The ids of all texts held."""
        searcher = self._index.searcher()
        hits = searcher.search(
            tantivy.Query.all_query(), limit=max(1, searcher.num_docs), count=False
        ).hits
        return set(_ids(searcher, [address for _, address in hits]))

    def change(self, removed: Sequence[int], added: Iterable[tuple[int, str, str]]) -> None:
        """Forget ids and add (id, title, text) rows, then make both visible and durable."""
        # One thread (two killed the writer), and a writer per change: it can then wait for its
        # merges, after which the files on disk stand still and can be hashed.
        writer = self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        for chunk_id in removed:
            # Not by term: that takes a Python int for a signed one and deletes nothing.
            writer.delete_documents_by_query(tantivy.Query.term_query(self._schema, "id", chunk_id))
        for chunk_id, title, text in added:
            document = tantivy.Document()
            document.add_unsigned("id", chunk_id)
            document.add_text("title", title)
            document.add_text("text", text)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def search(self, query: str, k: int) -> list[Scored]:
        """Best chunks for the words of a query by BM25, best first; ties in order of chunk id."""
        words = dict.fromkeys(self._query_analyzer.analyze(query))
        clauses = [(tantivy.Occur.Should, self._word_query(word)) for word in words]
        if not clauses:
            return []
        searcher = self._index.searcher()
        query_of_words, limit = tantivy.Query.boolean_query(clauses), k + 1
        while True:  # until all that tie with the last place are there
            hits = searcher.search(query_of_words, limit=limit, count=False).hits
            if len(hits) < limit or hits[k - 1][0] > hits[-1][0]:
                break
            limit *= 2
        ids = _ids(searcher, [address for _, address in hits])
        found = sorted(
            zip((float(score) for score, _ in hits), ids, strict=True),
            key=lambda hit: (-hit[0], hit[1]),
        )[:k]
        return [Scored(chunk_id=chunk_id, score=score) for score, chunk_id in found]

    def file_hashes(self) -> dict[str, str]:
        """SHA-256 of each file of the index by name; empty if it is kept in memory."""
        if self._folder is None:
            return {}
        return folder_hashes(self._folder)

    def _word_query(self, word: str) -> tantivy.Query:
        text = tantivy.Query.term_query(self._schema, "text", word, index_option="freq")
        title = tantivy.Query.term_query(self._schema, "title", word, index_option="freq")
        boosted = tantivy.Query.boost_query(title, _TITLE_BOOST)
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Should, text), (tantivy.Occur.Should, boosted)]
        )


def folder_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of a lexical index by name."""
    return {
        path.name: sha256_file(path)
        for path in sorted(folder.iterdir())
        if _FILES.fullmatch(path.name)
    }


def _ids(searcher: tantivy.Searcher, addresses: list[tantivy.DocAddress]) -> list[int]:
    return cast(list[int], searcher.fast_field_values("id", addresses))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    for name in ("title", "text"):
        builder.add_text_field(name, tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()


def _analyzer() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(60),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()
