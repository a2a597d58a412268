"""Small words of languages, with those that ask: they show what language a text is in. Pure."""

_WRITTEN = {
    "German": """wer wie wo wann warum was welche welcher welches welchen wem wen wird werden
        wurde sind ist der die das den dem des ein eine einen einem einer ich mein meine ihr wir
        sie und oder nicht mit auf für von zum zur bei aus nach gibt es kann darf muss soll hat
        haben viel viele hoch lange im am uhr""",
    "French": """qui que quoi quand où comment pourquoi quel quelle quels quelles combien est sont
        était le la les un une des du de au aux je mon ma mes il elle nous vous et ou ne pas
        pour avec dans sur par ce cette ces se on peut doit ferme-t-on à y a-t-il dois puis
        heure""",
    "Spanish": """quién qué cuándo dónde cómo cuál cuáles cuánto cuánta cuántos cuántas por es son
        está están el la los las un una de del al y o no se mi su para con en hay puedo puede
        debe tiene quien que cuando donde como cual cuanto cuantos hora a""",
    "Italian": """chi che cosa quando dove come perché quale quali quanto quanti quanta quante è
        sono il lo la gli le un uno una di del della dei al alla e non si mio per con nel nella
        ora posso può deve""",
    "Portuguese": """quem que quando onde como qual quais quanto quantos quanta quantas é são está
        o os as um uma de do da dos das ao à e não se meu para com no na em há hora posso pode
        deve tem foi""",
    "Dutch": """wie wat wanneer waar waarom hoe welke welk hoeveel is zijn wordt worden werd de
        het een van voor met op aan bij naar en of niet ik mijn kan mag moet heeft hebben er te
        om""",
    "Catalan": """qui què quan on com quin quina quins quines quant quants és són el la els les un
        una de del al i no es meu per amb en hi puc pot ha""",
    "a Scandinavian language": """hvem hva når hvor hvordan hvorfor hvilken hvilket hvilke vem vad
        när var hur varför vilken vilket er är det den en et ett og och ikke inte jeg jag med på
        til till fra från av kan må skal skall har som for för mange många""",
    "Polish": """kto co kiedy gdzie jak dlaczego który która które ile czy jest są był była w na
        do z i nie się mój dla od po można""",
}
SMALL_WORDS = {language: frozenset(words.split()) for language, words in _WRITTEN.items()}
