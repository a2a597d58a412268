"""Upgrade and rollback of a data folder, with the code of an earlier commit: at night.

The earlier commit is the last release's tag, or the one that UPGRADE_FROM names, or else the one
that last made the data folder in `tests/releases`.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
RELEASE = "tests/releases/0.1.0.zip"
RYE = "How many tons of rye does the mill grind?"
TERN = "Where does the tern of Cork nest?"

pytestmark = pytest.mark.skipif(
    "TEST_CYCLES" not in os.environ, reason="a minute: at night, with TEST_CYCLES=100"
)

Run = Callable[..., str]


def git(*command: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(ROOT), *command], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A working tree of the earlier commit."""
    commit = (
        os.environ.get("UPGRADE_FROM")
        or git("describe", "--tags", "--abbrev=0")
        or git("log", "-1", "--format=%H", "--", RELEASE)
    )
    folder = tmp_path_factory.mktemp("earlier") / "tree"
    git("worktree", "add", "--detach", str(folder), commit)
    if not commit or not (folder / "citespan").exists():
        pytest.skip("the history is not here")
    yield folder
    git("worktree", "remove", "--force", str(folder))


def runner(tree: Path, folder: Path) -> Run:
    """Return a function that runs a command line on the data folder, with the code of a tree."""

    def run(*command: str, fails: bool = False) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "citespan", "--data", str(folder), *command],
            env=os.environ | {"PYTHONPATH": str(tree)},
            cwd=folder.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert bool(done.returncode) == fails, done.stderr
        return done.stdout + done.stderr

    return run


def test_an_upgrade_loses_nothing_and_can_be_undone(earlier: Path, tmp_path: Path) -> None:
    data, kept = tmp_path / "data", tmp_path / "kept"
    (tmp_path / "mill.txt").write_text("The mill at Nore grinds four tons of rye a day.")
    (tmp_path / "tern.txt").write_text("The tern of Cork nests on the roof.")
    before, after = runner(earlier, data), runner(ROOT, data)
    before("ingest", "mill.txt")
    before("collections", "create", "birds")
    before("--collection", "birds", "ingest", "tern.txt")
    before("backup", "--all", str(tmp_path / "before.zip"))
    shutil.copytree(data, kept)

    assert "four tons of rye" in after("ask", RYE)
    assert "on the roof" in after("--collection", "birds", "ask", TERN)
    (tmp_path / "owl.txt").write_text("The owl of Lund sleeps by day.")
    after("ingest", "owl.txt")
    after("doctor")
    assert "sleeps by day" in after("ask", "When does the owl of Lund sleep?")

    # Back, with what was stored since: the same version of the catalogue.
    assert "sleeps by day" in before("ask", "When does the owl of Lund sleep?")
    assert "four tons of rye" in before("ask", RYE)
    before("doctor")
    # Back to the copy, and to the backup.
    assert "four tons of rye" in runner(earlier, kept)("ask", RYE)
    restored = runner(earlier, tmp_path / "restored")
    restored("restore", str(tmp_path / "before.zip"))
    assert "on the roof" in restored("--collection", "birds", "ask", TERN)
