"""What the last message of a conversation asks."""

import pytest

from qa.conversation import understand
from qa.errors import InvalidQuestion
from qa.messages import Message


def talk(*said: str) -> list[Message]:
    """User and assistant in turn, the user first."""
    return [
        Message(role="assistant" if at % 2 else "user", content=text)
        for at, text in enumerate(said)
    ]


def test_a_complete_question_stays_as_it_is():
    understood = understand(talk("Who founded Rome?", "Romulus.", "Where is the Nile?"))
    assert (understood.question, understood.rewritten) == ("Where is the Nile?", False)


def test_a_follow_up_gets_its_topic():
    understood = understand(talk("Who founded Rome?", "Romulus.", "When was it sacked?"))
    assert "Rome" in understood.question
    assert understood.rewritten


def test_a_conversation_that_ends_with_an_answer_asks_nothing():
    with pytest.raises(InvalidQuestion):
        understand(talk("Who founded Rome?", "Romulus."))
