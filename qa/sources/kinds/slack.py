"""An export of Slack: each thread is an entry, and so are the other messages of a day.

Source: https://slack.com/help/articles/220556107
"""

import hashlib
import html
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any, NamedTuple, TypeAlias

import msgspec

from citespan.decoding import from_json
from citespan.qa.sources.errors import Gone, Incomplete
from citespan.qa.sources.guard import Outgoing
from citespan.qa.sources.types import Content, SourceEntry

_Place: TypeAlias = Path | zipfile.Path
_CHANNELS = ("channels.json", "groups.json", "mpims.json", "dms.json")
_LINK = re.compile(r"<([^<>|\s]+)(?:\|([^<>]*))?>")
_TITLE = 80  # characters of a message


class _Message(msgspec.Struct, frozen=True):
    ts: str = ""
    user: str = ""
    username: str = ""
    text: str = ""
    thread_ts: str = ""
    subtype: str = ""


class _Named(msgspec.Struct, frozen=True):
    id: str
    name: str = ""
    real_name: str = ""
    profile: dict[str, Any] = {}


class _Talk(NamedTuple):
    """The messages of one entry as text."""

    key: str
    first: str
    title: str
    text: str


class SlackSource:
    """The threads of an export, as "Name, time: text" lines. The version is that of the text.

    Args:
        path: the ZIP archive, or the folder that it was unpacked to.
        link: the address of the workspace, such as https://example.slack.com, for citations.
        outgoing: the limits.
    """

    whole = True

    def __init__(self, path: Path, link: str, outgoing: Outgoing) -> None:
        self._path, self._link, self._limits = path, link.rstrip("/"), outgoing
        self._archive: zipfile.ZipFile | None = None
        self._names: Mapping[str, str] | None = None
        self._last: tuple[str, dict[str, _Talk]] = ("", {})

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the threads and days, as `DocumentSource.entries`."""
        number = 0
        try:
            for channel, place in sorted(self._channels().items()):
                for talk in self._talks(place).values():
                    number += 1
                    if number > self._limits.max_entries:
                        raise Incomplete(f"more than {number - 1} threads (sources.max_entries)")
                    yield self._entry(channel, place, talk)
        except (OSError, zipfile.BadZipFile, msgspec.MsgspecError, ValueError, KeyError) as error:
            raise Incomplete(f"the export {self._path} cannot be read: {error}") from error

    def read(self, entry: SourceEntry, known: str) -> Content | None:  # noqa: ARG002
        """Return the text of a thread or a day, as `DocumentSource.read`."""
        place = entry.key.partition("/")[0]
        talk = self._talks(place).get(entry.key)
        if talk is None:
            raise Gone(f"{entry.key} is no longer there")
        return Content(data=talk.text.encode(), name="thread.txt")

    def close(self) -> None:
        """Close the archive."""
        if self._archive is not None:
            self._archive.close()

    def _root(self) -> _Place:
        if self._path.is_dir():
            return self._path
        if self._archive is None:
            self._archive = zipfile.ZipFile(self._path)
        return zipfile.Path(self._archive)

    def _json(self, place: _Place, kind: Any) -> Any:
        with place.open("rb") as file:
            data = file.read(self._limits.max_bytes + 1)
        if len(data) > self._limits.max_bytes:
            raise ValueError(f"{place.name} is larger than sources.max_bytes")
        return from_json(data, kind)

    def _listed(self, file: str) -> list[_Named]:
        place = self._root() / file
        return self._json(place, list[_Named]) if place.exists() else []

    def _channels(self) -> dict[str, str]:
        """Return the folders of channels by their ids."""
        found = [one for file in _CHANNELS for one in self._listed(file)]
        if not found:
            raise ValueError("it has no channels.json")
        folders = {one.id: one.name or one.id for one in found}
        if any(PurePath(name).name != name for name in folders.values()):
            raise ValueError("the name of a channel is a path")
        return folders

    def _people(self) -> Mapping[str, str]:
        if self._names is None:
            self._names = {
                one.id: str(one.profile.get("display_name") or one.real_name or one.name)
                for one in self._listed("users.json")
            }
        return self._names

    def _talks(self, channel: str) -> dict[str, _Talk]:
        if self._last[0] != channel:
            self._last = channel, {one.key: one for one in self._read_talks(channel)}
        return self._last[1]

    def _read_talks(self, channel: str) -> Iterator[_Talk]:
        groups: defaultdict[str, list[_Message]] = defaultdict(list)
        messages = [one for one in self._messages(channel) if one.ts and one.text]
        threads = {one.thread_ts for one in messages if one.thread_ts not in {"", one.ts}}
        for one in messages:
            thread = one.thread_ts or one.ts
            groups[thread if thread in threads else _time(one.ts)[:10]].append(one)
        for name, group in groups.items():
            group.sort(key=lambda one: float(one.ts))
            lines = [
                f"{self._name(one)}, {_time(one.ts)}: {self._plain(one.text)}" for one in group
            ]
            words = " ".join(self._plain(group[0].text).split())[:_TITLE]
            title = f"#{channel}: {words}" if name in threads else f"#{channel}, {name}"
            yield _Talk(f"{channel}/{name}", group[0].ts, title, "\n\n".join(lines))

    def _messages(self, channel: str) -> Iterator[_Message]:
        folder = self._root() / channel
        if folder.exists():
            for file in sorted(folder.iterdir(), key=lambda one: one.name):
                if file.name.endswith(".json"):
                    yield from self._json(file, list[_Message])

    def _name(self, message: _Message) -> str:
        return self._people().get(message.user) or message.username or message.user or "unknown"

    def _plain(self, text: str) -> str:
        def named(match: re.Match[str]) -> str:
            target, label = match[1], match[2] or ""
            if target.startswith("@"):
                return f"@{self._people().get(target[1:], label or target[1:])}"
            if target.startswith(("#", "!")):
                return f"{target[0]}{label or target[1:]}"
            return f"{label} ({target})" if label else target

        return html.unescape(_LINK.sub(named, text))

    def _entry(self, channel: str, folder: str, talk: _Talk) -> SourceEntry:
        place = f"{channel}/p{talk.first.replace('.', '')}"
        return SourceEntry(
            key=talk.key,
            uri=f"{self._link}/archives/{place}" if self._link else f"slack:{place}",
            version=hashlib.sha256(talk.text.encode()).hexdigest(),
            title=talk.title,
            metadata={"channel": folder, "date": _time(talk.first)[:10]},
        )


def _time(ts: str) -> str:
    return datetime.fromtimestamp(float(ts), UTC).strftime("%Y-%m-%d %H:%M")
