"""What people say of answers, and which questions got none."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.collections.feedback.gold import Gold, Left, gold_of
    from citespan.qa.collections.feedback.grouping import QuestionGroup, gaps
    from citespan.qa.collections.feedback.labels import (
        JudgedAnswer,
        Label,
        LabelStore,
        MarkedSpan,
        Pointer,
        State,
        Verdict,
        counted,
    )
    from citespan.qa.collections.feedback.place import FeedbackPlace, feedback_place
    from citespan.qa.collections.feedback.unanswered import Unanswered

__all__ = (
    "FeedbackPlace",
    "Gold",
    "JudgedAnswer",
    "Label",
    "LabelStore",
    "Left",
    "MarkedSpan",
    "Pointer",
    "QuestionGroup",
    "State",
    "Unanswered",
    "Verdict",
    "counted",
    "feedback_place",
    "gaps",
    "gold_of",
)

__getattr__ = names_of(
    __name__,
    {
        "MarkedSpan": "citespan.qa.collections.feedback.labels",
        "QuestionGroup": "citespan.qa.collections.feedback.grouping",
        "FeedbackPlace": "citespan.qa.collections.feedback.place",
        "Gold": "citespan.qa.collections.feedback.gold",
        "JudgedAnswer": "citespan.qa.collections.feedback.labels",
        "Label": "citespan.qa.collections.feedback.labels",
        "LabelStore": "citespan.qa.collections.feedback.labels",
        "Left": "citespan.qa.collections.feedback.gold",
        "Pointer": "citespan.qa.collections.feedback.labels",
        "State": "citespan.qa.collections.feedback.labels",
        "Unanswered": "citespan.qa.collections.feedback.unanswered",
        "Verdict": "citespan.qa.collections.feedback.labels",
        "counted": "citespan.qa.collections.feedback.labels",
        "feedback_place": "citespan.qa.collections.feedback.place",
        "gaps": "citespan.qa.collections.feedback.grouping",
        "gold_of": "citespan.qa.collections.feedback.gold",
    },
)
