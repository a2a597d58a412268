"""Collections: apart from each other, with settings of their own, whole or not there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from api_client import Client, problem
from click.testing import CliRunner, Result
from faults import by_night
from litestar.testing import TestClient

from citespan.api.server.app import create_app
from citespan.commands import cli
from citespan.evals.datasets import open_dataset, write_dataset
from citespan.evals.types import Dataset
from citespan.index import Draft
from citespan.index.errors import StoreCorrupt
from citespan.qa import Settings, load_settings
from citespan.qa.collections.figures import known
from citespan.qa.collections.registry import Collections
from citespan.qa.errors import CollectionExists, CollectionNotFound, InvalidCollection
from citespan.qa.settings.overrides import read_own

CATS = "Cats sleep for most of the day."
TRADE = "Exports of copper grew by a third in 2019."


@pytest.fixture
def environ(tmp_path: Path, models_folder: Path) -> dict[str, str]:
    return {
        "CITESPAN_DATA__PATH": str(tmp_path / "data"),
        "CITESPAN_DATA__MODELS": str(models_folder),
        "CITESPAN_DATA__SEED": "false",
    }


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return load_settings(environ=environ)


@pytest.fixture
def collections(settings: Settings) -> Iterator[Collections]:
    with Collections.open(settings) as opened:
        yield opened


class TestCollections:
    def test_each_finds_its_own_documents_alone(self, collections: Collections) -> None:
        collections.create("trade", {})
        collections.service().corpus.put(Draft(id="one", text=CATS))
        collections.service("trade").corpus.put(Draft(id="one", text=TRADE))
        for name, text in (("default", CATS), ("trade", TRADE)):
            (passage,) = collections.service(name).search("cats and copper")
            assert passage.text == text
            assert collections.service(name).corpus.get("one").text == text
        assert collections.names() == ["default", "trade"]

    def test_they_are_there_after_a_restart_with_their_settings(self, settings: Settings) -> None:
        own = {"chunking": {"max_tokens": 40}, "evidence": {"min_confidence": 0.9}}
        with Collections.open(settings) as collections:
            made = collections.create("trade", own)
            assert (made.chunk_tokens, made.settings, made.documents) == (40, own, 0)
            collections.service("trade").corpus.put(Draft(id="one", text=TRADE))
        with Collections.open(settings) as collections:
            assert collections.info("trade").chunk_tokens == 40
            assert collections.info("trade").documents == 1
            assert collections.info("default").chunk_tokens == 150
        assert [one.name for one in known(settings)] == ["default", "trade"]
        assert known(settings)[1].settings == own

    def test_the_evidence_settings_are_the_collection_s(self, collections: Collections) -> None:
        collections.create("strict", {"evidence": {"min_confidence": 1.0}})
        collections.create("lenient", {"evidence": {"min_confidence": 0.0}})
        for name in ("strict", "lenient"):
            collections.service(name).corpus.put(Draft(id="one", text=TRADE))
        question = "When did exports of copper grow?"
        assert collections.service("strict").ask(question).status == "abstained"
        assert collections.service("lenient").ask(question).status == "answered"

    def test_what_is_deleted_is_gone_and_its_name_is_free(
        self, settings: Settings, collections: Collections
    ) -> None:
        collections.create("trade", {})
        collections.service("trade").corpus.put(Draft(id="one", text=TRADE))
        collections.delete("trade")
        with pytest.raises(CollectionNotFound, match="'trade'"):
            collections.service("trade")
        with pytest.raises(CollectionNotFound):
            collections.delete("trade")
        left = [path for path in settings.data_path().rglob("*") if path.is_file()]
        assert not [path for path in left if b"copper" in path.read_bytes()]
        assert collections.create("trade", {}).documents == 0

    def test_a_damaged_one_does_not_keep_the_others_from_answering(
        self, settings: Settings
    ) -> None:
        with Collections.open(settings) as collections:
            collections.create("trade", {})
            collections.create("cats", {})
        parent = settings.data_path() / "collections"
        (parent / "trade" / "catalog.db").write_bytes(b"garbage" * 1000)
        (parent / ".half-made").mkdir()
        said: list[str] = []
        with Collections.open(settings, said.append) as collections:
            assert list(collections.damaged()) == ["trade"]
            assert collections.service("cats").corpus.counts() == (0, 0)
            with TestClient(create_app(collections)) as client:
                ready = client.get("/health/ready").json()
                assert (ready["collections"], ready["damaged"]) == (["default", "cats"], ["trade"])
                problem(client.get("/v1/collections/trade"), 500, "storage-corrupt")
                listed = client.get("/v1/collections").json()["collections"]
                assert [one["name"] for one in listed] == ["default", "cats"]
            collections.delete("trade")
            assert not collections.damaged()
        assert said[0].startswith("The collection trade cannot be opened")
        assert not (parent / ".half-made").exists()

    def test_a_flipped_bit_in_its_settings_is_found_wherever_it_is(
        self, settings: Settings
    ) -> None:
        own = {"chunking": {"max_tokens": 40}, "evidence": {"min_confidence": 1e-05, "depth": 30}}
        with Collections.open(settings) as collections:
            collections.create("trade", own)
        file = settings.data_path() / "collections" / "trade" / "collection.json"
        assert read_own(file.parent) == own
        written = file.read_bytes()
        for at in range(len(written) * 8):
            flipped = bytearray(written)
            flipped[at // 8] ^= 1 << at % 8
            file.write_bytes(flipped)
            with pytest.raises(StoreCorrupt, match=re.escape(str(file))):
                read_own(file.parent)

    @pytest.mark.parametrize("digit", ["4", "e"])  # of a number, and of the checksum
    def test_damaged_settings_are_named_and_never_used(
        self, environ: dict[str, str], settings: Settings, tmp_path: Path, digit: str
    ) -> None:
        with Collections.open(settings) as collections:
            for name in ("trade", "cats"):
                collections.create(name, {"chunking": {"max_tokens": 40}})
        file = settings.data_path() / "collections" / "trade" / "collection.json"
        written = file.read_text()
        place = written.rindex("40") if digit == "4" else written.index(digit)
        file.write_text(written[:place] + chr(ord(written[place]) ^ 1) + written[place + 1 :])
        said: list[str] = []
        with Collections.open(settings, said.append) as collections:
            assert list(collections.damaged()) == ["trade"]
            assert collections.service("cats").corpus.counts() == (0, 0)
            with pytest.raises(StoreCorrupt):
                collections.service("trade")
        assert said == [f"The collection trade cannot be opened: {collections.damaged()['trade']}"]
        for words in (("doctor",), ("doctor", "--json")):
            examined = run(environ, "--collection", "trade", *words)
            assert (examined.exit_code, f"{file} are not what" in examined.stdout) == (1, True)
        for words in (("search", "copper"), ("ingest", __file__), ("backup", f"{tmp_path}/x")):
            refused = run(environ, "--collection", "trade", *words)
            assert (refused.exit_code, f"{file} are not what" in refused.output) == (2, True)
        made = run(environ, "backup", "--all", f"{tmp_path}/all.zip")
        assert (made.exit_code, "trade is skipped" in made.stderr) == (1, True)
        assert run(environ, "--collection", "cats", "doctor").exit_code == 0

    def test_settings_changed_by_hand_hold_once_their_checksum_is_out(
        self, environ: dict[str, str], settings: Settings
    ) -> None:
        with Collections.open(settings) as collections:
            collections.create("trade", {"evidence": {"depth": 3}})
        file = settings.data_path() / "collections" / "trade" / "collection.json"
        file.write_text(file.read_text().replace('"depth": 3', '"depth": 5'))
        refused = run(environ, "collections", "list")
        assert "remove the line 'sha256'" in refused.stderr
        lines = file.read_text().splitlines()
        file.write_text("\n".join(line for line in lines if "sha256" not in line))
        assert known(settings)[1].settings == {"evidence": {"depth": 5}}
        file.write_text('{"evidence": {"depths": 5}}')
        with Collections.open(settings) as collections:
            assert list(collections.damaged()) == ["trade"]
        examined = run(environ, "--collection", "trade", "doctor")
        assert (examined.exit_code, "depths" in examined.output) == (1, True)

    @pytest.mark.parametrize(
        "name", ["", ".", "..", "A", "a b", "../x", "a/b", "-a", "a" * 64, "é", "a\n", "default"]
    )
    def test_other_names_are_refused(self, collections: Collections, name: str) -> None:
        with pytest.raises((InvalidCollection, CollectionExists)):
            collections.create(name, {})

    @pytest.mark.parametrize(
        ("own", "place"),
        [
            ({"data": {"path": "/"}}, "data"),
            ({"chunking": {"max_tokens": 0}}, "chunking"),
            ({"evidence": {"risk": 2}}, "evidence"),
            ({"evidence": {"risk": 0.01}}, "settings"),
        ],
    )
    def test_other_settings_are_refused_by_name(
        self, collections: Collections, own: dict[str, dict[str, object]], place: str
    ) -> None:
        with pytest.raises(InvalidCollection, match=place):
            collections.create("other", own)
        assert collections.names() == ["default"]

    def test_one_that_cannot_be_opened_is_not_made(
        self, settings: Settings, collections: Collections
    ) -> None:
        with pytest.raises(InvalidCollection, match="this embedder takes 1 to 221"):
            collections.create("large", {"chunking": {"max_tokens": 5000}})
        assert collections.names() == ["default"]
        assert not list((settings.data_path() / "collections").iterdir())


class TestHttp:
    @pytest.fixture
    def client(self, collections: Collections) -> Iterator[Client]:
        with TestClient(create_app(collections)) as opened:
            yield opened

    def test_a_collection_from_its_making_to_its_end(self, client: Client) -> None:
        body = {"name": "trade", "chunking": {"max_tokens": 60}, "evidence": {"min_confidence": 0}}
        made = client.post("/v1/collections", json=body)
        assert (made.status_code, made.headers["location"]) == (201, "/v1/collections/trade")
        assert made.json()["settings"] == {key: body[key] for key in ("chunking", "evidence")}
        problem(client.post("/v1/collections", json=body), 409, "collection-exists")
        stored = client.put(
            "/v1/documents/one", params={"collection": "trade"}, json={"text": TRADE}
        )
        assert stored.headers["location"] == "/v1/documents/one?collection=trade"
        assert client.get(stored.json()["url"]).text == TRADE
        problem(client.get("/v1/documents/one"), 404, "document-not-found")
        asked = {"question": "When did exports of copper grow?", "collection": "trade"}
        (citation,) = client.post("/v1/ask", json=asked).json()["citations"]
        assert client.get(citation["url"]).text == citation["quote"]
        found = client.post("/v1/search", json={"query": "copper", "collection": "trade"}).json()
        assert client.get(found["passages"][0]["url"]).text == TRADE
        assert client.post("/v1/search", json={"query": "copper"}).json()["passages"] == []
        assert client.get("/v1/collections/trade").json()["documents"] == 1
        assert client.delete("/v1/collections/trade").status_code == 204
        problem(client.post("/v1/ask", json=asked), 404, "collection-not-found")

    @pytest.mark.parametrize(
        "body",
        [
            {"name": "../x"},
            {"name": "x", "embedding": {"model": "/etc"}},
            {"name": "x", "evidence": {"model": "evil/model"}},
            {"name": "x", "chunking": {"max_tokens": 0}},
            {"name": "x", "chunking": {"max_tokens": 5000}},
            {"name": 7},
            {},
        ],
    )
    def test_what_cannot_be_made_is_refused(self, client: Client, body: object) -> None:
        problem(client.post("/v1/collections", json=body), 422, "invalid-request")

    def test_the_default_one_stays(self, client: Client) -> None:
        problem(client.delete("/v1/collections/default"), 422, "invalid-request")

    @pytest.mark.parametrize("name", ["none", "..", "%00", "a" * 64])
    def test_one_that_is_not_there_is_not_found(self, client: Client, name: str) -> None:
        response = client.get("/v1/documents", params={"collection": name})
        assert response.status_code in {400, 404, 422}
        problem(response)


def run(environ: dict[str, str], *words: str) -> Result:
    return CliRunner().invoke(cli, words, env=environ)


class TestCommands:
    def test_a_collection_in_a_terminal(self, environ: dict[str, str], tmp_path: Path) -> None:
        file = tmp_path / "trade.txt"
        file.write_text(TRADE)
        made = run(environ, "collections", "create", "trade", "--set", "chunking.max_tokens=60")
        assert made.output == "created trade\n"
        assert run(environ, "--collection", "trade", "ingest", str(file)).exit_code == 0
        listed = run(environ, "collections", "list").output.splitlines()
        assert listed == ["trade: 1 documents, 1 chunks, chunking.max_tokens=60"]
        assert TRADE in run(environ, "--collection", "trade", "search", "copper").output
        assert TRADE not in run(environ, "search", "copper").output
        assert run(environ, "collections", "delete", "trade").output == "deleted trade\n"
        gone = run(environ, "--collection", "trade", "list")
        assert (gone.exit_code, gone.output) == (2, "citespan: there is no collection 'trade'\n")

    def test_one_comes_back_from_its_backup_with_its_settings(
        self, environ: dict[str, str], tmp_path: Path
    ) -> None:
        file, backup = tmp_path / "trade.txt", str(tmp_path / "trade.zip")
        file.write_text(TRADE)
        run(environ, "collections", "create", "trade", "--set", "chunking.max_tokens=60")
        run(environ, "--collection", "trade", "ingest", str(file))
        before = run(environ, "collections", "list").output
        assert run(environ, "--collection", "trade", "backup", backup).exit_code == 0
        run(environ, "collections", "delete", "trade")
        assert run(environ, "--collection", "trade", "restore", backup).exit_code == 0
        assert run(environ, "collections", "list").output == before
        assert TRADE in run(environ, "--collection", "trade", "search", "copper").output
        for name in ("../out", ".x"):
            assert run(environ, "--collection", name, "restore", backup).exit_code == 2
            assert run(environ, "--collection", name, "backup", f"{backup}2").exit_code == 2

    def test_a_damaged_one_is_said_and_the_others_are_listed(
        self, environ: dict[str, str], settings: Settings
    ) -> None:
        run(environ, "search", "copper")
        run(environ, "collections", "create", "trade")
        folder = settings.data_path() / "collections" / "trade"
        (folder / "catalog.db").write_bytes(b"garbage" * 1000)
        listed = run(environ, "collections", "list")
        assert listed.stdout == "default: 0 documents, 0 chunks\n"
        assert "trade cannot be read" in listed.stderr

    def test_making_and_deleting_one_opens_no_other(
        self, environ: dict[str, str], settings: Settings
    ) -> None:
        folder = settings.data_path()
        (folder / "collections" / "broken").mkdir(parents=True)
        for broken in (folder, folder / "collections" / "broken"):
            (broken / "catalog.db").write_bytes(b"garbage" * 1000)
        assert run(environ, "collections", "create", "cats").output == "created cats\n"
        again = run(environ, "collections", "create", "cats")
        assert (again.exit_code, "collection 'cats' exists already" in again.output) == (2, True)
        large = ("collections", "create", "x", "--set", "chunking.max_tokens=5000")
        assert "this embedder takes 1 to 221" in run(environ, *large).output
        unsure = ("collections", "create", "x", "--set", "evidence.risk=0.01")
        assert run(environ, *unsure).exit_code == 2
        assert run(environ, "collections", "delete", "broken").output == "deleted broken\n"
        assert run(environ, "collections", "delete", "default").exit_code == 2
        assert [path.name for path in (folder / "collections").iterdir()] == ["cats"]

    def test_none_is_made_or_deleted_while_they_are_open(
        self, environ: dict[str, str], collections: Collections
    ) -> None:
        collections.create("trade", {})
        for words in (("create", "cats"), ("delete", "trade")):
            refused = run(environ, "collections", *words)
            assert (refused.exit_code, "is writing to" in refused.output) == (2, True)
        assert collections.names() == ["default", "trade"]

    def test_one_backup_of_all(
        self, environ: dict[str, str], settings: Settings, tmp_path: Path
    ) -> None:
        file, backup = tmp_path / "trade.txt", str(tmp_path / "all.zip")
        file.write_text(TRADE)
        for name in ("trade", "broken"):
            run(environ, "collections", "create", name, "--set", "chunking.max_tokens=60")
        run(environ, "--collection", "trade", "ingest", str(file))
        run(environ, "search", "copper")
        broken = settings.data_path() / "collections" / "broken" / "catalog.db"
        broken.write_bytes(b"garbage" * 1000)
        made = run(environ, "backup", "--all", backup)
        assert (made.exit_code, "broken is skipped" in made.stderr) == (1, True)
        elsewhere = environ | {"CITESPAN_DATA__PATH": str(tmp_path / "elsewhere")}
        restored = run(elsewhere, "restore", backup)
        assert restored.stdout.splitlines() == [
            "restored default, 0 documents, 0 chunks",
            "restored trade, 1 documents, 1 chunks",
        ]
        assert "collections that were damaged: broken" in restored.stderr
        assert TRADE in run(elsewhere, "--collection", "trade", "search", "copper").output
        assert "chunking.max_tokens=60" in run(elsewhere, "collections", "list").output
        assert run(elsewhere, "restore", backup).exit_code == 0  # it is so already
        run(elsewhere, "ingest", str(file))
        again = run(elsewhere, "restore", backup)
        assert (again.exit_code, "holds documents already" in again.output) == (2, True)

    def test_a_backup_takes_the_place_of_what_is_damaged(
        self, environ: dict[str, str], settings: Settings, tmp_path: Path
    ) -> None:
        folder, trade = settings.data_path(), settings.data_path() / "collections" / "trade"
        one, every = str(tmp_path / "trade.zip"), str(tmp_path / "all.zip")
        for name in ("default", "trade"):
            file = tmp_path / f"{name}.txt"
            file.write_text(f"{name}: {TRADE}")
            if name != "default":
                run(environ, "collections", "create", name, "--set", "chunking.max_tokens=60")
            run(environ, "--collection", name, "ingest", str(file))
        run(environ, "--collection", "trade", "backup", one)
        run(environ, "backup", "--all", every)
        before = run(environ, "collections", "list").output
        for broken in (trade / "catalog.db", trade / "collection.json"):
            broken.write_bytes(b"garbage" * 1000)
        with Collections.open(settings) as opened:
            assert list(opened.damaged()) == ["trade"]
            for words in (("--collection", "trade", "restore", one), ("restore", every)):
                refused = run(environ, *words, "--replace")
                assert (refused.exit_code, "is writing to" in refused.output) == (2, True)
        refused = run(environ, "--collection", "trade", "restore", one)
        assert (refused.exit_code, "--replace" in refused.output) == (2, True)
        restored = run(environ, "--collection", "trade", "restore", one, "--replace")
        assert (restored.exit_code, "restored 1 documents" in restored.output) == (0, True)
        assert run(environ, "collections", "list").output == before
        for broken in (trade / "collection.json", folder / "catalog.db"):
            broken.write_bytes(b"garbage" * 1000)
        (folder / ".restore-killed").mkdir()
        assert run(environ, "restore", every, "--replace").exit_code == 0
        assert run(environ, "collections", "list").output == before
        for name in ("default", "trade"):
            assert run(environ, "--collection", name, "doctor").exit_code == 0
            assert f"{name}: {TRADE}" in run(environ, "--collection", name, "search", "cop").output

    def test_what_a_killed_restore_left_does_not_hinder(
        self, environ: dict[str, str], settings: Settings
    ) -> None:
        (settings.data_path() / ".restore-killed").mkdir(parents=True)
        assert run(environ, "search", "copper").exit_code == 0
        assert not list(settings.data_path().glob(".restore*"))

    def test_a_setting_that_is_none_is_refused(self, environ: dict[str, str]) -> None:
        assert run(environ, "collections", "create", "x", "--set", "chunking=1").exit_code == 2
        refused = run(environ, "collections", "create", "x", "--set", "chunking.tokens=1")
        assert (refused.exit_code, "chunking" in refused.output) == (2, True)


class TestReindexing:
    def test_smaller_chunks_and_back(self, environ: dict[str, str], tmp_path: Path) -> None:
        file = tmp_path / "both.txt"
        file.write_text(f"{CATS}\n\n{TRADE}\n")
        run(environ, "ingest", str(file))
        made = run(environ, "reindex", "--max-tokens", "12")
        assert (made.exit_code, made.output) == (0, "reindexed 1 documents: 2 chunks\n")
        assert run(environ, "search", "copper", "-k", "1").output.count("Cats") == 0
        assert run(environ, "reindex", "--back").output == "reindexed 1 documents: 1 chunks\n"
        assert "Cats" in run(environ, "search", "copper", "-k", "1").output
        assert run(environ, "doctor").exit_code == 0

    def test_it_follows_the_settings(self, environ: dict[str, str]) -> None:
        run(environ, "search", "copper")
        smaller = environ | {"CITESPAN_CHUNKING__MAX_TOKENS": "40"}
        refused = run(smaller, "search", "copper")
        assert (refused.exit_code, "citespan reindex" in refused.output) == (2, True)
        assert run(smaller, "reindex").exit_code == 0
        assert run(smaller, "search", "copper").exit_code == 0

    def test_chunks_of_an_embedder_that_is_gone_can_be_made_anew(
        self, environ: dict[str, str], settings: Settings
    ) -> None:
        run(environ | {"CITESPAN_DATA__SEED": "true"}, "search", "copper")
        db: Any = apsw.Connection(str(settings.data_path() / "catalog.db"))
        db.execute("UPDATE builds SET settings = replace(settings, 'onnx-int8', 'onnx-int4')")
        db.close()
        refused = run(environ, "search", "copper")
        assert (refused.exit_code, "citespan reindex" in refused.output) == (2, True)
        refused = run(environ, "reindex", "--compare", "seed")
        assert (refused.exit_code, "nothing to compare with" in refused.output) == (2, True)
        assert run(environ, "reindex").exit_code == 0
        assert "CELAC" in run(environ, "search", "CELAC").output

    def test_nothing_to_go_back_to(self, environ: dict[str, str]) -> None:
        refused = run(environ, "reindex", "--back")
        assert (refused.exit_code, "no earlier chunks" in refused.output) == (2, True)
        refused = run(environ, "reindex")
        assert (refused.exit_code, "already have these settings" in refused.output) == (2, True)

    @by_night
    def test_the_questions_of_a_data_set_decide(
        self, environ: dict[str, str], tmp_path: Path
    ) -> None:
        whole, some = open_dataset("seed"), str(tmp_path / "some")
        chosen = Dataset(card=whole.card, documents=whole.documents, questions=whole.questions[::4])
        write_dataset(chosen, tmp_path / "some")
        seeded = environ | {"CITESPAN_DATA__SEED": "true"}
        run(seeded, "search", "copper")
        kept = run(seeded, "reindex", "--max-tokens", "140", "--compare", some)
        assert kept.exit_code == 0, kept.output
        assert "citation_recall" in kept.output
        worse = run(seeded, "reindex", "--max-tokens", "4", "--compare", some)
        assert (worse.exit_code, "not switched" in worse.output) == (1, True)
        other = run(environ, "reindex", "--compare", "none")
        assert other.exit_code == 2
