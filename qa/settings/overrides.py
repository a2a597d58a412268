"""Settings of one collection, which override those of the service."""

import re
from pathlib import Path
from typing import Any, TypeAlias, cast

import msgspec

from citespan.decoding import converted
from citespan.index.catalogue import CatalogueServer
from citespan.index.corpus import summary
from citespan.index.disk import OWN_SETTINGS, settle, unavailable, unsealed
from citespan.index.types import Sections
from citespan.qa.errors import CollectionNotFound, ConfigError, InvalidCollection
from citespan.qa.settings.sections import COLLECTIONS, DEFAULT, Settings

Overrides: TypeAlias = Sections  # settings by section and key

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_SECTIONS = ("chunking", "embedding", "retrieval", "evidence", "answer")


def with_own(settings: Settings, own: Overrides) -> Settings:
    """Return the settings, overridden by those of a collection.

    Raises:
        InvalidCollection: a collection cannot have a section or key, or a value is invalid; the
            message names it.
    """
    changed: dict[str, Any] = {}
    for section, values in own.items():
        if section not in _SECTIONS:
            raise InvalidCollection(section, f"is not one of {', '.join(_SECTIONS)}")
        present: Any = getattr(settings, section)
        merged = msgspec.structs.asdict(present) | dict(values)
        try:
            changed[section] = converted(merged, cast(Any, type(present)), strict=False)
        except msgspec.ValidationError as error:
            raise InvalidCollection(section, f"has an invalid value: {error}") from error
    return msgspec.structs.replace(settings, **changed)


def read_own(folder: Path) -> Overrides:
    """Return the settings in a collection's folder; none for the default collection.

    Raises:
        StoreCorrupt: the settings file is not as it was written.
        StoreUnavailable: the settings file cannot be read.
        StoreLocked: another process is restoring the collection.
    """
    settle(folder)
    file = folder / OWN_SETTINGS
    try:
        return unsealed(file.read_bytes(), file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise unavailable(f"the settings file {file} cannot be read", error) from error


def recorded(folder: Path, server: CatalogueServer | None = None) -> Overrides:
    """Return the settings recorded at the last reindex, which override the settings file.

    Args:
        folder: the collection's folder.
        server: the server that holds the collection in place of the folder.

    Raises:
        StoreError: the collection cannot be read.
    """
    found = summary(folder, server)
    return found.build.own if found else {}


def merged(first: Overrides, then: Overrides) -> Overrides:
    """Merge the settings of both; if both have a key, `then` wins."""
    sections = dict.fromkeys((*first, *then))
    return {name: {**first.get(name, {}), **then.get(name, {})} for name in sections}


def own_settings(folder: Path, server: CatalogueServer | None = None) -> Overrides:
    """Return a collection's own settings, overridden by those recorded at the last reindex.

    Arguments are those of `recorded`.

    Raises:
        StoreError: the settings cannot be read.
    """
    return merged(read_own(folder), recorded(folder, server))


def allowed_models(settings: Settings) -> set[str]:
    """Return the embedding models that the operator of the service allows."""
    listed = {one.strip() for one in settings.serve.models.split(",")}
    return {settings.embedding.model, *listed} - {""}


def embedding_of(embedder: str) -> dict[str, str]:
    """Return the settings that select an embedder, from the embedder's name.

    Before the last "@" is its model. An embedder of one's own may have a name without one.
    """
    model, _, rest = embedder.rpartition("@")
    return {"model": model or embedder, "runtime": "torch" if rest.endswith("/torch") else "onnx"}


def check_name(name: str) -> None:
    """Check that a name can be the name of a collection.

    Raises:
        InvalidCollection: the name is not 1 to 63 of a-z, 0-9, `-` and `_`, or begins with one of
            the last two.
    """
    if not _NAME.fullmatch(name):
        raise InvalidCollection(
            "name", "must be 1 to 63 of a-z, 0-9, '-' and '_', beginning with a letter or digit"
        )


def collection_settings(settings: Settings, name: str) -> Settings:
    """Return the settings of a collection of the data folder.

    Raises:
        CollectionNotFound: no collection has this name.
        ConfigError, StoreError: its settings are invalid, or cannot be read.
    """
    if name == DEFAULT:
        return settings
    folder = settings.data_path() / COLLECTIONS
    if name not in {path.name for path in folder.glob("*") if path.is_dir()}:
        raise CollectionNotFound(name)
    data = msgspec.structs.replace(
        settings.data, collection=name, models=str(settings.models_path()), seed=False
    )
    try:
        own = with_own(settings, read_own(folder / name))
    except InvalidCollection as error:
        raise ConfigError(f"the settings of collection {name} are invalid: {error}") from error
    return msgspec.structs.replace(own, data=data)
