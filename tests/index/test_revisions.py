"""Past revisions go by a rule or on request, and what is gone is in no byte of any file."""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tantivy
from contracts import chunks_of
from faults import by_night, tampered
from hypothesis import given
from hypothesis import strategies as st
from strategies import document

from citespan.index import Corpus, Draft, OnnxEmbedder, Span
from citespan.index.catalogue.leftovers import unclean_free_pages
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.errors import CurrentRevision, DocumentNotFound
from citespan.index.search.lexical import LexicalIndex
from citespan.index.transfer.backup import back_up

WORDS = ("zyxwvutian", "qwrtplkjan", "bcdfghjkan")  # in no vocabulary, and not changed by stemming
SECRET = f"The {WORDS[0]} of {WORDS[1]} hid a {WORDS[2]} 𝔘nder the bridge."
LONG = SECRET + " Some more words that make the text longer than a page is." * 300
OTHERS = [Draft(id=f"d{n}", text=f"Cats of the {n}th kind sleep all day. " * 30) for n in range(9)]


def traces(folder: Path) -> set[str]:
    """The files, at any depth, that hold the sentence or one of its words in UTF-8.

    In the lexical index no word stands as it is: there, the words are looked up.
    """
    sought = [SECRET.encode(), *(word.encode() for word in WORDS)]
    found = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and any(one in path.read_bytes() for one in sought)
    }
    for lexical in folder.glob("build-*/lexical"):
        searcher: Any = tantivy.Index.open(str(lexical)).searcher()
        if any(searcher.doc_freq(field, word) for field in ("title", "text") for word in WORDS):
            found.add("lexical")
    return found


def segment_files(folder: Path) -> set[str]:
    """The segments of a lexical index of which there are files."""
    stems = {path.name.partition(".")[0] for path in folder.iterdir()}
    return {stem for stem in stems if re.fullmatch("[0-9a-f]{32}", stem)}


class TestRule:
    def test_all_are_kept_without_one(self, corpus: Corpus) -> None:
        stored = [corpus.put(Draft(id="a", text=f"State {n}.")).document for n in range(1, 5)]
        assert corpus.revisions("a") == tuple(stored)
        assert [one.revision for one in stored] == [1, 2, 3, 4]
        with pytest.raises(DocumentNotFound, match="no document 'b'"):
            corpus.revisions("b")

    @given(st.integers(0, 3), st.integers(1, 6))
    def test_the_newest_are_kept(
        self, tmp_path: Path, embedder: OnnxEmbedder, keep: int, states: int
    ) -> None:
        folder = tmp_path / f"{keep}-{states}"
        with Corpus.open(folder, embedder, keep_revisions=keep) as corpus:
            for n in range(1, states + 1):
                corpus.put(Draft(id="a", text=f"State {n}."))
            kept = range(max(1, states - keep), states + 1)
            assert [one.revision for one in corpus.revisions("a")] == list(kept)
            for n in range(1, states + 1):
                if n in kept:
                    assert corpus.get("a", n).text == f"State {n}."
                else:
                    with pytest.raises(DocumentNotFound, match="purged, or never was"):
                        corpus.get("a", n)
            corpus.delete("a")

    def test_a_number_is_not_used_again_after_purging(self, corpus: Corpus) -> None:
        for n in range(1, 4):
            corpus.put(Draft(id="a", text=f"State {n}."))
        assert corpus.purge("a") == 2
        assert corpus.put(Draft(id="a", text="State 1.")).document.revision == 4
        corpus.delete("a")
        assert corpus.put(Draft(id="a", text="State 1.")).document.revision == 5

    def test_purging_on_request(self, corpus: Corpus) -> None:
        for name in ("a", "b"):
            for n in range(1, 5):
                corpus.put(Draft(id=name, text=f"State {n} of {name}."))
        found = corpus.search("state")
        corpus.purge_revision("a", 2)
        assert corpus.purge("a", keep=1) == 1
        assert [one.revision for one in corpus.revisions("a")] == [3, 4]
        assert len(corpus.revisions("b")) == 4
        assert corpus.purge() == 4
        assert [len(corpus.revisions(name)) for name in ("a", "b")] == [1, 1]
        with pytest.raises(CurrentRevision):
            corpus.purge_revision("a", 4)
        with pytest.raises(ValueError, match="-1"):
            corpus.purge(keep=-1)
        assert corpus.search("state") == found
        assert corpus.health.check() == []


def deleted(corpus: Corpus) -> None:
    corpus.delete("secret")


def purged(corpus: Corpus) -> None:
    corpus.put(Draft(id="secret", text="Nothing to see."))
    corpus.purge("secret")


def purged_by_number(corpus: Corpus) -> None:
    corpus.put(Draft(id="secret", text="Nothing to see."))
    corpus.purge_revision("secret", 1)


def replaced_by_the_rule(corpus: Corpus) -> None:
    corpus.put(Draft(id="secret", text="Nothing to see."))
    corpus.put(Draft(id="secret", text="Nothing to see either."))


Removal = Callable[[Corpus], None]
REMOVALS = [deleted, purged, purged_by_number, replaced_by_the_rule]


class TestGone:
    @pytest.mark.parametrize("remove", REMOVALS)
    @pytest.mark.parametrize(
        "text", [pytest.param(SECRET, id="short"), pytest.param(LONG, id="long", marks=by_night)]
    )
    def test_no_byte_is_left_in_any_file(
        self, tmp_path: Path, embedder: OnnxEmbedder, remove: Removal, text: str
    ) -> None:
        folder = tmp_path / "data"
        secret = Draft(id="secret", text=text, title=SECRET, metadata={"of": SECRET}, uri=SECRET)
        with Corpus.open(folder, embedder, keep_revisions=1) as corpus:
            list(corpus.put_many([*OTHERS, secret]))
            assert traces(folder) >= {"catalog.db-wal", "lexical"}
            before = corpus.search("cats")
            remove(corpus)
            assert traces(folder) <= {"lexical"}
            corpus.health.compact()
            assert traces(folder) == set()
            assert corpus.health.uncompacted() == 0
            assert corpus.health.leftovers() == []
            assert [found.chunk for found in corpus.search("cats")] == [
                found.chunk for found in before
            ]
            back_up(folder, tmp_path / "b.zip")
        assert traces(folder) == set()
        with Corpus.open(folder, embedder) as again:
            assert again.health.leftovers() == again.health.check() == again.health.repaired() == []
            for word in WORDS:
                assert SECRET not in {found.text for found in again.search(word)}

    def test_closing_is_enough(self, tmp_path: Path, embedder: OnnxEmbedder) -> None:
        with Corpus.open(tmp_path, embedder) as corpus:
            list(corpus.put_many([*OTHERS, Draft(id="secret", text=SECRET)]))
        assert traces(tmp_path)
        with Corpus.open(tmp_path, embedder) as corpus:
            corpus.delete("secret")
            assert corpus.health.uncompacted() > 0
        assert traces(tmp_path) == set()
        with Corpus.open(tmp_path, embedder) as corpus:
            assert corpus.health.repaired() == []
            assert len(corpus.search("cats", k=50)) == corpus.counts()[1] > 0

    def test_small_segments_are_soon_merged_without_their_deleted_words(
        self, corpus: Corpus, tmp_path: Path
    ) -> None:
        list(corpus.put_many([*OTHERS, Draft(id="secret", text=SECRET)]))
        corpus.delete("secret")
        assert traces(tmp_path / "corpus") == {"lexical"}
        for number in range(8):
            corpus.put(Draft(id=f"e{number}", text="The bridge was opened in May."))
        assert corpus.health.uncompacted() == 0
        assert traces(tmp_path / "corpus") == set()
        corpus.health.compact()  # and the merged files are removed
        (lexical,) = (tmp_path / "corpus").glob("build-*/lexical")
        meta = json.loads((lexical / "meta.json").read_bytes())
        used = {one["segment_id"].replace("-", "") for one in meta["segments"]}
        assert segment_files(lexical) == used
        assert corpus.health.check() == corpus.health.leftovers() == []

    def test_a_kill_between_commit_and_cleaning_is_made_good_when_it_opens(
        self, tmp_path: Path, embedder: OnnxEmbedder
    ) -> None:
        with Corpus.open(tmp_path, embedder) as corpus:
            list(corpus.put_many([*OTHERS, Draft(id="secret", text=SECRET)]))
        script = (
            "import os, sys; from pathlib import Path\n"
            "from citespan.index.catalogue.sqlite import SqliteCatalogue\n"
            "from citespan.index.disk.database import Database\n"
            "catalogue = SqliteCatalogue(Path(sys.argv[1]), {})\n"
            "Database.empty_log = lambda self: os._exit(9)\n"
            "catalogue.delete('secret')"
        )
        killed = subprocess.run(
            [sys.executable, "-c", script, tmp_path / "catalog.db"], check=False, timeout=60
        )
        assert killed.returncode == 9
        assert "catalog.db" in traces(tmp_path)  # only the log says that it is deleted
        with Corpus.open(tmp_path, embedder) as corpus:
            assert traces(tmp_path) <= {"lexical"}
            corpus.health.compact()
            assert traces(tmp_path) == set()
            assert corpus.health.leftovers() == []

    def test_while_another_process_reads_the_log_stays_and_this_is_said(
        self, tmp_path: Path
    ) -> None:
        catalogue = SqliteCatalogue(tmp_path / "catalog.db", {})
        secret = document(SECRET, id="secret")
        catalogue.store(secret, chunks_of(secret, Span(0, 4)), np.ones((1, 2), dtype=np.float32))
        reader = SqliteCatalogue(tmp_path / "catalog.db", {}, read_only=True)
        with reader.snapshot():
            assert reader.document("secret") == secret
            catalogue.delete("secret")
            assert reader.document("secret") == secret
            assert traces(tmp_path) == {"catalog.db-wal"}
            (line,) = catalogue.leftovers()
            assert "in the log" in line
        catalogue.retire("x", 1)  # any change is the next chance
        assert traces(tmp_path) == set()
        assert catalogue.leftovers() == []
        with reader.snapshot():
            assert reader.find("secret") is None
        reader.close()
        catalogue.close()


class TestProof:
    """`leftovers` tells of what is planted."""

    @pytest.fixture
    def folder(self, tmp_path: Path, embedder: OnnxEmbedder) -> Path:
        with Corpus.open(tmp_path, embedder) as corpus:
            list(corpus.put_many([*OTHERS, Draft(id="secret", text=SECRET)]))
            corpus.delete("secret")
            assert corpus.health.deleted() == 1
            assert corpus.health.leftovers() == []
        return tmp_path

    @pytest.mark.parametrize(
        ("statement", "line"),
        [
            (
                "INSERT INTO revisions VALUES ('secret', 1, '', NULL, '', '', '{}', 4, '', 'text')",
                "1 revisions of documents that were deleted",
            ),
            (
                "INSERT INTO chunks_1 SELECT 99, 7, 'secret', 0, 4, 1, zeroblob(1536), ''",
                "1 chunks of documents that were deleted",
            ),
            (
                "INSERT INTO retired VALUES ('d1', 1)",
                "1 earlier revisions of documents that were deleted",
            ),
        ],
    )
    def test_a_row_in_the_catalogue(
        self, folder: Path, embedder: OnnxEmbedder, statement: str, line: str
    ) -> None:
        tampered(folder, statement)
        with Corpus.open(folder, embedder) as corpus:
            assert any(line in found for found in corpus.health.leftovers())

    def test_a_vector_and_a_word(self, folder: Path, embedder: OnnxEmbedder) -> None:
        with Corpus.open(folder, embedder) as corpus:
            index: Any = corpus._searcher.index  # pyright: ignore[reportPrivateUsage]
            index._nearest._index.add([77], np.ones((1, embedder.dim), dtype=np.float32))
            index._lexical.change([], [(78, "", "left"), (79, "", "over")])
            assert corpus.health.leftovers() == [
                "the index holds vectors of 1 chunks that are not stored",
                "the index holds words of 2 chunks that are not stored",
            ]
            lost = next(iter(index._nearest._index.ids() - {77}))
            index._nearest._index.remove([lost])
            assert (
                "the index lacks vectors of 1 chunks that are stored" in corpus.health.leftovers()
            )

    @pytest.mark.parametrize("erased", [True, False])
    def test_free_pages(self, tmp_path: Path, *, erased: bool) -> None:
        file = tmp_path / "some.db"
        database = sqlite3.connect(file)
        database.execute(f"PRAGMA secure_delete = {int(erased)}")
        database.execute("CREATE TABLE t (x)")
        database.executemany("INSERT INTO t VALUES (?)", [(LONG,)] * 20)
        database.commit()
        assert unclean_free_pages(file) == 0  # there is none
        database.execute("DELETE FROM t")
        database.commit()
        assert database.execute("PRAGMA freelist_count").fetchone()[0] > 50
        database.close()
        assert (unclean_free_pages(file) == 0) == erased
        assert (SECRET.encode() in file.read_bytes()) != erased


def test_rewriting_the_words_leaves_the_same_results_and_fewer_files(tmp_path: Path) -> None:
    index = LexicalIndex(tmp_path)
    rows = [(n, f"title {n}", f"cat {'dog ' * (n % 5)}number {n}") for n in range(300)]
    for at in range(0, 300, 50):
        index.change([], rows[at : at + 50])
    index.change(range(0, 300, 3), [])
    assert index.forgotten() == 100
    kept = [row for row in rows if row[0] % 3]
    fresh = LexicalIndex(None)
    fresh.change([], kept)
    index.rewrite(kept)
    assert index.forgotten() == 0
    assert index.ids() == fresh.ids()
    for query in ("cat", "dog", "number 120", "title"):
        assert index.search(query, 300) == fresh.search(query, 300)
    assert len(segment_files(tmp_path)) == 1
    assert LexicalIndex(tmp_path).ids() == fresh.ids()
