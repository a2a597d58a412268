"""Exports and imports: the same documents, revisions and pointers elsewhere, or nothing at all."""

import hashlib
import io
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contracts import chunks_of
from hypothesis import given
from hypothesis import strategies as st
from strategies import document, texts

from citespan.index import Corpus, Draft, OnnxEmbedder, Span
from citespan.index.catalogue.history import History
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.errors import (
    DocumentNotFound,
    ExportInvalid,
    StoreCorrupt,
    StoreUnavailable,
)
from citespan.index.transfer.export import export_documents, export_file, import_documents
from citespan.index.transfer.jsonl import read_histories
from citespan.index.types import Outcome

Lines = list[dict[str, Any]]


@pytest.fixture
def source(tmp_path: Path, embedder: OnnxEmbedder) -> Iterator[Corpus]:
    """Three documents, one of them in three revisions of which one is purged, and two deleted."""
    with Corpus.open(tmp_path / "source", embedder) as corpus:
        corpus.put(Draft(id="cats", text="Cats slept."))
        corpus.put(Draft(id="cats", text="Cats sleep.", title="Cats"))
        corpus.put(
            Draft(
                id="cats", text="Cats\nsleep 𝔘 all day.", metadata={"n": 1, "x": ["a", True, 2.5]}
            )
        )
        corpus.purge_revision("cats", 2)
        corpus.put(Draft(id="again", text="This is deleted."))
        corpus.delete("again")
        corpus.put(Draft(id="again", text="This is stored again."))
        corpus.put(Draft(id="gone", text="A secret."))
        corpus.delete("gone")
        corpus.put(Draft(id="rivers", text="Rivers flow.", uri="https://x.org/é", title="Rivers"))
        yield corpus


@pytest.fixture
def file(source: Corpus, tmp_path: Path) -> Path:
    made = tmp_path / "all.jsonl"
    export_file(tmp_path / "source", made)
    return made


def lines(file: Path) -> Lines:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def sealed(told: Lines) -> bytes:
    """The lines with a last one that fits them."""
    raw = b"".join(json.dumps(line).encode() + b"\n" for line in told)
    kinds = [line.get("kind") for line in told]
    end = {
        "kind": "end",
        "documents": len({line["id"] for line in told if line.get("kind") == "revision"}),
        "revisions": kinds.count("revision"),
        "retired": kinds.count("retired"),
        "sha256": hashlib.sha256(raw).hexdigest(),
    }
    return raw + json.dumps(end).encode() + b"\n"


def imported(corpus: Corpus, file: Path) -> list[Outcome]:
    return [stored.outcome for stored in import_documents(corpus, file).stored]


def other_cats(corpus: Corpus) -> None:
    corpus.put(Draft(id="cats", text="Dogs."))


def deleted_there(corpus: Corpus) -> None:
    corpus.put(Draft(id="gone", text="Here."))


def deleted_here(corpus: Corpus) -> None:
    corpus.put(Draft(id="rivers", text="Rivers flow."))
    corpus.delete("rivers")


class TestExport:
    def test_it_is_json_lines_as_described(self, source: Corpus, file: Path) -> None:
        header, *body, end = lines(file)
        assert (header["format"], header["version"]) == ("citespan-export", 2)
        assert [(line["kind"], line["id"], line["revision"]) for line in body] == [
            ("retired", "again", 1),
            ("revision", "again", 2),
            ("revision", "cats", 1),
            ("revision", "cats", 3),
            ("retired", "gone", 1),
            ("revision", "rivers", 1),
        ]
        current = source.get("cats")
        assert body[3] == {
            "kind": "revision", "id": "cats", "revision": 3, "current": True, "title": "",
            "uri": None, "media_type": "text/plain", "metadata": {"n": 1, "x": ["a", True, 2.5]},
            "created_at": current.created_at, "sha256": current.sha256, "text": current.text,
            "file": None,
        }  # fmt: skip
        assert not body[2]["current"]
        before = file.read_bytes().rpartition(b'{"kind":"end"')[0]
        assert end == {
            "kind": "end", "documents": 3, "revisions": 4, "retired": 2,
            "sha256": hashlib.sha256(before).hexdigest(),
        }  # fmt: skip
        assert b"secret" not in file.read_bytes()

    def test_it_is_written_whole_or_not_at_all(self, tmp_path: Path, source: Corpus) -> None:
        (tmp_path / "mine").write_text("precious")
        with pytest.raises(StoreUnavailable, match="exists"):
            export_file(tmp_path / "source", tmp_path / "mine")
        assert (tmp_path / "mine").read_text() == "precious"
        with pytest.raises(StoreUnavailable, match="nothing is stored"):
            export_file(tmp_path, tmp_path / "x.jsonl")
        with pytest.raises(StoreUnavailable, match="No such file"):
            export_file(tmp_path / "source", tmp_path / "none" / "x.jsonl")
        source.close()
        catalogue = (tmp_path / "source" / "catalog.db").read_bytes()
        (tmp_path / "source" / "catalog.db").write_bytes(catalogue.replace(b"flow.", b"flew."))
        with pytest.raises(StoreCorrupt, match="is damaged"):
            export_file(tmp_path / "source", tmp_path / "x.jsonl")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "source"]

    def test_it_is_of_one_moment_while_others_write(self, tmp_path: Path) -> None:
        """Two documents always change together, the first before the second."""
        catalogue = SqliteCatalogue(tmp_path / "catalog.db", {})

        def put(name: str, revision: int) -> None:
            one = document(f"State {revision}.", id=name, revision=revision)
            vectors = np.ones((1, 2), dtype=np.float32)
            catalogue.store(one, chunks_of(one, Span(0, 5)), vectors, keep=0)

        stop = threading.Event()

        def write() -> None:
            number = 1
            while not stop.is_set():
                number += 1
                put("one", number)
                put("two", number)

        put("one", 1)
        put("two", 1)
        writer = threading.Thread(target=write)
        writer.start()
        try:
            seen: set[int] = set()
            for number in range(8):
                export_file(tmp_path, tmp_path / f"{number}.jsonl")
                with (tmp_path / f"{number}.jsonl").open("rb") as opened:
                    one, two = (found.history.revisions[-1] for found in read_histories(opened))
                assert one.revision - two.revision in {0, 1}
                seen.add(two.revision)
        finally:
            stop.set()
            writer.join()
        assert len(seen) > 1
        catalogue.close()


class TestImport:
    def test_old_pointers_resolve_in_the_new_store(
        self, source: Corpus, file: Path, corpus: Corpus
    ) -> None:
        assert imported(corpus, file) == [Outcome.ADDED] * 3
        for name, revision in (("cats", 1), ("cats", 3), ("again", 2), ("rivers", 1)):
            assert corpus.get(name, revision) == source.get(name, revision)
        for name in ("cats", "again", "rivers"):
            assert corpus.info(name) == source.info(name)
            assert corpus.revisions(name) == source.revisions(name)
        for query in ("cats", "rivers", "stored again"):
            assert corpus.search(query) == source.search(query)
        assert corpus.health.deleted() == 1
        assert corpus.health.leftovers() == corpus.health.check() == []
        with pytest.raises(DocumentNotFound):
            corpus.get("cats", 2)
        stored = [corpus.put(Draft(id=name, text="New.")) for name in ("cats", "again", "gone")]
        assert [one.document.revision for one in stored] == [4, 3, 2]

    def test_again_it_changes_nothing(
        self, source: Corpus, file: Path, corpus: Corpus, tmp_path: Path
    ) -> None:
        imported(corpus, file)
        generation = corpus.generation
        assert imported(corpus, file) == [Outcome.UNCHANGED] * 3
        assert imported(source, file) == [Outcome.UNCHANGED] * 3
        assert corpus.generation == generation
        export_file(tmp_path / "corpus", tmp_path / "again.jsonl")
        assert lines(tmp_path / "again.jsonl")[1:-1] == lines(file)[1:-1]

    def test_stopped_it_goes_on_when_it_is_run_again(self, file: Path, corpus: Corpus) -> None:
        taken = import_documents(corpus, file)
        assert taken.documents == 3
        assert next(taken.stored).document.id == "again"
        del taken
        assert corpus.counts()[0] == 1
        assert imported(corpus, file) == [Outcome.UNCHANGED, Outcome.ADDED, Outcome.ADDED]

    def test_the_importing_store_has_its_own_settings(
        self, tmp_path: Path, embedder: OnnxEmbedder, file: Path
    ) -> None:
        with Corpus.open(tmp_path / "new", embedder, chunk_tokens=3, keep_revisions=0) as corpus:
            imported(corpus, file)
            assert corpus.counts()[1] > 3
            assert [one.revision for one in corpus.revisions("cats")] == [3]
            assert imported(corpus, file) == [Outcome.UNCHANGED] * 3

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (other_cats, "line 4: document 'cats' is stored here with other content"),
            (deleted_there, "line 6: document 'gone' was deleted there up to revision 1"),
            (deleted_here, "line 7: document 'rivers' was deleted here, up to revision 1"),
        ],
    )
    def test_what_does_not_fit_is_refused_before_anything_is_stored(
        self, file: Path, corpus: Corpus, change: Callable[[Corpus], None], message: str
    ) -> None:
        change(corpus)
        before = corpus.documents()
        with pytest.raises(ExportInvalid, match=f"^{message}"):
            import_documents(corpus, file)
        assert corpus.documents() == before

    def test_a_file_that_does_not_fit_any_more_when_it_is_stored(
        self, file: Path, corpus: Corpus
    ) -> None:
        taken = import_documents(corpus, file)
        corpus.put(Draft(id="cats", text="Dogs."))  # by another thread, say
        with pytest.raises(ExportInvalid, match="'cats' is stored here"):
            list(taken.stored)
        assert corpus.get("cats").text == "Dogs."

    @given(st.lists(st.lists(texts, min_size=1, max_size=3), max_size=4))
    def test_any_text_comes_back(self, tmp_path: Path, states: list[list[str]]) -> None:
        histories: list[History] = []
        for at, contents in enumerate(states):
            one = [document(text, id=f"d{at}", revision=n + 1) for n, text in enumerate(contents)]
            histories.append(History(id=f"d{at}", retired=0, revisions=tuple(one)))
        (tmp_path / "any.db").unlink(missing_ok=True)
        catalogue = SqliteCatalogue(tmp_path / "any.db", {})
        for history in histories:
            *past, current = history.revisions
            catalogue.store(current, [], np.empty((0, 2), dtype=np.float32), past=past)
        out = io.BytesIO()
        export_documents(catalogue, out)
        catalogue.close()
        out.seek(0)
        assert [found.history for found in read_histories(out)] == histories


def replaced(at: int, **values: object) -> Callable[[Lines], object]:
    return lambda told: told[at].update(values)


HOSTILE: dict[str, tuple[Callable[[Lines], object], str]] = {
    "another format": (replaced(0, format="other"), "line 1: .*format"),
    "a later version": (replaced(0, version=3), "line 1: version 3"),
    "no header": (lambda told: told.pop(0), "line 1: not a line"),
    "an unknown kind": (replaced(3, kind="x"), "line 4: .*Invalid value 'x'"),
    "an unknown key": (replaced(3, vector=[1]), "line 4: .*unknown field `vector`"),
    "a key too few": (lambda told: told[3].pop("uri"), "line 4: .*missing required field `uri`"),
    "another text": (replaced(3, text="Dogs slept."), "line 4: the text does not have its sha"),
    "another sum": (replaced(3, sha256="0"), "line 4: the text does not have its sha256"),
    "no text": (replaced(3, text=""), "line 4: the document holds no text"),
    "a carriage return": (replaced(3, text="Cats slept.\r"), "line 4: the text"),
    "a spaced title": (replaced(3, title=" x  y"), "line 4: the text or title"),
    "an empty id": (replaced(3, id=""), "line 4: .*length >= 1"),
    "a slash in an id": (replaced(6, id="s/t"), "line 7: a document id"),
    "a dot for an id": (lambda told: told.insert(1, told[3] | {"id": "..", "current": True}),
                        "line 2: a document id"),
    "a time that is none": (replaced(3, created_at="yesterday"), "line 4: .*yesterday"),
    "a list in a list": (replaced(3, metadata={"a": [[1]]}), "line 4: .*metadata"),
    "revision 0": (replaced(3, revision=0), "line 4: .*>= 1"),
    "a negative revision": (replaced(3, revision=-1), "line 4: .*>= 1"),
    "a huge revision": (replaced(3, revision=10**30), "line 4: .*<="),
    "a broken revision": (replaced(3, revision=1.5), "line 4: .*float"),
    "two current revisions": (replaced(3, current=True), "line 4: exactly the last"),
    "no current revision": (replaced(4, current=False), "line 5: exactly the last"),
    "the same revision twice": (replaced(4, revision=1), "line 5: revision 1 comes after 1;"),
    "a deleted revision": (replaced(1, revision=2), "line 3: revision 2 comes after 2;"),
    "an id twice": (lambda told: told.append(told[2]), "line 8: ids must ascend"),
    "a late retirement": (lambda told: told.insert(4, {"kind": "retired", "id": "cats",
                                                       "revision": 9}), "line 5: the line of"),
    "two retirements": (lambda told: told.insert(1, told[1]), "line 3: the line of deleted"),
}  # fmt: skip


class TestDamage:
    @pytest.mark.parametrize("case", HOSTILE)
    def test_hostile_lines_are_refused_by_number_and_reason(
        self, file: Path, corpus: Corpus, tmp_path: Path, case: str
    ) -> None:
        told = lines(file)[:-1]
        change, message = HOSTILE[case]
        change(told)
        (tmp_path / "hostile.jsonl").write_bytes(sealed(told))
        with pytest.raises(ExportInvalid, match=f"^{message}"):
            import_documents(corpus, tmp_path / "hostile.jsonl")
        assert (corpus.counts(), corpus.generation) == ((0, 0), 0)

    def test_the_seal_of_these_tests_is_the_right_one(
        self, file: Path, corpus: Corpus, tmp_path: Path
    ) -> None:
        (tmp_path / "same.jsonl").write_bytes(sealed(lines(file)[:-1]))
        assert imported(corpus, tmp_path / "same.jsonl") == [Outcome.ADDED] * 3

    @pytest.mark.parametrize(
        ("raw", "message"),
        [
            (b"", "line 1: the file was cut"),
            (b"\n", "line 1: not a line"),
            (b"x\n", "line 1: not a line"),
            (b"null\n", "line 1: not a line"),
            (b"[" * 100_000 + b"\n", "line 1: not a line"),
            (b"\xff\xfe\n", "line 1: not a line"),
            (b"\0" * 1000, "line 1: the file was cut"),
        ],
    )
    def test_what_is_no_export(
        self, corpus: Corpus, tmp_path: Path, raw: bytes, message: str
    ) -> None:
        (tmp_path / "no.jsonl").write_bytes(raw)
        with pytest.raises(ExportInvalid, match=f"^{message}"):
            import_documents(corpus, tmp_path / "no.jsonl")

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            (b'"Cats slept."', b'"Cats \\ud800."', "line 4: not a line"),
            (b'"Cats slept."', b'"Cats \xff."', "line 4: not a line"),
            (b'"Cats slept."', b"[" * 100_000, "line 4: not a line"),
            (b'"n":1', b'"n":1e999', "line 5: not a line"),
            (b'"title":"Rivers"', b'"title":"Livers"', "line 8: the checksum"),
            (b'"documents":3', b'"documents":4', "line 8: lines are missing"),
            (b'"documents":3', b'"documents":-3', "line 8: .*>= 0"),
        ],
    )
    def test_damaged_lines(
        self, file: Path, corpus: Corpus, old: bytes, new: bytes, message: str
    ) -> None:
        data = file.read_bytes()
        assert data.count(old) == 1
        file.write_bytes(data.replace(old, new))
        with pytest.raises(ExportInvalid, match=f"^{message}"):
            import_documents(corpus, file)
        assert corpus.counts() == (0, 0)

    def test_a_cut_file_is_refused_wherever_it_is_cut(self, file: Path) -> None:
        data = file.read_bytes()
        whole = data.count(b"\n")
        for end in range(len(data)):
            number = data[:end].count(b"\n") + 1
            with pytest.raises(ExportInvalid, match=f"^line {number}: the file was cut"):
                list(read_histories(io.BytesIO(data[:end])))
        with pytest.raises(ExportInvalid, match=f"^line {whole + 1}: nothing may follow"):
            list(read_histories(io.BytesIO(data + b"\n")))

    def test_no_changed_byte_and_no_lost_line_goes_unnoticed(self, file: Path) -> None:
        data = file.read_bytes()
        for at in range(0, len(data), 3):
            changed = bytearray(data)
            changed[at] ^= 1
            with pytest.raises(ExportInvalid, match=r"^line \d+: "):
                list(read_histories(io.BytesIO(changed)))
        parts = data.splitlines(keepends=True)
        for at in range(len(parts)):
            with pytest.raises(ExportInvalid, match=r"^line \d+: "):
                list(read_histories(io.BytesIO(b"".join(parts[:at] + parts[at + 1 :]))))
