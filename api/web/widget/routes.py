"""The route of the widget's modules, which pages of any origin may load."""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException

from citespan.api.access import OPEN, RULE
from citespan.api.wire.bodies import AnyRequest

_ENTRY = "widget.js"
_TYPES = {".js": "text/javascript", ".ts": "text/plain"}
_IMPORT = re.compile(r'(from "\./[a-z/]+\.js)"')
_YEAR_S = 31_536_000
_PUBLIC = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}


@cache
def files() -> tuple[Mapping[str, bytes], str]:
    """Return the files of the widget by name, and their version.

    The modules name the version where they import each other, so that browsers keep them for good
    and never mix those of two versions.
    """
    found = {one.name: one.read_bytes() for one in sorted(Path(__file__).parent.glob("*.[jt]s"))}
    version = hashlib.sha256(b"\0".join(found.values())).hexdigest()[:16]
    versioned = {
        name: _IMPORT.sub(rf'\1?v={version}"', data.decode()).encode()
        for name, data in found.items()
    }
    return versioned, version


# It needs no line: it is in memory, and pages load it while the server is busy or starting.
@get(
    ["/widget.js", "/widget/{name:str}"],
    opt={"line": None, RULE: OPEN},
    include_in_schema=False,
    sync_to_thread=False,
)
def widget(request: AnyRequest) -> Response[bytes]:
    """Return a module of the widget, or its types."""
    found, version = files()
    name = request.path_params.get("name", _ENTRY)
    if name not in found:
        raise NotFoundException
    kept = (
        f"max-age={_YEAR_S}, immutable" if request.query_params.get("v") == version else "no-cache"
    )
    tag = f'"{version}"'
    headers = {"etag": tag, "cache-control": f"public, {kept}"} | _PUBLIC
    media_type = _TYPES[Path(name).suffix]
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=media_type)
    return Response(found[name], headers=headers, media_type=media_type)
