"""The limits of a question, and the form in which it is read. Pure."""

import unicodedata

import regex

from citespan.qa.errors import InvalidQuestion

MAX_QUESTION = 2000  # code points; the evidence model reads only the last 64 tokens
MAX_TOP_K = 100

# Invisible characters: soft hyphens, zero widths, bidirectional controls, variation selectors;
# except for the joiners that Persian and emoji are written with
_UNSEEN = regex.compile(
    r"[\p{Default_Ignorable_Code_Point}\p{Cc}--[\s\u200c\u200d]]", regex.VERSION1
)
_JOINERS = regex.compile(r"[\u200c\u200d]+")
_STYLED = regex.compile(r"[０-９Ａ-Ｚａ-ｚﬀ-ﬆ\U0001d400-\U0001d7ff]")  # full-width, mathematical
_BLANK = regex.compile(r"[^\S \t\r\n]")


def checked_question(question: str) -> str:
    """Return the question in the form in which it is read, without surrounding white space.

    Raises:
        InvalidQuestion: the question is blank, too long, or not valid Unicode.
    """
    question = legible(question).strip()
    if not question:
        raise InvalidQuestion("the question is empty; ask something")
    if not any(character.isalnum() for character in question):
        raise InvalidQuestion("the question has neither letters nor digits; ask something")
    if len(question) > MAX_QUESTION:
        raise InvalidQuestion(
            f"the question has {len(question)} characters; at most {MAX_QUESTION} are allowed:"
            " shorten it"
        )
    if any("\ud800" <= character <= "\udfff" for character in question):
        raise InvalidQuestion(
            "the question holds a lone surrogate, which is not valid Unicode; remove it"
        )
    return question


def legible(text: str) -> str:
    """Return a text without invisible characters, its letters and blanks in their plain forms.

    Texts that look the same are read the same: "Who" with a soft hyphen, or in full-width letters,
    is read as "Who". Marks and superscripts stay.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _JOINERS.sub(_needed, _UNSEEN.sub("", text))
    text = _STYLED.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    return _BLANK.sub(" ", unicodedata.normalize("NFC", text))


def _needed(joiners: "regex.Match[str]") -> str:
    """Return one joiner between letters that are not ASCII, else nothing."""
    start, end = joiners.span()
    before, after = joiners.string[max(0, start - 1) : start], joiners.string[end : end + 1]
    return "" if before.isascii() or after.isascii() else joiners[0][0]


def checked_top_k(top_k: int) -> int:
    """Return the number of passages if it is allowed.

    Raises:
        InvalidQuestion: the number is not within 1 to `MAX_TOP_K`.
    """
    if not 1 <= top_k <= MAX_TOP_K:
        raise InvalidQuestion(f"top_k is {top_k}; it must be 1 to {MAX_TOP_K}")
    return top_k
