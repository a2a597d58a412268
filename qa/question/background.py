"""Requests that chat programs send for themselves: titles, tags, further questions. Pure.

They are found by their form, not by their words: a task with the chat in it, and the JSON that is
wanted. Nothing is looked up for them.
"""

import json
import re

from citespan.qa.english.topics import topics

_READ = 40_000  # code points of a request
_TASK = re.compile(r"\s*#{1,4} *task\b", re.IGNORECASE)
_CHAT = re.compile(r"<chat_history>|^#{1,4} *chat history\b", re.IGNORECASE | re.MULTILINE)
_WANTED = re.compile(r"\{\s*\"(title|tags|follow_ups|queries|text)\"\s*:")
_SAID = re.compile(r"^[ \t]*(?:user|human)[ \t]*:[ \t]*(\S.*)$", re.IGNORECASE | re.MULTILINE)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_MOST_WORDS, _MOST_TAGS = 5, 3


def background_reply(message: str) -> str | None:
    """Return the JSON for a chat program's own request; None for a person's message.

    A title is of the first thing the user said. So are tags. There are no further questions and no
    searches to suggest. The values have letters, digits and spaces, but no marks.
    """
    if not _TASK.match(message) and "<chat_history>" not in message[:_READ]:
        return None
    read = message[:_READ]
    wanted = _WANTED.search(read)
    if not wanted or not _CHAT.search(read):
        return None
    said = _SAID.search(read, read.find("<chat_history>") + 1)
    about = [_plain(topic) for topic in topics(said[1][:300])] if said else []
    match wanted[1]:
        case "title":
            words = " ".join(about).split()[:_MOST_WORDS]
            return _json("title", " ".join(words).capitalize() or "Chat")
        case "tags":
            return _json("tags", about[:_MOST_TAGS] or ["General"])
        case "text":
            return _json("text", "")
        case key:
            return _json(key, [])


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text))


def _json(key: str, value: str | list[str]) -> str:
    return json.dumps({key: value}, ensure_ascii=False)
