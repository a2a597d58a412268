"""Input and output in a terminal."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.terminal.chat import Chat, typed
    from citespan.qa.terminal.output import json_flag, print_json, say, show_progress, tell, tracked
    from citespan.qa.terminal.show import print_answer, print_passages

__all__ = (
    "Chat",
    "json_flag",
    "print_answer",
    "print_json",
    "print_passages",
    "say",
    "show_progress",
    "tell",
    "tracked",
    "typed",
)

__getattr__ = names_of(
    __name__,
    {
        "Chat": "citespan.qa.terminal.chat",
        "json_flag": "citespan.qa.terminal.output",
        "print_answer": "citespan.qa.terminal.show",
        "print_json": "citespan.qa.terminal.output",
        "print_passages": "citespan.qa.terminal.show",
        "say": "citespan.qa.terminal.output",
        "show_progress": "citespan.qa.terminal.output",
        "tell": "citespan.qa.terminal.output",
        "tracked": "citespan.qa.terminal.output",
        "typed": "citespan.qa.terminal.chat",
    },
)
