"""What a server keeps of questions, what it sends, and what it needs.

One server is asked on all routes. It runs in a network namespace of its own, without the packages
that the image leaves out, and without those of extras.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from secluded import MARK

from citespan.index import TorchEmbedder
from citespan.index.errors import ModelUnavailable
from citespan.qa.evidence import open_reader

ROOT = Path(__file__).parents[1]
LEAN = ROOT / "deploy/lean.txt"
EXTRAS = {  # what a plain installation does not have
    "fsspec", "msoffcrypto", "pathspec", "protego", "psycopg", "tesserocr",
    "watchfiles",
}  # fmt: skip


def left_out() -> set[str]:
    """Return the modules that the lean image leaves out, as they are imported."""
    listed = {line.split(" ;")[0] for line in LEAN.read_text().splitlines() if " ;" in line}
    homes = packages_distributions().items()
    tops = {top for top, names in homes if {_plain(name) for name in names} & listed}
    assert {"torch", "sentence_transformers", "onnx", "huggingface_hub"} <= tops
    return tops | {
        "transformers",
        "safetensors",
        "scipy",
        "sklearn",
        "faker",
    }  # only they need them


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


class Left(NamedTuple):
    """What a server left behind: what it answered, and its folders."""

    said: dict[str, Any]
    folder: Path
    isolated: bool


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    folder = tmp_path_factory.mktemp("secluded")
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    isolated = bool(shutil.which("unshare")) and _runs([*unshare, "true"])
    script = [sys.executable, str(ROOT / "tests/support/secluded.py"), str(folder / "data")]
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "LOOPBACK_ONLY": "1" if isolated else "",
    }
    done = subprocess.run(
        [*(unshare if isolated else []), *script, *sorted(left_out() | EXTRAS)],
        env=environ, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr + (folder / "serve.log").read_text()
    return Left(json.loads(done.stdout), folder, isolated)


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_server_answers_without_what_the_image_leaves_out(left: Left) -> None:
    answer = left.said["answer"]
    assert answer["status"] == "answered"
    assert "China Institute of International Studies" in answer["citations"][0]["quote"]
    expected = {"refused": 422, "lost": 404, "put": 201}
    statuses = left.said["statuses"]
    assert statuses == {path: expected.get(path, 200) for path in statuses}


def test_a_server_answers_without_a_network(left: Left) -> None:
    if not left.isolated:
        pytest.skip("no network namespace can be made here")
    assert left.said["answer"]["citations"]


def test_nothing_is_kept_of_questions(left: Left) -> None:
    """Not in the data folder, the log, the metrics, temporary files nor the user's home."""
    files = [file for file in left.folder.rglob("*") if file.is_file()]
    assert {"serve.log", "catalog.db"} <= {file.name for file in files}
    assert [file for file in files if MARK.encode() in file.read_bytes()] == []
    assert MARK not in left.said["metrics"]
    assert list((left.folder / "tmp").iterdir()) == []
    assert list((left.folder / "home").rglob("*")) == []


def test_nothing_is_kept_of_answers(left: Left) -> None:
    number = left.said["answer"]["id"].encode()
    files = [file for file in left.folder.rglob("*") if file.is_file()]
    assert [file for file in files if number in file.read_bytes()] == []
    quote = left.said["answer"]["citations"][0]["quote"]
    log = (left.folder / "serve.log").read_text()
    assert log.count('"route": "/v1/ask"') == 5
    assert quote[:40] not in log + left.said["metrics"]


def test_other_models_say_what_they_lack(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sentence_transformers", "safetensors"):
        monkeypatch.setitem(sys.modules, name, None)
    lacking = "'x/y' needs torch and sentence-transformers, which this installation leaves out"
    with pytest.raises(ModelUnavailable, match=f"the embedding model {lacking}"):
        TorchEmbedder("x/y")
    with pytest.raises(ModelUnavailable, match=f"the evidence model {lacking}"):
        open_reader("x/y")


def test_no_module_of_the_run_time_imports_what_the_image_leaves_out() -> None:
    """At its top; inside functions, other models do."""
    names = left_out()
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for folder in ("citespan", "index", "qa", "api", "evals")
        for file in (ROOT / folder).rglob("*.py")
        if not {"training", "bench", "studies"} & set(file.relative_to(ROOT).parts)
        for node in _imported_at_once(ast.parse(file.read_text(encoding="utf-8")).body)
        if names & {name.split(".")[0] for name in _names(node)}
    ]
    assert found == []


def _imported_at_once(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.Try | ast.With | ast.ClassDef):
            yield from _imported_at_once(node.body)


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [one.name for one in node.names]
