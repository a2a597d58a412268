"""The definition of a source, as `citespan sync add` writes it: no secrets, no content."""

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from citespan.qa.errors import ConfigError
from citespan.qa.settings.sections import DEFAULT

Kind = Literal[
    "folder", "web", "sitemap", "feed", "git", "mail", "imap", "slack", "teams", "discord", "store"
]  # fmt: skip
_Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_EVERY = re.compile(r"(\d{1,6})([smhd])")
_LEAST_S = 60
_WATCHED_S = 3600
_LOCAL: dict[str, Kind] = {"git": "git", "mbox": "mail", "maildir": "mail"}
_FEEDS = ("/feed", "/rss", "/atom", "feed.xml", "rss.xml", "atom.xml", ".rss", ".atom")


class Definition(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A source and how it is kept in step.

    address: the path of a folder or a mailbox, or a URL.
    collection: where its documents are stored.
    every_s: how often it is read while the server runs; None to read it only when asked.
    watch: whether changes of a folder are stored as they happen.
    include, exclude: patterns as `.gitignore` has them.
    readers: the groups that may see its documents; empty for all.
    on_delete: what becomes of documents whose entries are gone.
    ref: of git: a branch, a tag or a commit.
    link: how citations lead to a file of git, with `{commit}` and `{path}`; of an export of Slack,
        the address of the workspace.
    """

    name: _Name
    kind: Kind
    address: _Text
    collection: str = DEFAULT
    every_s: Annotated[int, msgspec.Meta(ge=_LEAST_S)] | None = None
    watch: bool = False
    include: tuple[_Text, ...] = ()
    exclude: tuple[_Text, ...] = ()
    readers: tuple[_Text, ...] = ()
    on_delete: Literal["delete", "keep"] = "delete"
    ref: str = ""
    link: str = ""

    @property
    def interval_s(self) -> int | None:
        """How often it is read: a watched folder at least each hour, as mounts report nothing."""
        return self.every_s or (_WATCHED_S if self.watch else None)


def kind_of(address: str) -> Kind:
    """Return the kind of source that an address names."""
    path = address.partition("?")[0].rstrip("/").lower()
    if "://" not in address:
        return _LOCAL.get(path.rpartition(".")[2], "folder")
    if address.startswith("imaps://"):
        return "imap"
    if not address.startswith(("http://", "https://")):
        return "store"
    if path.endswith(".git"):
        return "git"
    name = path.rpartition("/")[2]
    if "sitemap" in name and name.endswith((".xml", ".xml.gz", ".txt")):
        return "sitemap"
    return "feed" if path.endswith(_FEEDS) else "web"


def interval_s(text: str) -> int:
    """Return an interval such as 90s, 10m, 12h or 1d, in seconds.

    Raises:
        ConfigError: it is none, or shorter than a minute.
    """
    found = _EVERY.fullmatch(text.strip().lower())
    if not found or (seconds := int(found[1]) * _UNITS[found[2]]) < _LEAST_S:
        raise ConfigError(
            f"{text!r} is not an interval of a minute or more, such as 10m, 12h or 1d"
        )
    return seconds


def absolute(address: str) -> str:
    """Return the address with the path of a folder written from the root."""
    return address if "://" in address else str(Path(address).expanduser().absolute())
