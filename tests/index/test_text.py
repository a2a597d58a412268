"""Decoding, sentences and chunks: offsets that survive any text."""

import json
import textwrap
from collections.abc import Callable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import blankless, raw_texts, texts, texts_with_spans

from citespan.index import OnnxEmbedder, Span, decode
from citespan.index.errors import DocumentRejected, InvalidSpan
from citespan.index.parse.decode import canonical
from citespan.index.text.chunking import chunk_spans
from citespan.index.text.segmentation import blocks, sentences
from citespan.qa.composition.seed import seeds_folder


def assert_partition(text: str, spans: Sequence[Span], area: Span | None = None) -> None:
    """In order, apart, inside the area, and every non-space code point of it in one of them."""
    area = area or Span(0, len(text))
    at = area.start
    for span in spans:
        assert at <= span.start < span.end <= area.end
        assert not text[at : span.start].strip()
        at = span.end
    assert not text[at : area.end].strip()


def assert_stripped(text: str, spans: Sequence[Span]) -> None:
    for span in spans:
        assert text[span.start : span.end] == text[span.start : span.end].strip()


def split(text: str) -> list[str]:
    return [span.of(text) for span in sentences(text)]


def wrap(text: str, width: int) -> str:
    return "\n\n".join(
        "\n".join(textwrap.wrap(line, width, break_on_hyphens=False)) for line in text.splitlines()
    )


def seed_text() -> str:
    return (seeds_folder() / "china-celac.txt").read_text(encoding="utf-8")


class TestSpan:
    @given(st.integers(-5, 30), st.integers(-5, 30), st.text(max_size=20))
    def test_it_is_the_slice_or_an_error_and_never_clamps(
        self, start: int, end: int, text: str
    ) -> None:
        if 0 <= start <= end <= len(text):
            span = Span(start, end)
            assert span.of(text) == text[start:end]
            assert len(span) == len(span.of(text)) == end - start
        else:
            with pytest.raises(InvalidSpan):
                Span(start, end).of(text)

    @pytest.mark.parametrize(
        ("one", "other", "shared"),
        [
            (Span(0, 5), Span(5, 9), 0),
            (Span(0, 5), Span(4, 9), 1),
            (Span(2, 9), Span(3, 5), 2),
            (Span(7, 9), Span(1, 2), 0),
        ],
    )
    def test_overlap(self, one: Span, other: Span, shared: int) -> None:
        assert one.overlap(other) == other.overlap(one) == shared

    def test_spans_are_ordered_by_start_then_end(self) -> None:
        assert sorted([Span(2, 3), Span(0, 9), Span(0, 1)]) == [Span(0, 1), Span(0, 9), Span(2, 3)]


class TestCanonical:
    @given(blankless)
    @example("\ufeff\ufeffab")
    @example("\ufeff\r\r\nab")
    def test_it_is_idempotent_and_changes_only_line_ends_and_the_mark(self, raw: str) -> None:
        text = canonical(raw)
        assert canonical(text) == text
        assert "\r" not in text
        as_lines = raw.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        assert text == as_lines

    @given(blankless)
    def test_bytes_and_text_are_one_document(self, raw: str) -> None:
        assert decode(raw.encode()) == canonical(raw)

    @pytest.mark.parametrize("raw", ["", " ", "\n\t\r\n", "\ufeff", "\u00a0\u3000\u2028"])
    def test_blank_text_is_rejected(self, raw: str) -> None:
        with pytest.raises(DocumentRejected, match="no text"):
            canonical(raw)

    @pytest.mark.parametrize(
        ("raw", "message"),
        [
            ("ab\0c", "NUL at character 2"),
            ("ab\ud800c", "lone surrogate at character 2"),
            ("\r\n\udc00", "lone surrogate at character 1"),
        ],
    )
    def test_what_cannot_be_stored_is_named_with_its_place(self, raw: str, message: str) -> None:
        with pytest.raises(DocumentRejected, match=message):
            canonical(raw)


class TestDecode:
    TEXT = "a\u0301 – 𝔘 مرحبا\nz"

    @pytest.mark.parametrize(
        ("mark", "encoding"),
        [
            (b"", "utf-8"),
            (b"\xef\xbb\xbf", "utf-8"),
            (b"\xff\xfe", "utf-16-le"),
            (b"\xfe\xff", "utf-16-be"),
            (b"\xff\xfe\0\0", "utf-32-le"),
            (b"\0\0\xfe\xff", "utf-32-be"),
        ],
    )
    def test_a_byte_order_mark_decides(self, mark: bytes, encoding: str) -> None:
        data = mark + self.TEXT.encode(encoding)
        assert decode(data) == self.TEXT
        if mark:
            assert decode(data, "latin-1") == self.TEXT

    def test_line_ends_become_one_code_point(self) -> None:
        assert decode(b"one\r\ntwo\rthree\n\r\nfour") == "one\ntwo\nthree\n\nfour"

    def test_other_line_separators_stay(self) -> None:
        assert decode("a\u2028b\u2029c\u0085d".encode()) == "a\u2028b\u2029c\u0085d"

    def test_nothing_is_normalised(self) -> None:
        assert decode("e\u0301 ﬁ Å".encode()) == "e\u0301 ﬁ Å"

    def test_the_named_encoding_is_used(self) -> None:
        assert decode(b"caf\xe9", "latin-1") == "café"
        assert decode("東京".encode("shift-jis"), "shift-jis") == "東京"

    @pytest.mark.parametrize(
        ("data", "place"),
        [
            (b"abc\xffdef", 3),
            (b"caf\xe9", 3),
            ("é".encode() + b"\x80", 2),
            (b"\xef\xbb\xbfab\xff", 5),
            (b"ab\xed\xa0\x80", 2),
        ],
    )
    def test_invalid_utf8_is_rejected_with_the_byte_of_the_file(
        self, data: bytes, place: int
    ) -> None:
        with pytest.raises(DocumentRejected, match=f"not valid utf-8 at byte {place};"):
            decode(data)

    def test_binary_data_is_called_that(self) -> None:
        with pytest.raises(DocumentRejected, match="binary data"):
            decode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")

    @pytest.mark.parametrize(
        "encoding", ["no-such", "hex", "rot13", "undefined", "a\0b", "\ud800", "é"]
    )
    def test_unknown_encodings_are_rejected(self, encoding: str) -> None:
        with pytest.raises(DocumentRejected, match="encoding"):
            decode(b"abc", encoding)

    @pytest.mark.parametrize("data", [b"", b"  \n", b"\xef\xbb\xbf", b"\xff\xfe \0"])
    def test_blank_files_are_rejected(self, data: bytes) -> None:
        with pytest.raises(DocumentRejected, match="no text"):
            decode(data)

    @given(st.binary(max_size=60), st.sampled_from([None, "utf-8", "utf-16", "cp1252", "utf-7"]))
    def test_any_bytes_are_text_or_rejected(self, data: bytes, encoding: str | None) -> None:
        try:
            text = decode(data, encoding)
        except DocumentRejected:
            return
        assert text == canonical(text)


_WRAPPED = """\
The committee of the whole house met on the second Monday of the month,
as it has since 1968, and Dr. Maria Lopez of the U.S. delegation took the
chair. After some debate a report by the committee and by
Mr. Smith was read; it found that prices rose by 3.5 percent, and it was
sent to the members. They thanked him for all of what he did for
it. Nobody objected.
"""
_WRAPPED_SENTENCES = [
    "The committee of the whole house met on the second Monday of the month, as it has since 1968,"
    " and Dr. Maria Lopez of the U.S. delegation took the chair.",
    "After some debate a report by the committee and by Mr. Smith was read; it found that prices"
    " rose by 3.5 percent, and it was sent to the members.",
    "They thanked him for all of what he did for it.",
    "Nobody objected.",
]


class TestSentences:
    @given(texts)
    def test_they_hold_every_character_in_order(self, text: str) -> None:
        spans = sentences(text)
        assert_partition(text, spans)
        assert_stripped(text, spans)

    @given(texts)
    def test_blocks_hold_every_character_in_order_and_whole_sentences(self, text: str) -> None:
        found = blocks(text)
        assert_partition(text, found)
        for span in sentences(text):
            assert sum(block.overlap(span) == len(span) for block in found) == 1

    @given(texts_with_spans())
    def test_within_a_span_they_hold_just_that(self, case: tuple[str, Span]) -> None:
        text, area = case
        spans = sentences(text, area)
        assert_partition(text, spans, area)
        assert_stripped(text, spans)

    @given(texts, st.integers(0, 500))
    def test_an_empty_span_has_no_sentences(self, text: str, at: int) -> None:
        at = min(at, len(text))
        assert sentences(text, Span(at, at)) == []

    @pytest.mark.parametrize(
        "expected",
        [
            ["U.S. Secretary of State Marco Rubio met Dr. Smith on Monday.", "He left."],
            ["Mr. Brown and Mrs. Green agreed.", "Prof. White did not."],
            ["It applies to some fruit, e.g. apples and pears.", "Others differ."],
            ["Prices rose 3.5 percent.", "Wages fell by 0.2 percent."],
            ["The book by J. R. Smith sold well.", "It was cheap."],
            ["Is it?", "Yes!", "It is."],
            ['"I am here," he said.', '"We agree."'],
            ["We saw (see Fig. 3) a change.", "It was small."],
            ["他来了。", "她走了！", "真的吗？", "好。"],
            ["他说：「好。」"],
        ],
        ids=lambda expected: expected[0][:24],
    )
    def test_table(self, expected: list[str]) -> None:
        joint = "" if "。" in expected[0] else " "
        assert split(joint.join(expected)) == expected

    @pytest.mark.parametrize("mark", ["-", "*", "•", "+", "–"])
    def test_each_bullet_is_its_own(self, mark: str) -> None:
        lines = [
            "Members promised three things:",
            f"{mark} more trade between all of the countries of the region",
            f"{mark} fewer visas for students, teachers and for their families",
            f"{mark} a yearly meeting",
        ]
        assert split("\n".join(lines)) == lines

    @pytest.mark.parametrize(
        "marks", [("1.", "2.", "10."), ("(a)", "(b)", "(c)"), ("1)", "2)", "3)")]
    )
    def test_each_numbered_item_begins_a_sentence(self, marks: tuple[str, ...]) -> None:
        lines = [
            f"{mark} an item that is about as long as a wrapped line would be" for mark in marks
        ]
        assert [span.of("\n".join(lines)) for span in blocks("\n".join(lines))] == lines

    def test_a_heading_is_its_own(self) -> None:
        text = "Trade\n\nTrade grew by a third.\n# Method\nWe asked people.\nResults\nThey agreed."
        assert split(text) == [
            "Trade", "Trade grew by a third.", "# Method", "We asked people.", "Results",
            "They agreed.",
        ]  # fmt: skip

    def test_table_rows_are_their_own(self) -> None:
        rows = ["| Country | Year of recognition of the government |", "| Panama | 2017 |"]
        assert split("\n".join(rows)) == rows

    def test_wrapped_lines_are_joined(self) -> None:
        assert [" ".join(sentence.split()) for sentence in split(_WRAPPED)] == _WRAPPED_SENTENCES

    @pytest.mark.parametrize("width", range(60, 121, 4))
    def test_wrapping_changes_no_sentence_of_the_seed(self, width: int) -> None:
        text = seed_text().rpartition("\nChina, CELAC")[0]  # without the headline: it has a colon
        wrapped = wrap(text, width)
        assert [" ".join(sentence.split()) for sentence in split(wrapped)] == split(text)

    def test_paragraphs_one_to_a_line_are_not_joined(self) -> None:
        long = "a word and " * 15 + "no full stop"
        assert split(f"{long}\n{long}") == [long, long]

    def test_a_small_letter_goes_on_after_a_long_line(self) -> None:
        long = "It was a word. " * 10 + "A word and no full stop"
        *_, last = split(f"{long}\nin this line.")
        assert last == "A word and no full stop\nin this line."
        assert split(f"{long}:\nin this line.")[-1] == "in this line."
        log = "level=info msg=stored id=" + "7" * 120
        assert split(f"{log}\n{log}") == [log, log]

    def test_a_semicolon_ends_no_sentence(self) -> None:
        assert split("She used mutton; I do not. Why?") == ["She used mutton; I do not.", "Why?"]
        assert split("Τι κάνεις; Είμαι καλά.") == ["Τι κάνεις;", "Είμαι καλά."]  # a question

    def test_the_seed(self) -> None:
        text = seed_text()
        expected = [
            (0, "China and the Community"),
            (296, "Over recent years, an increasing"),
            (577, "China has voiced"),
            (807, "However, some U.S. politicians"),
            (884, "U.S. Secretary of State Marco Rubio has claimed"),
            (1156, '"The United States has long regarded'),
            (1341, "Since the new Trump administration"),
            (1434, "Although these actions"),
        ]
        found = sentences(text)
        for (start, begins), span in zip(expected, found, strict=False):
            assert span.start == start
            assert span.of(text).startswith(begins)
        assert len(found) == 20
        assert found[7].of(text).endswith("'old wine in a new bottles.'")

    def test_no_gold_span_of_the_seed_crosses_a_sentence(self) -> None:
        found = sentences(seed_text())
        lines = (seeds_folder() / "questions.jsonl").read_text(encoding="utf-8").splitlines()
        for case in map(json.loads, lines):
            for gold in case.get("spans", ()):
                span = Span(gold["start"], gold["end"])
                assert any(sentence.overlap(span) == len(span) for sentence in found), case["id"]


def _by_words(text: str) -> int:
    return len(text.split())


def _by_bytes(text: str) -> int:
    return len(text.encode())


class TestChunks:
    @given(texts, st.integers(1, 40), st.sampled_from([len, _by_words]))
    def test_they_partition_any_text_within_the_limit(
        self, text: str, limit: int, count: Callable[[str], int]
    ) -> None:
        spans = chunk_spans(text, limit, count)
        assert_partition(text, spans)
        assert_stripped(text, spans)
        assert max(count(span.of(text)) for span in spans) <= limit

    @given(texts, st.sampled_from([8, 16, 150]))
    def test_the_embedders_limit_holds_in_its_own_tokens(
        self, embedder: OnnxEmbedder, text: str, limit: int
    ) -> None:
        spans = chunk_spans(text, limit, embedder.count_tokens)
        assert_partition(text, spans)
        assert max(embedder.count_tokens(span.of(text)) for span in spans) <= limit

    @given(texts, st.integers(4, 20))
    def test_a_code_point_is_never_split(self, text: str, limit: int) -> None:
        spans = chunk_spans(text, limit, _by_bytes)  # up to four bytes to a code point
        assert_partition(text, spans)
        assert max(_by_bytes(span.of(text)) for span in spans) <= limit

    def test_one_code_point_over_the_limit_stands_alone(self) -> None:
        assert chunk_spans("a𝔘b", 1, _by_bytes) == [Span(0, 1), Span(1, 2), Span(2, 3)]

    def test_whole_sentences_are_packed_up_to_the_limit(self) -> None:
        text = "One two three. Four five six. Seven eight nine."
        assert [span.of(text) for span in chunk_spans(text, 6, _by_words)] == [
            "One two three. Four five six.",
            "Seven eight nine.",
        ]

    def test_a_paragraph_that_does_not_fit_starts_anew_when_half_is_full(self) -> None:
        text = "One two three four.\n\nFive six. Seven eight."
        assert [span.of(text) for span in chunk_spans(text, 6, _by_words)] == [
            "One two three four.",
            "Five six. Seven eight.",
        ]

    def test_a_paragraph_follows_on_when_less_is_full(self) -> None:
        text = "One two.\n\nFive six. Seven eight."
        assert [span.of(text) for span in chunk_spans(text, 5, _by_words)] == [
            "One two.\n\nFive six.",
            "Seven eight.",
        ]

    def test_a_long_sentence_is_cut_between_words(self) -> None:
        text = "one two three four five"
        assert [span.of(text) for span in chunk_spans(text, 2, _by_words)] == [
            "one two", "three four", "five",
        ]  # fmt: skip

    def test_a_long_word_is_cut_between_grapheme_clusters(self) -> None:
        # 7 code points, one cluster
        family = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
        text = family * 3
        assert [len(span) for span in chunk_spans(text, 15, len)] == [14, 7]

    def test_the_seed_is_whole_sentences(self, embedder: OnnxEmbedder) -> None:
        text = seed_text()
        ends = {span.end for span in sentences(text)}
        chunks = chunk_spans(text, 150, embedder.count_tokens)
        assert {chunk.end for chunk in chunks} <= ends
        assert 4 <= len(chunks) <= 8

    @pytest.mark.parametrize("limit", [20, 60, 150])
    @pytest.mark.parametrize("width", [60, 72, 100, 10_000])
    def test_a_sentence_is_the_same_in_its_chunk_as_in_its_document(
        self, width: int, limit: int
    ) -> None:
        text = wrap(seed_text(), width)
        whole = sentences(text)
        for chunk in chunk_spans(text, limit, _by_words):
            inside = [span for span in whole if chunk.overlap(span) == len(span)]
            cut = [span for span in whole if 0 < chunk.overlap(span) < len(span)]
            if not cut:
                assert sentences(text, chunk) == inside

    @given(raw_texts)
    def test_blank_text_has_no_chunks_and_other_text_has(self, text: str) -> None:
        assert bool(chunk_spans(text, 5, len)) == bool(text.strip())
