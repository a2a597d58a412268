"""Backups by a stranger: bombs are refused before they are written, and settings are a client's."""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from faults import tampered, use_words

from citespan.commands import cli
from citespan.index.disk.seal import sealed
from citespan.index.errors import BackupInvalid, StoreFull
from citespan.index.transfer.backup import restore
from citespan.qa import load_settings
from citespan.qa.collections.restoring import checking
from citespan.qa.errors import UntrustedSettings

ZEROS = bytes(64 << 20)


@pytest.fixture
def environ(tmp_path: Path, models_folder: Path) -> dict[str, str]:
    return {
        "CITESPAN_DATA__PATH": str(tmp_path / "data"),
        "CITESPAN_DATA__MODELS": str(models_folder),
        "CITESPAN_DATA__SEED": "false",
    }


def run(environ: Mapping[str, str], *words: str) -> Result:
    return CliRunner().invoke(cli, words, env=dict(environ))


@pytest.fixture
def honest(environ: dict[str, str], tmp_path: Path) -> dict[str, bytes]:
    """The members of a backup of a collection of its own."""
    run(environ, "collections", "create", "hr")
    file = tmp_path / "honest.zip"
    assert run(environ, "--collection", "hr", "backup", str(file)).exit_code == 0
    run(environ, "collections", "delete", "hr")
    with zipfile.ZipFile(file) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def manifest(members: Mapping[str, bytes], **changes: Any) -> bytes:
    """The manifest with changes to its collection."""
    made = msgspec.json.decode(members["manifest.json"])
    made["collections"]["hr"] |= changes
    return msgspec.json.encode(made)


def archive(path: Path, members: Mapping[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return str(path)


def written(folder: Path) -> list[str]:
    """All files of a folder but the lock."""
    return [path.name for path in folder.rglob("*") if path.name != "writer.lock"]


def _written(*_: object) -> None:
    pytest.fail("written")


class TestBombs:
    def test_a_long_manifest(self, tmp_path: Path, honest: dict[str, bytes]) -> None:
        blank = honest["manifest.json"][:-1] + b" " * len(ZEROS) + b"}"
        file = archive(tmp_path / "bomb.zip", {**honest, "manifest.json": blank})
        with pytest.raises(BackupInvalid, match="has a longer manifest"):
            restore(Path(file), tmp_path / "new")
        assert written(tmp_path / "new") == []

    def test_many_members(self, tmp_path: Path, honest: dict[str, bytes]) -> None:
        file = archive(tmp_path / "bomb.zip", {**honest, **{f"m{n}": b"" for n in range(5000)}})
        with pytest.raises(BackupInvalid, match="more files"):
            restore(Path(file), tmp_path / "new")

    def test_zeros_are_no_catalogue(
        self, tmp_path: Path, honest: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Refused before anything is written, though the checksum is right."""
        said = manifest(
            honest,
            sha256=hashlib.sha256(ZEROS).hexdigest(),
            size_bytes=len(ZEROS),
        )
        members = {"manifest.json": said, "hr/catalog.db": ZEROS}
        file = archive(tmp_path / "bomb.zip", members)
        monkeypatch.setattr("citespan.index.transfer.backup.extract", _written)
        with pytest.raises(BackupInvalid, match="not what its manifest says"):
            restore(Path(file), tmp_path / "new")

    @pytest.mark.parametrize("change", ["longer", "said longer", "header"])
    def test_a_catalogue_of_another_size(
        self, tmp_path: Path, honest: dict[str, bytes], change: str
    ) -> None:
        catalogue = honest["hr/catalog.db"]
        size = len(catalogue)
        if change == "longer":
            catalogue += ZEROS
        elif change == "said longer":
            size += 1
        else:
            catalogue = catalogue[:28] + (2**31).to_bytes(4) + catalogue[32:]
        sha256 = hashlib.sha256(catalogue).hexdigest()
        said = manifest(honest, sha256=sha256, size_bytes=size)
        file = archive(tmp_path / "b.zip", {"manifest.json": said, "hr/catalog.db": catalogue})
        with pytest.raises(BackupInvalid, match="not what its manifest says"):
            restore(Path(file), tmp_path / "new")

    def test_more_than_the_disk_has(
        self, tmp_path: Path, honest: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = archive(tmp_path / "b.zip", honest)

        def usage(_: object) -> SimpleNamespace:
            return SimpleNamespace(free=len(honest["hr/catalog.db"]) - 1)

        monkeypatch.setattr("citespan.index.transfer.archive.shutil.disk_usage", usage)
        with pytest.raises(StoreFull, match="are free"):
            restore(Path(file), tmp_path / "new")
        assert written(tmp_path / "new") == []

    def test_odd_archives(self, tmp_path: Path, honest: dict[str, bytes]) -> None:
        deep = b"[" * 100_000
        for data in (deep, b'{"format": 1}', b"\xff", manifest(honest, own="x" * 70_000)):
            file = archive(tmp_path / "b.zip", {**honest, "manifest.json": data})
            with pytest.raises(BackupInvalid):
                restore(Path(file), tmp_path / "new")
        for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
            made = io.BytesIO()
            with zipfile.ZipFile(made, "w", method) as packed:
                for name, data in honest.items():
                    packed.writestr(name, data)
            (tmp_path / "odd.zip").write_bytes(made.getvalue())
            with pytest.raises(BackupInvalid, match="compressed as no backup"):
                restore(tmp_path / "odd.zip", tmp_path / "new")


FOREIGN = [
    {"embedding": {"model": "/evil/folder"}},
    {"embedding": {"model": "evil/model"}},
    {"embedding": {"runtime": "torch"}},
    {"embedding": {"device": "cuda"}},
    {"evidence": {"model": "evil/model"}},
    {"evidence": {"device": "cuda:0"}},
    {"chunking": {"max_tokens": 31}},
]


class TestSettings:
    @pytest.mark.parametrize("own", FOREIGN)
    @pytest.mark.parametrize("kind", ["one", "many"])
    def test_what_no_client_may_set_is_refused(
        self,
        environ: dict[str, str],
        honest: dict[str, bytes],
        tmp_path: Path,
        own: dict[str, dict[str, str]],
        kind: str,
    ) -> None:
        said = manifest(honest, own=sealed(own).decode())
        if kind == "many":
            said = msgspec.json.encode({**msgspec.json.decode(said), "every": True})
        members = {**honest, "manifest.json": said}
        file = archive(tmp_path / "b.zip", members)
        words = ("restore", file) if kind == "many" else ("--collection", "hr", "restore", file)
        refused = run(environ, *words)
        assert refused.exit_code == 2
        assert "only the operator of the service may choose" in refused.output
        assert not (tmp_path / "data" / "collections" / "hr" / "catalog.db").exists()
        assert run(environ, *words, "--trust-settings").exit_code == 0

    @pytest.mark.parametrize(
        "own", [{"llm": {"base_url": "http://evil"}}, {"chunking": {"max_tokens": 0}}]
    )
    def test_what_cannot_be_is_refused_even_if_it_is_trusted(
        self,
        environ: dict[str, str],
        honest: dict[str, bytes],
        tmp_path: Path,
        own: dict[str, dict[str, object]],
    ) -> None:
        said = manifest(honest, own=sealed(own).decode())
        file = archive(tmp_path / "b.zip", {**honest, "manifest.json": said})
        refused = run(environ, "--collection", "hr", "restore", file, "--trust-settings")
        assert (refused.exit_code, "holds invalid settings" in refused.output) == (2, True)

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE builds SET settings = json_set(settings, '$.own',"
            """ json('{"embedding": {"model": "evil/model"}}'))""",
            "UPDATE builds SET settings = json_set(settings, '$.chunk_tokens', '31')",
            "UPDATE builds SET settings = replace(settings, 'all-MiniLM', 'evil/all-MiniLM')",
        ],
    )
    def test_nor_may_the_catalogue_itself(
        self, environ: dict[str, str], honest: dict[str, bytes], tmp_path: Path, statement: str
    ) -> None:
        folder = tmp_path / "changed"
        folder.mkdir()
        (folder / "catalog.db").write_bytes(honest["hr/catalog.db"])
        tampered(folder, statement)
        catalogue = (folder / "catalog.db").read_bytes()
        said = manifest(
            honest, sha256=hashlib.sha256(catalogue).hexdigest(), size_bytes=len(catalogue)
        )
        file = archive(tmp_path / "b.zip", {"manifest.json": said, "hr/catalog.db": catalogue})
        refused = run(environ, "--collection", "hr", "restore", file)
        assert (
            refused.exit_code,
            "only the operator of the service may choose" in refused.output,
        ) == (
            2,
            True,
        )

    def test_what_the_installation_allows_is_restored(
        self, environ: dict[str, str], honest: dict[str, bytes], tmp_path: Path
    ) -> None:
        own = {"embedding": {"model": "ours/model"}, "evidence": {"depth": 3}}
        said = manifest(honest, own=sealed(own).decode())
        file = archive(tmp_path / "b.zip", {**honest, "manifest.json": said})
        allowing = environ | {"CITESPAN_SERVE__MODELS": "ours/model, other"}
        assert run(allowing, "--collection", "hr", "restore", file).exit_code == 0


class TestSideFiles:
    """Labels, and the definitions of sources with how their last sync ended."""

    LABELS = b"not read by a backup\n"

    @pytest.fixture
    def kept(
        self, environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> dict[str, bytes]:
        """A data folder with a source and labels in two collections; their files."""
        environ |= use_words(monkeypatch)
        notes = tmp_path / "notes"
        notes.mkdir()
        for number in range(2):
            (notes / f"{number}.txt").write_text(f"Lever {number} opens gate {number}.")
        assert run(environ, "sync", "add", "notes", str(notes)).exit_code == 0
        assert run(environ, "sync", "run").exit_code == 0
        assert run(environ, "collections", "create", "hr").exit_code == 0
        data = Path(environ["CITESPAN_DATA__PATH"])
        (data / "labels.jsonl").write_bytes(self.LABELS)
        (data / "collections" / "hr" / "labels.jsonl").write_bytes(self.LABELS * 2)
        return {
            path: (data / path).read_bytes() for path in ("sources/notes.json", "sources/notes.run")
        }

    @pytest.mark.parametrize("every", [False, True])
    def test_a_restore_gives_them_back(
        self, environ: dict[str, str], kept: dict[str, bytes], tmp_path: Path, *, every: bool
    ) -> None:
        file = str(tmp_path / "kept.zip")
        assert run(environ, "backup", file, *(["--all"] if every else [])).exit_code == 0
        new = tmp_path / "new"
        elsewhere = {**environ, "CITESPAN_DATA__PATH": str(new)}
        refused = run(elsewhere, "restore", file)
        assert refused.exit_code == 2
        assert "the source notes: folder" in refused.stderr
        assert not (new / "catalog.db").exists()
        assert run(elsewhere, "restore", file, "--trust-settings").exit_code == 0
        assert {path: (new / path).read_bytes() for path in kept} == kept
        assert (new / "labels.jsonl").read_bytes() == self.LABELS
        if every:
            assert (new / "collections/hr/labels.jsonl").read_bytes() == self.LABELS * 2
        assert run(elsewhere, "sync", "run").stdout == "notes: 2 unchanged\n"

    def test_into_its_own_folder_and_into_a_collection(
        self, environ: dict[str, str], kept: dict[str, bytes], tmp_path: Path
    ) -> None:
        file = str(tmp_path / "kept.zip")
        assert run(environ, "backup", file).exit_code == 0
        data = Path(environ["CITESPAN_DATA__PATH"])
        (data / "labels.jsonl").unlink()
        (data / "sources" / "notes.run").unlink()
        assert run(environ, "sync", "add", "later", str(tmp_path)).exit_code == 0
        assert run(environ, "restore", "--replace", "--trust-settings", file).exit_code == 0
        assert (data / "labels.jsonl").read_bytes() == self.LABELS
        assert {path: (data / path).read_bytes() for path in kept} == kept
        assert (data / "sources" / "later.json").exists()
        trusted = run(environ, "--collection", "copy", "restore", "--trust-settings", file)
        assert trusted.exit_code == 0
        assert sorted(path.name for path in (data / "collections" / "copy").iterdir()) == [
            "catalog.db", "labels.jsonl", "writer.lock",
        ]  # fmt: skip

    def test_a_source_that_is_here_needs_no_trust(
        self, environ: dict[str, str], kept: dict[str, bytes], tmp_path: Path
    ) -> None:
        check = checking(load_settings(environ=environ), trusted=False)
        sources = tmp_path / "new" / "sources"
        sources.mkdir(parents=True)
        (sources / "notes.json").write_bytes(kept["sources/notes.json"])
        check(sources.parent)
        (sources / "notes.json").write_bytes(
            kept["sources/notes.json"].replace(b'notes"', b'x"', 1)
        )
        with pytest.raises(UntrustedSettings, match="the source x"):
            check(sources.parent)
        (sources / "notes.json").write_text("{")
        with pytest.raises(BackupInvalid, match="an invalid source"):
            check(sources.parent)

    def test_only_what_a_backup_has(self, honest: dict[str, bytes], tmp_path: Path) -> None:
        stated = {"sha256": hashlib.sha256(b"{}").hexdigest(), "size_bytes": 2}
        for name, size, found in (
            ("../evil.json", 2, "no backup has"), ("sources/a.json", 3, "not what its manifest"),
        ):  # fmt: skip
            said = manifest(honest, files={name: {**stated, "size_bytes": size}})
            members = {**honest, "manifest.json": said, f"hr/{name}": b"{}"}
            file = archive(tmp_path / f"{size}.zip", members)
            with pytest.raises(BackupInvalid, match=found):
                restore(Path(file), tmp_path / "new")
        assert written(tmp_path / "new") == []
