"""Questions for the data of a document: who wrote it, when, to whom, its subject. Pure."""

import re
from typing import NamedTuple

from citespan.index.text import stem
from citespan.qa.english.words import word_set

_THING = (
    r"(?:e-?mail|mail|message|letter|document|report|file|text|article|page|note|notes|memo|paper"
    r"|post|entry|minutes|policy|guide|manual|contract|study|newsletter|book|record)s?"
)
_WHO = re.compile(
    r"(?:who|by whom)(?: (?:was|were|is|are|has|have))?(?: (?:the|this|that))?"
    rf"(?: {_THING}(?: \w{{1,20}}){{0,6}}?)? "
    r"(?P<did>wrote|written|authored|drafted|sent|signed|published|prepared|created|edited|reviewed"
    r"|approved|issued|translated|compiled|recorded|took|posted)\b",
    re.IGNORECASE,
)
_WHO_IS = re.compile(
    r"who(?:'s| is| was| are| were) the (?P<key>[a-z]{4,20})s? of\b", re.IGNORECASE
)
_WHEN = re.compile(
    r"(?:when|on (?:which|what) (?:day|date))(?: was| were| did| has| is)? (?P<rest>.{1,120}?) "
    r"(?:last )?(?P<did>written|published|sent|created|dated|updated|issued|released|reviewed"
    r"|approved|modified|signed|posted|recorded)\b",
    re.IGNORECASE,
)
_WHAT = re.compile(
    r"what(?:'s| is| was| are| were) the (?P<key>[a-z][a-z ]{1,24}) of (?:the|this|that|your|our)"
    rf" (?P<rest>(?:\w{{1,20}} ){{0,4}}?{_THING}\b)",
    re.IGNORECASE,
)
_TO = re.compile(
    r"(?:who\b.{1,80}\b(?:sent|addressed|written) to|(?:to )?whom\b.{1,80}"
    r"\b(?:sent|addressed|written))\b",
    re.IGNORECASE,
)
_WROTE = word_set("author authors by from sender writer creator written_by prepared_by authored_by")
_DATED = word_set("date published created sent issued written dated updated last_updated modified")
_SAME = {
    "subject": word_set("subject title re topic"),
    "title": word_set("title subject"),
    "author": _WROTE,
    "writer": _WROTE,
    "sender": _WROTE,
    "date": _DATED,
    "recipient": word_set("to cc recipient recipients"),
    "addressee": word_set("to recipient"),
    "topic": word_set("subject title topic tags category"),
}
_WRITING = word_set("wrote written authored drafted sent prepared created took compiled posted")
_WRITTEN = word_set("written dated sent created posted recorded")


class Property(NamedTuple):
    """What is asked of a document.

    keys: names of fields that have it, in small letters with underscores.
    like: the stem that a field's name may have instead: "review" for "Reviewed by"; maybe empty.
    """

    keys: frozenset[str]
    like: str

    def has(self, key: str) -> bool:
        """Return whether a field is one of these."""
        plain = "_".join(key.casefold().replace("-", " ").split())
        if plain in self.keys:
            return True
        first = stem(plain.split("_")[0].removesuffix("er").removesuffix("or"))
        return bool(self.like) and first in {self.like, self.like.removesuffix("e")}


def property_asked(question: str) -> Property | None:
    """Return the field of a document that a question asks for; None for other questions."""
    asked = " ".join(question.split())
    if _TO.match(asked):
        return Property(_SAME["recipient"], "")
    if who := _WHO.match(asked):
        did = who["did"].casefold()
        return Property(_WROTE if did in _WRITING else frozenset[str](), stem(did))
    if when := _WHEN.match(asked):
        did = when["did"].casefold()
        keys = _DATED if did in _WRITTEN else frozenset({did, f"last_{did}", "date"})
        return Property(keys, "")
    found = _WHO_IS.match(asked) or _WHAT.match(asked)
    if found is None:
        return None
    key = "_".join(found["key"].casefold().split())
    return Property(_SAME.get(key, frozenset({key, f"{key}s"})), stem(key))
