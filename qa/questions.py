"""What can be asked. Pure."""

from qa.errors import InvalidQuestion

MAX_QUESTION = 2000  # code points; of which the evidence model reads the last 64 tokens
MAX_TOP_K = 100


def checked_question(question: str) -> str:
    """The question without surrounding white space.

    Raises:
        InvalidQuestion: it is blank, too long, or not valid Unicode.
    """
    question = question.strip()
    if not question:
        raise InvalidQuestion("the question is empty; ask something")
    if not any(character.isalnum() for character in question):
        raise InvalidQuestion("the question has neither letters nor digits; ask something")
    if len(question) > MAX_QUESTION:
        raise InvalidQuestion(
            f"the question has {len(question)} characters; at most {MAX_QUESTION} are allowed"
        )
    if any("\ud800" <= character <= "\udfff" for character in question):
        raise InvalidQuestion("the question holds a lone surrogate: not valid Unicode")
    return question


def checked_top_k(top_k: int) -> int:
    """The number of passages.

    Raises:
        InvalidQuestion: it is not within 1 to `MAX_TOP_K`.
    """
    if not 1 <= top_k <= MAX_TOP_K:
        raise InvalidQuestion(f"top_k is {top_k}; it must be 1 to {MAX_TOP_K}")
    return top_k
