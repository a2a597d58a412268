"""The files of the page, as they are sent."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

_FOLDER = Path(__file__).parent / "page"
_HTML = "text/html"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_SHELL = "page.html"


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it is sent; the tag changes with its bytes."""

    data: bytes
    media_type: str
    tag: str


@cache
def assets() -> Mapping[str, Sent]:
    """Return what the page loads, by name."""
    found = sorted(_FOLDER.iterdir())
    return {
        one.name: _sent(one.read_bytes(), _TYPES[one.suffix])
        for one in found
        if one.suffix in _TYPES
    }


@cache
def shell(root: str) -> Sent:
    """Return the page for a place from which `root` leads to the service's own address.

    The page names all its modules, so that the browser loads them at once.
    """
    loads = "\n".join(
        f'<link rel="modulepreload" href="{root}web/{name}">'
        for name in assets()
        if name.endswith(".js")
    )
    written = Template((_FOLDER / _SHELL).read_text("utf-8"))
    return _sent(written.substitute(root=root, loads=loads).encode(), _HTML)


def _sent(data: bytes, media_type: str) -> Sent:
    return Sent(data, media_type, f'"{hashlib.sha256(data).hexdigest()[:32]}"')
