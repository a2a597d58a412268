"""The files of the sources of a data folder: their definitions, and how their last sync ended."""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from citespan.decoding import from_json
from citespan.index.disk import make_folder, sync_folder, unavailable, write_durably
from citespan.qa.errors import ConfigError, SourceExists, SourceNotFound
from citespan.qa.sources.definition import Definition
from citespan.qa.sources.rules import SyncReport

SOURCES = "sources"  # in the data folder
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
    """The definitions of a data folder, a file each. Each change is one rename.

    Args:
        folder: the data folder.

    Raises:
        ConfigError: any method: a file is not one that was written here.
        StoreUnavailable: any method: a file cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / SOURCES

    def all(self) -> list[Definition]:
        """Return all definitions, by name."""
        paths = sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []
        return [_read(path, Definition) for path in paths]

    def states(self) -> list[SourceState]:
        """Return all sources, by name."""
        return [self._state(one) for one in self.all()]

    def state(self, name: str) -> SourceState:
        """Return a source.

        Raises:
            SourceNotFound: no source has this name.
        """
        return self._state(self.get(name))

    def get(self, name: str) -> Definition:
        """Return the definition of a source.

        Raises:
            SourceNotFound: no source has this name.
        """
        found = next((one for one in self.all() if one.name == name), None)
        if found is None:
            raise SourceNotFound(name)
        return found

    def add(self, definition: Definition) -> None:
        """Write the definition of a new source.

        Raises:
            SourceExists: the name is taken.
        """
        if any(one.name == definition.name for one in self.all()):
            raise SourceExists(definition.name)
        self._write(f"{definition.name}.json", definition)

    def remove(self, name: str) -> None:
        """Delete the definition of a source, its last run, and what was fetched of it.

        Raises:
            SourceNotFound: no source has this name.
        """
        self.get(name)
        try:
            (self._folder / f"{name}.json").unlink()
            (self._folder / f"{name}.run").unlink(missing_ok=True)
        except OSError as error:
            raise unavailable(f"the source {name} cannot be removed", error) from error
        shutil.rmtree(self.cache(name), ignore_errors=True)

    def cache(self, name: str) -> Path:
        """Return the folder for what is fetched of a source."""
        return self._folder / f"{name}.git"

    def last_run(self, name: str) -> LastRun | None:
        """Return how the last sync of a source ended; None if there was none."""
        path = self._folder / f"{name}.run"
        return _read(path, LastRun) if path.exists() else None

    def record(self, name: str, report: SyncReport) -> None:
        """Record how a sync ended."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        before = self.last_run(name)
        problem = report.problem
        if problem is None and report.failed:
            problem = f"{report.failed} entries could not be read; the next sync tries again"
        run = LastRun(
            ended_at=now,
            succeeded_at=now if report.in_step else before and before.succeeded_at,
            outcomes={str(one): count for one, count in report.outcomes.items() if count},
            problem=problem,
        )
        self._write(f"{name}.run", run)

    def _state(self, definition: Definition) -> SourceState:
        last, every_s = self.last_run(definition.name), definition.interval_s
        next_at = None
        if every_s is not None:
            began = datetime.fromisoformat(last.ended_at) if last else datetime.now(UTC)
            next_at = began + timedelta(seconds=every_s if last else 0)
        return SourceState(definition=definition, last=last, next_at=next_at)

    def _write(self, name: str, value: msgspec.Struct) -> None:
        scratch = self._folder / f".{name}.part"
        try:
            make_folder(self._folder)
            scratch.unlink(missing_ok=True)  # of a process that was killed
            write_durably(scratch, msgspec.json.format(msgspec.json.encode(value)))
            scratch.replace(self._folder / name)
            sync_folder(self._folder)
        except OSError as error:
            raise unavailable(f"the source file {name} cannot be written", error) from error


def _read(path: Path, kind: type[T]) -> T:
    try:
        return from_json(path.read_bytes(), kind)
    except OSError as error:
        raise unavailable(f"the source file {path} cannot be read", error) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(f"the source file {path} is damaged: {error}") from error
