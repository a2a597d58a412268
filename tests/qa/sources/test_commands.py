"""`citespan sync`: sources added, read, listed and removed on the command line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from faults import text_of, use_words

from citespan.commands import cli
from citespan.qa.errors import ConfigError
from citespan.qa.sources import interval_s, kind_of

Run = Callable[..., Result]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text(text_of(number))
    return folder


@pytest.fixture
def citespan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    environ = use_words(monkeypatch) | {"CITESPAN_DATA__PATH": str(tmp_path / "data")}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def run(*words: str, fails: bool = False) -> Result:
        done = CliRunner().invoke(cli, words)
        assert (done.exit_code != 0) == fails, done.output
        return done

    return run


def test_a_source_is_added_read_listed_and_removed(citespan: Run, notes: Path) -> None:
    assert "added notes: folder" in citespan("sync", "add", "notes", str(notes)).output
    assert "never run" in citespan("sync", "list").output
    assert "3 added" in citespan("sync", "run").output
    assert "3 unchanged" in citespan("sync", "run", "notes").output
    (one,) = json.loads(citespan("sync", "list", "--json").stdout)["sources"]
    assert one["last"]["outcomes"] == {"unchanged": 3}
    assert one["definition"]["address"] == str(notes)
    citespan("sync", "remove", "notes")
    assert len(json.loads(citespan("list", "--json").stdout)["documents"]) == 3
    citespan("sync", "add", "notes", str(notes))
    assert "3 unchanged" in citespan("sync", "run").output  # the documents are taken over again
    assert "3 documents deleted" in citespan("sync", "remove", "notes", "--delete-documents").output
    assert json.loads(citespan("list", "--json").stdout) == {"documents": []}
    assert "no sources yet" in citespan("sync", "list").stderr


def test_a_dry_run_shows_the_plan_and_does_nothing(citespan: Run, notes: Path) -> None:
    citespan("sync", "add", "notes", str(notes))
    citespan("sync", "run")
    (notes / "0.txt").unlink()
    (notes / "1.txt").write_text(text_of(10))
    (notes / "2.txt").rename(notes / "two.txt")
    (notes / "new.txt").write_text(text_of(20))
    shown = citespan("sync", "run", "--dry-run").output
    for line in ("added: new.txt", "changed: 1.txt", "moved: 2.txt → two.txt", "removed: 0.txt"):
        assert line in shown
    assert len(json.loads(citespan("list", "--json").stdout)["documents"]) == 3
    found = json.loads(citespan("sync", "run", "--json").stdout)["sources"]["notes"]
    assert found["outcomes"] == {"moved": 1, "replaced": 1, "added": 1, "removed": 1}


def test_much_that_is_gone_needs_force(citespan: Run, notes: Path) -> None:
    citespan("sync", "add", "notes", str(notes))
    citespan("sync", "run")
    for number in range(2):
        (notes / f"{number}.txt").unlink()
    assert "2 of 3 entries are gone" in citespan("sync", "run", fails=True).output
    assert "2 of 3 entries are gone" in citespan("sync", "list").output
    assert "2 removed" in citespan("sync", "run", "--force").output


def test_a_source_is_of_a_collection(citespan: Run, notes: Path) -> None:
    citespan("collections", "create", "other")
    citespan("--collection", "other", "sync", "add", "notes", str(notes))
    citespan("sync", "run")
    assert json.loads(citespan("list", "--json").stdout) == {"documents": []}
    citespan("sync", "add", "usual", str(notes))
    assert "3 added" in citespan("--collection", "other", "sync", "run", "usual").output
    citespan("--collection", "other", "sync", "remove", "usual", "--delete-documents")
    found = json.loads(citespan("--collection", "other", "list", "--json").stdout)
    assert len(found["documents"]) == 3


def test_a_source_of_a_deleted_collection_can_be_removed(citespan: Run, notes: Path) -> None:
    citespan("collections", "create", "other")
    citespan("--collection", "other", "sync", "add", "notes", str(notes))
    citespan("collections", "delete", "other")
    assert "no collection 'other'" in citespan("sync", "run", fails=True).stderr
    citespan("sync", "remove", "notes")
    assert "no sources yet" in citespan("sync", "list").stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["notes", "ftp://site.test/"], "sources.protocols"),
        (["notes", "http://user:pw@site.test/"], "sources.secrets"),
        (["notes", "https://site.test:99999/"], "not an http or https URL"),
        (["No Name", "."], "`$.name`"),
        (["notes", ".", "--every", "5"], "not an interval"),
        (["notes", ".", "--kind", "fax"], "`$.kind`"),
        (["notes", "https://site.test/", "--watch"], "only a folder"),
    ],
)
def test_what_cannot_be_a_source_is_refused(citespan: Run, words: list[str], why: str) -> None:
    assert why in citespan("sync", "add", *words, fails=True).stderr
    assert "no sources yet" in citespan("sync", "list").stderr


def test_a_name_is_taken_once_and_unknown_ones_are_named(citespan: Run, notes: Path) -> None:
    citespan("sync", "add", "notes", str(notes))
    assert "exists already" in citespan("sync", "add", "notes", str(notes), fails=True).stderr
    assert "no source 'none'" in citespan("sync", "run", "none", fails=True).stderr


def test_an_extra_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, citespan: Run, notes: Path
) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    citespan("sync", "add", "notes", str(notes), "--include", "*.txt")
    monkeypatch.setattr("citespan.qa.sources.extra.import_module", missing)
    done = citespan("sync", "run", fails=True)
    assert "pip install 'citespan[sources]'" in done.output


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("notes", "folder"), ("/srv/x.git", "git"), ("https://a.test/o/r.git", "git"),
        ("https://a.test/sitemap.xml", "sitemap"), ("https://a.test/sitemap-1.xml.gz", "sitemap"),
        ("https://a.test/blog/feed/", "feed"), ("https://a.test/x.rss", "feed"),
        ("https://a.test/page", "web"), ("s3://bucket/x", "store"), ("a.mbox", "mail"),
    ],
)  # fmt: skip
def test_the_kind_is_what_the_address_is(address: str, kind: str) -> None:
    assert kind_of(address) == kind


def test_intervals_are_read() -> None:
    assert [interval_s(text) for text in ("90s", "10m", "12h", "1d")] == [90, 600, 43_200, 86_400]
    for text in ("", "10", "59s", "1w", "-1m", "1.5h"):
        with pytest.raises(ConfigError):
            interval_s(text)
