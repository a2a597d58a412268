"""Closed lists of English words that distinguish a follow-up from a self-contained question."""


def word_set(words: str) -> frozenset[str]:
    """Return the words of a line."""
    return frozenset(words.split())


QUESTION_WORDS = word_set("who whom whose what when where which why how")

AUXILIARIES = word_set(
    "is are was were be been being am has have had having will would can could may might must do"
    " does did shall should isn't aren't wasn't weren't don't doesn't didn't hasn't haven't hadn't"
    " won't wouldn't can't couldn't shouldn't"
)

#: They refer to a person or a thing that was named before.
THIRD_PERSON = word_set(
    "he she it they him her them his hers its their theirs himself herself itself themselves"
)

#: They refer back if no word follows, or if the next word does not say all.
POINTERS = word_set("this that these those")

#: They ask for something beyond the things named before.
BEYOND = word_set("else other others another more further same similar instead besides")

DETERMINERS = word_set("the a an")

PREPOSITIONS = word_set(
    "in on at by from to of for with as into onto after before during until since under over"
    " between among through across against near within without about around along via"
    " throughout than like per off up out down"
)

#: A search cannot use these words.
STOP_WORDS = (
    QUESTION_WORDS
    | AUXILIARIES
    | THIRD_PERSON
    | POINTERS
    | BEYOND
    | PREPOSITIONS
    | word_set(
        "a an the and or but nor so yet if then because although though while i me my mine myself"
        " we us our ours ourselves you your yours yourself there here one ones some any no not all"
        " both each either neither every few many much most several such own only just even also"
        " too very really still ever never already now again once please thanks thank ok okay yes"
        " yeah no sure well oh hi hello hey let's lets how'd what'd who'd where'd when'd why'd"
        " what's who's where's when's how's it's that's there's he's she's they're i'm i'd i've"
        " i'll you're we're"
        # words for asking
        " tell know explain describe give list name say show find mean want like wonder wondering"
        " learn hear interested interesting curious about something anything everything nothing"
        " someone anyone everyone thing things kind kinds kinda sort sorts type types way ways"
        " example examples exactly actually detail details information info talk back get got"
        " possible happen happened happens sound sounds able let described mentioned said"
    )
)

#: Before these, "it" refers to later words.
FORESEEN = word_set(
    "true possible likely unlikely known clear necessary important legal illegal correct right"
    " wrong safe dangerous normal common said"
)

PERSONS = word_set("he she him her his hers himself herself")

POSSESSIVES = word_set("its their his her hers theirs itself themselves himself herself")

#: Attributes and acts of another thing: a question of only these words does not name the thing.
RELATIONAL = word_set(
    "advantage advantages aftermath age aim amount award awards background basis benefit benefits"
    " cause causes capital consequence consequences controversies controversy cost costs criticism"
    " criticisms danger dangers date dates difference differences difficulties disadvantage"
    " disadvantages downside downsides drawback drawbacks effect effects end example examples fact"
    " facts feature features founder function future goal goals height history impact impacts"
    " importance ingredient ingredients issue issues law laws leader legacy length level levels"
    " limit limitations location main meaning method methods name number numbers opinion opinions"
    " option options origin origins outcome owner part parts penalties penalty place plot point"
    " population position price problem problems process pros cons purpose rate reaction reason"
    " reasons reception record records regulation regulations result results rest risk risks role"
    " rule rules side sides significance size solution solutions source sources stage stages start"
    " status step steps story structure style subject success successor symptom symptoms theme"
    " themes time times title total treatment treatments use uses usage value variation variations"
    " variety varieties version versions weakness weaknesses winner year years"
    " famous important notable noteworthy major minor common main recent recently different"
    " specific general big biggest large largest best worst first last next previous early earlier"
    " late later current currently popular typical new old little long far often"
    " tall taller high higher wide deep big bigger small smaller fast faster many older younger"
    " work works worked do made make makes making used use using start started begin began begun"
    " end ended last lasted change changed changes come came go went look looks become became"
    " involve involved affect affected cause caused cost help helped win won take took"
)
