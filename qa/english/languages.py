"""Languages that the models do not read, known by a question's script and its small words. Pure."""

import re
from functools import lru_cache

from citespan.qa.english.words import STOP_WORDS, word_set

_SCRIPTS = {
    "Chinese or Japanese": re.compile(r"[\u3040-\u30ff\u3400-\u9fff]"),
    "Korean": re.compile(r"[\u1100-\u11ff\uac00-\ud7af]"),
    "Russian or another Slavic language": re.compile(r"[\u0400-\u052f]"),
    "Greek": re.compile(r"[\u0370-\u03ff]"),
    "Arabic or Persian": re.compile(r"[\u0600-\u06ff\u0750-\u077f]"),
    "Hebrew": re.compile(r"[\u0590-\u05ff]"),
    "Hindi or another language of India": re.compile(r"[\u0900-\u0dff]"),
    "Thai": re.compile(r"[\u0e00-\u0e7f]"),
}
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+")
SMALL_WORDS = {
    "German": word_set(
        "wer wie wo wann warum was welche welcher welches welchen wem wen wird werden wurde sind"
        " ist"
        " der die das den dem des ein eine einen einem einer ich mein meine ihr wir sie und oder"
        " nicht mit auf für von zum zur bei aus nach gibt es kann darf muss soll hat haben viel"
        " viele hoch lange im am uhr"
    ),
    "French": word_set(
        "qui que quoi quand où comment pourquoi quel quelle quels quelles combien est sont était"
        " le"
        " la les un une des du de au aux je mon ma mes il elle nous vous et ou ne pas pour avec"
        " dans"
        " sur par ce cette ces se on peut doit ferme-t-on à y a-t-il dois puis heure"
    ),
    "Spanish": word_set(
        "quién qué cuándo dónde cómo cuál cuáles cuánto cuánta cuántos cuántas por es son"
        " está están"
        " el la los las un una de del al y o no se mi su para con en hay puedo puede debe tiene"
        " quien que cuando donde como cual cuanto cuantos hora a"
    ),
    "Italian": word_set(
        "chi che cosa quando dove come perché quale quali quanto quanti quanta quante è sono il"
        " lo la"
        " gli le un uno una di del della dei al alla e non si mio per con nel nella ora"
        " posso può deve"
    ),
    "Portuguese": word_set(
        "quem que quando onde como qual quais quanto quantos quanta quantas é são está o os as um"
        " uma de do da dos das ao à e não se meu para com no na em há hora posso pode deve tem foi"
    ),
    "Dutch": word_set(
        "wie wat wanneer waar waarom hoe welke welk hoeveel is zijn wordt worden werd de het een"
        " van"
        " voor met op aan bij naar en of niet ik mijn kan mag moet heeft hebben er te om"
    ),
    "Catalan": word_set(
        "qui què quan on com quin quina quins quines quant quants és són el la els les un una de"
        " del al i no es el meu per amb en hi puc pot ha"
    ),
    "a Scandinavian language": word_set(
        "hvem hva når hvor hvordan hvorfor hvilken hvilket hvilke vem vad när var hur varför vilken"
        " vilket er är det den en et ett og och ikke inte jeg jag med på til till fra från av kan"
        " må skal skall har som for för mange många"
    ),
    "Polish": word_set(
        "kto co kiedy gdzie jak dlaczego który która które ile czy jest są był była w na do z i nie"
        " się mój dla od po można"
    ),
}
_LEAST = 2  # small words of a language that tell it, if they outnumber those of English


@lru_cache(maxsize=1000)
def unread_language(question: str) -> str | None:
    """Return the name of a question's language if it is not English, as far as words can tell."""
    letters = len(_LETTER.findall(question))
    for name, script in _SCRIPTS.items():
        if 2 * len(script.findall(question)) > letters:
            return name
    said = [word.casefold() for word in _WORD.findall(question)]
    english = sum(word in STOP_WORDS for word in said)
    counts = {name: sum(word in small for word in said) for name, small in SMALL_WORDS.items()}
    likeliest = max(counts, key=lambda name: counts[name])
    return likeliest if counts[likeliest] >= _LEAST and counts[likeliest] > english else None


def has_stems(language: str) -> bool:
    """Return whether the words of a language can be compared: those of other scripts cannot."""
    return language in SMALL_WORDS
