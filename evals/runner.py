"""A run: store the documents, ask every question, score, and write it all into a folder."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal, Protocol, TypeAlias, TypeVar

import msgspec

from evals.errors import RunError
from evals.folders import RunFolder
from evals.references import REFERENCES
from evals.remote import HttpSystem
from evals.results import Run, Scores
from evals.scoring import score
from evals.surroundings import Stopwatch, describe, measured_settings
from evals.systems import CitespanSystem, RetrievalSystem, System
from evals.types import Dataset, Question, Response
from index import Corpus, Draft, Side
from qa import Settings, open_corpus, open_service

T = TypeVar("T")
Subject: TypeAlias = Literal["citespan", "hybrid", "bm25", "dense"]

_SIDES: Mapping[str, tuple[Side, ...]] = {
    "hybrid": (Side.DENSE, Side.LEXICAL),
    "bm25": (Side.LEXICAL,),
    "dense": (Side.DENSE,),
}


class Track(Protocol):
    """Goes through things and shows how far it is."""

    def __call__(self, items: Iterable[T], label: str, total: int) -> Iterable[T]: ...


def untracked(items: Iterable[T], label: str, total: int) -> Iterable[T]:  # noqa: ARG001
    """Show nothing."""
    return items


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run does.

    subject: what is measured: citespan, or its retrieval alone, which copies the top passage.
    against: the URL of a citespan server to ask instead; upload: store what it lacks there.
    limit: ask so many questions, drawn with `seed`; the others are skipped.
    """

    settings: Settings
    subject: Subject = "citespan"
    against: str | None = None
    upload: bool = False
    limit: int | None = None
    seed: int = 0
    resamples: int = 10_000


def run(dataset: Dataset, out: Path, plan: Plan, track: Track = untracked) -> Run:
    """Measure, and write the run's folder.

    A run that was stopped goes on where it was, if data, settings and version are the same.

    Args:
        dataset: what to ask of what.
        out: a new folder, or that of the same run, stopped.
        plan: how.
        track: told about progress.

    Raises:
        RunError: the folder holds something else, or a server cannot be measured.
    """
    asked = _sample(dataset.questions, plan)
    skipped = {question.id for question in dataset.questions} - {question.id for question in asked}
    folder = RunFolder.open(out, _identity(dataset, plan))
    watch = Stopwatch()
    with closing(folder), ExitStack() as opened:
        with open_corpus(folder.index, plan.settings) as corpus, watch.stage("ingest_s"):
            _store(dataset, corpus, track)
        service = opened.enter_context(open_service(folder.index, settings=plan.settings))
        corpus = service.corpus
        alone = {
            name: RetrievalSystem(corpus, dataset.documents, sides)
            for name, sides in _SIDES.items()
        }
        system: System = alone.get(plan.subject) or CitespanSystem(service)
        citespan = version("citespan")
        if plan.against:
            system = server = opened.enter_context(closing(HttpSystem(plan.against)))
            citespan = server.version
            _check_remote(server, plan.against, dataset, upload=plan.upload)
        else:
            service.warm()
        responses = _ask(system, asked, folder, track)
        rows = {plan.subject: [responses[question.id] for question in asked]}
        rows |= _references(dataset, asked, responses, alone, plan, track)
        scores: dict[str, Scores] = {
            name: score(dataset, row, skipped=skipped, resamples=plan.resamples, seed=plan.seed)
            for name, row in track(rows.items(), "Scoring", len(rows))
        }
        info = describe(dataset, plan, corpus, folder.index, watch, rows[plan.subject], citespan)
        result = Run(dataset=dataset, info=info, scores=scores, responses=responses)
        folder.finish(result)
    return result


def _sample(questions: Sequence[Question], plan: Plan) -> list[Question]:
    if plan.limit is None or plan.limit >= len(questions):
        return list(questions)
    draw = random.Random(plan.seed)  # noqa: S311  (a sample, not a secret)
    chosen = set(draw.sample(range(len(questions)), plan.limit))
    return [question for at, question in enumerate(questions) if at in chosen]


def _identity(dataset: Dataset, plan: Plan) -> bytes:
    """Equal for two runs that ask the same of the same."""
    return msgspec.json.encode(
        {
            "citespan": version("citespan"),
            "dataset": dataset.sha256,
            "subject": plan.subject,
            "against": plan.against,
            "limit": plan.limit,
            "seed": plan.seed,
            "settings": measured_settings(plan.settings),
        },
        order="sorted",
    )


def _store(dataset: Dataset, corpus: Corpus, track: Track) -> None:
    drafts = (
        Draft(id=document.id, text=document.text, title=document.title)
        for document in dataset.documents.values()
    )
    for _ in track(corpus.put_many(drafts), "Storing", len(dataset.documents)):
        pass


def _check_remote(system: HttpSystem, url: str, dataset: Dataset, *, upload: bool) -> None:
    missing = system.check_documents(dataset)
    if missing and not upload:
        raise RunError(
            f"{url} lacks {len(missing)} documents of the data set, or holds them with another"
            " text; --upload stores them there"
        )
    system.upload(missing)


def _ask(
    system: System, asked: Sequence[Question], folder: RunFolder, track: Track
) -> dict[str, Response]:
    """All responses; what was answered before a run was stopped is not asked again."""
    responses = {answer.question_id: answer for answer in folder.responses()}
    left = [question for question in asked if question.id not in responses]
    for question in track(left, "Asking", len(left)):
        response = system.respond(question)
        folder.keep(response)
        responses[question.id] = response
    return responses


def _references(
    dataset: Dataset,
    asked: Sequence[Question],
    responses: Mapping[str, Response],
    alone: Mapping[str, System],
    plan: Plan,
    track: Track,
) -> Iterator[tuple[str, list[Response]]]:
    for name, reference in REFERENCES.items():
        yield name, [reference(dataset, q, responses[q.id], plan.seed) for q in asked]
    for name, system in alone.items():
        if name != plan.subject:
            yield name, [system.respond(q) for q in track(asked, name, len(asked))]
