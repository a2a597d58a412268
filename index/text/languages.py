"""The languages that a text may be in, by its small words and letters. Pure."""

import re

from citespan.index.text.small_words import SMALL_WORDS

_WORD = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(r"[^\x00-\x7f]")
_ENGLISH = """a about after all also am an and any are as at be been but by can care come
    comment could did die do does door for from had has hat have hay he her his hoe how i if in
    into is it its may me men met mint more most must no not o of on one only or other our out
    over own pas per plus pour she should so some son such than that the their them then there
    these they this till to under up volt was we were what when where which who why will with
    would you your"""
# In English texts, these are names, parts of names, or short forms: they speak for no language.
_NAMES = """af al ale als au aus aux che chi com con cosa da das de del den der des di don dos
    du e ein el em en er es est et ez fi foi fra ha hoch il ja kan ki kim la las le les lo los
    ma man mas med meg mi min mit mon na ne non nu om ora os par pro qui sa san se seine sen ser
    si sig sin su sur te tem til tot tra u um un una uno van var ve von w wen y z zu zum"""
# Besides the small words that are known, by tantivy's names.
_MORE = {
    "german": """an auch beim dass diese dieser dieses durch ihre in kein keine noch nur seit sich
        so unter vor wenn will wurden zwischen über ä ö ü ß""",
    "french": """ainsi après aussi depuis entre fait ils leur leurs lors mais me même ont plus
        selon ses son très être ç è ê î ô œ é""",
    "spanish": """desde entre esta este fue hasta he me muy más pero según sobre sus también ¿ ¡ ñ
        á é í ó ú""",
    "italian": """a anche dal dalla degli delle hanno i in me nei o più questa questo stata stato
        sua sul sulla suo ù ò ì à""",
    "portuguese": """a até entre foram mais me muito pela pelo por seu sua também ã õ ç á ê
        í ó ú""",
    "dutch": """dat deze die dit door geen in maar meer nog ook over uit was we werden ze zich""",
    "danish": """at blev blevet blive det efter eller for har hvad hvem hvilke hvilken hvilket
        hvor hvordan hvorfor hvornår i ikke jeg mange men mod nogle når og også på skal som ud
        under ved vil være æ ø å""",
    "norwegian": """at av blant ble bli blitt det eller etter for før har hva hvem hvilke hvilken
        hvilket hvis hvor hvordan hvorfor i ikke jeg mange men mot noen nå når og også på seg
        skal som under ut ved vil være æ ø å""",
    "swedish": """att av blev det då efter eller ett från för hade har hur i in inte jag kunde men
        mot många måste när och också på ska skall som till under ut vad vara varför vem vid
        vilka vilken vilket vill än är ä ö å""",
    "finnish": """ei että he hän hänen joka jotka kanssa kuin kuinka kuka kun me mikä milloin
        missä mistä mitä mutta myös niin oli olivat on ovat sekä tai vuonna ä ö""",
    "hungarian": """a az csak egy egyik ezt hogy hogyan hol is mely melyik mennyi mikor mint miért
        már nem után vagy volt és á é í ó ö ő ú ü ű""",
    "romanian": """a am are care ce cine cu cum când că din după este fost mai mult o pe pentru
        prin sau sunt unde unei unui în și ă â î ș ț ş ţ""",
    "turkish": """bir bu daha değil gibi hangi ile için kadar kaç nasıl neden nerede olan olarak
        sonra veya zaman çok ç ğ ı ö ş ü""",
}
_OF_NAMES = frozenset(_NAMES.split())
_SIGNS = {
    language: (SMALL_WORDS.get(language.title(), frozenset()) | frozenset(more.split())) - _OF_NAMES
    for language, more in _MORE.items()
}
_OF_ENGLISH = frozenset(_ENGLISH.split())
_EVERY = _OF_ENGLISH.union(*_SIGNS.values())
_CHANCE = 50  # words: in a longer text, one sign may be there by chance


def languages_of(text: str) -> tuple[str, ...]:
    """Return the languages other than English that a text in Latin letters may be in.

    More of their small words and letters are in it than small words of English. What both have
    speaks for neither, and what names have for none.

    Args:
        text: in lower case.

    Returns:
        Tantivy's names: several if as much speaks for each, none for a text in English.
    """
    words = _WORD.findall(text)
    signs = _EVERY.intersection(words) | _EVERY.intersection(_LETTER.findall(text))
    english = len(signs & _OF_ENGLISH)
    counts = {language: len(signs & own) for language, own in _SIGNS.items()}
    most = max(counts.values())
    if most <= english + (len(words) > _CHANCE):
        return ()
    return tuple(language for language, count in counts.items() if count == most)
