"""Folders of finished runs, made without asking a system."""

from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path

from citespan.evals.results import Run, RunInfo
from citespan.evals.runs.folder import RunFolder
from citespan.evals.scoring import score
from citespan.evals.types import (
    Card,
    CitedSpan,
    Dataset,
    GoldSpan,
    Question,
    Response,
    ResponseStatus,
    SourceDocument,
)

_TEXT = "The office is open at noon."


def write_run(
    folder: Path,
    *,
    right: Collection[str],
    day: int,
    fewer: bool = False,
    words: Sequence[str] = (),
) -> Dataset:
    """Write a run of three questions (or two) to a folder; those in `right` were answered.

    With `words`, the run asks these questions instead.
    """
    asked = {f"q{n}": one for n, one in enumerate(words)} or {
        name: f"Is {name} open?" for name in ("q1", "q2", "q3")[: 2 if fewer else 3]
    }
    span = GoldSpan(document_id="a", start=0, end=len(_TEXT), text=_TEXT)
    dataset = Dataset(
        card=Card(name=folder.name, licence="own", source="own", language="en"),
        documents={"a": SourceDocument(id="a", title="A", text=_TEXT)},
        questions=tuple(
            Question(id=name, text=text, answerable=True, spans=(span,), relevant={"a": 1})
            for name, text in asked.items()
        ),
    )  # fmt: skip
    responses = {one.id: _response(one.id, right=one.id in right) for one in dataset.questions}
    scores = {"citespan": score(dataset, list(responses.values()), resamples=20)}
    info = RunInfo(
        format=1, created_at=f"2026-11-{day:02}T00:00:00+00:00", citespan="0", subject="citespan",
        dataset={}, settings={}, index={}, versions={}, machine={}, seed=0, resamples=20,
        latency_ms={}, peak_memory_bytes=None,
    )  # fmt: skip
    with closing(RunFolder.open(folder, b"{}")) as opened:
        opened.index.mkdir()
        opened.finish(Run(dataset=dataset, info=info, scores=scores, responses=responses))
    return dataset


def _response(name: str, *, right: bool) -> Response:
    if not right:
        return Response(question_id=name, status=ResponseStatus.ABSTAINED)
    cited = CitedSpan(document_id="a", start=0, end=len(_TEXT))
    return Response(question_id=name, text=_TEXT, citations=(cited,), confidence=0.9)
