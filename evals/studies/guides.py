"""Everyday questions on the guides of two products and a company.

`python -m citespan.evals.studies.guides FOLDER [--show] [--data KEPT]`.

`guides.jsonl` has 80 questions. One person's 60 were written from the guides before any answer was
seen, and another person's 20 apart from those. FOLDER has a folder for each guide:

- `deeson`: `docs` of github.com/teamdeeson/codex at 15fc279 (CC BY-SA 4.0);
- `plausible`: `docs` of github.com/plausible/docs at 208d58c (CC BY-SA 4.0), without
  `proxy/guides`;
- `beets`: of `docs` of github.com/beetbox/beets at 07f39c5 (MIT), `index.rst`, `faq.rst`,
  `team.rst`, `guides`, `reference` and `plugins`.

An answer is right if its quotes have all the strings of `must`, and in part if they have some; "|"
is between strings of which one is enough. Of a question without `must`, which the guide does not
answer, only an abstention is right. What a quote has is compared by letters and digits.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import click
import msgspec
from rich.console import Console
from rich.progress import track

from citespan.evals.studies.files import store
from citespan.evals.studies.lines import records
from citespan.index.reading import FileReader
from citespan.qa import Answer, Service, load_settings
from citespan.qa.composition import open_service
from citespan.qa.types import Message

QUESTIONS = Path(__file__).with_name("guides.jsonl")
_TEXTS = {".md", ".mdx", ".rst"}
_OTHER = re.compile(r"\W+")

Verdict: TypeAlias = Literal["right", "in part", "wrong", "refused", "false"]
_VERDICTS: tuple[Verdict, ...] = ("right", "in part", "wrong", "refused", "false")


class GuideQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question; `files` have its answer, and a question without any is not answered there."""

    id: str
    guide: str
    writer: Literal["first", "second"]
    kind: str
    question: str
    history: tuple[Message, ...] = ()
    must: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--show", is_flag=True, help="Print the answers that are not right.")
@click.option("--data", type=click.Path(path_type=Path), help="Keep what is stored here.")
def main(folder: Path, data: Path | None, *, show: bool) -> None:
    """Store each guide in FOLDER, ask its questions, and print how many are answered right."""
    out = Console(highlight=False)
    questions = records(QUESTIONS, GuideQuestion)
    counts: dict[str, Counter[Verdict]] = {}
    with tempfile.TemporaryDirectory() as made:
        for guide in dict.fromkeys(one.guide for one in questions):
            path = str((data or Path(made)) / guide)
            settings = load_settings(environ={}, flags={"data": {"path": path, "seed": False}})
            with open_service(settings=settings) as service:
                texts = (one for one in (folder / guide).rglob("*") if one.suffix in _TEXTS)
                store(service, sorted(texts), FileReader(), Console(stderr=True))
                asked = [one for one in questions if one.guide == guide]
                for one, verdict, answer in _answered(service, asked):
                    for name in (guide, f"{one.writer} writer", "all"):
                        counts.setdefault(name, Counter())[verdict] += 1
                    if show and verdict != "right":
                        _show(out, one, verdict, answer)
    out.print(f"{'':16}" + "".join(f"{name:>9}" for name in ("n", *_VERDICTS)))
    for name, found in counts.items():
        row = (found.total(), *(found[verdict] for verdict in _VERDICTS))
        out.print(f"{name:16}" + "".join(f"{number:>9}" for number in row))


def _answered(
    service: Service, questions: list[GuideQuestion]
) -> Iterator[tuple[GuideQuestion, Verdict, Answer]]:
    for one in track(questions, "asking", console=Console(stderr=True), transient=True):
        answer = service.ask(one.question, history=one.history)
        yield one, verdict_of(answer, one.must), answer


def verdict_of(answer: Answer, must: tuple[str, ...]) -> Verdict:
    """Return what an answer is if a right one has these strings; none: if it should abstain."""
    if not answer.citations:
        return "refused" if must else "right"
    if not must:
        return "false"
    said = _bare(" ".join([answer.text, *(one.quote for one in answer.citations)]))
    held = [any(_bare(one) in said for one in choice.split("|")) for choice in must]
    return "right" if all(held) else "in part" if any(held) else "wrong"


def _bare(text: str) -> str:
    return _OTHER.sub(" ", text.casefold()).strip()


def _show(out: Console, asked: GuideQuestion, verdict: Verdict, answer: Answer) -> None:
    line = f"{asked.id} {verdict} {answer.confidence:.2f}: {asked.question} {list(asked.must)}"
    out.print(line, soft_wrap=True, markup=False)
    out.print(f"    {answer.text}", soft_wrap=True, markup=False)


if __name__ == "__main__":
    main()
