"""Sentences that tell people what to do. Pure."""

import re

from citespan.qa.english.verbs import word_set

_BEFORE = re.compile(  # what may stand before it: "Then", "On Linux,", "If it leaks,"
    r"(?:(?:then|next|first|finally|now|also|again|please|alternatively|optionally|instead|simply"
    r"|just|lastly|afterwards?|second|third|always|never|or|and),? )*+"
    r"(?:(?:to|if|when|once|after|before|on|in|for|with|from|under|at|as|while|by) [^,;]{1,200}, )?"
    r"(?:(?:then|next|now|also|please|simply|just|do not|don['\u2019]t|never|always) )*+",
    re.IGNORECASE,
)
_ALLOWED = re.compile(
    r"(?:you|we|staff|users|people) (?:\w{1,12} )?(?:can|must|should|need to|have to|may|could)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]{2,20}\b", re.IGNORECASE)
_DEEDS = word_set(
    "accept activate add adjust allow answer append apply approve arrange ask assign attach avoid"
    " back boil book bring browse build buy call cancel change charge check choose clean clear"
    " click clone close collect combine commit compare complete compose configure confirm connect"
    " consider consult contact continue convert copy count create customize cut decide declare"
    " define delete deploy describe deselect determine disable disconnect discuss do download drag"
    " drop edit email embed empty enable ensure enter establish estimate execute exit expand"
    " explain export extend extract fill find finish fit fix follow force generate get give go"
    " grant hold identify ignore import include increase initialize insert inspect install invite"
    " issue join keep label launch leave let lift limit link list load locate lock log look lower"
    " make manage map mark measure merge mix modify monitor mount move name navigate note notify"
    " obtain open order organize pass paste pay perform pick place plan plug point post pour"
    " prepare press preview print proceed provide publish pull push put raise reach read rebuild"
    " record redeploy reduce register release reload remember remind remove rename repair repeat"
    " replace reply report request reset resolve restart restore retry return review rotate run"
    " save scan schedule scroll search secure select send separate set share show sign skip sort"
    " specify start stay stop store submit subscribe switch sync take talk tap tell test tick"
    " tighten toggle track transfer trigger try turn type undo uninstall unlock unplug unscrew"
    " update upgrade upload use verify view visit wait warm wash watch wipe wrap write"
)


def instructs(sentence: str) -> bool:
    """Return whether a sentence tells people what to do, or what they can do."""
    bare = sentence.strip()
    before = _BEFORE.match(bare)
    rest = bare[before.end() :] if before else bare
    word = _WORD.match(rest)
    return bool(_ALLOWED.match(rest)) or bool(word and word.group().casefold() in _DEEDS)
