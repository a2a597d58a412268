"""Questions for what something is, and sentences that say it. Pure."""

import re

_ASKED = re.compile(
    r"(?:what(?:'s| is| are| was| were)|define|what does) (?:an? |the )?(?P<what>[^?.!]{2,60}?)"
    r"(?: (?:mean|stand for))?[ ?.!]*",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:name|term|word|acronym|abbreviation) ", re.IGNORECASE)
_IS = re.compile(
    r"[\"'”’*_`]{0,3}\s?(?:\([^()]{1,80}\)\s)?(?:[,:–—-]\s|(?:is|are|was|were|means?|stands?|refers?"
    r"|describes?|denotes?)\b)"
)
_ARTICLE = re.compile(r"(?:an?|the) ", re.IGNORECASE)


def defined(question: str) -> str | None:
    """Return what a question asks the meaning of, or something that reads like it."""
    found = _ASKED.fullmatch(question.strip())
    return _NAMED.sub("", found["what"].strip(), count=1) if found else None


def defines(term: str, sentence: str) -> bool:
    """Return whether a sentence begins with a term, as definitions do."""
    return _after(term, sentence) is not None


def says_what_it_is(term: str, sentence: str) -> bool:
    """Return whether a sentence begins with a term and "is", "means" or the like."""
    rest = _after(term, sentence)
    return rest is not None and bool(_IS.match(rest))


def _after(term: str, sentence: str) -> str | None:
    """Return what follows a term that a sentence begins with; None if it does not."""
    bare = sentence.lstrip("\"'“‘*_` ")
    bare = bare[len(found.group()) :] if (found := _ARTICLE.match(bare)) else bare
    rest = bare[len(term) :]
    begins = bare.casefold().startswith(term.casefold()) and not rest[:1].isalnum()
    return rest if begins else None
