"""A definition to a source, opened for one sync."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from citespan.qa.sources import kinds
from citespan.qa.sources.definition import Definition
from citespan.qa.sources.guard import Fetcher, Outgoing
from citespan.qa.sources.kinds import chats
from citespan.qa.sources.rules import SyncRules
from citespan.qa.sources.types import DocumentSource


@contextmanager
def open_source(
    definition: Definition, outgoing: Outgoing, cache: Path
) -> Generator[DocumentSource]:
    """Open a source; it is closed when the block ends.

    Args:
        definition: the source.
        outgoing: what it may do.
        cache: a folder for what is fetched.

    Raises:
        SourceError: it cannot be opened.
        MissingExtra: a package that it needs is not installed.
    """
    source = _opened(definition, outgoing, cache)
    try:
        yield source
    finally:
        source.close()


def rules_of(definition: Definition, *, force: bool = False) -> SyncRules:
    """Return the rules of a sync."""
    return SyncRules(on_delete=definition.on_delete, readers=definition.readers, force=force)


def _opened(definition: Definition, outgoing: Outgoing, cache: Path) -> DocumentSource:
    secret = outgoing.secrets.get(definition.name, "")
    address, include, exclude = definition.address, definition.include, definition.exclude
    match definition.kind:
        case "folder":
            return kinds.FolderSource(Path(address), include, exclude, outgoing)
        case "git":
            where = kinds.Repository(address=address, ref=definition.ref, link=definition.link)
            choice = kinds.PathChoice(include, exclude)
            return kinds.GitSource(where, cache, choice, outgoing, secret)
        case "imap":
            return kinds.ImapSource(address, outgoing, secret)
        case "mail":
            return kinds.MailSource(Path(address), outgoing)
        case "slack" | "teams" | "discord":
            return _chats(definition, outgoing)
        case "store":
            choice = kinds.PathChoice(include, exclude)
            return kinds.StoreSource(address, choice, outgoing, secret)
        case "web" | "sitemap" | "feed" as kind:
            fetcher = Fetcher(address, outgoing, secret)
            return kinds.opened_site(address, kind, fetcher, outgoing, include, exclude)


def _chats(definition: Definition, outgoing: Outgoing) -> DocumentSource:
    path = Path(definition.address)
    files = chats.ExportFiles(path, outgoing.max_bytes, outgoing.max_entries)
    if definition.kind == "slack":
        export = chats.SlackExport(files, definition.link)
    elif definition.kind == "teams":
        export = chats.TeamsExport(files)
    else:
        export = chats.DiscordExport(files)
    return chats.ChatSource(export, files, outgoing)
