"""Outputs that differ from what is stored are never signed as quotes, from a model to the answer.

5,000 of them at night, some hundreds in each run.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

import pytest
from altered import altered, made_documents, spelled, true_forms
from faults import CYCLES, NIGHTLY
from generating import assert_sound, writing
from scripted_content import CONTENT, Seen
from scripted_endpoint import ScriptedEndpoint, scripted

from citespan.index import Corpus, Draft, OnnxEmbedder, Span
from citespan.index.text.segmentation import sentences
from citespan.qa import Service
from citespan.qa.claims.context import Stretch
from citespan.qa.claims.quotes import quoted_span
from citespan.qa.claims.splitting import Claims
from citespan.qa.composition.seed import seed_draft
from citespan.qa.evidence.model.bundled import BundledReader
from citespan.qa.types import Policy, Support

OUTPUTS = 5000 if NIGHTLY else 10 * CYCLES
MANY = 5000
IN_AN_ANSWER = 100
DOCUMENTS = 26 if NIGHTLY else 3  # quoted from, one after the other
LEAST_QUOTED = 0.95  # of what is true


class Study(NamedTuple):
    """A service that is asked, the model that writes for it, and what is true, by document."""

    service: Service
    model: ScriptedEndpoint
    corpus: Corpus
    true: dict[str, list[str]]


@pytest.fixture(scope="module")
def study(
    tmp_path_factory: pytest.TempPathFactory, embedder: OnnxEmbedder, reader: BundledReader
) -> Iterator[Study]:
    made, seed = made_documents(Random(0)), seed_draft()  # noqa: S311
    own = [span.of(seed.text) for span in sentences(seed.text)]
    true = made | {"seed": [one for one in own if len(one.split()) > 4]}
    with (
        Corpus.open(tmp_path_factory.mktemp("library"), embedder) as corpus,
        scripted("right", seed=1) as model,
        writing(corpus, reader, model, policy=Policy.MARK) as service,
    ):
        corpus.put(seed)
        for title, told in made.items():
            text = f"# {title}\n\n{' '.join(told[:7])}\n\n{' '.join(told[7:])}\n"
            corpus.put(Draft(id=title, title=title, text=text))
        yield Study(service, model, corpus, true)


def written(
    study: Study, monkeypatch: pytest.MonkeyPatch, outputs: Sequence[tuple[str, str]]
) -> tuple[list[str], list[str]]:
    """The outputs that a model wrote, and the texts that were signed as quotes.

    Args:
        study: who is asked.
        monkeypatch: for the model.
        outputs: each with the true sentence it is made from; those whose passage is not given to
            the model are left out.
    """
    done: list[str] = []

    def write(prompt: Seen) -> str:
        folded = {number: " ".join(text.split()) for number, text in prompt.passages.items()}
        lines: list[str] = []
        for output, true in outputs:
            wanted = " ".join(true.split())
            if number := next((n for n, text in folded.items() if wanted in text), None):
                done.append(output)
                lines.append(f"{output} [{number}]")
        return "\n\n".join(lines)

    monkeypatch.setitem(CONTENT, "altered", write)
    study.model.behaviour = "altered"
    answer = study.service.ask(outputs[0][1])
    assert_sound(answer, study.corpus)
    quoted = [one for one in answer.segments if one.support is Support.QUOTED]
    return done, [one.span.of(answer.text) for one in quoted]


def test_what_is_altered_is_no_quote() -> None:
    """Many more than a model can write in the time: from what is written to the place found."""
    chance, signed = Random(9), list[str]()  # noqa: S311
    documents = list(made_documents(Random(0)).values())  # noqa: S311
    stretches = [Stretch(text, sentences(text)) for text in map(" ".join, documents)]
    for _ in range(MANY):
        number = chance.randrange(len(documents))
        output, stretch = altered(chance.choice(documents[number]), chance), stretches[number]
        claims = Claims()
        for claim in claims.feed(f"{output} [1]\n\n") + claims.end():
            span = quoted_span(claim.written, stretch, Span(0, len(stretch.text)))
            if claim.sources and span and spelled(span.of(stretch.text)) != spelled(output):
                signed.append(output)
    assert signed == []


def test_what_is_altered_is_never_signed(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    chance, counts, signed = Random(7), Counter[str](), list[str]()  # noqa: S311
    while counts["altered"] < OUTPUTS:
        true = chance.choice([*study.true.values()])
        chosen = [chance.choice(true) for _ in range(IN_AN_ANSWER)]
        done, quoted = written(study, monkeypatch, [(altered(one, chance), one) for one in chosen])
        counts.update(answers=1, altered=len(done))
        same = {spelled(one) for one in done}
        signed += [one for one in quoted if spelled(one) not in same]
    print(f"{counts}, signed as quotes: {len(signed)}")  # noqa: T201
    assert signed == []


def test_what_is_true_is_signed(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    chance, counts = Random(8), Counter[str]()  # noqa: S311
    for number in range(DOCUMENTS):
        true = [*study.true.values()][-1 - number % len(study.true)]
        outputs = [(chance.choice(true_forms(one, chance)), one) for one in true]
        done, quoted = written(study, monkeypatch, outputs)
        same = {spelled(one) for one in done}
        counts.update(true=len(same), signed=sum(spelled(one) in same for one in quoted))
        counts["others"] += sum(spelled(one) not in same for one in quoted)
    print(counts)  # noqa: T201
    assert counts["others"] == 0
    assert counts["signed"] >= LEAST_QUOTED * counts["true"]
