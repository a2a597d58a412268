"""The question: validated, and completed from earlier turns."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.english.catalogue import About, about_documents, topic_of_documents
    from citespan.qa.question.background import background_reply
    from citespan.qa.question.rewriting import believed, rewriting_messages
    from citespan.qa.question.subjects import gist
    from citespan.qa.question.understanding import Understood, understand
    from citespan.qa.question.validation import (
        MAX_QUESTION,
        MAX_TOP_K,
        checked_question,
        checked_top_k,
    )

__all__ = (
    "About",
    "MAX_QUESTION",
    "MAX_TOP_K",
    "Understood",
    "about_documents",
    "background_reply",
    "believed",
    "checked_question",
    "checked_top_k",
    "gist",
    "rewriting_messages",
    "topic_of_documents",
    "understand",
)

__getattr__ = names_of(
    __name__,
    {
        "About": "citespan.qa.english.catalogue",
        "MAX_QUESTION": "citespan.qa.question.validation",
        "MAX_TOP_K": "citespan.qa.question.validation",
        "Understood": "citespan.qa.question.understanding",
        "about_documents": "citespan.qa.english.catalogue",
        "background_reply": "citespan.qa.question.background",
        "believed": "citespan.qa.question.rewriting",
        "checked_question": "citespan.qa.question.validation",
        "checked_top_k": "citespan.qa.question.validation",
        "gist": "citespan.qa.question.subjects",
        "rewriting_messages": "citespan.qa.question.rewriting",
        "topic_of_documents": "citespan.qa.english.catalogue",
        "understand": "citespan.qa.question.understanding",
    },
)
