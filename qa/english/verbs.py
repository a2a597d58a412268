"""Closed lists of English words that show doers and deeds: verbs, articles, prepositions. Pure."""

from collections.abc import Sequence

from citespan.qa.english.wording import Word


def word_set(words: str) -> frozenset[str]:
    """Return the words that a text lists."""
    return frozenset(words.split())


_IRREGULAR = """beat beaten/bite bit bitten/break broke broken/build built/buy bought/catch caught
    choose chose chosen/do did done/draw drew drawn/drive drove driven/eat ate eaten/fight fought
    find found/fly flew flown/forget forgot forgotten/give gave given/hold held/hide hid hidden
    keep kept/know knew known/lead led/leave left/lose lost/make made/meet met/pay paid
    ride rode ridden/run ran/say said/see saw seen
    show showed shown/sell sold/send sent/shoot shot/shake shook shaken
    speak spoke spoken/spend spent/steal stole stolen/strike struck/sing sang sung/swear swore sworn
    teach taught/take took taken/throw threw thrown/think thought
    understand understood/wear wore worn/win won/write wrote written/begin began begun
    bring brought/become became/grow grew grown/fall fell fallen/rise rose risen"""
_FORMS = [forms.split() for line in _IRREGULAR.splitlines() for forms in line.split("/")]
_FORMS.append(["tell", "told"])
_VERB = {form: forms[0] for forms in _FORMS for form in forms}

_PREFIXES = ("over", "under", "re", "out", "with", "mis", "up")

ARTICLES = frozenset({"a", "an", "the"})
DETERMINING = ARTICLES | word_set("his her its their")
BEING = word_set("is are was were be been being gets get got")
HELPING = BEING | word_set("has have had does do did can could will would may might")
PLACING = word_set(
    "in on at from to with by for after before since until during through into under over against"
    " near"
)
PARTICLES = word_set("of von van de der da di la bin al")  # inside of names


def verb_of(word: Word) -> str:
    """Return the verb that a word may be a form of, else the stem: "write" for "written"."""
    if found := _VERB.get(word.folded):
        return found
    for prefix in _PREFIXES:
        rest = _VERB.get(word.folded.removeprefix(prefix))
        if rest and word.folded.startswith(prefix):
            return prefix + rest
    return word.stem


def is_plain(word: Word) -> bool:
    """Return whether a word says something, and is neither a name nor a number."""
    return word.content and not word.name


def is_verb(word: Word) -> bool:
    """Return whether a word is a verb by its form, which does not show all verbs."""
    past = word.folded.endswith("ed") or verb_of(word) != word.stem
    return word.folded in HELPING or (is_plain(word) and past)


def is_determined(words: Sequence[Word], place: int) -> bool:
    """Return whether a word follows an article or the like, and so is a thing, as names are."""
    determined = place > 0 and words[place - 1].folded in DETERMINING
    return determined and is_plain(words[place])
