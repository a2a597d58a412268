"""No chunk and no sentence beyond its size, whatever the text: spans that cut no cluster."""

import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from faults import CYCLES
from hypothesis import example, given
from hypothesis import strategies as st
from icu4py.breakers import CharacterBreaker
from shapes import PROSE, SHAPES
from strategies import texts
from tokenizers import Tokenizer, models, pre_tokenizers

from citespan.index import OnnxEmbedder, Span
from citespan.index.embedding.token_count import TokenCounter
from citespan.index.parse.decode import canonical
from citespan.index.text.chunking import CHARACTERS_A_TOKEN, chunk_spans, counted_chunks
from citespan.index.text.cuts import clipped
from citespan.index.text.segmentation import MAX_SENTENCE, sentences

_TOKENS = 150
_CHARACTERS = CHARACTERS_A_TOKEN * _TOKENS
_SHORT = (1500, 3000)
_LONG = (50_000, 100_000, 200_000) if CYCLES > 20 else ()


def clusters(text: str) -> list[Span]:
    """Grapheme clusters by ICU; the code cuts by another library."""
    found: list[Span] = []
    at = 0
    for piece in CharacterBreaker(text, "root"):
        found.append(Span(at, at + len(piece)))
        at += len(piece)
    return found


def assert_cut_between_clusters(text: str, spans: Sequence[Span], most: int) -> None:
    """But for clusters of which no more than `most` code points fit."""
    inside: set[int] = set()
    for cluster in clusters(text):
        if len(cluster) <= most:
            inside.update(range(cluster.start + 1, cluster.end))
    cut = [span for span in spans if span.start in inside or span.end in inside]
    assert not cut, [text[max(0, span.start - 3) : span.end + 3] for span in cut[:3]]


def assert_partition(text: str, spans: Sequence[Span]) -> None:
    """In order, apart, and each code point that is not white space in one of them."""
    at = 0
    for span in spans:
        assert at <= span.start < span.end
        assert not text[at : span.start].strip()
        at = span.end
    assert not text[at:].strip()


class Counted:
    """Counts tokens, and the characters whose tokens were counted."""

    def __init__(self, embedder: OnnxEmbedder) -> None:
        self._count = embedder.count_tokens
        self.characters = 0

    def __call__(self, text: str) -> int:
        self.characters += len(text)
        return self._count(text)


def check(text: str, chunks: Sequence[tuple[Span, int]], counted: Counted) -> None:
    spans = [span for span, _ in chunks]
    assert_partition(text, spans)
    assert_cut_between_clusters(text, spans, _TOKENS)
    for span, tokens in chunks:
        assert tokens == counted(span.of(text)) <= _TOKENS
        assert len(span) <= _CHARACTERS


@pytest.mark.parametrize("name", SHAPES)
def test_chunks_of_any_shape_fit_and_are_counted_in_linear_steps(
    embedder: OnnxEmbedder, name: str
) -> None:
    steps: list[int] = []
    for length in _SHORT:
        counted = Counted(embedder)
        text = canonical(SHAPES[name](length))
        chunks = counted_chunks(text, _TOKENS, counted)
        steps.append(counted.characters)
        check(text, chunks, counted)
    # twice as many, and what a chunk more or less makes of it
    assert steps[1] <= 2.5 * steps[0] + 20 * _CHARACTERS


@pytest.mark.parametrize("name", SHAPES)
def test_sentences_of_any_shape_fit(name: str) -> None:
    text = canonical(SHAPES[name](_SHORT[1]))
    spans = sentences(text)
    assert_partition(text, spans)
    assert_cut_between_clusters(text, spans, 100)
    assert max(len(span) for span in spans) <= MAX_SENTENCE


@pytest.mark.skipif(not _LONG, reason="at night")
@pytest.mark.parametrize("name", SHAPES)
def test_long_texts_of_any_shape_are_cut_in_linear_time(embedder: OnnxEmbedder, name: str) -> None:
    taken_s: list[float] = []
    facts: list[tuple[int, int]] = []
    for length in _LONG:
        counted = Counted(embedder)
        text = canonical(SHAPES[name](length))
        begun_s = time.process_time()
        chunks = counted_chunks(text, _TOKENS, counted)
        taken_s.append(time.process_time() - begun_s)
        check(text, chunks, counted)
        facts.append((max(tokens for _, tokens in chunks), max(len(span) for span, _ in chunks)))
    ratios = [after / max(before, 0.05) for before, after in pairwise(taken_s)]
    print(f"{name}: tokens, characters {max(facts)}; ratios {ratios}")  # noqa: T201
    assert max(ratios) <= 3.5  # 2 is linear, 4 quadratic


@given(texts, st.integers(8, 60))
@example("😀\u200d" * 200, 10)
@example("a" + "\u0301" * 900, 20)
@example("🇺🇾" * 300, 15)
@example(" \u0301a \u0301b" * 50, 9)
def test_any_text_is_cut_within_both_limits(embedder: OnnxEmbedder, text: str, limit: int) -> None:
    chunks = counted_chunks(text, limit, embedder.count_tokens)
    spans = [span for span, _ in chunks]
    assert_partition(text, spans)
    assert_cut_between_clusters(text, spans, limit)
    assert max(tokens for _, tokens in chunks) <= limit
    assert max(len(span) for span in spans) <= CHARACTERS_A_TOKEN * limit


@given(texts)
def test_a_sentence_cuts_no_cluster(text: str) -> None:
    assert_cut_between_clusters(text, sentences(text), 100)


def test_a_cluster_over_the_limit_is_cut_between_its_code_points() -> None:
    text = "e" + "\u0301" * 120
    assert chunk_spans(text, 5, lambda _: 1) == [Span(0, 50), Span(50, 100), Span(100, 121)]


def test_a_run_of_blanks_counts_as_characters() -> None:
    text = "one" + " " * 200 + "two"
    assert [span.of(text) for span in chunk_spans(text, 10, lambda _: 1)] == ["one", "two"]


def by_words(text: str) -> int:
    return len(text.split())


class TestWhereALongTextIsCut:
    @pytest.mark.parametrize(
        ("text", "limit", "pieces"),
        [
            # at the end of a clause before a later space
            ("one two three, four five six", 5, ["one two three,", "four five six"]),
            (
                "会议讨论了国际贸易，代表们同意再会面",
                12,
                ["会议讨论了国际贸易，", "代表们同意再会面"],
            ),
            # at a space, though more letters fit
            ("onetwo three four", 14, ["onetwo three", "four"]),
            # at the end of an object, of a value, of a part of an address
            ("a{b:c;d:e}f{g:h}", 12, ["a{b:c;d:e}", "f{g:h}"]),
            ("f(a,b,c)||g(a,b,c)||h", 18, ["f(a,b,c)||", "g(a,b,c)||h"]),
            ("1931,1968,1972,2001,2024", 13, ["1931,1968,", "1972,2001,", "2024"]),
            ("https://a.example/part/page?x=1", 26, ["https://a.example/part/", "page?x=1"]),
            # between the words of scripts without spaces
            ("ภาษาไทยเป็นภาษา", 9, ["ภาษาไทย", "เป็นภาษา"]),
            ("ພາສາລາວສືບທອດ", 9, ["ພາສາລາວ", "ສືບທອດ"]),
        ],
        ids=lambda value: value[:12] if isinstance(value, str) else None,
    )
    def test_at_the_most_sensible_place(self, text: str, limit: int, pieces: list[str]) -> None:
        count = by_words if limit == 5 else len
        assert [span.of(text) for span in chunk_spans(text, limit, count)] == pieces

    def test_a_thai_paragraph_is_cited_by_clauses(self) -> None:
        clause = "การประชุมครั้งนี้จัดขึ้นเพื่อหารือเรื่องการค้าระหว่างประเทศ"
        found = [span.of(" ".join([clause] * 12)) for span in sentences(" ".join([clause] * 12))]
        assert found == [" ".join([clause] * 3)] * 4


class TestStops:
    @pytest.mark.parametrize(
        "expected",
        [
            ["他走了……", "她也走了。"],
            ["「また来る。」", "と彼は言った。"],
            ["真的吗?", "好的!", "再见。"],
            ["ﾊｲ｡", "ｿｳ｡"],
            ["합니다．", "값은 ３．５입니다．"],
            ["هل وافقوا؟", "نعم، وافقوا."],
            ["یہ ہے۔", "وہ ہے۔"],
            ["यह है।", "वह है॥"],
            ["ဒါက၊", "ဟိုဟာ။", "ဒီဟာ။"],
            ["བོད་ཡིག །", "ལོ་རྒྱུས། །"],
            ["ខ្ញុំទៅ។", "គាត់មក។"],
            ["ᠮᠣᠩᠭᠣᠯ᠃", "ᠪᠢᠴᠢᠭ᠃"],
            ["ሰላም።", "ደህና።"],
            ["Այո։", "Ոչ։"],
        ],
        ids=lambda expected: expected[0],
    )
    @pytest.mark.parametrize("joint", ["", " "])
    def test_of_every_script_end_a_sentence(self, expected: list[str], joint: str) -> None:
        text = joint.join(expected)
        assert [span.of(text) for span in sentences(text)] == expected


class TestUnknownWords:
    @pytest.mark.parametrize("unit", ["ก", "꧁", "x"])
    def test_a_word_that_is_not_known_counts_its_characters(
        self, embedder: OnnxEmbedder, unit: str
    ) -> None:
        assert embedder.count_tokens(f"the {unit * 300} cat") == 302

    def test_known_words_count_their_tokens(self, embedder: OnnxEmbedder) -> None:
        assert embedder.count_tokens("The cat sat on the mat.") == 7

    @pytest.mark.parametrize(
        "model",
        [
            models.WordPiece({"a": 0, "[UNK]": 1}, unk_token="[UNK]"),  # noqa: S106
            models.Unigram([("<unk>", 0.0), ("a", -1.0)], unk_id=0, byte_fallback=False),
            models.WordLevel({"a": 0, "?": 1}, unk_token="?"),  # noqa: S106
        ],
        ids=lambda model: type(model).__name__,
    )
    def test_whatever_the_tokenizer(self, model: models.Model) -> None:
        tokenizer = Tokenizer(model)
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()  # type: ignore[assignment]
        assert TokenCounter(tokenizer).count("a ☂☂☂☂ a") == 6

    def test_a_tokenizer_that_knows_everything(self) -> None:
        tokenizer = Tokenizer(models.BPE({"a": 0, "b": 1}, []))
        assert TokenCounter(tokenizer).count("abba") == 4


class TestClipped:
    @given(texts, st.integers(60, 400))
    def test_it_is_a_beginning_that_fits(self, text: str, most: int) -> None:
        whole = Span(0, len(text))
        span = clipped(text, whole, most)
        assert span.start == 0
        assert 0 < len(span) <= most
        if len(text) <= most:
            assert span == whole
        assert_cut_between_clusters(text, [span], 50)

    def test_it_keeps_nearly_all_that_fits(self) -> None:
        text = PROSE * 20
        assert 950 < len(clipped(text, Span(0, len(text)), 1000)) <= 1000
