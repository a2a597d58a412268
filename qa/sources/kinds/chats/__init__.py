"""Exports of chats: each thread is an entry, and so are the other messages of a day."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.sources.kinds.chats.discord import DiscordExport
    from citespan.qa.sources.kinds.chats.files import ExportFiles
    from citespan.qa.sources.kinds.chats.slack import SlackExport
    from citespan.qa.sources.kinds.chats.source import ChatSource
    from citespan.qa.sources.kinds.chats.teams import TeamsExport

__all__ = ("ChatSource", "DiscordExport", "ExportFiles", "SlackExport", "TeamsExport")

__getattr__ = names_of(
    __name__,
    {
        "ChatSource": "citespan.qa.sources.kinds.chats.source",
        "DiscordExport": "citespan.qa.sources.kinds.chats.discord",
        "ExportFiles": "citespan.qa.sources.kinds.chats.files",
        "SlackExport": "citespan.qa.sources.kinds.chats.slack",
        "TeamsExport": "citespan.qa.sources.kinds.chats.teams",
    },
)
