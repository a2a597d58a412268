"""The lexical index: BM25 over titles and texts with tantivy, derived from the catalogue."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import tantivy
from numpy.typing import NDArray

from citespan.decoding import from_json
from citespan.index.disk.crashpoints import reached
from citespan.index.disk.hashing import sha256_file
from citespan.index.search.bm25 import TITLE_BOOST
from citespan.index.text.apart import taken_apart
from citespan.index.text.stems import english_analyzer
from citespan.index.types import Scored

_ANALYZER = "citespan"
_HEAP_BYTES = 20_000_000
_NARROW = 1000  # ids that the query looks up; if there are more, some are soon found among the best
_FEW = 0.1  # of all texts: a larger share is soon found among the best, too
_FILES = re.compile(r"meta\.json|[0-9a-f]{32}\..+")  # the other files are locks and housekeeping


class _Deletes(msgspec.Struct):
    num_deleted_docs: int


class _Segment(msgspec.Struct):
    segment_id: str
    deletes: _Deletes | None


class _Meta(msgspec.Struct):
    """The part of tantivy's `meta.json` that counts removed documents."""

    segments: list[_Segment]


class LexicalIndex:
    """A BM25 index of titles and texts by chunk id.

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
            self._index.register_tokenizer(_ANALYZER, english_analyzer())
            # Otherwise a thread would load the files of another process before they are checked.
            self._index.config_reader("manual")
            self._index.reload()
        except (ValueError, OSError) as error:
            raise ValueError(f"not a readable lexical index: {error}") from error
        self._query_analyzer = english_analyzer()
        self._hashed: dict[tuple[str, int, int], str] = {}

    def ids(self) -> set[int]:
        """Return the ids of all texts held."""
        searcher = self._index.searcher()
        hits = searcher.search(
            tantivy.Query.all_query(), limit=max(1, searcher.num_docs), count=False
        ).hits
        return set(_ids(searcher, [address for _, address in hits]))

    def change(self, removed: Sequence[int], added: Iterable[tuple[int, str, str]]) -> None:
        """Remove ids and add (id, title, text) rows, then make both changes visible and durable."""
        writer = self._writer()
        for chunk_id in removed:
            # Not by term: tantivy takes a Python int for a signed one and deletes nothing.
            writer.delete_documents_by_query(tantivy.Query.term_query(self._schema, "id", chunk_id))
        self._finish(writer, added)

    def rewrite(self, rows: Iterable[tuple[int, str, str]]) -> None:
        """Write only these (id, title, text) rows to new files, and delete the old files."""
        writer = self._writer()
        writer.delete_all_documents()
        self._finish(writer, rows)
        self.tidy()

    def forgotten(self) -> int:
        """Return how many removed ids still have words in a file in use."""
        deletes = (segment.deletes for segment in self._segments())
        return sum(found.num_deleted_docs for found in deletes if found)

    def tidy(self) -> bool:
        """Delete the files of merged segments, kept for searches; return whether there were any."""
        if self._folder is None:
            return False
        used = {segment.segment_id.replace("-", "") for segment in self._segments()} | {"meta"}
        if all(path.name.partition(".")[0] in used for path in _files(self._folder)):
            return False
        writer = self._writer()
        writer.garbage_collect_files()
        writer.wait_merging_threads()
        return True

    def search(self, query: str, k: int, among: NDArray[np.int64] | None = None) -> list[Scored]:
        """Return the best chunks for a query by BM25, best first; ties are in order of chunk id.

        Args:
            query: the text whose words are searched for.
            k: at least 1.
            among: (n,) the ids that may be returned, ascending; it does not change scores.
        """
        words = dict.fromkeys(self._query_analyzer.analyze(taken_apart(query)))
        # One flat list of words: tantivy skips texts that cannot be among the best only in such.
        clauses = [clause for word in words for clause in self._word_clauses(word)]
        if not clauses:
            return []
        searcher = self._index.searcher()
        sought, limit = tantivy.Query.boolean_query(clauses), 2 * k
        if among is not None:
            share = min(1.0, max(1, len(among)) / max(1, searcher.num_docs))
            if share < _FEW and len(among) <= _NARROW:
                sought = self._narrowed(sought, among)
            else:
                limit = int(limit / share)
        while True:  # until all chunks that tie with the last place are found
            hits = searcher.search(sought, limit=limit, count=False).hits
            scores = np.array([score for score, _ in hits], dtype=np.float64)
            ids = np.array(_ids(searcher, [address for _, address in hits]), dtype=np.int64)
            allowed = np.ones(len(ids), bool) if among is None else _member(ids, among)
            enough = allowed.sum() >= k and scores[allowed][k - 1] > scores[-1]
            if len(hits) < limit or enough:
                break
            limit *= 2
        found = sorted(
            zip(scores[allowed].tolist(), ids[allowed].tolist(), strict=True),
            key=lambda hit: (-hit[0], hit[1]),
        )[:k]
        return [Scored(chunk_id=chunk_id, score=score) for score, chunk_id in found]

    def file_hashes(self) -> dict[str, str]:
        """Return the SHA-256 of each file of the index by name; empty for an index in memory.

        A file is not read again while its size and time are unchanged: tantivy writes a file once.
        """
        known, self._hashed = self._hashed, {}
        for path in _files(self._folder) if self._folder else ():
            found = path.stat()
            key = (path.name, found.st_size, found.st_mtime_ns)
            self._hashed[key] = known.get(key) or sha256_file(path)
        return {name: sha256 for (name, _, _), sha256 in self._hashed.items()}

    def _segments(self) -> list[_Segment]:
        if self._folder is None:
            return []
        return from_json((self._folder / "meta.json").read_bytes(), _Meta).segments

    def _writer(self) -> tantivy.IndexWriter:
        # One thread (two killed the writer), and a writer per change, which can wait for its
        # merges. After them the files on disk no longer change and can be hashed.
        return self._index.writer(heap_size=_HEAP_BYTES, num_threads=1)

    def _finish(self, writer: tantivy.IndexWriter, rows: Iterable[tuple[int, str, str]]) -> None:
        for chunk_id, title, text in rows:
            document = tantivy.Document()
            document.add_unsigned("id", chunk_id)
            document.add_text("title", taken_apart(title))
            document.add_text("text", taken_apart(text))
            writer.add_document(document)
        reached("lexical.changed")
        writer.commit()
        reached("lexical.committed")
        writer.wait_merging_threads()
        reached("lexical.merged")
        self._index.reload()

    def _narrowed(self, sought: tantivy.Query, among: NDArray[np.int64]) -> tantivy.Query:
        """Return the query restricted to these ids, with unchanged scores."""
        ids = tantivy.Query.term_set_query(self._schema, "id", among.tolist())
        unscored = tantivy.Query.const_score_query(ids, 0.0)
        return tantivy.Query.boolean_query(
            [(tantivy.Occur.Must, sought), (tantivy.Occur.Must, unscored)]
        )

    def _word_clauses(self, word: str) -> list[tuple[tantivy.Occur, tantivy.Query]]:
        text = tantivy.Query.term_query(self._schema, "text", word, index_option="freq")
        title = tantivy.Query.term_query(self._schema, "title", word, index_option="freq")
        boosted = tantivy.Query.boost_query(title, TITLE_BOOST)
        return [(tantivy.Occur.Should, text), (tantivy.Occur.Should, boosted)]


def folder_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a lexical index by name."""
    return {path.name: sha256_file(path) for path in _files(folder)}


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if _FILES.fullmatch(path.name)]


def _member(ids: NDArray[np.int64], among: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which ids are in `among`, which is sorted already; `np.isin` would sort it again."""
    if not len(among):
        return np.zeros(len(ids), bool)
    places = np.searchsorted(among, ids)
    return among[np.minimum(places, len(among) - 1)] == ids


def _ids(searcher: tantivy.Searcher, addresses: list[tantivy.DocAddress]) -> list[int]:
    return cast(list[int], searcher.fast_field_values("id", addresses))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    for name in ("title", "text"):
        builder.add_text_field(name, tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()
