"""The chunking benchmark's baseline."""

from citespan.evals.studies.recursive import baseline, split
from citespan.evals.types import Card, Dataset, GoldSpan, Question, SourceDocument
from citespan.index import OnnxEmbedder

BRIDGE = "The bridge was opened in 1932. It is made of steel and carries trains."
MUSEUM = "The museum was founded in 1871. It shows the fossils of dinosaurs 🦕."


def test_pieces_are_where_they_say_and_small_enough():
    text = f"{BRIDGE}\n\n{MUSEUM}\n\n{BRIDGE} {MUSEUM}"  # the second bridge is not the first
    pieces = list(split(text, 20))
    assert [text[start:end] for start, end in pieces][:2] == [BRIDGE, MUSEUM]
    assert pieces == sorted(pieces)
    left = list(text)
    for start, end in pieces:
        left[start:end] = " " * (end - start)
    assert not "".join(left).strip()  # nothing is lost


def test_the_nearest_pieces_are_scored(embedder: OnnxEmbedder):
    text = f"{MUSEUM}\n\n{BRIDGE}"
    gold = GoldSpan(document_id="a", start=text.index(BRIDGE), end=len(text), text=BRIDGE)
    question = Question(
        id="q",
        text="When was the bridge opened?",
        answerable=True,
        spans=(gold,),
        relevant={"a": 1},
    )
    dataset = Dataset(
        card=Card(name="two", licence="none", source="made up", language="en"),
        documents={"a": SourceDocument(id="a", title="", text=text)},
        questions=(question,),
    )
    scores = baseline(dataset, 20, embedder)
    assert scores.estimates["span_recall@5"].value == 1
    assert scores.estimates["mrr@10"].value == 1
