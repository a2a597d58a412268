"""One name is installed, `citespan`: whatever else is called qa, index, api or evals, it runs."""

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("api", "evals", "index", "qa")


def test_nothing_else_that_is_installed_has_our_name() -> None:
    assert set(packages_distributions()["citespan"]) == {"citespan"}


def test_our_folders_are_not_importable_by_names_of_their_own(tmp_path: Path) -> None:
    code = f"import importlib.util as u; print([u.find_spec(name) for name in {FOLDERS}])"
    assert printed(code, tmp_path) == "[None, None, None, None]"


def test_modules_of_a_user_may_be_called_as_our_folders_are(tmp_path: Path) -> None:
    for name in ("index.py", "evals.py", "qa.py", "seeds.py", "api/__init__.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("raise AssertionError('a module of the user was imported')")
    code = (
        "from citespan import open_service, load_settings, Answer; import citespan.evals.scoring;"
        "from citespan.api import create_app; print(load_settings(environ={}).data.collection)"
    )
    assert printed(code, tmp_path) == "default"
    command = ["--data", str(tmp_path / "data"), "collections", "list"]
    run = [sys.executable, "-m", "citespan", *command]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def printed(code: str, folder: Path) -> str:
    """What a program prints that is started in a folder, which comes first on its path."""
    run = [sys.executable, "-c", code]
    env = {"PATH": ""}  # as a user has it: no PYTHONPATH
    return subprocess.run(
        run, cwd=folder, capture_output=True, text=True, check=True, timeout=300, env=env
    ).stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel that is built from this clone."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    copied = folder / "clone"  # building leaves files behind
    copied.mkdir()
    for name in ("LICENSE", "README.md", "pyproject.toml", "citespan", "seeds", *FOLDERS):
        (copied / name).symlink_to(ROOT / name)
    subprocess.run([*build, str(copied)], capture_output=True, check=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as made:
        return set(made.namelist())


def test_the_wheel_holds_what_a_user_runs_and_nothing_else(wheel: set[str]) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    excluded = settings["tool"]["setuptools"]["packages"]["find"]["exclude"]
    left_out = [one.rstrip("*") for one in excluded]
    assert left_out == ["citespan.evals.bench", "citespan.evals.studies", "citespan.evals.training"]
    wanted = {
        f"citespan/{file.relative_to(ROOT)}"
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*.py")
    } | {
        f"citespan/{name}.py"
        for name in (
            "__init__",
            "__main__",
            "commands",
            "decoding",
            "keys",
            "lazy",
            "measured",
            "reindexing",
            "serving",
            "status",
        )
    }
    folders = tuple(one.replace(".", "/") + "/" for one in left_out)
    wanted = {name for name in wanted if not name.startswith(folders)}
    assert {name for name in wheel if name.endswith(".py")} == wanted
    beside = {"py.typed", "seeds/seed.json", "evals/baselines/seed.json", "evals/report/report.css"}
    beside |= {f"qa/evidence/model/{name}" for name in ("part-4.onnx", "manifest.json", "CARD.md")}
    beside |= {f"index/embedding/{name}/model.onnx" for name in ("model", "multilingual")}
    beside |= {"qa/evidence/model/multilingual/products.safetensors"}
    beside |= {f"api/web/page/{one.name}" for one in (ROOT / "api/web/page").iterdir()}
    beside |= {f"api/web/widget/{name}" for name in ("widget.js",)}
    assert {f"citespan/{name}" for name in beside} <= wheel
    assert {name.split("/")[0] for name in wheel} == {"citespan", "citespan-0.1.0.dist-info"}


def test_no_test_folder_is_a_package() -> None:
    assert list((ROOT / "tests").rglob("__init__.py")) == []
