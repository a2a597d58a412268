"""The folders of collections: created, restored and deleted as a whole, open or not."""

import re
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from citespan.index.disk import (
    IDENTITY,
    OWN_SETTINGS,
    lock_for_writing,
    make_folder,
    sealed,
    sync_folder,
    ulid,
    unavailable,
    write_durably,
)
from citespan.index.errors import StoreMismatch
from citespan.index.search import drop_served
from citespan.index.transfer import Backup, Check, accept, restore
from citespan.qa.collections.listing import listed, unlist
from citespan.qa.composition import Say, build_decision, build_reader, check_folder, open_corpus
from citespan.qa.errors import (
    CollectionExists,
    CollectionNotFound,
    ConfigError,
    InvalidCollection,
)
from citespan.qa.settings.overrides import Overrides, check_name, collection_settings, with_own
from citespan.qa.settings.sections import COLLECTIONS, DEFAULT, Settings
from citespan.qa.sources import SOURCES

_IDENTITY = re.compile(r"[0-9A-Z]{26}")
_HIDDEN = "."  # first character of folders of collections that are being created or deleted


def create_collection(
    settings: Settings, name: str, own: Overrides, say: Say = lambda _: None
) -> None:
    """Create an empty collection, without opening another one.

    Args:
        settings: those of the data folder, which no other process may have open for writing.
        name: as for `Collections.create`.
        own: as for `Collections.create`.
        say: called with a message about work that takes a while.

    Raises:
        InvalidCollection: the name or the settings are invalid.
        CollectionExists: the name is taken.
        StoreLocked: another process has the collections open.
    """
    check_name(name)
    with_own(settings, own)
    folder = settings.data_path()
    check_folder(folder, settings.server())
    lock = lock_for_writing(folder)
    try:
        if name in (DEFAULT, *stored_names(folder / COLLECTIONS)):
            raise CollectionExists(name)
        with (
            listed(settings.store.at(DEFAULT), name, own) as identity,
            new_folder(folder / COLLECTIONS, name, own, identity),
        ):
            here = collection_settings(settings, name)
            open_corpus(here.collection_path(), here, say=say).close()
            build_decision(here)
            if "model" in own.get("evidence", {}):
                build_reader(here)
    finally:
        lock.release()


def delete_collection(settings: Settings, name: str) -> None:
    """Delete a collection with all its documents, without opening any.

    Raises:
        CollectionNotFound: no collection has this name.
        InvalidCollection: it is the default collection.
        StoreLocked: another process has the collection, or all collections, open.
    """
    check_deletable(name)
    parent = settings.data_path() / COLLECTIONS
    if name not in stored_names(parent):
        raise CollectionNotFound(name)
    lock = lock_for_writing(settings.data_path())
    try:
        lock_for_writing(parent / name).release()  # no process stores to it
        shutil.rmtree(discard(settings, parent, name), ignore_errors=True)
    finally:
        lock.release()


def discard(settings: Settings, parent: Path, name: str) -> Path:
    """Delete what a server may hold of a collection, and hide its folder as `hide_folder`.

    Raises:
        StoreUnavailable: the server cannot be reached, or the folder cannot be renamed.
    """
    if server := settings.store.at(name):
        from citespan.index.catalogue import drop_catalogue  # its driver is an extra

        if engine := settings.engine():
            drop_served(engine, server)
        unlist(settings.store.at(DEFAULT), name)
        drop_catalogue(server)
    return hide_folder(parent, name)


def restore_collection(
    settings: Settings, file: Path, *, replace: bool = False, check: Check = accept
) -> Backup:
    """Restore a backup into the folder of the collection that the settings name.

    Args:
        settings: those of the data folder.
        file: the backup.
        replace: whether to replace everything that the collection holds, its settings included.
        check: checks the restored data, as for `index.transfer.backup.restore`.

    Raises:
        InvalidCollection: a collection cannot have this name.
        StoreLocked: another process has the collection, or all collections, open.
        StoreError: as for `index.transfer.backup.restore`.
    """
    check_name(settings.data.collection)
    folder = settings.collection_path()
    if folder == settings.data_path():
        return restore(file, folder, replace=replace, check=check)

    def without_sources(new: Path) -> None:
        shutil.rmtree(new / SOURCES, ignore_errors=True)  # they are of a data folder as a whole
        check(new)

    if not replace:
        return restore(file, folder, check=without_sources)
    lock = lock_for_writing(settings.data_path())
    try:
        return restore(file, folder, replace=True, check=without_sources)
    finally:
        lock.release()


def identity_of(folder: Path) -> str:
    """Return the identity of a folder's contents.

    It is created at first use. Contents that are restored into the folder get another identity.

    Raises:
        StoreUnavailable: the identity cannot be read or written.
    """
    file = folder / IDENTITY
    try:
        if file.exists() and _IDENTITY.fullmatch(found := file.read_text("latin-1")):
            return found
    except OSError as error:
        raise unavailable(f"the identity of {folder} cannot be read", error) from error
    identify(folder, made := ulid())
    return made


def identify(folder: Path, identity: str, name: str = IDENTITY) -> None:
    """Give a folder's contents an identity.

    Raises:
        StoreUnavailable: the identity cannot be written.
    """
    scratch = folder / f".{name}"
    try:
        scratch.unlink(missing_ok=True)  # of a process that was killed
        write_durably(scratch, identity.encode())
        scratch.replace(folder / name)
        sync_folder(folder)
    except OSError as error:
        raise unavailable(f"the identity of {folder} cannot be written", error) from error


def check_deletable(name: str) -> None:
    """Check that a collection is not the default one, which cannot be deleted.

    Raises:
        InvalidCollection: it is the default collection.
    """
    if name == DEFAULT:
        raise InvalidCollection(
            "name",
            "is the default collection, which cannot be deleted; delete its documents instead",
        )


def collection_folder(settings: Settings, name: str) -> Path:
    """Return the folder of a collection, whether or not it exists.

    Raises:
        InvalidCollection: a collection cannot have this name.
    """
    check_name(name)
    data = msgspec.structs.replace(settings.data, collection=name)
    return msgspec.structs.replace(settings, data=data).collection_path()


@contextmanager
def new_folder(
    parent: Path, name: str, own: Overrides, identity: str | None = None
) -> Generator[None]:
    """Create the folder of a new collection with its settings; if the block fails, delete it.

    Without an identity, it gets one.

    Raises:
        InvalidCollection: the settings are invalid.
        StoreUnavailable: the folder cannot be written.
    """
    scratch = _hidden(parent, name)
    try:
        make_folder(parent)
        scratch.mkdir()
        write_durably(scratch / OWN_SETTINGS, sealed(own))
        identify(scratch, identity or ulid())
        scratch.rename(parent / name)
        sync_folder(parent)
    except OSError as error:
        shutil.rmtree(scratch, ignore_errors=True)
        raise unavailable(f"the collection {name} cannot be created", error) from error
    try:
        yield
    except BaseException as error:
        shutil.rmtree(parent / name, ignore_errors=True)
        if isinstance(error, ConfigError | StoreMismatch):
            raise InvalidCollection("settings", f"are invalid: {error}") from error
        raise


def hide_folder(parent: Path, name: str) -> Path:
    """Rename the folder of a deleted collection, for `clear_hidden` to remove; return its path.

    Raises:
        StoreUnavailable: the folder cannot be renamed.
    """
    gone = _hidden(parent, name)
    try:
        (parent / name).rename(gone)
        sync_folder(parent)
    except OSError as error:
        raise unavailable(f"the collection {name} cannot be deleted", error) from error
    return gone


def clear_hidden(parent: Path) -> None:
    """Remove the folders of collections that were only partly created or deleted."""
    for path in parent.glob(f"{_HIDDEN}*"):
        shutil.rmtree(path, ignore_errors=True)


def stored_names(parent: Path) -> list[str]:
    """Return the names of all collections except the default one, sorted."""
    return sorted(path.name for path in parent.glob("*") if _is_collection(path))


def _is_collection(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(_HIDDEN)


def _hidden(parent: Path, name: str) -> Path:
    return parent / f"{_HIDDEN}{name}-{secrets.token_hex(4)}"
