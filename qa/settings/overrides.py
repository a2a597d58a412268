"""Settings of one collection, over those of the service."""

import re
from pathlib import Path
from typing import Any, TypeAlias, cast

import msgspec

from citespan.index.corpus import summary
from citespan.index.disk import OWN_SETTINGS, Sections, settle, unavailable, unsealed
from citespan.qa.errors import CollectionNotFound, ConfigError, InvalidCollection
from citespan.qa.settings.sections import COLLECTIONS, DEFAULT, Settings

Overrides: TypeAlias = Sections  # settings by section and key

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_SECTIONS = ("chunking", "embedding", "retrieval", "evidence", "answer")


def with_own(settings: Settings, own: Overrides) -> Settings:
    """Settings in which those of a collection stand in the place of others.

    Raises:
        InvalidCollection: a section or key is not one that a collection can have, or a value
            cannot be used; the message names it.
    """
    changed: dict[str, Any] = {}
    for section, values in own.items():
        if section not in _SECTIONS:
            raise InvalidCollection(section, f"is not one of {', '.join(_SECTIONS)}")
        present: Any = getattr(settings, section)
        merged = msgspec.structs.asdict(present) | dict(values)
        try:
            changed[section] = msgspec.convert(merged, cast(Any, type(present)), strict=False)
        except msgspec.ValidationError as error:
            raise InvalidCollection(section, f"cannot be so: {error}") from error
    return msgspec.structs.replace(settings, **changed)


def read_own(folder: Path) -> Overrides:
    """What a collection's folder says; nothing if it is the default one.

    Raises:
        StoreCorrupt: it is not what was written.
        StoreUnavailable: it cannot be read.
        StoreLocked: it is just being restored.
    """
    settle(folder)
    file = folder / OWN_SETTINGS
    try:
        return unsealed(file.read_bytes(), file)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise unavailable(f"the settings {file} cannot be read", error) from error


def noted(folder: Path) -> Overrides:
    """What the present chunks were made with on purpose, chosen later than what stands in a file.

    Raises:
        StoreError: the collection cannot be read.
    """
    found = summary(folder)
    return msgspec.json.decode(found.note, type=Overrides) if found and found.note else {}


def merged(first: Overrides, then: Overrides) -> Overrides:
    """All settings of both; where both have one, the one of `then`."""
    sections = dict.fromkeys((*first, *then))
    return {name: {**first.get(name, {}), **then.get(name, {})} for name in sections}


def own_settings(folder: Path) -> Overrides:
    """All in which a collection differs: what it was made with, and reindexed with since.

    Raises:
        StoreError: that cannot be read.
    """
    return merged(read_own(folder), noted(folder))


def allowed_models(settings: Settings) -> set[str]:
    """The embedding models that whoever runs the service has named."""
    listed = {one.strip() for one in settings.serve.models.split(",")}
    return {settings.embedding.model, *listed} - {""}


def embedding_of(embedder: str) -> dict[str, str]:
    """The settings that give an embedder, by its name."""
    model, _, rest = embedder.rpartition("@")
    return {"model": model, "runtime": "torch" if rest.endswith("/torch") else "onnx"}


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a collection.

    Raises:
        InvalidCollection: up to 63 of a-z, 0-9, `-` and `_`, not beginning with the last two, can.
    """
    if not _NAME.fullmatch(name):
        raise InvalidCollection("name", "is 1 to 63 of a-z, 0-9, '-' and '_', no sign first")


def collection_settings(settings: Settings, name: str) -> Settings:
    """The settings that hold in a collection of the data folder.

    Raises:
        CollectionNotFound: there is none of this name.
        ConfigError, StoreError: its settings cannot be used, or not be read.
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
        raise ConfigError(f"the settings of collection {name}: {error}") from error
    return msgspec.structs.replace(own, data=data)
