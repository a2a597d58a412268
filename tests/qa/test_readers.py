"""Evidence models: the contract for each kind, what they refuse, and what ours understands."""

import importlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contracts import RIVER, ReaderContract, read, told, unmarked
from hypothesis import given
from hypothesis import strategies as st
from qa_readers import TOKENS, WORDS, tiny_bert

from citespan.index.errors import ModelUnavailable
from citespan.index.types import Span
from citespan.qa.composition.models import evidence_folder
from citespan.qa.evidence.hub import AnswerReader, CrossEncoderReader, TokenReader, open_reader
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.evidence.model.manifest import Calibration, read_evidence_manifest
from citespan.qa.evidence.model.pairs import PairTokenizer, character_span, second_text
from citespan.qa.evidence.protocol import Mark, Reader, Titled, Worded, best_span


def logistic(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def river_is_all(model: Any) -> None:
    """Start and end are 4 for "river", labels -2 and 2; all is 0 for other words.

    The embedding (1, -1, 0, 0, 0, 0, 0, 0) is normalised to twice that, and weighed by 2 or 1.
    """
    for parameter in model.parameters():
        parameter.zero_()
    model.bert.encoder.layer = model.bert.encoder.layer[:0]
    model.config.num_hidden_layers = 0
    model.bert.embeddings.LayerNorm.weight.fill_(1)
    model.bert.embeddings.word_embeddings.weight[WORDS.index("river"), 0] = 1
    model.bert.embeddings.word_embeddings.weight[WORDS.index("river"), 1] = -1
    if hasattr(model, "qa_outputs"):
        model.qa_outputs.weight[:, 0] = 2
    else:
        model.classifier.weight[0, 0] = -1
        model.classifier.weight[1, 0] = 1


def from_river_to_large(model: Any) -> None:
    """As `river_is_all`, but answers end at "large"."""
    river_is_all(model)
    model.bert.embeddings.word_embeddings.weight[WORDS.index("large"), 2] = 1
    model.bert.embeddings.word_embeddings.weight[WORDS.index("large"), 3] = -1
    model.qa_outputs.weight[1] = 0
    model.qa_outputs.weight[1, 2] = 2


def late_is_all(model: Any) -> None:
    """As `river_is_all`, but for any token that stands at 20 or later among all that are read."""
    river_is_all(model)
    model.bert.embeddings.word_embeddings.weight.zero_()
    model.bert.embeddings.position_embeddings.weight[20:, 0] = 1
    model.bert.embeddings.position_embeddings.weight[20:, 1] = -1


def dogs_are_nan(model: Any) -> None:
    model.bert.embeddings.word_embeddings.weight[WORDS.index("dog")] = float("nan")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """Several would spend their time waiting for each other: the models are tiny."""
    torch: Any = importlib.import_module("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class TestBundledReader(ReaderContract):
    """The one that citespan ships; its figures never vary."""

    def test_a_long_passage_is_as_its_windows_are(self, reader: BundledReader) -> None:
        manifest = read_evidence_manifest(evidence_folder())
        limits = manifest.max_tokens, manifest.question_tokens
        tokenizer = PairTokenizer(evidence_folder() / "tokenizer.json", *limits)
        text = "The cat sleeps. " * 110 + "The Amazon is the largest river. " + "It rains. " * 160
        windows = tokenizer.windows(RIVER, text)
        assert len(windows) > 2
        alone = [told(reader, RIVER, [Titled("", one.of(text))])[0] for one in windows]
        ((relevance, reading),) = told(reader, RIVER, [Titled("", text)])
        assert relevance == max(relevance for relevance, _ in alone) > alone[0][0]
        assert reading.relevance == max(part.relevance for _, part in alone) > alone[0][1].relevance
        assert reading.probability == max(part.probability for _, part in alone)
        likeliest: dict[Span, float] = {}
        for window, (_, part) in zip(windows, alone, strict=True):
            for span, evidence in part.marks:
                place = Span(span.start + window.start, span.end + window.start)
                likeliest[place] = max(evidence, likeliest.get(place, 0.0))
        assert reading.marks == tuple(Mark(*one) for one in sorted(likeliest.items()))


class TestCrossEncoderReader(ReaderContract):
    tolerance = 1e-5

    @pytest.fixture(scope="class")
    @classmethod
    def reader(cls, folder: Path) -> Reader:
        made = tiny_bert(folder / "cross", "SequenceClassification", labels=1)
        return CrossEncoderReader(str(made), "cpu")

    def test_figures_by_hand(self, reader: Reader, folder: Path) -> None:
        transformers: Any = importlib.import_module("transformers")
        torch: Any = importlib.import_module("torch")
        made = folder / "cross"
        model = transformers.AutoModelForSequenceClassification.from_pretrained(made).eval()
        tokenizer = transformers.AutoTokenizer.from_pretrained(made)

        def logit(text: str) -> float:
            with torch.no_grad():
                return float(model(**tokenizer(RIVER, text, return_tensors="pt")).logits[0, 0])

        text = "The river is large.\n\nThe cat, the dog."
        ((relevance, reading),) = told(reader, RIVER, [Titled("A title", text)])
        first, second, both = logit(text[:19]), logit(text[21:]), logit(text)
        assert len({round(each, 3) for each in (first, second, both)}) == 3
        assert relevance == reading.relevance == pytest.approx(both, abs=1e-5)
        assert reading.probability == pytest.approx(logistic(both), abs=1e-5)
        assert [mark.span for mark in reading.marks] == [Span(0, 19), Span(21, 38)]
        assert [mark.evidence for mark in reading.marks] == pytest.approx(
            [logistic((first + both) / 2), logistic((second + both) / 2)], abs=1e-5
        )
        assert reading.answer is None


class TestAnswerReader(ReaderContract):
    tolerance = 1e-5

    @pytest.fixture(scope="class")
    @classmethod
    def reader(cls, folder: Path) -> Reader:
        return AnswerReader(str(tiny_bert(folder / "answers", "QuestionAnswering")), "cpu")

    @pytest.fixture(scope="class")
    @classmethod
    def knowing(cls, folder: Path) -> Reader:
        made = tiny_bert(folder / "river", "QuestionAnswering", change=river_is_all)
        return AnswerReader(str(made), "cpu")

    def test_figures_by_hand(self, knowing: Reader) -> None:
        text = "The cat.\n\nThe large river is."
        reading = read(knowing, "Which?", text)
        assert reading.answer == Span(20, 25)  # "river"
        assert reading.relevance == pytest.approx(8)  # start and end, less 0 of no answer
        assert reading.probability == pytest.approx(logistic(8))
        first, second = reading.marks
        assert first == Mark(Span(0, 8), 0.0)
        assert second.span == Span(10, 29)
        assert second.evidence == reading.probability

    def test_words_of_the_question_are_no_answer(self, knowing: Reader) -> None:
        reading = read(knowing, RIVER, "The cat.")
        assert reading.relevance == pytest.approx(0)
        assert reading.probability == pytest.approx(0.5)

    @pytest.mark.parametrize("words", [1, 13, 14, 27, 100, 500])
    def test_an_answer_is_found_wherever_it_stands(self, knowing: Reader, words: int) -> None:
        for after in ("", " dog" * words):
            reading = read(knowing, RIVER, "cat " * words + "river" + after)
            assert reading.answer == Span(4 * words, 4 * words + 5)
            assert reading.relevance == pytest.approx(8)

    def test_an_answer_is_found_where_a_window_ends(self, folder: Path) -> None:
        made = tiny_bert(folder / "ends", "QuestionAnswering", change=from_river_to_large)
        reader = AnswerReader(str(made), "cpu")
        for words in range(TOKENS):
            reading = read(reader, "Which?", "cat " * words + "river dog large" + " dog" * 30)
            assert reading.answer == Span(4 * words, 4 * words + 15)
            assert reading.relevance == pytest.approx(8)

    @pytest.mark.parametrize("text", ["", " \n", "\u200b", "\u0301"])
    def test_where_nothing_is_there_is_no_answer(self, knowing: Reader, text: str) -> None:
        reading = read(knowing, RIVER, text)
        assert reading.answer is None
        assert reading.probability < 1e-9
        assert {mark.evidence for mark in reading.marks} <= {0.0}

    def test_the_space_before_a_word_is_not_of_the_answer(self, folder: Path) -> None:
        made = tiny_bert(folder / "spaces", "QuestionAnswering", change=river_is_all)
        give_tokens_with_spaces(made)
        text = "The cat. River is"
        reading = read(AnswerReader(str(made), "cpu"), "Which?", text)
        assert reading.answer == Span(9, 14)
        assert [mark.evidence > 0.9 for mark in reading.marks] == [False, True]


def give_tokens_with_spaces(folder: Path) -> None:
    """A tokenizer like those of SentencePiece: a token begins with the space before its word."""
    tokenizers: Any = importlib.import_module("tokenizers")
    transformers: Any = importlib.import_module("transformers")
    ids = {word if word.startswith("[") else f"▁{word}": at for at, word in enumerate(WORDS)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel(ids, "[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.Lowercase()
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    special = [(word, WORDS.index(word)) for word in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
        "[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", special
    )
    assert tokenizer.encode("The river").offsets[2] == (3, 9)
    for file in folder.glob("*token*"):
        file.unlink()
    (folder / "vocab.txt").unlink()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=TOKENS
    ).save_pretrained(folder)


class TestTokenReader(ReaderContract):
    tolerance = 1e-5

    @pytest.fixture(scope="class")
    @classmethod
    def reader(cls, folder: Path) -> Reader:
        return TokenReader(str(tiny_bert(folder / "tokens", "TokenClassification")), "cpu")

    def test_figures_by_hand(self, folder: Path) -> None:
        made = tiny_bert(folder / "tokens-river", "TokenClassification", change=river_is_all)
        text = "The cat.\n\nThe river."
        reading = read(TokenReader(str(made), "cpu"), RIVER, text)
        words = [mark.span.of(text) for mark in reading.marks]
        assert words == ["The", "cat", ".", "The", "river", "."]
        yes = logistic(4)
        assert [mark.evidence for mark in reading.marks] == pytest.approx(
            [0.5, 0.5, 0.5, 0.5, yes, 0.5]
        )
        # the better sentence, as the mean of its tokens
        best = (0.5 + yes + 0.5) / 3
        assert reading.probability == pytest.approx(best)
        assert reading.relevance == pytest.approx(np.log(best / (1 - best)))
        assert reading.answer is None

    def test_a_token_of_two_windows_is_judged_by_the_better(self, folder: Path) -> None:
        made = tiny_bert(folder / "late", "TokenClassification", change=late_is_all)
        reading = read(TokenReader(str(made), "cpu"), "Which?", "cat " * 60)
        # after [CLS] which ? [SEP] come tokens 0-26, 14-40, 28-54 and 42-59
        late = [at for at, mark in enumerate(reading.marks) if mark.evidence > 0.9]
        assert late == [*range(16, 27), *range(30, 41), *range(44, 55), 58, 59]
        assert len(reading.marks) == 60

    def test_no_tokens_are_no_evidence(self, reader: Reader) -> None:
        reading = read(reader, RIVER, "\u200b")
        assert (reading.probability, reading.marks) == (0.0, ())


HUB = [("SequenceClassification", 1), ("QuestionAnswering", 2), ("TokenClassification", 2)]


class TestOpenReader:
    @pytest.mark.parametrize(
        ("task", "labels", "kind"),
        [(*one, kind) for one, kind in zip(
            HUB, (CrossEncoderReader, AnswerReader, TokenReader), strict=True
        )],
    )  # fmt: skip
    def test_the_architecture_decides(
        self, tmp_path: Path, task: str, labels: int, kind: type[Reader]
    ) -> None:
        made = tiny_bert(tmp_path / "model", task, labels=labels)
        assert isinstance(open_reader(str(made), "cpu"), kind)
        assert read(open_reader(str(made)), RIVER, "The river.").marks

    @pytest.mark.parametrize(("task", "labels"), HUB)
    def test_a_tokenizer_that_knows_no_limit_keeps_to_the_model(
        self, tmp_path: Path, task: str, labels: int
    ) -> None:
        made = tiny_bert(tmp_path / "model", task, labels=labels, tokens=None)
        text = "the cat is large. " * 50
        assert unmarked(read(open_reader(str(made), "cpu"), RIVER, text), text) == ""

    @pytest.mark.parametrize(("task", "labels"), HUB)
    def test_what_is_not_a_number_is_no_judgement(
        self, tmp_path: Path, task: str, labels: int
    ) -> None:
        made = tiny_bert(tmp_path / "model", task, labels=labels, change=dogs_are_nan)
        reader = open_reader(str(made), "cpu")
        assert read(reader, RIVER, "The cat.").marks
        with pytest.raises(ModelUnavailable, match=r"model' computes nan"):
            read(reader, RIVER, "The cat. The dog.")

    @pytest.mark.parametrize(
        ("task", "labels", "message"),
        [
            ("SequenceClassification", 3, "cross-encoder '.*' has 3 outputs; one is needed"),
            ("TokenClassification", 3, "token classifier '.*' has 3 labels; two are needed"),
            ("TokenClassification", 1, "token classifier '.*' has 1 labels; two are needed"),
            ("MaskedLM", 2, "is a BertForMaskedLM; one that ends in ForSequenceClassification, "),
        ],
    )
    def test_other_models_are_refused(
        self, tmp_path: Path, task: str, labels: int, message: str
    ) -> None:
        with pytest.raises(ModelUnavailable, match=message):
            open_reader(str(tiny_bert(tmp_path / "model", task, labels=labels)), "cpu")

    def test_a_model_made_for_nothing_is_refused(self, tmp_path: Path) -> None:
        made = tiny_bert(tmp_path / "model", "QuestionAnswering")
        config = json.loads((made / "config.json").read_text())
        del config["architectures"]
        (made / "config.json").write_text(json.dumps(config))
        with pytest.raises(ModelUnavailable, match="is a model of no named architecture; one"):
            open_reader(str(made), "cpu")

    def test_a_model_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable, match=r"cannot load the evidence model '.*none'"):
            open_reader(str(tmp_path / "none"), "cpu")
        with pytest.raises(ModelUnavailable, match="cannot load the evidence model"):
            open_reader(str(tmp_path), "cpu")

    @pytest.mark.parametrize(("task", "labels"), HUB)
    @pytest.mark.parametrize("broken", ["weights", "half of them", "tokenizer", "device"])
    def test_what_lacks_something_is_refused(
        self, tmp_path: Path, task: str, labels: int, broken: str
    ) -> None:
        made = tiny_bert(tmp_path / "model", task, labels=labels)
        weights = made / "model.safetensors"
        if broken == "weights":
            weights.unlink()
        elif broken == "half of them":
            weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
        elif broken == "tokenizer":
            for file in (*made.glob("*token*"), made / "vocab.txt"):
                file.unlink()
        with pytest.raises(ModelUnavailable, match=r"cannot load the evidence model '.*model'"):
            open_reader(str(made), "abacus" if broken == "device" else "cpu")


class TestBundledFiles:
    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        return shutil.copytree(evidence_folder(), tmp_path / "evidence")

    @pytest.mark.parametrize("name", ["part-1.onnx", "part-4.onnx", "tokenizer.json"])
    def test_a_changed_file_is_refused(self, copy: Path, name: str) -> None:
        with (copy / name).open("ab") as file:
            file.write(b" ")
        with pytest.raises(ModelUnavailable, match=f"{name} has SHA-256"):
            BundledReader(copy)
        (copy / name).unlink()
        with pytest.raises(ModelUnavailable, match=f"{name} is missing"):
            BundledReader(copy)

    def test_a_missing_or_broken_manifest_is_refused(self, copy: Path) -> None:
        (copy / "manifest.json").write_text("{}")
        with pytest.raises(ModelUnavailable, match=r"no exported evidence model in .*required"):
            BundledReader(copy)
        (copy / "manifest.json").unlink()
        with pytest.raises(ModelUnavailable, match=r"no exported evidence model in .*No such file"):
            BundledReader(copy)

    def test_figures_without_a_meaning_are_refused(self, copy: Path) -> None:
        manifest = json.loads((copy / "manifest.json").read_text())
        (copy / "manifest.json").write_text(json.dumps({**manifest, "calibration": None}))
        with pytest.raises(ModelUnavailable, match="evidence has not been calibrated"):
            BundledReader(copy)

    def test_the_calibration_makes_the_probability(self, copy: Path, reader: BundledReader) -> None:
        manifest = json.loads((copy / "manifest.json").read_text())
        certain = {"method": "x", "answerable": 0.0, "margin": 0.0, "bias": 2.0}
        (copy / "manifest.json").write_text(json.dumps({**manifest, "calibration": certain}))
        changed = read(BundledReader(copy), RIVER, "The cat.")
        assert changed.probability == pytest.approx(logistic(2))
        assert changed.marks == read(reader, RIVER, "The cat.").marks


class TestCalibration:
    def test_logits_are_weighed(self) -> None:
        weighed = Calibration(method="x", answerable=2.0, margin=-0.5, bias=1.0)
        assert weighed.probability(0.5, 4.0) == pytest.approx(0.5)  # 1 - 2 + 1
        assert weighed.probability(1.5, 4.0) == pytest.approx(logistic(2))
        assert weighed.probability(-1e9, 0.0) == pytest.approx(0.0)

    def test_knots_are_joined_by_lines(self) -> None:
        bent = Calibration(
            method="x", answerable=1.0, margin=0.0, bias=0.0, knots=(-1.0, 1.0, 2.0),
            levels=(0.1, 0.5, 0.9),
        )  # fmt: skip
        found = [bent.probability(logit, 9.0) for logit in (-9.0, 0.0, 1.25, 9.0)]
        assert found == pytest.approx([0.1, 0.3, 0.6, 0.9])


# What is asked, what answers it in which words, and what is about the same but does not.
MEANINGS = [
    (
        "Who wrote the novel Frankenstein?",
        "Frankenstein is a novel that was written by Mary Shelley. Many films were made of it.",
        "Mary Shelley",
        "Frankenstein is a novel about a young scientist. Many films were made of it.",
    ),
    (
        "When was the bridge opened?",
        "The bridge is painted grey. It was opened in 1932 after eight years of work.",
        "1932",
        "The bridge is painted grey. It carries eight lanes of traffic and two railway tracks.",
    ),
    (
        "How tall is the tower?",
        "The tower is made of iron and is 330 metres tall. Millions of people visit it.",
        "330 metres",
        "The tower is made of iron and was built for a fair. Millions of people visit it.",
    ),
    (
        "Where was Marie Curie born?",
        "Marie Curie won two Nobel Prizes. She was born in Warsaw, the youngest of five children.",
        "Warsaw",
        "Marie Curie won two Nobel Prizes. She was the youngest of five children.",
    ),
]


class TestMeaning:
    @pytest.mark.parametrize(("question", "answers", "words", "other"), MEANINGS)
    def test_what_answers_is_likelier_and_says_where(
        self, reader: BundledReader, question: str, answers: str, words: str, other: str
    ) -> None:
        (_, right), (_, wrong), (_, unrelated) = told(
            reader,
            question,
            [Titled("", answers), Titled("", other), Titled("", "Cats sleep in the sun all day.")],
        )
        assert right.probability > wrong.probability + 0.2
        assert wrong.relevance > unrelated.relevance
        assert right.answer
        assert words in right.answer.of(answers)
        assert len(right.answer) < 2 * len(words)

    @pytest.mark.parametrize(("question", "answers", "words", "other"), MEANINGS)
    def test_the_sentence_with_the_answer_is_the_evidence(
        self, reader: BundledReader, question: str, answers: str, words: str, other: str
    ) -> None:
        reading = read(reader, question, answers)
        cut = answers.index(". ") + 1

        def mean(*, first: bool) -> float:
            inside = [m.evidence for m in reading.marks if (m.span.start < cut) == first]
            return float(np.mean(inside))

        in_first = answers.index(words) < cut
        assert mean(first=in_first) > mean(first=not in_first)

    def test_an_answer_far_behind_is_found(self, reader: BundledReader) -> None:
        question, answers, words, other = MEANINGS[1]
        before = f"{other} " * 40
        long, without = read(reader, question, before + answers), read(reader, question, before)
        assert long.probability > without.probability + 0.2
        assert long.answer
        assert long.answer.start > len(before)
        assert words in long.answer.of(before + answers)

    def test_the_title_is_read(self, reader: BundledReader) -> None:
        text = "It was opened in 1932 after eight years of work."
        (first, _), (other, _) = told(
            reader,
            "When was the Sydney Harbour Bridge opened?",
            [Titled("Sydney Harbour Bridge", text), Titled("Cats", text)],
        )
        assert first > other


PIECES = st.sampled_from(
    ["antidisestablishmentarianism", "unmistakably", "각력한", "3.5", "don't", "(x)", "cat", "🇺🇾"]
)


class TestWindows:
    PAIRS = PairTokenizer(evidence_folder() / "tokenizer.json", 32, 8)

    @given(st.lists(PIECES, max_size=40), st.integers(0, 9))
    def test_they_fit_overlap_and_cover_the_text(self, pieces: list[str], asked: int) -> None:
        text, question = " ".join(pieces), "why " * asked
        windowed = self.PAIRS.windowed(question, text)
        assert [span for span, _ in windowed] == self.PAIRS.windows(question, text)
        read_to = 0
        for span, encoding in windowed:
            assert encoding.ids == self.PAIRS.encode([(question, span.of(text))])[0].ids
            first, end = second_text(encoding)
            if first == end:
                assert not text
                continue
            part = character_span(encoding.offsets, first, end - 1)
            assert span.start + part.start <= max(0, read_to - 1)
            read_to = span.start + part.end
        assert read_to == len(text)

    def test_what_fits_is_one(self) -> None:
        assert self.PAIRS.windows("why", "cat " * 28) == [Span(0, 112)]
        assert len(self.PAIRS.windows("why", "cat " * 29)) == 2
        assert self.PAIRS.windows("why", "") == [Span(0, 0)]


class TestBestSpan:
    @given(
        st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=60),
        st.data(),
    )
    def test_it_is_the_best_that_there_is(
        self, logits: list[tuple[int, int]], data: st.DataObject
    ) -> None:
        start, end = np.array(logits, dtype=np.float64).T
        last = len(logits) - 1  # [SEP]
        first = data.draw(st.integers(0, last - 1))
        sums = {
            (i, j): start[i] + end[j]
            for i in range(first, last)
            for j in range(i, min(i + 40, last))
        }
        i, j, found = best_span(start, end, first)
        assert found == sums[i, j] == max(sums.values())

    def test_without_tokens_it_is_no_answer(self) -> None:
        start, end = np.array([1.0, 5.0, 7.0]), np.array([2.0, 5.0, 7.0])
        assert best_span(start, end, 2) == (0, 0, 3.0)

    def test_answers_are_at_most_forty_tokens_long(self) -> None:
        start, end = np.zeros(60), np.zeros(60)
        start[1] = end[40] = end[41] = 9
        assert best_span(start, end, 1) == (1, 40, 18.0)


def test_of_several_wordings_all_rank_and_the_surest_is_read(reader: BundledReader):
    passages = [
        Titled("Rome", "Rome was sacked by the Visigoths in 410."),
        Titled("Carthage", "Carthage was destroyed in 146 BC."),
    ]
    asked = "When was it sacked?", "When was Rome sacked?"
    looks = [reader.look(one, passages) for one in asked]
    for at in range(len(passages)):
        both = Worded([looks[0][at], looks[1][at]])
        relevances = [one[at].relevance for one in looks]
        readings = [one[at].read() for one in looks]
        assert both.relevance == pytest.approx(sum(relevances) / 2)
        surest = max(one.probability for one in readings)
        assert both.read() == next(one for one in readings if one.probability == surest)
        assert Worded([looks[0][at]]).read() == readings[0]
