"""Texts that break careless offset arithmetic, and what is derived from them."""

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from citespan.index import Document, Span
from citespan.index.disk.hashing import sha256_text
from citespan.index.parse.decode import canonical

_FRAGMENTS = (
    # combining marks, ZWJ emoji, flags, skin tones, variation selectors
    "e\u0301te\u0301",
    "a\u0323\u0302",
    "\u0301",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "🇺🇾🇨🇳",
    "👍🏽",
    "❤\ufe0f",
    "\U0001d518\U0001d52b",
    # right to left, marks included
    "مرحبا بك.",
    "كيف حالك؟",
    "שלום עולם.",
    "\u200fאב\u200e",
    "نعم، لا.",
    # no spaces between words
    "他来了。",
    "她走了！真的吗？",
    "「好。」",
    "日本語テキスト",
    "한국어 문장입니다.",
    "ภาษาไทยไม่มีวรรค",
    # white space and line ends
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\u2028",
    "\u2029",
    "\u0085",
    "\u00a0",
    "\u3000",
    "\t",
    "   ",
    "\x0b",
    "\x0c",
    "\x1c",
    "\u200b",
    "\ufeff",
    # lists, headings, tables
    "\n- item one",
    "\n* item two",
    "\n• third",
    "\n1. First",
    "\n(a) second",
    "\n# Heading",
    "\n| a | b |",
    "\n> quoted",
    "\n```\ncode\n```",
    # quotes and abbreviations
    "U.S. Secretary of State",
    "Dr. Smith met Mr. J. R. Brown.",
    "e.g. this",
    "i.e. that",
    "3.5 percent.",
    'He said "Stop! Go away." and left.',
    "'old wine.' While",
    "“Curly quotes.”",
    "(See Fig. 3.)",
    "No… maybe.",
    "www.example.com/a?b=c",
    "a@b.co",
    "--",
    "…",
    "?!",
    "...",
    "don't",
    "state-of-the-art",
    # long words, a wrapped line, a long line
    "x" * 300,
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 4,
    "this line of some sixty characters was wrapped by an editor and\ngoes on here.",
    "A sentence of a paragraph, one to a line, that is longer than any editor would let it be if it"
    " were wrapped at all, and which ends here.\n",
    "<|endoftext|>",
    "[SEP]",
    "[CLS]",
)

# Everything that UTF-8 can hold but NUL, which no document holds.
_characters = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
_words = st.text(st.sampled_from("abcdefgh ABC.,!?'\"0123"), min_size=1, max_size=30)

raw_texts: SearchStrategy[str] = st.lists(
    st.one_of(
        st.sampled_from(_FRAGMENTS),
        st.sampled_from([" ", ". ", "\n"]),
        _words,
        st.text(_characters, min_size=1, max_size=8),
    ),
    max_size=25,
).map("".join)

blankless = raw_texts.filter(lambda text: bool(text.replace("\ufeff", "").strip()))

#: Text as a document holds it.
texts: SearchStrategy[str] = blankless.map(canonical)


def document(text: str, *, id: str = "doc", revision: int = 1) -> Document:  # noqa: A002
    """A document value, as the catalogue would give it."""
    return Document(
        id=id,
        title="",
        uri=None,
        sha256=sha256_text(text),
        revision=revision,
        media_type="text/plain",
        metadata={},
        length=len(text),
        created_at="2026-01-01T00:00:00+00:00",
        text=text,
    )


@st.composite
def texts_with_spans(draw: st.DrawFn) -> tuple[str, Span]:
    """A text and any span in it that is not empty."""
    text = draw(texts)
    start = draw(st.integers(0, len(text) - 1))
    return text, Span(start, draw(st.integers(start + 1, len(text))))
