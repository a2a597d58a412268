"""Object stores and file servers: what fsspec reaches, by the protocol of the address."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import msgspec

from citespan.decoding import from_json
from citespan.index.reading import Unreadable
from citespan.qa.errors import ConfigError
from citespan.qa.sources.errors import Gone, Incomplete, NotRead, RequestRefused
from citespan.qa.sources.extra import needed
from citespan.qa.sources.guard import Outgoing
from citespan.qa.sources.kinds.choice import PathChoice
from citespan.qa.sources.types import Content, SourceEntry

_VERSIONS = ("ETag", "etag", "md5Hash", "content_md5", "checksum", "md5")
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")


class StoreSource:
    """The files below an address such as `s3://bucket/folder`. The version is the store's own.

    fsspec connects by itself, not through the guard. So the operator has to allow each protocol.

    Args:
        address: the address.
        choice: which paths are taken.
        outgoing: the limits, and the protocols that are allowed.
        secret: options of the file system, as a JSON object.

    Raises:
        RequestRefused: the protocol is not allowed.
        ConfigError: the options are no JSON object, or the package of the protocol is missing.
    """

    whole = True

    def __init__(
        self, address: str, choice: PathChoice, outgoing: Outgoing, secret: str = ""
    ) -> None:
        protocol = address.partition("://")[0]
        if not set(protocol.split("::")) <= outgoing.protocols:
            raise RequestRefused(
                f"{protocol} connects by itself, past the guard; allow it in sources.protocols"
            )
        options = _options(secret) | {"skip_instance_cache": True, "use_listings_cache": False}
        try:
            self._files, root = needed("fsspec").url_to_fs(address, **options)
        except (ImportError, ValueError) as error:
            raise ConfigError(f"{address} cannot be opened: {error}") from error
        self._root = str(root).rstrip("/")
        self._address, self._choice, self._limits = address.rstrip("/"), choice, outgoing

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the files, as `DocumentSource.entries`. A place without any is not an empty one."""
        number = 0
        try:
            if not self._files.exists(self._root):
                raise Incomplete(f"there is nothing at {self._address}")
            for _, __, found in self._files.walk(self._root, detail=True, on_error="raise"):
                for info in found.values():
                    path = str(info["name"]).removeprefix(self._root).lstrip("/")
                    if not self._choice.takes(path):
                        continue
                    number += 1
                    if number > self._limits.max_entries:
                        raise Incomplete(f"more than {number - 1} files (sources.max_entries)")
                    yield self._entry(path, info)
        except Incomplete:
            raise
        except Exception as error:  # each file system has errors of its own
            raise Incomplete(f"{self._address} cannot be listed: {error}") from error

    def read(self, entry: SourceEntry, known: str) -> Content | None:  # noqa: ARG002
        """Return the bytes of a file, as `DocumentSource.read`."""
        most = self._limits.max_bytes
        if entry.size is not None and entry.size > most:
            raise Unreadable("too_large", f"it has more than {most} bytes (sources.max_bytes)")
        try:
            with self._files.open(f"{self._root}/{entry.key}", "rb") as file:
                data: bytes = file.read(most + 1)
        except FileNotFoundError as error:
            raise Gone(f"{entry.uri} is no longer there") from error
        except Exception as error:
            raise NotRead(f"{entry.uri} cannot be read: {error}") from error
        if len(data) > most:
            raise Unreadable("too_large", f"it has more than {most} bytes (sources.max_bytes)")
        return Content(data=data, name=PurePosixPath(entry.key).name)

    def close(self) -> None:
        """Do nothing: file systems close by themselves."""

    def _entry(self, path: str, info: dict[str, Any]) -> SourceEntry:
        time = next((info[name] for name in _TIMES if info.get(name)), None)
        version = next((str(info[name]) for name in _VERSIONS if info.get(name)), "")
        size = info.get("size")
        return SourceEntry(
            key=path,
            uri=f"{self._address}/{path}",
            version=version or f"{time}-{size}",
            size=size,
            modified=_time(time),
        )


def _options(secret: str) -> dict[str, Any]:
    if not secret:
        return {}
    try:
        return from_json(secret, dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError("the secret of this source has to be a JSON object of options") from error


def _time(time: object) -> datetime | None:
    if isinstance(time, datetime):
        return time if time.tzinfo else time.replace(tzinfo=UTC)
    return datetime.fromtimestamp(time, UTC) if isinstance(time, int | float) else None
