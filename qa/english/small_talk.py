"""Messages that ask nothing of the documents, found by narrow rules. Pure.

A message is small talk only if all of it is: with one more word, the message is a question.
"""

import re
from typing import Any

import re2  # pyright: ignore[reportMissingImports, reportMissingTypeStubs]

_linear: Any = re2  # untyped
_HELP = (
    "I answer questions from the documents stored here. Every sentence of an answer points to the"
    " place in a document that says so, and where the documents do not say, I tell you."
)

_KINDS: tuple[tuple[str, str, str], ...] = (  # the first that matches gives the reply
    (
        "abilities",
        rf"I am citespan. {_HELP}",
        r"who are you|what are you|what(?:'s| is) your name|(?:are you|is this) (?:an? )?(?:ai|bot"
        r"|chatbot|robot|human|person|real(?: person)?|machine|chatgpt|chat ?gpt|llm)"
        r"|(?:can you )?introduce yourself|tell me about yourself|how do you work"
        r"|what (?:can|could|do) you(?: really| actually)? do(?: for (?:me|us))?"
        r"|what (?:can|should|may) i ask(?: you)?(?: about)?|(?:how|what) can you help(?: me| us)?"
        r"(?: with)?|what are you able to do|can you help(?: me| us)?|i need help|help(?: me)?"
        r"|wer bist du|was kannst du|qui es-tu|qui êtes-vous|quién eres|chi sei|你是谁|你能做什么",
    ),
    (
        "health",
        "I am well, thank you. What would you like to know from the documents?",
        r"how are you(?: doing)?(?: today)?|how(?:'s| is) it going|how do you do|what(?:'s| is) up"
        r"|wie geht(?:'s| es dir)|(?:comment )?ça va|cómo estás|come stai|你好吗",
    ),
    (
        "thanks",
        "You are welcome. Ask me whenever you want to know more from the documents.",
        r"(?:(?:many|no) )?thanks(?: (?:a lot|a bunch|so much|very much|again|for (?:that|this"
        r"|your help|the help|the (?:answer|information|info))))?|thank (?:you|u)(?: (?:so much"
        r"|very much|again|for (?:that|this|your help|the help|the (?:answer|information|info))))?"
        r"|(?:much|i) appreciate(?:d| it| that)|thx|ty|cheers|danke(?: schön| sehr)?|vielen dank"
        r"|merci(?: beaucoup)?|(?:muchas )?gracias|grazie(?: mille)?|obrigad[oa]|谢谢|ありがとう",
    ),
    (
        "parting",
        "Goodbye.",
        r"(?:good ?)?bye(?:[ -]bye)?|see (?:you|ya)(?: later| soon)?|good ?night|farewell"
        r"|have a (?:nice|good|great) (?:day|evening|weekend|one)|that(?:'s| is) (?:all|it)"
        r"(?: for (?:now|today))?|tschüss|auf wiedersehen|au revoir|adiós|ciao|arrivederci|再见",
    ),
    (
        "greeting",
        "Hello. What would you like to know from the documents?",
        r"(?:hi|hey|hello|hiya|howdy|greetings|yo)(?: (?:there|again|all|everyone|bot|citespan))?"
        r"|good (?:morning|afternoon|evening|day)|nice to meet you|pleased to meet you|test(?:ing)?"
        r"|hallo|guten (?:morgen|tag|abend)|bonjour|bonsoir|salut|hola|buenos días|buenas tardes"
        r"|buongiorno|olá|你好|您好|こんにちは|привет",
    ),
    (
        "nod",
        "Good. Ask me anything else that you want to know from the documents.",
        r"ok(?:ay)?|i see|got it|understood|great(?: (?:answer|job))?|good(?: (?:answer|job))?"
        r"|nice(?: (?:answer|one))?|cool|perfect|awesome|excellent|wonderful|amazing|wow"
        r"|interesting|(?:that(?:'s| is|'s| was) )?(?:very |really |so )?(?:helpful|interesting"
        r"|useful|great|good|nice|cool)|makes sense|well done|lol|haha+|never ?mind|alright"
        r"|no(?:pe)?",
    ),
)
# Phrases share words ("so good", "so", "good"), so that one text can be split in many ways:
# `re` took 10 s for 23 words. This engine takes linear time for any text.
_PATTERNS: tuple[tuple[Any, str], ...] = tuple(
    (_linear.compile(rf"(?:^| )(?:{pattern})(?: |$)"), reply) for _, reply, pattern in _KINDS
)
_COURTESY = r"please|so|oh|ah|well|and|then|just|very"
_ANY = "|".join(f"(?:{pattern})" for _, _, pattern in _KINDS)
_ALL = _linear.compile(rf"(?:(?:{_ANY}|{_COURTESY})(?: |$))+")
_LONGEST = 120  # code points; small talk is short
_OTHER = re.compile(r"[^\w\s'-]+|_+")


def small_talk(message: str) -> str | None:
    """Return the reply to a message that is only small talk; None for all other messages.

    Small talk is greetings, thanks, partings, nods, and questions about the assistant itself, in
    English. Of a few other languages, the commonest greetings and thanks count.
    """
    if len(message) > _LONGEST:
        return None
    said = " ".join(_OTHER.sub(" ", message.casefold().replace("’", "'")).split())
    if not _ALL.fullmatch(said):
        return None
    return next((reply for pattern, reply in _PATTERNS if pattern.search(said)), None)
