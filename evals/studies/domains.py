"""Answers and refusals in nine domains, on questions that chose nothing.

`python -m citespan.evals.studies.domains DATA CACHE [--model FOLDER]`. With `--part calibrate`
and other limits it shows what chose the rules of `qa.evidence.selection`. The other half of the
questions chose the decision (`evals.training.release.domains`). An answer is right if it cites a
sentence with the answer in it.
"""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
import numpy as np

from citespan.evals.metrics.abstention import Judgement, expected_calibration_error
from citespan.evals.training.release import DomainAnswer, outcomes, read_domains, read_languages
from citespan.qa.composition import evidence_folder
from citespan.qa.evidence import Rules
from citespan.qa.evidence.model import BundledReader, read_evidence_manifest

# With an answer: answered rightly, refused. Without: answered. All: right; of characters cited and
# of the gold's in answers; expected calibration error of answers.
_COLUMNS = ("right", "refused", "false", "score", "F1", "ECE")

_folder = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("data", type=_folder)
@click.argument("cache", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--model", type=_folder, help="An exported evidence model; by default the shipped one."
)
@click.option("--part", type=click.Choice(["calibrate", "report"]), default="report")
@click.option("--least", type=float, help="Answer from this confidence on.")
@click.option("--keep", type=float, default=Rules().keep, show_default=True)
@click.option("--evidence", type=float, default=Rules().evidence, show_default=True)
@click.option("--top-k", type=int, help="Consider this many passages; by default as many as usual.")
def main(
    data: Path,
    cache: Path,
    model: Path | None,
    part: str,
    least: float | None,
    keep: float,
    evidence: float,
    top_k: int | None,
) -> None:
    """Ask the questions of each domain in DATA; the documents are stored in CACHE once."""
    folder = model or evidence_folder()
    reader, decision = BundledReader(folder), read_evidence_manifest(folder).decision
    if least is not None:
        decision = msgspec.structs.replace(decision, least=least)
    rules = Rules(keep=keep, evidence=evidence)
    click.echo(f"{'domain':<10} {'n':>5} " + " ".join(f"{name:>7}" for name in _COLUMNS))
    all_rows: list[list[float]] = []
    read = read_languages if reader.is_polyglot else read_domains
    for domain in read(data, "report" if part == "report" else "calibrate"):
        rows = outcomes(domain, reader, decision, cache, rules, top_k)
        all_rows.append(_figures(rows))
        click.echo(_line(domain.name, len(rows), all_rows[-1]))
    means = np.nanmean(np.array(all_rows), axis=0)
    click.echo(_line("mean", len(all_rows), means.tolist()))


def _line(name: str, count: int, figures: Sequence[float]) -> str:
    return f"{name:<10} {count:>5} " + " ".join(f"{figure:>7.3f}" for figure in figures)


def _figures(rows: Sequence[DomainAnswer]) -> list[float]:
    """Return the columns' figures of a domain, NaN where there is nothing to count."""
    known = [one for one in rows if one.answerable]
    judgements = [
        Judgement(answered=one.answered, confidence=one.chance, right=one.right) for one in rows
    ]
    gaps, given = expected_calibration_error(judgements, np.ones((1, len(rows))))
    return [
        _mean([one.right for one in known]),
        _mean([not one.answered for one in known]),
        _mean([one.answered for one in rows if not one.answerable]),
        _mean([one.right for one in rows]),
        _mean([one.f1 for one in known if one.answered]),
        float(gaps[0] / given[0]) if given[0] else float("nan"),
    ]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


if __name__ == "__main__":
    main()
