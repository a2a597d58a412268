"""Four generic names at the top level: nothing else that is installed may take them."""

import json
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path
from urllib.parse import unquote, urlsplit

NAMES = ("qa", "index", "api", "evals")


def installed_root() -> Path:
    """The folder that the installed distribution imports from."""
    origin = json.loads(distribution("citespan").read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        url: str = origin["url"]
        return Path(unquote(urlsplit(url).path))
    return Path(str(distribution("citespan").locate_file("")))


def test_no_other_distribution_has_our_names() -> None:
    holders = packages_distributions()
    assert [set(holders.get(name, ())) for name in NAMES] == [{"citespan"}] * len(NAMES)


def test_our_names_are_imported_from_our_folder(tmp_path: Path) -> None:
    code = (
        f"import {', '.join(NAMES)}; print(*(m.__file__ for m in ({', '.join(NAMES)})), sep='\\n')"
    )
    output = subprocess.run(
        [sys.executable, "-P", "-c", code],
        capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path,
        env={"PATH": ""},  # as a user has it: no PYTHONPATH
    ).stdout  # fmt: skip
    root = installed_root().resolve()
    assert [Path(line).resolve() for line in output.splitlines()] == [
        root / name / "__init__.py" for name in NAMES
    ]


def test_each_package_is_typed() -> None:
    root = Path(__file__).parent.parent
    assert [(root / name / "py.typed").exists() for name in NAMES] == [True] * 4


def test_the_wheel_holds_each_package() -> None:
    root = Path(__file__).parent.parent
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    found = [made for name in NAMES for made in (root / name).rglob("__init__.py")]
    packages = {".".join(made.parent.relative_to(root).parts) for made in found}
    assert set(settings["tool"]["setuptools"]["packages"]) - {"qa.seeds"} == packages


def test_no_test_folder_is_a_package() -> None:
    assert list(Path(__file__).parent.rglob("__init__.py")) == []
