"""The keys as a running server knows them: it notices changes of their file within a second."""

import threading
import time
import weakref
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from citespan.api.access.keyfile import KeyFile
from citespan.api.access.keys import Key, digest, new_secret, parts, stamp
from citespan.api.access.rules import Role
from citespan.api.middleware.telemetry import logger
from citespan.index.catalogue import CatalogueServer
from citespan.index.errors import StoreError
from citespan.qa.errors import ConfigError

_LOOK_S = 0.5  # between two looks at the file
_NOTE_S = 60.0  # between two records of when keys were used


class Keyring:
    """The keys of an installation.

    Args:
        folder: the data folder.
        server: what holds the keys in place of the folder; a thread of its own looks there.

    Raises:
        ConfigError, StoreUnavailable: the file of the keys cannot be read.
    """

    def __init__(self, folder: Path, server: CatalogueServer | None = None) -> None:
        self._file = KeyFile(folder, server)
        self._state = self._file.state()
        self._keys = dict[str, Key]()
        self._published = tuple[Key, ...]()
        self._take(self._file.read())
        self._closed = bool(self._keys)
        self._looked_s = self._noted_s = time.monotonic()
        self._used: dict[str, str] = {}
        # What an unknown id is compared with, so that it takes as long as a known one.
        self._none = Key(
            id="", name="", role=Role.ASK, hash=digest(new_secret()), created_at="", origins=()
        )
        self._watched = server is not None
        if self._watched:
            ring = weakref.ref(self)
            threading.Thread(target=_watch, args=(ring,), name="keys", daemon=True).start()

    @property
    def closed(self) -> bool:
        """Whether there was a key since the start, even if none is still valid."""
        self._look()
        return self._closed

    def find(self, given: str) -> Key | None:
        """Return the valid key that a text is; None if it is none."""
        self._look()
        found = parts(given)
        if found is None:
            return None
        now = datetime.now(UTC)
        key = self._keys.get(found[0], self._none)
        if not key.opens(found[1], now):
            return None
        self._used[key.id] = stamp(now)
        return key

    def origins(self) -> frozenset[str]:
        """Return the origins of the pages that may use publishable keys."""
        self._look()
        now = datetime.now(UTC)
        valid = (one for one in self._published if one.state(now) == "valid")
        return frozenset(origin for one in valid for origin in one.origins)

    def note(self) -> None:
        """Record when keys were used since the last record."""
        used, self._used = self._used, {}
        try:
            if used:
                self._file.note_used(used)
        except StoreError as error:
            logger().warning("keys_use_not_recorded", error=str(error))

    def _take(self, keys: Sequence[Key]) -> None:
        self._keys = {one.id: one for one in keys}
        self._published = tuple(one for one in keys if one.origins)

    def _look(self) -> None:
        now_s = time.monotonic()
        if self._watched or now_s - self._looked_s < _LOOK_S:
            return
        self._looked_s = now_s
        self.look()

    def look(self) -> None:
        """Take up the present keys, if they have changed."""
        now_s = time.monotonic()
        if now_s - self._noted_s > _NOTE_S:
            self._noted_s = now_s
            threading.Thread(target=self.note, name="keys-used", daemon=True).start()
        try:
            state = self._file.state()
        except StoreError:  # a server that is away is reported where documents are needed
            return
        if state == self._state:
            return
        try:
            self._take(self._file.read())
        except (ConfigError, StoreError) as error:  # the keys known so far count meanwhile
            logger().error("keys_not_read", error=str(error))
            self._closed = True
        self._state = state
        self._closed = self._closed or bool(self._keys)


def _watch(ring: weakref.ref[Keyring]) -> None:
    """Look for changes as long as a keyring is in use."""
    while (one := ring()) is not None:
        one.look()
        del one
        time.sleep(_LOOK_S)
