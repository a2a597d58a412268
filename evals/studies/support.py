"""How well unsupported sentences are caught, on claims that people judged and on planted ones.

`python -m citespan.evals.studies.support CLAIMS DOCUMENTS`: two JSON Lines files, gzip or not.
CLAIMS has the form of WiCE (Kamoi et al. 2023, "WiCE: Real-World Entailment for Claims in
Wikipedia"): a claim, the sentences of the article that it cites, and whether they support it,
partially or not. Each claim is checked against the five passages of the article that share most
words with it. From sentences of DOCUMENTS (`title` and `text`) claims are made by rule, true and
untrue ones (`evals.studies.planting`). They are checked against the passage they are from and two
others.

The figures are of one half of the claims and documents; limits are chosen on the other one
(`--half`).
"""

import math
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any

import click
import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track

from citespan.evals.statistics import Floats, Interval, intervals
from citespan.evals.studies.lines import literal, records
from citespan.evals.studies.planting import names_of, numbers_of, paraphrased, untrue
from citespan.index import Document, Passage
from citespan.index.disk import sha256_text
from citespan.index.text import counted_chunks, sentences
from citespan.index.types import Chunk, Scores
from citespan.qa.claims import Checker, Claim, Sources
from citespan.qa.composition import build_decision, build_reader
from citespan.qa.english import wording_of
from citespan.qa.evidence import Finder, Rules
from citespan.qa.evidence.protocol import Reader
from citespan.qa.llm import count_tokens
from citespan.qa.settings import Settings
from citespan.qa.types import Support

_TOKENS = 200  # of a passage
_NAMED = 5  # passages that a judged claim names
_PER_DOCUMENT = 4  # true claims made of a document
_OTHERS = 2  # passages given with the one that a planted claim is from
_STAGE = 20  # passages that the evidence stage looks at for a question
_LONGEST = 350  # code points of a planted claim
_RESAMPLES = 1000
_TITLE = "(meta data) TITLE: "
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


class _Judged(msgspec.Struct, frozen=True):
    label: str
    claim: str
    evidence: str | list[str]
    meta: str | dict[str, Any]


class _Text(msgspec.Struct, frozen=True):
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportCase:
    """A claim with the passages that it names; `kind` says whether they support it."""

    claim: str
    kind: str
    passages: Sequence[Passage]
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOutcome:
    """The checker's verdict on a case, and its time."""

    case: SupportCase
    caught: bool
    why: str
    ms: float


@click.command()
@click.argument("claims", type=_file)
@click.argument("documents", type=_file)
@click.option(
    "--half",
    type=click.IntRange(0, 1),
    default=1,
    help="Half to measure; no limits were chosen on half 1.",
)
@click.option(
    "--limit", type=click.IntRange(1), default=100, help="Number of documents to plant claims in."
)
def main(claims: Path, documents: Path, half: int, limit: int) -> None:
    """Check judged CLAIMS, and claims planted from DOCUMENTS."""
    reader = build_reader(Settings())
    checker = Checker(reader)
    judged = [case for case in judged_cases(claims) if _half(case.document.id) == half]
    checked = _checked(checker, judged, "Judged")
    click.echo(f"judged claims, half {half}: {len(judged)}")
    _print_judged(checked)
    planted = _checked(checker, list(planted_cases(documents, half, limit)), "Planted")
    click.echo(f"planted claims, half {half}: {len(planted)}")
    _print_planted(planted)
    _print_times(reader, checked, planted)


def judged_cases(path: Path) -> Iterator[SupportCase]:
    """Yield one case a claim; its article is a document, whose id is the claim's."""
    for row in records(path, _Judged):
        lines: list[str] = literal(row.evidence)
        title = lines[0].removeprefix(_TITLE) if lines and lines[0].startswith(_TITLE) else ""
        text = "\n".join(lines[1:] if title else lines)
        document = _document(literal(row.meta)["id"], title, text)
        near = _nearest(row.claim, passages_of(document))
        yield SupportCase(claim=row.claim, kind=row.label, passages=near, document=document)


def planted_cases(path: Path, half: int, limit: int) -> Iterator[SupportCase]:
    """Yield true claims of each document, each untrue in all ways, and those of another document.

    The other document is the one before it.
    """
    rng = Random(half)  # noqa: S311  (a sample, not a secret)
    rows = [row for row in records(path, _Text) if _half(row.title) == half]
    rng.shuffle(rows)
    elsewhere: list[str] = []
    for row in rows[:limit]:
        document = _document(row.title, row.title, row.text)
        passages = passages_of(document)
        names, numbers = names_of(row.text), numbers_of(row.text)
        true = list(_true_claims(document, passages, rng))
        for place, (claim, passage) in enumerate(true):
            others = rng.sample([one for one in passages if one is not passage], _OTHERS)
            given = [*others[:1], passage, *others[1:]]
            said = [("true", claim)]
            said += [(one.kind, one.text) for one in untrue(claim, names, numbers, rng)]
            said += [("other document", one) for one in elsewhere[place : place + 1]]
            for kind, text in said:
                yield SupportCase(claim=text, kind=kind, passages=given, document=document)
        elsewhere = [claim for claim, _ in true]


def _true_claims(
    document: Document, passages: Sequence[Passage], rng: Random
) -> Iterator[tuple[str, Passage]]:
    made = 0
    if len(passages) <= _OTHERS:
        return
    for passage in rng.sample(passages, len(passages)):
        sentence = rng.choice(sentences(document.text, passage.chunk.span))
        claim = paraphrased(sentence.of(document.text))
        if claim and len(claim) <= _LONGEST and made < _PER_DOCUMENT:
            made += 1
            yield claim, passage


def passages_of(document: Document) -> list[Passage]:
    """Return the chunks of a document, as passages."""
    return [
        Passage(
            chunk=Chunk(id=place, document_id=document.id, revision=1, span=span, tokens=tokens),
            title=document.title,
            text=span.of(document.text),
            scores=Scores(),
        )
        for place, (span, tokens) in enumerate(counted_chunks(document.text, _TOKENS, count_tokens))
    ]


def _nearest(claim: str, passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages that share most of the claim's words; rare words weigh more."""
    stems = [wording_of(passage.text).stems for passage in passages]
    said = wording_of(claim).content
    weights = {
        word: math.log(1 + len(stems) / (1 + sum(word in one for one in stems))) for word in said
    }
    shared = [sum(weights[word] for word in said & one) for one in stems]
    order = sorted(range(len(passages)), key=lambda place: -shared[place])
    return [passages[place] for place in order[:_NAMED]]


def _checked(checker: Checker, cases: Sequence[SupportCase], label: str) -> list[ClaimOutcome]:
    outcomes: list[ClaimOutcome] = []
    for case in track(cases, label, console=Console(stderr=True), transient=True):
        claim = Claim(case.claim, tuple(range(1, len(case.passages) + 1)))
        start = time.perf_counter()
        found = checker.check(claim, Sources(case.passages, {case.document.id: case.document}))
        ms = (time.perf_counter() - start) * 1000
        caught = found.support is Support.UNSUPPORTED
        outcomes.append(
            ClaimOutcome(case=case, caught=caught, why=found.why or found.support.value, ms=ms)
        )
    return outcomes


def _print_judged(outcomes: Sequence[ClaimOutcome]) -> None:
    for label in dict.fromkeys(one.case.kind for one in outcomes):
        flags = [one.caught for one in outcomes if one.case.kind == label]
        click.echo(f"  {label:<24} {len(flags):>4}, caught {sum(flags) / len(flags):.3f}")
    for name, bad in (
        ("partially supported is unsupported", ("partially_supported", "not_supported")),
        ("partially supported is supported", ("not_supported",)),
    ):
        _print_measures(name, outcomes, lambda one, bad=bad: one.case.kind in bad)


def _print_planted(outcomes: Sequence[ClaimOutcome]) -> None:
    for kind in dict.fromkeys(one.case.kind for one in outcomes):
        same = [one for one in outcomes if one.case.kind == kind]
        caught = sum(one.caught for one in same)
        click.echo(f"  {kind:<24} {len(same):>4}, caught {caught / len(same):.3f}")
    _print_measures("all kinds", outcomes, lambda one: one.case.kind != "true")


def _print_measures(
    name: str, outcomes: Sequence[ClaimOutcome], is_bad: Callable[[ClaimOutcome], bool]
) -> None:
    """Print precision and recall of catching, and of letting pass, with 95 % intervals."""
    documents = {one.case.document.id: 0 for one in outcomes}
    number = {document: place for place, document in enumerate(documents)}
    found = intervals(
        _statistic([(is_bad(one), one.caught) for one in outcomes]),
        [number[one.case.document.id] for one in outcomes],
        resamples=_RESAMPLES,
        seed=0,
    )
    click.echo(f"  {name}:")
    names = ("unsupported: precision", "recall", "F1", "supported: precision", "recall", "F1")
    click.echo("    " + ", ".join(f"{n} {_shown(i)}" for n, i in zip(names, found, strict=True)))


def _statistic(flags: Sequence[tuple[bool, bool]]) -> Callable[[Floats], tuple[Floats, Floats]]:
    bad, caught = np.array(flags, dtype=bool).T
    columns = [
        (both, chosen, actual)
        for chosen, actual in ((caught, bad), (~caught, ~bad))
        for both in (chosen & actual,)
    ]
    over: list[Any] = []
    under: list[Any] = []
    for both, chosen, actual in columns:
        over += [both, both, 2.0 * both]
        under += [chosen, actual, 1.0 * chosen + actual]

    def statistic(counts: Floats) -> tuple[Floats, Floats]:
        return counts @ np.array(over, float).T, counts @ np.array(under, float).T

    return statistic


def _shown(interval: Interval) -> str:
    if interval.value is None or interval.low is None or interval.high is None:
        return "none"
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def _print_times(
    reader: Reader, judged: Sequence[ClaimOutcome], planted: Sequence[ClaimOutcome]
) -> None:
    """Print the times with those of the evidence stage on the same passages, for one question."""
    finder = Finder(reader, build_decision(Settings()), Rules())
    stage: list[float] = []
    for one in judged[:: max(1, len(judged) // 10)]:
        passages = passages_of(one.case.document)[:_STAGE]
        start = time.perf_counter()
        finder.find(one.case.claim, passages, {one.case.document.id: one.case.document})
        stage.append((time.perf_counter() - start) * 1000)
    for name, outcomes in (("judged", judged), ("planted", planted)):
        times = [one.ms for one in outcomes]
        click.echo(
            f"{name}: {median(times):.1f} ms a claim, p95 {quantiles(times, n=20)[-1]:.1f} ms;"
            f" {median(times) / median(stage):.3f} of the evidence stage ({median(stage):.0f} ms)"
        )


def _half(name: str) -> int:
    return zlib.crc32(name.encode()) % 2


def _document(name: str, title: str, text: str) -> Document:
    return Document(
        id=name, title=title, uri=None, sha256=sha256_text(text), revision=1,
        media_type="text/plain", metadata={}, length=len(text), created_at="", text=text,
    )  # fmt: skip


if __name__ == "__main__":
    main()
