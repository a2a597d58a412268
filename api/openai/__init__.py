"""The routes and bodies for OpenAI's clients."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.api.openai.bodies import CompletionChunk, CompletionRequest
    from citespan.api.openai.responding import respond
    from citespan.api.openai.response_bodies import ResponseRequest
    from citespan.api.openai.routes import CompletionRoutes

__all__ = (
    "CompletionChunk",
    "CompletionRequest",
    "CompletionRoutes",
    "ResponseRequest",
    "respond",
)

__getattr__ = names_of(
    __name__,
    {
        "CompletionChunk": "citespan.api.openai.bodies",
        "CompletionRequest": "citespan.api.openai.bodies",
        "CompletionRoutes": "citespan.api.openai.routes",
        "ResponseRequest": "citespan.api.openai.response_bodies",
        "respond": "citespan.api.openai.responding",
    },
)
