"""The check of a backup's settings: only what a client may set, unless the operator trusts it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from citespan.index.corpus import builds_in
from citespan.index.errors import BackupInvalid
from citespan.index.transfer import Check
from citespan.qa.errors import ConfigError, InvalidCollection, UntrustedSettings
from citespan.qa.settings.overrides import allowed_models, embedding_of, read_own, with_own
from citespan.qa.settings.sections import LEAST_CHUNK_TOKENS, Settings
from citespan.qa.sources import SourceFiles

# Settings that a client may set for a collection, by section; all others name models or devices.
_CLIENTS = {
    "chunking": {"max_tokens"},
    "retrieval": {"candidates", "top_k"},
    "evidence": {"risk", "min_confidence", "min_evidence", "depth"},
    "answer": {"mode", "policy"},
}


def checking(settings: Settings, *, trusted: bool) -> Check:
    """Return a check of the settings in a folder that is to be restored.

    Args:
        settings: those of this installation; a backup may set what they allow.
        trusted: accept also settings that no client may choose.

    Returns:
        A check that raises BackupInvalid if a setting is invalid, and UntrustedSettings if no
        client may choose it.
    """

    def check(folder: Path) -> None:
        builds = builds_in(folder)
        owns = [read_own(folder), *(build.own for build in builds)]
        for own in owns:
            try:
                with_own(settings, own)
            except InvalidCollection as error:
                raise BackupInvalid(f"the backup holds invalid settings: {error}") from error
        _check_sources(settings, folder, trusted=trusted)
        if trusted:
            return
        for own in owns:
            for section, values in own.items():
                _check_section(settings, section, values)
        for build in builds:
            made_with = embedding_of(build.settings["embedder"])
            _check_section(settings, "embedding", made_with)
            size = {"max_tokens": int(build.settings["chunk_tokens"])}
            _check_section(settings, "chunking", size)

    return check


def _check_sources(settings: Settings, folder: Path, *, trusted: bool) -> None:
    """Refuse sources of a stranger: they may name any folder of this machine."""
    try:
        sources = SourceFiles(folder).all()
    except ConfigError as error:
        raise BackupInvalid(f"the backup holds an invalid source: {error}") from error
    here = [] if trusted or not sources else SourceFiles(settings.data_path()).all()
    for one in sources:
        if not trusted and one not in here:
            raise UntrustedSettings(f"the source {one.name}: {one.kind} {one.address}")


def _check_section(settings: Settings, section: str, values: Mapping[str, Any]) -> None:
    here = msgspec.to_builtins(getattr(settings, section))
    for key, value in values.items():
        small = key == "max_tokens" and int(value) < LEAST_CHUNK_TOKENS
        if (key in _CLIENTS.get(section, set()) and not small) or value == here[key]:
            continue
        if (section, key) == ("embedding", "model") and value in allowed_models(settings):
            continue
        raise UntrustedSettings(f"{section}.{key} = {value!r}")
