"""Questions for what something is, and sentences that say it. Pure."""

import re

_ASKED = re.compile(
    r"(?:what(?:'s| is| are| was| were)|define|what does) (?:an? |the )?(?P<what>[^?.!]{2,60}?)"
    r"(?: (?:mean|stand for))?[ ?.!]*",
    re.IGNORECASE,
)
_NAMED = re.compile(r"(?:name|term|word|acronym|abbreviation) ", re.IGNORECASE)
_ARTICLE = re.compile(r"(?:an?|the) ", re.IGNORECASE)


def defined(question: str) -> str | None:
    """Return what a question asks the meaning of, or something that reads like it."""
    found = _ASKED.fullmatch(question.strip())
    return _NAMED.sub("", found["what"].strip(), count=1) if found else None


def defines(term: str, sentence: str) -> bool:
    """Return whether a sentence begins with a term, as definitions do."""
    bare = sentence.lstrip("\"'“‘*_` ")
    bare = bare[len(found.group()) :] if (found := _ARTICLE.match(bare)) else bare
    rest = bare[len(term) :]
    return bare.casefold().startswith(term.casefold()) and not rest[:1].isalnum()
