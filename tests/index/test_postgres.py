"""The catalogue on a PostgreSQL server: the contracts of every catalogue, and what is its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from contracts import CatalogueContract, chunks_of, held, rows
from faults import Known, Words, assert_finds, stored, text_of
from filter_contract import FilterContract
from hypothesis import given
from hypothesis import strategies as st
from postgres_server import PostgresServer
from shared_contract import SharedContract
from strategies import document

from citespan.commands import cli
from citespan.index import Corpus, Draft, Span
from citespan.index.catalogue import histories
from citespan.index.catalogue.postgres import PostgresCatalogue, drop_catalogue, is_stored
from citespan.index.catalogue.postgres.schema import MIGRATIONS
from citespan.index.catalogue.postgres.texts import read, written
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.catalogue.types import CatalogueServer
from citespan.index.errors import (
    DocumentDamaged,
    ExportInvalid,
    StoreError,
    StoreMismatch,
    StoreUnavailable,
)
from citespan.index.layout import encoded
from citespan.index.parse.parsed import Parsed
from citespan.index.transfer import Migration, migrate, open_target
from citespan.index.types import SourceFile, Tracked

_SETTINGS = {"embedder": "some@model", "chunk_tokens": "150"}
_ONE = replace(document("One.\0 Two.", id="one"), title="a\0b\1c", metadata={"k\0": ["v\0", 1.5]})
_LAYOUT = encoded(Parsed(text=_ONE.text, media_type="text/plain", made_by="x"))
_CHUNK = chunks_of(_ONE, Span(0, 4))


@pytest.fixture
def catalogue(place: CatalogueServer) -> Iterator[PostgresCatalogue]:
    opened = PostgresCatalogue(place, _SETTINGS)
    yield opened
    opened.close()


@pytest.fixture
def tamper(
    server: PostgresServer, place: CatalogueServer, catalogue: PostgresCatalogue
) -> Callable[[str], object]:
    """Changes the tables of the catalogue behind its back."""
    asked = "SELECT number FROM citespan.catalogues WHERE name = %s"
    number = server.run(asked, place.url, (place.name,))[0][0]
    url = f"{place.url}&options=-csearch_path%3Dcitespan_{number}"
    return lambda statement: server.run(statement, url)


def opened(folder: Path, place: CatalogueServer) -> Corpus:
    return Corpus.open(folder, Words(), chunk_tokens=12, server=place)


class TestPostgresCatalogue(CatalogueContract):
    examples, remembered = 12, 12


class TestPostgresFilters(FilterContract):
    examples = 25


class TestTexts:
    @given(*[st.text(alphabet="\0\1\2a\U0001d518", max_size=6)] * 2)
    def test_they_are_read_as_they_were_and_ordered_as_they_are(self, one: str, other: str) -> None:
        assert read(written(one)) == one
        assert "\0" not in written(one)
        assert (written(one) < written(other)) == (one < other)


class TestDamage:
    """What was changed behind the catalogue's back is named, and never returned."""

    @pytest.mark.parametrize(
        ("tampering", "what"),
        [
            ("UPDATE revisions SET text = 'One. Six.'", "text"),
            ("UPDATE revisions SET title = 'Another'", "title"),
            ("UPDATE revisions SET metadata = '{}'", "metadata"),
            ("UPDATE revisions SET sha256 = 'ab'", "checksum"),
        ],
    )
    def test_of_a_document(
        self,
        catalogue: PostgresCatalogue,
        tamper: Callable[[str], object],
        tampering: str,
        what: str,
    ) -> None:
        other = document("Other.", id="other")
        catalogue.store(_ONE, _CHUNK, rows([1, 0]))
        catalogue.store(other, chunks_of(other, Span(0, 6)), rows([0, 1]))
        assert catalogue.document("one") == _ONE
        assert catalogue.check() == []
        tamper(f"{tampering} WHERE document_id = 'one'")
        with pytest.raises(DocumentDamaged, match="'one'"):
            catalogue.document("one")
        assert catalogue.damaged() == ["one"]
        assert catalogue.document("other") == other
        assert str(DocumentDamaged("one")) in catalogue.check()

    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE chunks_1 SET start = 1",
            'UPDATE chunks_1 SET "end" = 3',
            "UPDATE chunks_1 SET context = 'x'",
            "UPDATE chunks_1 SET tokens = 7",
            r"UPDATE chunks_1 SET vector = '\x0000803f0000003f'",
        ],
    )
    def test_of_a_chunk_is_repaired_from_its_text(
        self,
        catalogue: PostgresCatalogue,
        tamper: Callable[[str], object],
        change: str,
    ) -> None:
        catalogue.store(_ONE, _CHUNK, rows([1, 0]))
        tamper(change)
        ids = [chunk.id for chunk in _CHUNK]
        if "vector" in change:
            assert catalogue.vectors(ids)[0] == []
        else:
            with pytest.raises(DocumentDamaged, match="'one'"):
                catalogue.chunks(ids)
        assert catalogue.damaged() == ["one"]
        assert catalogue.check() == ["chunks of document 'one' are damaged"]
        assert catalogue.repair(lambda _: (_CHUNK, rows([1, 0]))) == ["one"]
        assert (catalogue.check(), catalogue.damaged()) == ([], [])
        assert catalogue.chunks(ids) == {chunk.id: chunk for chunk in _CHUNK}

    def test_of_what_filters_see(
        self, catalogue: PostgresCatalogue, tamper: Callable[[str], object]
    ) -> None:
        catalogue.store(_ONE, _CHUNK, rows([1, 0]))
        tamper("""UPDATE revisions SET facts = '{"access": "x"}'""")
        assert catalogue.check() == ["what filters see of document 'one', revision 1, is damaged"]


class TestPlaces:
    def test_a_catalogue_is_made_once_however_many_open_it(self, place: CatalogueServer) -> None:
        assert not is_stored(place)
        with pytest.raises(StoreUnavailable, match="empty"):
            PostgresCatalogue(place, {}, read_only=True)
        with ThreadPoolExecutor(4) as pool:
            opening = [pool.submit(PostgresCatalogue, place, _SETTINGS) for _ in range(4)]
        made = [one.result() for one in opening]
        made[0].store(_ONE, _CHUNK, rows([1, 0]))
        assert [one.document("one") for one in made] == [_ONE] * 4
        for one in made:
            one.close()
        assert is_stored(place)
        drop_catalogue(place)
        drop_catalogue(place)
        assert not is_stored(place)

    def test_who_only_reads_changes_nothing(
        self, place: CatalogueServer, catalogue: PostgresCatalogue
    ) -> None:
        reader = PostgresCatalogue(place, {}, read_only=True)
        for change in (lambda: reader.retire("x", 1), lambda: reader.record_derived("x", {})):
            with pytest.raises(StoreUnavailable, match="reading"):
                change()
        reader.close()

    def test_other_settings_and_later_versions_are_refused(
        self, server: PostgresServer, place: CatalogueServer, catalogue: PostgresCatalogue
    ) -> None:
        with pytest.raises(StoreMismatch, match="chunk_tokens = 150, now it is 9"):
            PostgresCatalogue(place, _SETTINGS | {"chunk_tokens": "9"})
        later = len(MIGRATIONS) + 1
        update = "UPDATE citespan.catalogues SET version = %s WHERE name = %s"
        server.run(update, place.url, (later, place.name))
        with pytest.raises(StoreMismatch, match=f"version {later}, this citespan knows"):
            PostgresCatalogue(place, _SETTINGS)

    @pytest.mark.parametrize(
        ("url", "error", "why"),
        [
            ("postgresql://x@/y?host=/nowhere", StoreUnavailable, "cannot be reached"),
            ("postgresql://x@127.0.0.1:1/y", StoreUnavailable, "127.0.0.1 cannot be reached"),
            ("postgresql://x:y z", StoreMismatch, "store.url is no address"),
        ],
    )
    def test_a_wrong_address(self, url: str, error: type[StoreError], why: str) -> None:
        with pytest.raises(error, match=why):
            PostgresCatalogue(CatalogueServer(url=url, name="x", timeout_s=1), {})

    def test_without_the_driver_the_error_names_the_extra(self) -> None:
        code = (
            "import sys\n"
            "sys.modules['psycopg'] = None\n"
            "from citespan.index.catalogue import CatalogueServer, is_stored\n"
            "is_stored(CatalogueServer(url='postgresql://x', name='x'))\n"
        )
        run = subprocess.run(
            [sys.executable, "-c", code], check=False, capture_output=True, text=True
        )
        assert "StoreMismatch: a store on PostgreSQL needs citespan[postgres]" in run.stderr

    def test_a_folder_with_documents_is_not_passed_over(
        self, tmp_path: Path, place: CatalogueServer
    ) -> None:
        Corpus.open(tmp_path, Words(), chunk_tokens=12).close()
        with pytest.raises(StoreMismatch, match="holds documents of its own"):
            opened(tmp_path, place)


class TestTwoProcesses(SharedContract):
    @pytest.fixture
    def opened_in(self) -> Callable[[Path, CatalogueServer], Corpus]:
        return opened


class TestOutages:
    def test_without_the_server_it_says_so_and_goes_on_once_it_is_back(
        self, tmp_path: Path, server: PostgresServer, place: CatalogueServer
    ) -> None:
        place = replace(place, timeout_s=1)
        with opened(tmp_path, place) as corpus:
            corpus.put(Draft(id="x", text=text_of(1)))
            server.stop()
            with pytest.raises(StoreUnavailable):
                corpus.search("common")
            with pytest.raises(StoreUnavailable, match="cannot be reached"):
                corpus.put(Draft(id="y", text=text_of(2)))
            server.start()
            corpus.put(Draft(id="y", text=text_of(2)))
            assert_finds(corpus, {"x": text_of(1), "y": text_of(2)})


class TestMigration:
    """Between a data folder and a server, without embedding."""

    @pytest.fixture
    def source(self, tmp_path: Path) -> Iterator[SqliteCatalogue]:
        made = SqliteCatalogue(tmp_path / "catalog.db", _SETTINGS)
        for number in range(6):
            one = replace(_ONE, id=f"d{number}", revision=2)
            file = SourceFile(name="a.pdf", made_by="x", layout=_LAYOUT, data=b"\0%")
            made.store(
                one,
                chunks_of(one, Span(0, 4), Span(5, 10)),
                rows([number, 1], [0, number]),
                past=[replace(_ONE, id=one.id)],
                sources={2: file},
                tracked=Tracked(source="notes", key=f"k{number}", version="1"),
            )
        made.delete("d3")
        made.tracking.record(Tracked(source="notes", key="bad", version="1", reason="encrypted"))
        yield made
        made.close()

    def test_there_and_back_all_is_the_same(
        self, tmp_path: Path, source: SqliteCatalogue, catalogue: PostgresCatalogue
    ) -> None:
        assert migrate(source, catalogue) == Migration(documents=5, chunks=10)
        with open_target(tmp_path / "back", None, _SETTINGS) as back:
            migrate(catalogue, back)
            for other in (catalogue, back):
                assert list(histories(other)) == list(histories(source))
                assert other.tracking.of("notes") == source.tracking.of("notes")
                ids = sorted(source.chunk_ids())
                assert other.chunks(ids) == source.chunks(ids)
                assert held(other, ids) == held(source, ids)
                assert (other.check(), other.leftovers()) == ([], [])

    def test_one_that_was_stopped_is_continued(
        self, source: SqliteCatalogue, catalogue: PostgresCatalogue
    ) -> None:
        done: list[str] = []

        def stop(document_id: str) -> None:
            done.append(document_id)
            if len(done) == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            migrate(source, catalogue, stop)
        before = catalogue.generation
        migrate(source, catalogue)
        assert catalogue.generation == before + 3
        assert list(histories(catalogue)) == list(histories(source))

    def test_other_documents_and_damage_are_refused(
        self,
        source: SqliteCatalogue,
        catalogue: PostgresCatalogue,
        tamper: Callable[[str], object],
    ) -> None:
        migrate(source, catalogue)
        other = document("Other.", id="other")
        catalogue.store(other, chunks_of(other, Span(0, 6)), rows([1, 1]))
        with pytest.raises(ExportInvalid, match="holds other documents"):
            migrate(source, catalogue)
        catalogue.delete("other")
        tamper("UPDATE revisions SET title = 'x' WHERE document_id = 'd4'")
        with pytest.raises(DocumentDamaged, match="'d4'"):
            migrate(source, catalogue)

    def test_the_command(self, tmp_path: Path, place: CatalogueServer) -> None:
        folder = tmp_path / "data"
        with Corpus.open(folder, Words(), chunk_tokens=12) as corpus:
            corpus.put(Draft(id="x", text=text_of(1)))
        database = replace(place, name="default")

        def run(*arguments: str) -> str:
            made = CliRunner().invoke(cli, [*map(str, arguments)])
            assert made.exit_code == 0, made.output
            return made.output

        assert "nothing" not in run("--data", str(folder), "migrate", place.url)
        with opened(tmp_path / "new", database) as corpus:
            assert_finds(corpus, {"x": text_of(1)})
        drop_catalogue(database)

    def test_a_backup_is_left_to_the_server(self, tmp_path: Path, place: CatalogueServer) -> None:
        made = CliRunner().invoke(
            cli,
            ["--data", str(tmp_path / "data"), "backup", str(tmp_path / "file")],
            env={"CITESPAN_STORE__URL": place.url},
        )
        assert made.exit_code == 2
        assert "pg_dump" in made.output
        assert not list(tmp_path.iterdir())


_WRITER = """
import sys
from pathlib import Path
from faults import Words, text_of
from citespan.index import Corpus, Draft
from citespan.index.catalogue.sqlite import SqliteCatalogue
from citespan.index.catalogue.types import CatalogueServer
place = CatalogueServer(url=sys.argv[2], name=sys.argv[3])
corpus = Corpus.open(Path(sys.argv[1]), Words(), chunk_tokens=12, server=place)
for number in range(100):
    name = f"doc{number % 5}"
    print(name, number, flush=True)
    corpus.put(Draft(id=name, text=text_of(number)))
    print("done", flush=True)
"""


@pytest.mark.parametrize("point", ["half-stored:3", "after-commit:8"])
def test_a_killed_writer_loses_nothing_that_it_acknowledged(
    tmp_path: Path, place: CatalogueServer, point: str
) -> None:
    folder = tmp_path / "writer"
    run = subprocess.run(
        [sys.executable, "-c", _WRITER, folder, place.url, place.name],
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(sys.path), "CITESPAN_CRASH_AT": f"catalogue.{point}"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert run.returncode == -9, run.stderr
    *lines, last = run.stdout.splitlines()
    known = Known()
    for line in lines:
        if line != "done":
            name, number = line.split()
            known.put(name, text_of(int(number)))
    after = known.copy()
    name, number = last.split()
    after.put(name, text_of(int(number)))
    for place_of in (tmp_path / "other", folder):  # one that was elsewhere, and its successor
        with opened(place_of, place) as corpus:
            found = stored(corpus, after)
            expected = after if point.startswith("after") else known
            assert found == expected.revisions
            assert corpus.health.check() == []
            assert_finds(corpus, expected.current(), expected.old)
            corpus.put(Draft(id="next", text=text_of(999)))  # no lock is left behind
            corpus.delete("next")
