"""The file of the keys: commands change it, also while a server reads it."""

import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from filelock import FileLock

from citespan.api.access.keys import Key, check, digest, new_id, new_secret, stamp, written
from citespan.api.access.rules import Role
from citespan.decoding import from_json
from citespan.index.disk import make_folder, sync_folder, unavailable
from citespan.qa.errors import ConfigError

_FILE, _LOCK, _USED = "keys.json", "keys.lock", "keys.used.json"
_VERSION = 1


class _Contents(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int = _VERSION
    keys: tuple[Key, ...] = ()


class KeyFile:
    """The keys of a data folder. Each change is one rename: a reader sees all of it, or nothing.

    Args:
        folder: the data folder.

    Raises:
        ConfigError: any method: the file is not one that was written here.
        StoreUnavailable: any method: the file cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / _FILE
        self._folder = folder

    def state(self) -> tuple[int, int, int] | None:
        """Return a value that changes with the file; None if there is no file."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def read(self) -> tuple[Key, ...]:
        """Return all keys, the oldest first."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise unavailable(f"the keys in {self.path} cannot be read", error) from error
        try:
            found = from_json(data, _Contents)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ConfigError(f"the keys in {self.path} are damaged: {error}") from error
        if found.version != _VERSION:
            raise ConfigError(f"a later version of citespan wrote the keys in {self.path}")
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
        with self._changing():
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
            return from_json((self._folder / _USED).read_bytes(), dict[str, str])
        except (OSError, msgspec.MsgspecError):
            return {}

    def note_used(self, used: Mapping[str, str]) -> None:
        """Record when keys were last used."""
        self._put(self._folder / _USED, msgspec.json.encode(self.used() | dict(used)))

    def _replace(self, key_id: str, **changed: str) -> Key:
        with self._changing():
            keys = {one.id: one for one in self.read()}
            if key_id not in keys:
                raise ConfigError(f"there is no key {key_id!r}; `citespan keys list` lists them")
            if keys[key_id].state(datetime.now(UTC)) != "valid":
                raise ConfigError(f"the key {key_id!r} is no longer valid; create another one")
            keys[key_id] = msgspec.structs.replace(keys[key_id], **changed)
            self._write(tuple(keys.values()))
            return keys[key_id]

    def _changing(self) -> FileLock:
        try:
            make_folder(self._folder)
        except OSError as error:
            raise unavailable(f"the folder {self._folder} cannot be made", error) from error
        return FileLock(self._folder / _LOCK, timeout=10)

    def _write(self, keys: tuple[Key, ...]) -> None:
        self._put(self.path, msgspec.json.format(msgspec.json.encode(_Contents(keys=keys))))

    def _put(self, path: Path, data: bytes) -> None:
        """Replace a file, which only its owner can read."""
        new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            opened = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(opened, "wb") as file:  # noqa: PTH123  (of a descriptor)
                if os.geteuid() == 0:  # as an operator may be: the server reads it, too
                    owner = path.parent.stat()
                    os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            new.unlink(missing_ok=True)
            raise unavailable(f"{path} cannot be written", error) from error
