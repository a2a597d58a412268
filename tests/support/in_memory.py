"""A source in memory that can fail in every way that the contract allows."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from citespan.qa.sources.errors import Gone, Incomplete, NotRead
from citespan.qa.sources.types import Content, SourceEntry


@dataclass
class Memory:
    """Bytes by key. The version of an entry is how often it was changed, never used again.

    listed: how many entries are listed before the listing fails; None if it does not.
    failing: keys that cannot be read.
    asks: whether only reading tells if an entry has changed.
    """

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    versions: dict[str, str] = field(default_factory=dict[str, str])
    readers: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    listed: int | None = None
    failing: set[str] = field(default_factory=set[str])
    asks: bool = False
    whole: bool = True
    reads: list[str] = field(default_factory=list[str])
    closed: bool = False
    _count: int = 0

    def write(self, key: str, content: str | bytes, *readers: str) -> None:
        self._count += 1
        self.files[key] = content.encode() if isinstance(content, str) else content
        self.versions[key] = f"v{self._count}"
        self.readers[key] = readers

    def rename(self, old: str, new: str) -> None:
        for part in (self.files, self.versions, self.readers):
            held: dict[str, Any] = part
            held[new] = held.pop(old)

    def remove(self, key: str) -> None:
        for part in (self.files, self.versions, self.readers):
            del part[key]

    def entries(self) -> Iterator[SourceEntry]:
        for number, key in enumerate(sorted(self.files)):
            if number == self.listed:
                break
            version = "" if self.asks else self.versions[key]
            readers = self.readers.get(key, ())
            yield SourceEntry(key=key, uri=f"memory:{key}", version=version, readers=readers)
        if self.listed is not None:
            raise Incomplete("the listing was cut")

    def read(self, entry: SourceEntry, known: str) -> Content | None:
        if entry.key in self.failing:
            raise NotRead("the line is dead")
        if entry.key not in self.files:
            raise Gone
        version = self.versions[entry.key]
        if self.asks and version == known:
            return None
        self.reads.append(entry.key)
        name = entry.key.rpartition("/")[2]
        return Content(data=self.files[entry.key], name=name, version=version)

    def close(self) -> None:
        self.closed = True
