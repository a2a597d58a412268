"""A run: store the documents, ask every question, score, and write it all into a folder."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from importlib.metadata import version
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from citespan.evals.errors import RunError
from citespan.evals.results import Run, SystemScores
from citespan.evals.runs.folder import RunFolder
from citespan.evals.runs.plan import Plan
from citespan.evals.runs.provenance import Stopwatch, describe, measured_settings
from citespan.evals.runs.references import REFERENCES
from citespan.evals.runs.remote import HttpSystem
from citespan.evals.runs.systems import CitespanSystem, RetrievalSystem, System
from citespan.evals.scoring import score
from citespan.evals.types import Dataset, Question, Response, SourceDocument
from citespan.index import Corpus, Draft
from citespan.index.types import Side
from citespan.qa import Settings, open_service
from citespan.qa.composition import open_corpus

T = TypeVar("T")

_SIDES: Mapping[str, tuple[Side, ...]] = {
    "hybrid": (Side.DENSE, Side.LEXICAL),
    "bm25": (Side.LEXICAL,),
    "dense": (Side.DENSE,),
}


class Track(Protocol):
    """An iteration over things that shows its progress."""

    def __call__(self, items: Iterable[T], label: str, total: int) -> Iterable[T]: ...


def untracked(items: Iterable[T], label: str, total: int) -> Iterable[T]:  # noqa: ARG001
    """Show nothing."""
    return items


def run(
    dataset: Dataset,
    out: Path,
    plan: Plan,
    track: Track = untracked,
    say: Callable[[str], None] = lambda _: None,
) -> Run:
    """Measure, and write the run's folder.

    If data, settings and version are the same, a run that was stopped continues.

    Args:
        dataset: the documents and questions.
        out: a new folder, or that of the same run, stopped.
        plan: the parameters.
        track: called for each loop, to show progress.
        say: called with a message about work that takes a while.

    Raises:
        RunError: the folder holds something else, or a server cannot be measured.
    """
    if plan.against and plan.subject != "citespan":
        raise RunError(f"{plan.against} is asked as citespan; {plan.subject} is measured here only")
    asked = _sample(dataset.questions, plan)
    skipped = {question.id for question in dataset.questions} - {question.id for question in asked}
    settings = _with_models(plan.settings)
    watch = Stopwatch()
    with ExitStack() as opened:
        server: HttpSystem | None = None
        lacking: list[SourceDocument] = []
        if plan.against:  # before anything is written here
            server = opened.enter_context(closing(HttpSystem(plan.against)))
            lacking = _lacking(server, plan.against, dataset, upload=plan.upload)
        folder = opened.enter_context(closing(RunFolder.open(out, _identity(dataset, plan))))
        with open_corpus(folder.index, settings, say=say) as corpus, watch.stage("ingest_s"):
            _store(dataset, corpus, track)
        service = opened.enter_context(open_service(folder.index, settings=settings))
        corpus = service.corpus
        retrievals = {
            name: RetrievalSystem(corpus, dataset.documents, sides)
            for name, sides in _SIDES.items()
        }
        system: System = retrievals.get(plan.subject) or CitespanSystem(service)
        citespan = version("citespan")
        if server:
            server.upload(track(lacking, "Uploading", len(lacking)))
            system, citespan = server, server.version
        else:
            service.warm()
        responses = _ask(system, asked, folder, track)
        rows = {plan.subject: [responses[question.id] for question in asked]}
        rows |= _references(dataset, asked, responses, retrievals, plan, track)
        scores: dict[str, SystemScores] = {
            name: score(dataset, row, skipped=skipped, resamples=plan.resamples, seed=plan.seed)
            for name, row in track(rows.items(), "Scoring", len(rows))
        }
        info = describe(dataset, plan, corpus, folder.index, watch, rows[plan.subject], citespan)
        result = Run(dataset=dataset, info=info, scores=scores, responses=responses)
    folder.finish(result)  # deletes the index, which is closed by now
    return result


def _sample(questions: Sequence[Question], plan: Plan) -> list[Question]:
    if plan.limit is None or plan.limit >= len(questions):
        return list(questions)
    draw = random.Random(plan.seed)  # noqa: S311  (a sample, not a secret)
    chosen = set(draw.sample(range(len(questions)), plan.limit))
    return [question for at, question in enumerate(questions) if at in chosen]


def _identity(dataset: Dataset, plan: Plan) -> bytes:
    """Return a key that is equal for two runs that ask the same questions in the same way."""
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


def _with_models(settings: Settings) -> Settings:
    """Return settings with the user's exported models, so that no run exports its own."""
    data = msgspec.structs.replace(settings.data, models=str(settings.models_path()))
    return msgspec.structs.replace(settings, data=data)


def _lacking(
    server: HttpSystem, url: str, dataset: Dataset, *, upload: bool
) -> list[SourceDocument]:
    lacking = server.check_documents(dataset)
    if lacking and not upload:
        raise RunError(
            f"{url} lacks {len(lacking)} documents of the data set, or holds them with another"
            " text; --upload stores them there"
        )
    return lacking


def _ask(
    system: System, asked: Sequence[Question], folder: RunFolder, track: Track
) -> dict[str, Response]:
    """Return all responses; questions answered before a run was stopped are not asked again."""
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
    retrievals: Mapping[str, System],
    plan: Plan,
    track: Track,
) -> Iterator[tuple[str, list[Response]]]:
    for name, reference in REFERENCES.items():
        yield name, [reference(dataset, q, responses[q.id], plan.seed) for q in asked]
    for name, system in retrievals.items():
        if name != plan.subject:
            yield name, [system.respond(q) for q in track(asked, name, len(asked))]
