"""What a sync has to do: a listing compared with what is stored. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from citespan.index.types import Tracked
from citespan.qa.sources.types import SourceEntry


@dataclass(slots=True, kw_only=True)
class Known:
    """What is stored of an entry: its own state, and those of the files inside of it.

    own: None if a sync was stopped before the entry itself was stored.
    """

    key: str
    own: Tracked | None = None
    members: dict[str, Tracked] = field(default_factory=dict[str, Tracked])

    @property
    def version(self) -> str:
        """The version that was stored, with the readers; empty if none was."""
        return self.own.version if self.own else ""

    def rows(self) -> list[Tracked]:
        """Return all states, that of the entry itself last."""
        return [*self.members.values(), *([self.own] if self.own else [])]

    def stale(self) -> list[Tracked]:
        """Return the states of files that the stored version of the entry no longer has inside."""
        return [one for one in self.members.values() if one.version != self.version]


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPlan:
    """What a sync will do with each entry.

    moved: entries with the key that they had before.
    unsure: entries whose source tells only on reading whether they have changed.
    removed: the keys of stored entries that are not listed; empty if the listing is incomplete.
    """

    added: tuple[SourceEntry, ...] = ()
    changed: tuple[SourceEntry, ...] = ()
    moved: tuple[tuple[SourceEntry, str], ...] = ()
    unsure: tuple[SourceEntry, ...] = ()
    same: tuple[SourceEntry, ...] = ()
    removed: tuple[str, ...] = ()

    def to_read(self) -> list[SourceEntry]:
        """Return the entries to read: moved ones first, so that no other takes their documents."""
        return [*(entry for entry, _ in self.moved), *self.changed, *self.unsure, *self.added]


def known_of(states: Iterable[Tracked]) -> dict[str, Known]:
    """Return what is stored of a source, by key."""
    found: dict[str, Known] = {}
    for one in states:
        known = found.setdefault(one.key, Known(key=one.key))
        if one.member:
            known.members[one.member] = one
        else:
            known.own = one
    return found


def stamp(version: str, readers: Sequence[str]) -> str:
    """Return a version together with the readers, so that other readers are a change."""
    return "\n".join([version, *sorted(readers)])


def make_plan(
    listed: Sequence[SourceEntry],
    known: Mapping[str, Known],
    *,
    complete: bool,
    readers: Sequence[str] = (),
) -> SyncPlan:
    """Compare a listing with what is stored.

    Args:
        listed: the entries; of two with the same key, the later one counts.
        known: what is stored, by key.
        complete: whether what is not listed is gone.
        readers: the groups that may see all entries, besides each entry's own.
    """
    entries = {entry.key: entry for entry in listed}
    gone = [key for key in known if key not in entries] if complete else []
    kinds: defaultdict[str, list[SourceEntry]] = defaultdict(list)
    for entry in entries.values():
        kinds[_kind(entry, known.get(entry.key), readers)].append(entry)
    moved = _moves(kinds["added"], [known[key] for key in gone])
    origins = set(moved.values())
    return SyncPlan(
        added=tuple(entry for entry in kinds["added"] if entry.key not in moved),
        changed=tuple(kinds["changed"]),
        moved=tuple((entries[key], origin) for key, origin in moved.items()),
        unsure=tuple(kinds["unsure"]),
        same=tuple(kinds["same"]),
        removed=tuple(key for key in gone if key not in origins),
    )


def _kind(entry: SourceEntry, known: Known | None, readers: Sequence[str]) -> str:
    if known is None or known.own is None:
        return "added"
    if not entry.version:
        return "unsure"
    return (
        "same" if known.version == stamp(entry.version, readers_of(entry, readers)) else "changed"
    )


def readers_of(entry: SourceEntry, readers: Sequence[str]) -> tuple[str, ...]:
    """Return the groups that may see an entry: its own, or else those of the whole source."""
    return entry.readers or tuple(readers)


def _moves(added: Iterable[SourceEntry], gone: Iterable[Known]) -> dict[str, str]:
    """Return the former keys of added entries, where exactly one each has the same version."""
    before: defaultdict[str, list[str]] = defaultdict(list)
    after: defaultdict[str, list[str]] = defaultdict(list)
    for one in gone:
        before[one.version.partition("\n")[0]].append(one.key)
    for entry in added:
        after[entry.version].append(entry.key)
    return {
        keys[0]: before[version][0]
        for version, keys in after.items()
        if version and len(keys) == len(before.get(version, ())) == 1
    }
