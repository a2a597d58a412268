"""The sources of a data folder or a database: definitions, and how their last sync ended."""

import shutil
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from citespan.decoding import from_json
from citespan.index.catalogue import Tables
from citespan.qa.errors import ConfigError, SourceExists, SourceNotFound
from citespan.qa.sources.definition import Definition
from citespan.qa.sources.place import (
    DEFINITION,
    RUN,
    SOURCES,
    SourcePlace,
    SourcesInFolder,
    SourcesOnServer,
)
from citespan.qa.sources.rules import SyncReport

_CACHE = ".git"  # how the names of folders end that hold what is fetched
T = TypeVar("T")


class LastRun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the last sync of a source ended.

    ended_at: when, in UTC.
    succeeded_at: when the last one ended after which the documents were those of the source.
    outcomes: how many entries by outcome.
    problem: why the documents are not those of the source; None if they are.
    """

    ended_at: str
    succeeded_at: str | None = None
    outcomes: dict[str, int] = {}
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """A source, how its last sync ended, and when the next one is due; None for never."""

    definition: Definition
    last: LastRun | None
    next_at: datetime | None


class SourceFiles:
    """The definitions of a data folder, or of all servers of a database. Each change is one step.

    Args:
        folder: the data folder, which also holds what is fetched.
        db: what the servers of a database share; it holds the definitions in place of the folder.

    Raises:
        ConfigError: any method: a file is not one that was written here.
        StoreUnavailable: any method: a file cannot be read or written.
    """

    def __init__(self, folder: Path, db: Tables | None = None) -> None:
        self._folder = folder / SOURCES
        self._place: SourcePlace = (
            SourcesInFolder(self._folder) if db is None else SourcesOnServer(db, self._folder)
        )

    def all(self) -> list[Definition]:
        """Return all definitions, by name."""
        return self._definitions(self._place.all())

    def states(self) -> list[SourceState]:
        """Return all sources, by name."""
        found = self._place.all()
        return [self._state(one, found) for one in self._definitions(found)]

    def state(self, name: str) -> SourceState:
        """Return a source.

        Raises:
            SourceNotFound: no source has this name.
        """
        found = self._place.all()
        return self._state(self._named(name, found), found)

    def get(self, name: str) -> Definition:
        """Return the definition of a source.

        Raises:
            SourceNotFound: no source has this name.
        """
        return self._named(name, self._place.all())

    def add(self, definition: Definition) -> None:
        """Write the definition of a new source.

        Raises:
            SourceExists: the name is taken.
        """
        with self._place.changing():
            if any(one.name == definition.name for one in self.all()):
                raise SourceExists(definition.name)
            self._write(f"{definition.name}{DEFINITION}", definition)

    def remove(self, name: str) -> None:
        """Delete the definition of a source, its last run, and what was fetched of it here.

        Raises:
            SourceNotFound: no source has this name.
        """
        with self._place.changing():
            self.get(name)
            self._place.remove(f"{name}{DEFINITION}")
            self._place.remove(f"{name}{RUN}")
        shutil.rmtree(self.cache(name), ignore_errors=True)

    def changing(self) -> AbstractContextManager[object]:
        """Return a context inside which nobody else adds, removes or begins a source."""
        return self._place.changing()

    def cache(self, name: str) -> Path:
        """Return the folder for what is fetched of a source."""
        return self._folder / f"{name}{_CACHE}"

    def tidy(self) -> None:
        """Remove what was fetched here of sources that were removed at another server."""
        there = {f"{name.removesuffix(DEFINITION)}{_CACHE}" for name in self._place.all()}
        for cache in self._folder.glob(f"*{_CACHE}"):
            if cache.name not in there:
                shutil.rmtree(cache, ignore_errors=True)

    def record(self, name: str, report: SyncReport) -> None:
        """Record how a sync ended."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        before = self._last_run(name, self._place.all())
        problem = report.problem
        if problem is None and report.failed:
            problem = f"{report.failed} entries could not be read; the next sync tries again"
        run = LastRun(
            ended_at=now,
            succeeded_at=now if report.in_step else before and before.succeeded_at,
            outcomes={str(one): count for one, count in report.outcomes.items() if count},
            problem=problem,
        )
        self._write(f"{name}{RUN}", run)

    def _definitions(self, found: dict[str, bytes]) -> list[Definition]:
        names = sorted(name for name in found if name.endswith(DEFINITION))
        return [self._read(name, found[name], Definition) for name in names]

    def _named(self, name: str, found: dict[str, bytes]) -> Definition:
        made = next((one for one in self._definitions(found) if one.name == name), None)
        if made is None:
            raise SourceNotFound(name)
        return made

    def _last_run(self, name: str, found: dict[str, bytes]) -> LastRun | None:
        data = found.get(f"{name}{RUN}")
        return None if data is None else self._read(f"{name}{RUN}", data, LastRun)

    def _state(self, definition: Definition, found: dict[str, bytes]) -> SourceState:
        last, every_s = self._last_run(definition.name, found), definition.interval_s
        next_at = None
        if every_s is not None:
            began = datetime.fromisoformat(last.ended_at) if last else datetime.now(UTC)
            next_at = began + timedelta(seconds=every_s if last else 0)
        return SourceState(definition=definition, last=last, next_at=next_at)

    def _write(self, name: str, value: msgspec.Struct) -> None:
        self._place.write(name, msgspec.json.format(msgspec.json.encode(value)))

    def _read(self, name: str, data: bytes, kind: type[T]) -> T:
        try:
            return from_json(data, kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            where = self._place.called(name)
            raise ConfigError(f"the source file {where} is damaged: {error}") from error
