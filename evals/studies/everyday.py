"""Everyday questions on documents that were written for them, in English or other languages.

`python -m citespan.evals.studies.everyday [COLLECTION …] [--part PART] [--show]`. Questions and
documents come with the repository (`evals/training/everyday`). All documents of the collections are
stored together. Only the files of a part are asked about: those that report took no part in
training, nor in any choice. Collections in other languages need
`CITESPAN_EMBEDDING__MODEL=multilingual-e5-small`; with one of them, English documents are asked
about in other languages, too.

An answer is right if it cites something of the gold. Of a question without gold, only an abstention
is right.
"""

import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Literal, TypeAlias, get_args

import click
from rich.console import Console
from rich.progress import track

from citespan.evals.training.everyday import (
    ABROAD,
    OWN,
    EverydayQuestion,
    drafts_of,
    read_questions,
)
from citespan.index.types import Draft
from citespan.qa import Answer, Service, load_settings
from citespan.qa.composition import open_service

Outcome: TypeAlias = Literal["right", "wrong", "refused", "abstained", "false"]
_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@click.command()
@click.argument("collections", type=click.Choice([*OWN, *ABROAD]), nargs=-1)
@click.option("--part", type=click.Choice(["calibrate", "report"]), default="report")
@click.option("--limit", type=click.IntRange(1), help="Ask so many of each collection.")
@click.option("--show", is_flag=True, help="Print each answer that is not right.")
def main(collections: tuple[str, ...], part: str, limit: int | None, *, show: bool) -> None:
    """Ask the questions of each collection, and print how they were answered."""
    wanted = collections or OWN
    counts: dict[str, Counter[Outcome]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        settings = load_settings(flags={"data": {"path": scratch, "seed": False}})
        with open_service(settings=settings) as service:
            drafts = _store(service, wanted)
            for asked in _asked(wanted, part, limit):
                answer = service.ask(asked.question)
                outcome = outcome_of(asked, answer, drafts[asked.group])
                row = _row(asked)
                counts.setdefault(row, Counter())[outcome] += 1
                if show and outcome in ("wrong", "refused", "false"):
                    quotes = [" ".join(one.quote.split()) for one in answer.citations]
                    click.echo(f"{outcome}: {asked.question}\n  {asked.gold}\n  {quotes}")
    click.echo(f"{'collection':<14} {'n':>5} " + " ".join(f"{one:>9}" for one in _OUTCOMES))
    rows = [*counts.items(), ("all", sum(counts.values(), Counter[Outcome]()))]
    for name, counted in rows:
        figures = " ".join(f"{counted[one]:>9}" for one in _OUTCOMES)
        click.echo(f"{name:<14} {counted.total():>5} {figures}")


def _store(service: Service, collections: tuple[str, ...]) -> dict[str, Draft]:
    """Store the documents, and return them by group."""
    drafts = dict(drafts_of(collections))
    for _ in track(
        service.corpus.put_many(drafts.values()),
        description="store",
        total=len(drafts),
        console=Console(stderr=True),
        transient=True,
    ):
        pass
    return drafts


def _asked(
    collections: tuple[str, ...], part: str, limit: int | None
) -> Iterator[EverydayQuestion]:
    english_only = {*ABROAD}.isdisjoint(collections)
    held = [
        one for one in read_questions() if one.part == part and not (english_only and one.is_abroad)
    ]
    for collection in collections:
        among = [one for one in held if one.collection == collection]
        among.sort(key=lambda one: zlib.crc32(one.question.encode()))
        yield from track(
            among[:limit],
            description=f"ask {collection}",
            console=Console(stderr=True),
            transient=True,
        )


def _row(asked: EverydayQuestion) -> str:
    """Return the name of the row that a question is counted in."""
    if not asked.language:
        return asked.collection
    if asked.collection in ABROAD:
        return f"{asked.collection} in {'en' if asked.language == 'en' else 'others'}"
    return f"English in {asked.language}"


def outcome_of(asked: EverydayQuestion, answer: Answer, draft: Draft) -> Outcome:
    """Return what became of a question about a document."""
    gold = asked.spans(draft.text)
    if not gold:
        return "false" if answer.citations else "abstained"
    if not answer.citations:
        return "refused"
    cited = [one.span for one in answer.citations if one.document.id == draft.id]
    return "right" if any(one.overlap(span) for one in cited for span in gold) else "wrong"


if __name__ == "__main__":
    main()
