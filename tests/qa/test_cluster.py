"""Ingest on Ray: what it stores is what one process stores, though a worker is killed meanwhile."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from email.message import EmailMessage
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import office_files
import pytest
import tiny_pdf
from click.testing import CliRunner

from citespan.commands import cli
from citespan.index import OnnxEmbedder
from citespan.index.cluster.plan import PROBE, WorkerPlan, versions_here
from citespan.index.cluster.tasks import Unfit, compared, opened
from citespan.index.embedding import BUNDLED_MODEL, exported_folder

GUIDES = Path(__file__).parents[2] / "docs/guides"
_TABLES = {
    "chunks_1": "at, id, document_id, start, end, tokens, context, vector",
    "revisions": "document_id, revision, title, uri, sha256, media_type, metadata, length, text",
    "sources": "document_id, revision, name, made_by, layout, sha256",
    "originals": "sha256, data",
}


class Stored(NamedTuple):
    """What a run reports of each file, and the rows of the catalogue."""

    files: list[dict[str, Any]]
    rows: dict[str, list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Texts, files that are read in a process of their own, one inside another, and bad ones."""
    made = tmp_path_factory.mktemp("files")
    for name in ("filters.md", "mcp.md", "reindex.md", "engines.md", "access.md", "chat.md"):
        (made / name).write_bytes((GUIDES / name).read_bytes())
    pdf = tiny_pdf.Pdf([tiny_pdf.Page(tiny_pdf.prose(["The tower has 96 steps."]))]).write()
    (made / "tower.pdf").write_bytes(pdf)
    table = office_files.word_table([["WorkerPlan", "Price"], ["Basic", "3"], ["Whole", "9"]])
    body = office_files.paragraph("Plans of the garden club.") + table
    (made / "plans.docx").write_bytes(office_files.docx(body))
    mail = EmailMessage()
    mail["Subject"], mail["From"] = "The tower", "a@example.org"
    mail.set_content("The plan of the tower is attached.")
    inside = tiny_pdf.Pdf([tiny_pdf.Page(tiny_pdf.prose(["The plan is from 1911."]))]).write()
    mail.add_attachment(inside, maintype="application", subtype="pdf", filename="plan.pdf")
    (made / "tower.eml").write_bytes(mail.as_bytes())
    (made / "copy.txt").write_bytes((GUIDES / "mcp.md").read_bytes())
    (made / "broken.pdf").write_bytes(pdf[:40])
    (made / "empty.txt").write_bytes(b"")
    return made


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the run on Ray."""
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def on_ray(folder: Path, data: Path) -> Stored:
    """What a run on Ray stores, one of whose workers is killed during a task."""
    if find_spec("ray") is None:
        pytest.skip("ray is not here: pip install 'citespan[ray]'")
    command = ["--data", str(data), "ingest", str(folder), "--on", "ray", "--json"]
    run = subprocess.Popen(
        [sys.executable, "-P", "-m", "citespan", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    with run:
        if worker := worker_of(run):
            os.kill(worker, signal.SIGKILL)
        out, err = run.communicate(timeout=120)
    if b"timed out during startup" in err:  # github.com/ray-project/ray/issues/65983
        pytest.skip("Ray gives its own processes 15 s to start, and this machine is too busy")
    assert worker, err.decode()
    assert run.returncode == 1, err.decode()  # two files are rejected
    return stored(out, data)


def worker_of(run: "subprocess.Popen[bytes]") -> int | None:
    """The process of a worker that makes chunks, once there is one; None if the run ends before."""
    while run.poll() is None:
        for one in Path("/proc").glob("[0-9]*"):
            try:
                busy = (one / "cmdline").read_bytes().startswith(b"ray::make")
            except OSError:
                continue
            if busy and run.pid in above(int(one.name)):
                return int(one.name)
        time.sleep(0.01)
    return None


def above(pid: int) -> Iterator[int]:
    """The processes above one."""
    while pid > 1:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
        yield pid


def stored(out: bytes | str, data: Path) -> Stored:
    rows: dict[str, list[tuple[Any, ...]]] = {}
    with closing(sqlite3.connect(data / "catalog.db")) as catalogue:
        for table, columns in _TABLES.items():
            rows[table] = sorted(catalogue.execute(f"SELECT {columns} FROM {table}"))  # noqa: S608
    files = json.loads(out)["files"]  # what is refused is reported earlier, if more is read ahead
    return Stored(sorted(files, key=lambda one: str(one["name"])), rows)


def test_it_stores_exactly_what_one_process_stores(
    on_ray: Stored, folder: Path, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    command = ["--data", str(tmp_path), "ingest", str(folder), "--json"]
    here = stored(CliRunner().invoke(cli, command).stdout, tmp_path)
    assert [one["outcome"] for one in here.files].count("added") == 9
    assert {one["code"] for one in here.files} >= {"corrupt", None}
    assert on_ray.files == here.files
    for table, rows in here.rows.items():
        assert rows, table
        assert on_ray.rows[table] == rows, table


def test_what_it_stored_is_unchanged_for_one_process(
    on_ray: Stored, folder: Path, data: Path, embedder: OnnxEmbedder
) -> None:
    command = ["--data", str(data), "ingest", str(folder), "--json"]
    again = json.loads(CliRunner().invoke(cli, command).stdout)
    assert again["outcomes"] == {"unchanged": 9, "duplicate": 1, "rejected": 2}


class TestWorkers:
    @pytest.fixture
    def plan(self, embedder: OnnxEmbedder, models_folder: Path) -> WorkerPlan:
        exported = exported_folder(models_folder, BUNDLED_MODEL)
        files = {name: (exported / name).read_bytes() for name in (
            "manifest.json", "model.onnx", "tokenizer.json",
        )}  # fmt: skip
        return WorkerPlan(
            model=files,
            embedder=embedder.name,
            probe=embedder.embed_documents([PROBE])[0],
            versions=versions_here(torch=False),
        )

    def test_a_worker_embeds_as_the_caller_does(
        self, plan: WorkerPlan, embedder: OnnxEmbedder
    ) -> None:
        worker = opened(plan)
        assert not isinstance(worker, Unfit)
        texts = ["The tower has 96 steps.", "A garden."]
        assert np.array_equal(worker.embed_documents(texts), embedder.embed_documents(texts))

    def test_other_vectors_are_refused(self, plan: WorkerPlan) -> None:
        near = plan.probe + np.float32(0.02) * np.roll(plan.probe, 1)
        found = opened(replace(plan, probe=(near / np.linalg.norm(near)).astype(np.float32)))
        assert isinstance(found, Unfit)
        assert "embeds otherwise than this machine (cosine 0.99" in found.why

    def test_another_model_is_refused(self, plan: WorkerPlan) -> None:
        assert isinstance(plan.model, dict)
        found = opened(replace(plan, model={**plan.model, "model.onnx": b"x"}))
        assert isinstance(found, Unfit)
        assert "expected" in found.why
        found = opened(replace(plan, embedder="another"))
        assert isinstance(found, Unfit)
        assert "instead of another" in found.why

    def test_other_versions_are_refused_by_name(self) -> None:
        ours = versions_here(torch=True)
        assert ours["onnxruntime"][0].isdigit()
        assert len(ours["citespan"]) == 12
        assert compared(ours, ours) is None
        found = compared({**ours, "lxml": "0.1"}, ours)
        assert isinstance(found, Unfit)
        assert f"has lxml {ours['lxml']} instead of 0.1; install the same" in found.why


@pytest.mark.parametrize(
    ("where", "why"),
    [
        (("--on", "10.0.0.1:6379"), "is no address of Ray"),
        (("--on", "ray://somewhere"), "is no address of Ray"),
        (("--on", "ray://a:b"), "is no address of Ray"),
        (("--on", "ray", "--gpus", "1"), 'only embedding.runtime = "torch" uses GPUs'),
        (("--gpus", "1"), "--gpus needs --on"),
        (("--on", "ray", "--gpus", "-1"), "--gpus"),
    ],
    ids=["no scheme", "no port", "no number", "no runtime", "no Ray", "negative"],
)
def test_what_cannot_be_used_is_said(
    where: tuple[str, ...], why: str, folder: Path, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    done = CliRunner().invoke(cli, ["--data", str(tmp_path), "ingest", str(folder), *where])
    assert done.exit_code == 2
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_a_ray_that_does_not_answer_is_an_error(
    folder: Path, tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    with socket.socket() as taken:  # bound, and nothing listens
        taken.bind(("127.0.0.1", 0))
        address = f"ray://127.0.0.1:{taken.getsockname()[1]}"
        command = ["--data", str(tmp_path), "ingest", str(folder), "--on", address]
        done = CliRunner().invoke(cli, command)
    assert done.exit_code == 2
    assert f"nothing answers at {address}" in done.stderr
