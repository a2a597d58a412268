"""The file of the keys: commands change it, also while a server reads it."""

from collections.abc import Hashable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from citespan.api.access.keyplace import KEYS, InFolder, KeyPlace, OnServer
from citespan.api.access.keys import Key, check, digest, new_id, new_secret, stamp, written
from citespan.api.access.rules import Role
from citespan.decoding import from_json
from citespan.index.catalogue import CatalogueServer
from citespan.index.errors import StoreError
from citespan.qa.errors import ConfigError

_USED = "keys.used.json"
_VERSION = 1


class _Contents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int = _VERSION
    keys: tuple[Key, ...] = ()


class KeyFile:
    """The keys of an installation. A reader sees all of a change, or nothing.

    Args:
        folder: the data folder.
        server: what holds the keys in place of the folder.

    Raises:
        ConfigError: any method: the file is not one that was written here.
        StoreUnavailable: any method: the file cannot be read or written.
    """

    def __init__(self, folder: Path, server: CatalogueServer | None = None) -> None:
        self.path = folder / KEYS
        self._place: KeyPlace = OnServer(server, folder) if server else InFolder(folder)

    def state(self) -> Hashable:
        """Return a value that changes with the file; None if there is no file."""
        return self._place.state(KEYS)

    def read(self) -> tuple[Key, ...]:
        """Return all keys, the oldest first."""
        data, called = self._place.read(KEYS), self._place.called(KEYS)
        if data is None:
            return ()
        try:
            found = from_json(data, _Contents)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ConfigError(f"the keys in {called} are damaged: {error}") from error
        if found.version != _VERSION:
            raise ConfigError(f"a later version of citespan wrote the keys in {called}")
        return found.keys

    def create(
        self,
        name: str,
        role: Role,
        *,
        collections: tuple[str, ...] | None = None,
        groups: tuple[str, ...] = (),
        lasting: timedelta | None = None,
        origins: tuple[str, ...] = (),
        per_minute: int = 0,
    ) -> tuple[Key, str]:
        """Make a key; return it, and what its owner is given, which is kept nowhere.

        With `origins`, it is a publishable one.

        Raises:
            ConfigError: there can be no such key.
        """
        secret, now = new_secret(), datetime.now(UTC)
        key = Key(
            id=new_id(public=bool(origins)), name=name, role=role, hash=digest(secret),
            collections=collections, groups=groups, created_at=stamp(now),
            expires_at=None if lasting is None else stamp(now + lasting),
            origins=origins, per_minute=per_minute,
        )  # fmt: skip
        check(key)
        with self._place.changing():
            self._write((*self.read(), key))
        return key, written(key.id, secret)

    def revoke(self, key_id: str) -> Key:
        """End a key for good; it stays listed.

        Raises:
            ConfigError: there is no such key.
        """
        return self._replace(key_id, revoked_at=stamp(datetime.now(UTC)))

    def rotate(self, key_id: str, overlap: timedelta) -> tuple[Key, str]:
        """Give a key another secret; the former one counts for a while, until it expires.

        Raises:
            ConfigError: there is no such key, or it is not valid.
        """
        secret, now = new_secret(), datetime.now(UTC)
        former = next((one.hash for one in self.read() if one.id == key_id), "")
        key = self._replace(
            key_id, hash=digest(secret), former=former, former_until=stamp(now + overlap)
        )
        return key, written(key.id, secret)

    def used(self) -> dict[str, str]:
        """Return when each key was last used, by id; unused ones are left out."""
        try:
            return from_json(self._place.read(_USED) or b"{}", dict[str, str])
        except (StoreError, msgspec.MsgspecError):
            return {}

    def note_used(self, used: Mapping[str, str]) -> None:
        """Record when keys were last used."""
        with self._place.changing():
            self._place.write(_USED, msgspec.json.encode(self.used() | dict(used)))

    def _replace(self, key_id: str, **changed: str) -> Key:
        with self._place.changing():
            keys = {one.id: one for one in self.read()}
            if key_id not in keys:
                raise ConfigError(f"there is no key {key_id!r}; `citespan keys list` lists them")
            if keys[key_id].state(datetime.now(UTC)) != "valid":
                raise ConfigError(f"the key {key_id!r} is no longer valid; create another one")
            keys[key_id] = msgspec.structs.replace(keys[key_id], **changed)
            self._write(tuple(keys.values()))
            return keys[key_id]

    def _write(self, keys: tuple[Key, ...]) -> None:
        self._place.write(KEYS, msgspec.json.format(msgspec.json.encode(_Contents(keys=keys))))
