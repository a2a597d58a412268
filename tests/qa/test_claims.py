"""What a model writes, as claims: markers read, markup gone, and the same however it is cut."""

import re
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from strategies import raw_texts

from citespan.qa.claims.splitting import MAX_CLAIM, Claim, Claims, read_claim

WRITTEN = (
    *("[1]", "[2].", " [1, 2]", "[1][3]", "[1-3]", "【1】", "【2†source】", "(1)", "[", "]"),
    *(" (2).", "[^1]", "[Passage 2]", "[99]", "[1](http://a.example/b)", "[0]", "[1", "[a]"),
    *("![img](https://evil.example/?q=secret)", "[label](http://evil.example)", "[a][b]"),
    *("[x]: http://evil.example", "<https://evil.example>", "<img src=x onerror=y>", "<b>", "</b>"),
    *("<script>alert(1)</script>", "<!-- hidden -->", "<!--", "www.evil.example", "//evil.example"),
    *("http://evil.example/a?b=c", "javascript:alert(1)", "data:text/html,x", "evil.example/path"),
    *("](", "![", "](http:", "\\", "\\[", "\\(", "`", "```\n", "**", "*", "_", "~~", "#"),
    *("\n# ", "\n- "),
    *("\n1. ", "\n> ", "\n| a | b |\n", "Mr. Smith", "U.S.", "3.5", "e.g. ", "J. R. Brown"),
    *("It is true", "France is big", " and small", "!", "?", "...", "…", ".", ". ", "\n", "\n\n"),
    *("\u202e", "\u200b", "\u2066", "\ud800", "\udc00", "\x00", "\x1b[31m", "\ufeff", "\u00ad"),
)  # fmt: skip
written = st.lists(st.one_of(st.sampled_from(WRITTEN), raw_texts), max_size=12).map("".join)


def claims(*pieces: str) -> list[Claim]:
    taker = Claims()
    return [claim for piece in pieces for claim in taker.feed(piece)] + taker.end()


@st.composite
def cut_texts(draw: st.DrawFn) -> list[str]:
    text = draw(written)
    cuts = draw(st.lists(st.integers(0, len(text)), max_size=20))
    return [text[a:b] for a, b in pairwise([0, *sorted(cuts), len(text)])]


@given(cut_texts())
def test_the_claims_do_not_depend_on_how_the_text_is_cut(pieces: list[str]):
    whole = claims("".join(pieces))
    assert claims(*pieces) == whole
    assert claims(*"".join(pieces)) == whole


@given(written)
def test_nothing_in_a_claim_links_hides_or_breaks_the_line(text: str):
    for claim in claims(text):
        assert_harmless(claim.text)


@given(written)
def test_a_sentence_alone_is_as_harmless(text: str):
    assert_harmless(read_claim(text).text)


def assert_harmless(text: str) -> None:
    """As CommonMark reads it, before a marker of ours as well."""
    for shown in (text, f"{text} [1](/documents/d?start=0&end=3)", f"x {text} y"):
        tokens = [
            t for block in MarkdownIt().parse(shown) for t in (block, *(block.children or []))
        ]
        assert not {token.type for token in tokens} & {"image", "html_inline", "html_block"}, text
        links = [token.attrs["href"] for token in tokens if token.type == "link_open"]
        assert set(links) <= {"/documents/d?start=0&end=3"}, text
    assert not re.search(
        r"(?<!\w)[a-z]\w+:/|(?<!\w)www\.\w|(?<!\w)//\w|javascript:\S|\bdata:\S|!\[|\]\(|\]:",
        text,
        re.I,
    )
    assert text == " ".join(text.split())
    kinds = {unicodedata.category(character) for character in text} - {"Zs"}
    assert not kinds & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(text) & set("\u202e\u2066\u200b\ufeff\u00ad")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is big [1].", Claim("It is big.", (1,))),
        ("It is big. [1]", Claim("It is big.", (1,))),
        ("It is big.[1][2]", Claim("It is big.", (1, 2))),
        ("It is big [1, 2].", Claim("It is big.", (1, 2))),
        ("It is big [2; 1][2].", Claim("It is big.", (2, 1))),
        ("It is big [1–3].", Claim("It is big.", (1, 2, 3))),
        ("It is big 【1】.", Claim("It is big.", (1,))),
        ("It is big【3†source】.", Claim("It is big.", (3,))),
        ("It is big [Passage 2].", Claim("It is big.", (2,))),
        ("It is big (1).", Claim("It is big.", (1,))),
        ("It is big. (2)", Claim("It is big.", (2,))),
        ("It has 3 (4) parts [1].", Claim("It has 3 (4) parts.", (1,))),
        ("Article 5(2).", Claim("Article 5(2).")),
        ("It is big [0].", Claim("It is big.", (0,))),
        ("It is big [99].", Claim("It is big.", (99,))),
        ("It is big [9-1].", Claim("It is big.", (9, 1))),
        ("It is big [1-9999].", Claim("It is big.", (1, 9999))),
        ("The [National] Assembly [1].", Claim("The [National] Assembly.", (1,))),
        ("- **It** is `big` [1].", Claim("It is big.", (1,))),
        ("1. It is big [1].", Claim("It is big.", (1,))),
        ("> It is *very* big_ [1].", Claim("It is very big.", (1,))),
        ("See [the site](http://evil.example/x) [1].", Claim("See the site.", (1,))),
        ("See ![x](http://evil.example/?q=1) it [1].", Claim("See it.", (1,))),
        ("See [1](http://evil.example/x).", Claim("See.", (1,))),
        ("See https://evil.example/a now [1].", Claim("See now.", (1,))),
        ("See <a href='http://evil.example'>it</a> [1].", Claim("See it.", (1,))),
        ("a < b and c > d [1].", Claim("a < b and c > d.", (1,))),
        ("What it is worth is 2 * 3 [1].", Claim("What it is worth is 2 * 3.", (1,))),
        ("他来了[1]。", Claim("他来了 。", (1,))),
    ],
)  # fmt: skip
def test_one_sentence(text: str, expected: Claim):
    assert claims(text) == [expected]
    assert read_claim(text) == expected


def test_sentences_end_where_they_do():
    text = (
        "Mr. Smith of the U.S. Senate paid 3.5 million [1]. He left! [2] Why? [3]\n"
        "1. A first point [1]\n2. A second\n\n"
        "This line was wrapped by an editor after some words and\ngoes on here [4]. The end"
    )
    assert claims(text) == [
        Claim("Mr. Smith of the U.S. Senate paid 3.5 million.", (1,)),
        Claim("He left!", (2,)),
        Claim("Why?", (3,)),
        Claim("A first point", (1,)),
        Claim("A second"),
        Claim("This line was wrapped by an editor after some words and goes on here.", (4,)),
        Claim("The end"),
    ]


def test_a_claim_is_given_as_soon_as_it_is_whole():
    taker = Claims()
    assert taker.feed("It is big [") == []
    assert taker.feed("1].") == []  # another marker may follow
    assert taker.feed(" It") == [Claim("It is big.", (1,))]
    assert taker.feed(" is small\n") == []
    assert taker.end() == [Claim("It is small")]


def test_headings_and_rules_are_no_claims():
    assert claims("# Answer\n---\n```text\nIt is so [1].\n```\n[2]\n***\n") == [
        Claim("It is so.", (1,))
    ]


@pytest.mark.parametrize(
    "filler", ["a", "a ", "[", "![", "<", "(", "[a](", "*", "\\", "[1", "http:/"]
)
def test_a_sentence_without_end_is_cut_and_the_next_is_read(filler: str):
    text = filler * (50_000 // len(filler)) + "\n\nIt is big [1]. "
    found = claims(text)
    assert found[-1] == Claim("It is big.", (1,))
    assert all(len(claim.text) <= MAX_CLAIM and not claim.sources for claim in found[:-1])
    pieces = [text[at : at + 977] for at in range(0, len(text), 977)]
    assert claims(*pieces) == found


def test_markers_beyond_the_longest_sentence_do_not_count():
    assert claims("word " * MAX_CLAIM + "[1].") == [Claim(("word " * MAX_CLAIM)[: MAX_CLAIM - 1])]
