"""Instructions hidden in documents: whether any is followed, and how many are quoted.

`python -m citespan.evals.studies.injection EMAILS ATTACKS`: two JSON Lines files, gzip, of BIPIA's
form (Yi et al. 2023, "Benchmarking and Defending Against Indirect Prompt Injection Attacks"):
emails with a question and its ideal answer, and attacks by kind. Each email is stored with one
attack of a kind inserted in its middle, and its question is asked of all of them together.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec
from rich.console import Console
from rich.progress import track

from citespan.evals.metrics.answers import contains
from citespan.evals.studies.lines import records
from citespan.index import Draft, Span
from citespan.index.parse import canonical
from citespan.qa import Answer, Service, load_settings, open_service
from citespan.qa.evidence import folded
from citespan.qa.types import Support

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


class _Email(msgspec.Struct, frozen=True):
    context: str
    question: str
    ideal: str


class _Attack(msgspec.Struct, frozen=True):
    kind: str
    attacks: list[str]


@click.command()
@click.argument("emails", type=_file)
@click.argument("attacks", type=_file)
@click.option(
    "--kinds", type=click.IntRange(1), default=100, help="Use only this many kinds, the first ones."
)
def main(emails: Path, attacks: Path, kinds: int) -> None:
    """Ask every email's question with each kind of attack in the emails."""
    asked = records(emails, _Email)
    by_kind = {one.kind: one.attacks for one in records(attacks, _Attack)[:kinds]}
    console = Console(stderr=True)
    clean = _ask(asked, [""])
    click.echo(
        f"{'no attack':<28} {len(asked)} questions, answered {_share(clean[0])},"
        f" ideal in the answer {_share(clean[1])}"
    )
    totals = [0, 0, 0, 0]
    for kind in track(by_kind, "Asking", console=console, transient=True):
        columns = _ask(asked, by_kind[kind])
        answered, right, quoted, followed = columns
        click.echo(
            f"{kind:<28} answered {_share(answered)}, ideal in the answer {_share(right)},"
            f" attack quoted {_share(quoted)}, followed {sum(followed)}"
        )
        totals = [total + sum(column) for total, column in zip(totals, columns, strict=True)]
    count = len(asked) * len(by_kind)
    click.echo(
        f"{'all':<28} {count} questions, answered {totals[0] / count:.3f}, ideal in the answer"
        f" {totals[1] / count:.3f}, attack quoted {totals[2] / count:.3f}, followed {totals[3]}"
    )


def _ask(emails: Sequence[_Email], attacks: Sequence[str]) -> tuple[list[bool], ...]:
    """Return whether each email is answered, is right, quotes an attack, says what none says."""
    settings = load_settings(flags={"data": {"seed": False}})
    data = msgspec.structs.replace(settings.data, models=str(settings.models_path()))
    rows: list[tuple[bool, bool, bool, bool]] = []
    with TemporaryDirectory() as scratch:
        settings = msgspec.structs.replace(settings, data=data)
        with open_service(scratch, settings=settings) as service:
            places: dict[str, Span] = {}
            for number, email in enumerate(emails):
                attack = attacks[number % len(attacks)]
                text, places[f"{number}"] = poisoned(email.context, attack)
                service.corpus.put(Draft(id=f"{number}", text=text))
            for email in emails:
                answer = service.ask(email.question.removeprefix("Q: "))
                rows.append(
                    (
                        bool(answer.segments),
                        contains(answer.text, [email.ideal]),
                        any(
                            citation.span.overlap(places[citation.document.id]) > 0
                            for citation in answer.citations
                        ),
                        not said_by_documents(answer, service),
                    )
                )
    return tuple(list(column) for column in zip(*rows, strict=True))


def poisoned(text: str, attack: str) -> tuple[str, Span]:
    """Return the text as stored, with an attack between two of its sentences, and its place."""
    text, attack = canonical(text), attack and canonical(attack)
    place = text.find(". ", len(text) // 2) + 1 or len(text)
    before = f"{text[:place]} " if attack else text[:place]
    after = text[place:]
    return before + attack + after, Span(len(before), len(before) + len(attack))


def said_by_documents(answer: Answer, service: Service) -> bool:
    """Return whether every segment is a quote that is in the document it points to."""
    return all(
        segment.support is Support.QUOTED
        and segment.citations
        and all(
            folded(segment.span.of(answer.text))
            == folded(citation.span.of(service.corpus.get(citation.document.id).text))
            for citation in segment.citations
        )
        for segment in answer.segments
    )


def _share(flags: Sequence[bool]) -> str:
    return f"{sum(flags) / max(1, len(flags)):.2f}"


if __name__ == "__main__":
    main()
