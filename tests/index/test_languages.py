"""Words in other languages than English are found by their stems; English is indexed as it was."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hostile import STEEPEST, growth
from hypothesis import given
from hypothesis import strategies as st

from citespan.index.search.bm25 import words_of
from citespan.index.search.lexical import LexicalIndex
from citespan.index.text import sentences, taken_apart
from citespan.index.text.languages import languages_of
from citespan.index.text.stems import english_analyzer

ROOT = Path(__file__).parents[2]
# A text, and a question with another form of one of its words.
TOLD = {
    "german": ("Die Kündigungen werden durch das Gericht geprüft.", "Wer kann kündigen?"),
    "french": ("Les chevaux sont aussi vendus dans la gare.", "Où est un cheval ?"),
    "spanish": ("Las ciudades también fueron fundadas por ella.", "¿Quién fundaba?"),
    "italian": ("Le biblioteche della città sono anche aperte.", "Quando apre una biblioteca?"),
    "portuguese": ("Os pedidos não foram assinados pela empresa.", "Quem assinou?"),
    "dutch": ("De huizen worden ook door de gemeente verkocht.", "Wie verkoopt het huis?"),
    "danish": ("Bøgerne blev også lånt af børn.", "Hvornår er bøger åbne?"),
    "norwegian": ("Skolene ble også bygget i byen.", "Hva er en skole?"),
    "swedish": ("Skolorna är också stora på sommaren.", "När är en skola stängd?"),
    "finnish": ("Kirjat ovat myös koulussa.", "Missä on kirja?"),
    "hungarian": ("A könyvek már az asztalon vannak.", "Hol egy könyv?"),
    "romanian": ("Contractele au fost găsite și în oraș.", "Cine are un contract?"),
    "turkish": ("Kitaplar için bir oda daha var.", "Kitap nerede?"),
}
OF_OTHER_SCRIPTS = {
    "russian": ("Книги лежат на столе.", "книга"),
    "russian, both ways to write it": ("Зелёные ёлки", "елка"),
    "greek": ("Τα σχολεία είναι κλειστά.", "σχολείο"),
    "arabic": ("المكتبة مفتوحة", "مكتبة"),
    "arabic with its vowels": ("هذا كِتَابٌ", "كتاب"),
    "hindi": ("किताबें मेज पर हैं", "किताब"),
    "tamil": ("மொழிகள் பல", "மொழி"),
    "korean": ("문서를 읽습니다", "문서"),
    "chinese": ("东京是日本的首都", "首都"),
    "japanese": ("東京都は日本の首都です", "首都"),
    "thai": ("กรุงเทพมหานครเป็นเมืองหลวง", "เมืองหลวง"),
    "lao": ("ປະເທດລາວແມ່ນ", "ລາວ"),
    "khmer": ("ភាសាខ្មែរជា", "ខ្មែរ"),
    "burmese": ("မြန်မာဘာသာ", "ဘာသာ"),
    "turkish capitals": ("İstanbul", "istanbul"),
}
ENGLISH = [
    *ROOT.glob("seeds/*.txt"),
    *ROOT.glob("docs/**/*.md"),
    ROOT / "README.md",
]


def found(text: str, query: str) -> bool:
    index = LexicalIndex(None)
    index.change([], [(1, "", text), (2, "", "nothing of it")])
    return [one.chunk_id for one in index.search(query, 2)] == [1]


@pytest.mark.parametrize("language", TOLD)
def test_languages_are_told_and_forms_of_their_words_found(language: str):
    text, question = TOLD[language]
    assert languages_of(text.lower()) == (language,)
    assert language in languages_of(question.lower())
    raw = [set(english_analyzer().analyze(one)) for one in (text, question)]
    assert set(words_of(text)) & set(words_of(question)) > raw[0] & raw[1]
    assert found(text, question)


@pytest.mark.parametrize("kind", OF_OTHER_SCRIPTS)
def test_letters_tell_the_language_of_each_word(kind: str):
    text, word = OF_OTHER_SCRIPTS[kind]
    assert not set(english_analyzer().analyze(text)) & set(english_analyzer().analyze(word))
    assert found(text, word)
    assert found(f"The sign in the street says: {text}", word)


def test_a_stem_is_found_by_the_bare_word_that_it_is():
    assert found("Die Verträge wurden beim Amt verlängert.", "Vertrag")
    assert found("Die Häuser sind noch nicht verkauft.", "Haus")


def test_a_language_told_wrongly_loses_nothing():
    text = "Müller opened Café Zürich"
    assert languages_of(text.lower())
    assert set(english_analyzer().analyze(text)) <= set(words_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "The novelist Gabriel García Márquez wrote about Macondo and the Buendía family.",
        "Die Zeit and Der Spiegel are read in Los Angeles, Las Vegas and San José.",
        "Leonardo da Vinci, Vincent van Gogh, Otto von Bismarck, Charles de Gaulle",
        "Where does the Champs-Élysées end?",
        "Museum opening hours",
        "",
    ],
)
def test_english_with_names_is_english(text: str):
    assert languages_of(text.lower()) == ()


def before(text: str) -> str:
    """What was indexed of an English text when only joined names were taken apart."""
    names = (word for word in re.findall(r"[^\W_]+", text) if re.search("[a-z][A-Z]", word))
    split = [re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", one) for one in names if one.isalpha()]
    parts = [part for parts in split if min(map(len, parts)) > 1 for part in parts]
    return f"{text}\n{' '.join(parts)}" if parts else text


def test_english_is_indexed_as_it_was():
    texts = [text for path in ENGLISH for text in path.read_text("utf-8").split("\n\n")]
    texts = [text for text in texts if text.isascii()]
    assert len(texts) > 1000
    assert [text for text in texts if taken_apart(text) != before(text)] == []


def test_a_name_in_english_is_no_reason_for_stems_of_english_words():
    text = "The works of Толстой were read in cafés and schools."
    assert taken_apart(text) == f"{text}\nтолст"


@given(
    st.lists(
        st.sampled_from(
            [word for text, question in (TOLD | OF_OTHER_SCRIPTS).values() for word in
             f"{text} {question}".split()]
        )
        | st.text(min_size=1, max_size=9),
        min_size=1,
        max_size=9,
    )
)  # fmt: skip
def test_every_word_of_a_text_finds_it(words: list[str]):
    text = " ".join(words)
    held = words_of(text)
    assert held[: len(english_analyzer().analyze(text))] == english_analyzer().analyze(text)
    for word in words:
        assert set(english_analyzer().analyze(word)) <= set(held)


@given(st.text(alphabet="東京都は日本の首都です大阪", min_size=2, max_size=90))
def test_all_neighbours_in_a_script_without_spaces_are_words(text: str):
    assert {"".join(pair) for pair in pairwise(text)} <= set(words_of(text))


@pytest.mark.parametrize(
    "unit",
    [
        "é",
        "e\u0301",
        "क्",
        "ा",
        "ü ",
        "เ็",
        "の",
        "ё",
        "كِ",
        "die und ",
        "İ",
        "Ab",
        "ς'",
        "\u0301a",
        "ß-",
    ],
)
def test_hostile_texts_take_linear_time(unit: str):
    exponent = min(growth(taken_apart, lambda size: unit * (size // len(unit))) for _ in range(2))
    assert exponent <= STEEPEST


@pytest.mark.parametrize(
    "sentence",
    [
        "Der Mietvertrag beginnt am 1. Mai.",
        "Im 3. Stock ist das Büro.",
        "Den 17. Mai feires i Norge.",
        "Das 21. Jahrhundert begann vom 1. Januar 2001 an.",
    ],
)
def test_an_ordinal_ends_no_sentence(sentence: str) -> None:
    text = f"{sentence} Hier steht mehr. I am 3. He is 5."
    said = [span.of(text) for span in sentences(text)]
    assert said == [sentence, "Hier steht mehr.", "I am 3.", "He is 5."]
