"""Time to the first text of an answer: `python -m citespan.evals.bench.streaming [FOLDER]`.

Extractive answers: the time until the first quote is streamed, against that of the whole answer,
not streamed. If the settings name a language model (`CITESPAN_LLM__BASE_URL`,
`CITESPAN_LLM__MODEL`), generated answers are measured, too. Their time is until the first checked
sentence is streamed, less the model's own time for a first sentence. It is compared with the time
to find passages and evidence. Questions without an answer are left out.
"""

import re
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import click
import msgspec
import numpy as np

from citespan.evals.datasets import open_dataset
from citespan.evals.errors import DatasetError
from citespan.evals.types import Dataset
from citespan.index import Draft
from citespan.index.errors import StoreError
from citespan.qa import Mode, Service, load_settings, open_service
from citespan.qa.answer import Delta, Done
from citespan.qa.errors import QAError
from citespan.qa.llm import Endpoint, Writing
from citespan.qa.settings import LlmSettings
from citespan.qa.types import Message, Usage

_STOP = re.compile(r"[.!?。]")
_RETRIEVAL = ("embed", "retrieve", "evidence")


class _Timed(Writing):
    """A writing that records when its first sentence was complete."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._began_s = time.perf_counter()
        self.sentence_ms: float | None = None

    def __next__(self) -> str:
        piece = next(self._writing)
        if self.sentence_ms is None and _STOP.search(piece):
            self.sentence_ms = (time.perf_counter() - self._began_s) * 1000
        return piece

    @property
    def usage(self) -> Usage | None:
        return self._writing.usage

    @property
    def truncated(self) -> bool:
        return self._writing.truncated

    def close(self) -> None:
        self._writing.close()


class _TimedEndpoint(Endpoint):
    """A language model whose last answer was timed."""

    last: _Timed

    def write(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        cancelled: threading.Event | None = None,
        limit_s: float | None = None,
    ) -> Writing:
        writing = super().write(
            messages, max_tokens=max_tokens, cancelled=cancelled, limit_s=limit_s
        )
        self.last = _Timed(writing)
        return self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Milliseconds of one answer: until its first text, of its comparison, of all."""

    first: float
    compared: float
    whole: float


@click.command()
@click.argument("folder", default="seed")
@click.option("--questions", type=click.IntRange(1), default=50, show_default=True, help="At most.")
@click.option("--repeats", type=click.IntRange(1), default=3, show_default=True)
def main(folder: str, questions: int, repeats: int) -> None:
    """Ask the questions of the data set in FOLDER, one at a time."""
    settings = load_settings(flags={"data": {"seed": False}})
    try:
        dataset = open_dataset(folder)
        endpoint = _endpoint(settings.llm)
        data = msgspec.structs.replace(settings.data, models=str(settings.models_path()))
        settings = msgspec.structs.replace(settings, data=data)
        with (
            tempfile.TemporaryDirectory() as scratch,
            open_service(scratch, settings=settings, endpoint=endpoint) as service,
        ):
            _measure(service, endpoint, dataset, questions, repeats)
            if endpoint:
                endpoint.close()
    except (QAError, StoreError) as error:
        raise click.ClickException(str(error)) from error


def _endpoint(settings: LlmSettings) -> _TimedEndpoint | None:
    if not settings.base_url:
        return None
    return _TimedEndpoint(
        base_url=settings.base_url,
        model=settings.model,
        api_key=settings.api_key,
        timeout_s=settings.timeout_s,
        limit_s=settings.limit_s,
    )


def _measure(
    service: Service, endpoint: _TimedEndpoint | None, dataset: Dataset, most: int, repeats: int
) -> None:
    for one in dataset.documents.values():
        service.corpus.put(Draft(id=one.id, text=one.text, title=one.title))
    service.warm()
    asked = [question.text for question in dataset.questions][:most] * repeats
    if not asked:
        raise DatasetError(f"{dataset.card.name}: questions are needed")
    _print(
        "first quote", "whole answer", [row for one in asked if (row := _extractive(service, one))]
    )
    if endpoint:
        endpoint.warm()
        rows = [row for one in asked if (row := _generated(service, endpoint, one))]
        _print("first checked sentence, less the model's own time", "retrieval", rows)


def _extractive(service: Service, question: str) -> _Row | None:
    """Time the first quote of a streamed answer, against the answer that is not streamed."""
    began_s = time.perf_counter()
    answer = service.ask(question, mode=Mode.EXTRACTIVE)
    compared = (time.perf_counter() - began_s) * 1000
    first, whole = _streamed(service, question, Mode.EXTRACTIVE)
    return _Row(first=first, compared=compared, whole=whole) if answer.text and first else None


def _generated(service: Service, endpoint: _TimedEndpoint, question: str) -> _Row | None:
    """Time the first sentence, less the model's own, against the stages before the model."""
    began_s, first = time.perf_counter(), None
    for event in service.stream(question, mode=Mode.GENERATED):
        if isinstance(event, Delta) and first is None:
            first = (time.perf_counter() - began_s) * 1000
        if isinstance(event, Done):
            own = endpoint.last.sentence_ms if event.answer.mode is Mode.GENERATED else None
            if first is None or own is None or event.answer.fallback:
                return None
            timings = event.answer.timings_ms
            retrieval = sum(timings[stage] for stage in _RETRIEVAL)
            return _Row(first=first - own, compared=retrieval, whole=timings["total"])
    return None


def _streamed(service: Service, question: str, mode: Mode) -> tuple[float, float]:
    """Return milliseconds until the first text, 0 if there is none, and until the end."""
    began_s, first = time.perf_counter(), 0.0
    for event in service.stream(question, mode=mode):
        if isinstance(event, Delta) and not first:
            first = (time.perf_counter() - began_s) * 1000
    return first, (time.perf_counter() - began_s) * 1000


def _print(name: str, compared: str, rows: Sequence[_Row]) -> None:
    if not rows:
        click.echo(f"{name}: no question was answered")
        return
    first, other = (
        _percentiles([row.first for row in rows]),
        _percentiles([row.compared for row in rows]),
    )
    ratio = float(np.median([row.first / row.compared for row in rows]))
    over = float(np.median([row.first - row.compared for row in rows]))
    whole = float(np.median([row.whole for row in rows]))
    click.echo(
        f"{name}: {first}, {compared} {other}: {ratio:.3f} of it, {over:+.1f} ms;"
        f" streamed to its end {whole:.1f} ms; {len(rows)} answers"
    )


def _percentiles(values: Sequence[float]) -> str:
    p50, p95 = (float(np.percentile(values, p)) for p in (50, 95))
    return f"{p50:.1f} ms (p95 {p95:.1f})"


if __name__ == "__main__":
    main()
