"""What a caller may see of the collections: which of them, and which documents in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from citespan.index.corpus import Audience
from citespan.index.jobs.types import Job

NOBODY: Mapping[str, Any] = MappingProxyType({})  # the arguments of a job for nobody in particular
_KEY = "for"  # in the arguments of a job; no section of the settings has this name


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """The rights of a caller.

    caller: the id of the caller; empty for nobody in particular.
    audience: the documents that the caller sees in each collection.
    collections: the names of the collections that the caller sees; None for all.
    """

    caller: str
    audience: Audience
    collections: frozenset[str] | None

    @property
    def unlimited(self) -> bool:
        """Whether the caller sees everything."""
        return self.collections is None and self.audience.everything

    def has(self, name: str) -> bool:
        """Return whether the caller may see a collection."""
        return self.collections is None or name in self.collections

    def owns(self, job: Job) -> bool:
        """Return whether the caller may see a job: his own, or each one if he sees everything."""
        theirs = self.audience.everything or (
            bool(self.caller) and job.arguments.get(_KEY, {}).get("caller") == self.caller
        )
        return self.has(job.collection) and theirs

    def recorded(self) -> Mapping[str, Any]:
        """Return the arguments of a job for this caller, which stores what he may store."""
        groups = sorted(self.audience.groups)
        everything = self.audience.everything
        return {_KEY: {"caller": self.caller, "groups": groups, "everything": everything}}


NOTHING = Rights(caller="", audience=Audience(), collections=frozenset())
EVERYTHING = Rights(caller="", audience=Audience(everything=True), collections=None)


def audience_of(job: Job) -> Audience | None:
    """Return the audience that a job was recorded for; None if for nobody in particular."""
    recorded = job.arguments.get(_KEY)
    if recorded is None:
        return None
    return Audience(groups=frozenset(recorded["groups"]), everything=recorded["everything"])
