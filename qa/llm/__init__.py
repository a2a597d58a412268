"""Language models behind an endpoint: prompts in, text out."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.llm.endpoint import Endpoint
    from citespan.qa.llm.machine import on_this_machine
    from citespan.qa.llm.prompt import NO_ANSWER, Prompt, build_prompt
    from citespan.qa.llm.stream import Writing
    from citespan.qa.llm.tokens import count_tokens

__all__ = (
    "Endpoint",
    "NO_ANSWER",
    "Prompt",
    "Writing",
    "build_prompt",
    "count_tokens",
    "on_this_machine",
)

__getattr__ = names_of(
    __name__,
    {
        "Endpoint": "citespan.qa.llm.endpoint",
        "NO_ANSWER": "citespan.qa.llm.prompt",
        "Prompt": "citespan.qa.llm.prompt",
        "Writing": "citespan.qa.llm.stream",
        "build_prompt": "citespan.qa.llm.prompt",
        "count_tokens": "citespan.qa.llm.tokens",
        "on_this_machine": "citespan.qa.llm.machine",
    },
)
