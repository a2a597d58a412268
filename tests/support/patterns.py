"""Every regular expression of the packages, and the methods that it is used with.

Compiled ones are found in the modules as imported, those of inline calls in the sources.
"""

import ast
import importlib
import importlib.util
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import re2  # pyright: ignore[reportMissingImports, reportMissingTypeStubs]
import regex

import citespan

ENGINES: dict[str, Any] = {"re": re, "regex": regex, "re2": re2}
KINDS: Any = tuple(type(one.compile("")) for one in ENGINES.values())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
METHODS = ("match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")


@dataclass(frozen=True)
class Found:
    """A pattern, where it is, and the methods that it is used with; all if that is not known."""

    place: str
    pattern: Any
    methods: frozenset[str]


@dataclass(frozen=True)
class Source:
    """A module that may have patterns, and its syntax tree."""

    module: ModuleType
    tree: ast.Module

    def __hash__(self) -> int:
        return hash(self.module.__name__)


@cache
def sources() -> tuple[Source, ...]:
    """The modules of the packages that import an engine of regular expressions."""
    found: list[Source] = []
    for name in _module_names():
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
        if set(ENGINES) & set(_imported(tree)) or _borrows(tree):
            found.append(Source(importlib.import_module(name), tree))
    return tuple(found)


def _module_names() -> Iterator[str]:
    yield "citespan"
    yield from (one.name for one in pkgutil.walk_packages(citespan.__path__, "citespan."))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _borrows(tree: ast.AST) -> bool:
    """Whether a module calls what only patterns have, on a constant of any module."""
    return any(
        method in {"fullmatch", "finditer", "sub", "search"} and name.isupper()
        for name, method in _calls(tree)
    )


def _calls(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in METHODS
            and isinstance(node.value, ast.Name)
        ):
            yield node.value.id, node.attr


def compiled() -> list[Found]:
    """Patterns that are constants of modules, alone or in containers."""
    places: dict[int, tuple[str, Any]] = {}
    used: dict[int, set[str]] = defaultdict(set)
    for source in sources():
        calls = list(_calls(source.tree))
        for name, value in vars(source.module).items():
            for pattern in _inside(value):
                places.setdefault(id(pattern), (f"{source.module.__name__}.{name}", pattern))
                used[id(pattern)] |= {method for called, method in calls if called == name}
    return [
        Found(place, pattern, frozenset(used[key] or METHODS))
        for key, (place, pattern) in places.items()
    ]


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, KINDS):
        yield value
    elif isinstance(value, (tuple, list, set, frozenset, dict)):
        yield from _held(value)


def _held(values: Any) -> Iterator[Any]:
    for one in values.values() if hasattr(values, "values") else values:
        yield from _inside(one)


def inline() -> tuple[list[Found], list[str]]:
    """Patterns of calls like `re.sub(pattern, …)`; and places whose pattern no constant gives."""
    found: list[Found] = []
    unknown: list[str] = []
    for source in sources():
        for inside in (node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(inside) if isinstance(node, ast.Call)):
                if (method := _engine_method(call)) is None:
                    continue
                place = f"{source.module.__name__}.{inside.name}"
                pattern = _evaluated(call, source.module)
                if pattern is None:
                    unknown.append(place)
                else:
                    methods = METHODS if method == "compile" else (method,)
                    found.append(Found(f"{place}:{call.lineno}", pattern, frozenset(methods)))
    return found, unknown


def _engine_method(call: ast.Call) -> str | None:
    func = call.func
    if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
        known = func.value.id in ENGINES and func.attr in {*METHODS, "compile"}
        return func.attr if known else None
    return None


def _evaluated(call: ast.Call, module: ModuleType) -> Any:
    """The pattern of a call as the module's constants make it; None if they do not."""
    engine = ENGINES[ast.unparse(call.func).partition(".")[0]]
    flags = next((one.value for one in call.keywords if one.arg == "flags"), None)
    names = {**vars(module)}
    try:
        values = [
            eval(compile(ast.Expression(one), "pattern", "eval"), names)  # noqa: S307
            for one in (call.args[0], *([flags] if flags else []))
        ]
    except NameError:
        return None
    return engine.compile(*values)
