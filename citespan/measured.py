"""What `citespan serve` shows of the evaluation: runs, comparisons, and data sets of labels."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from citespan.api.errors.types import InvalidRequest, RunNotFound
from citespan.api.routes import Measured
from citespan.api.wire import (
    BinBody,
    ComparisonBody,
    DifferenceBody,
    MeasureBody,
    MistakeBody,
    RunBody,
    RunDetailBody,
    TurnedBody,
)
from citespan.evals import review
from citespan.evals.errors import DatasetError, NotComparable, RunError
from citespan.index import Corpus
from citespan.qa.collections import Collections
from citespan.qa.errors import InvalidLabel

_PAGE = 500  # documents listed at once
_MOST = 20_000  # documents of a data set that is sent as one archive


class MeasuredHere(Measured):
    """The runs in a data folder, and data sets made of its labels, as the routes show them."""

    def __init__(self, data: Path) -> None:
        self._data = data

    def runs(self) -> list[RunBody]:
        """Return the finished runs of the data folder, the newest first."""
        return [_body(found) for found in review.found_runs(self._data)]

    def run(self, name: str) -> RunDetailBody:
        """Return a run, or raise RunNotFound."""
        try:
            found = review.detail_of(self._data, name)
        except RunError as error:  # its message names folders
            raise RunNotFound(f"there is no sound run {name!r}") from error
        bins = found.curves.reliability
        return RunDetailBody(
            **msgspec.structs.asdict(_body(found.run)),
            risk_coverage=found.curves.risk_coverage,
            reliability=tuple(
                BinBody(confidence=one.confidence, accuracy=one.accuracy, n=one.n) for one in bins
            ),
            span_recall=found.curves.span_recall,
            mistakes=tuple(
                MistakeBody(
                    question_id=one.question_id, question=one.question, fault=one.fault,
                    sentence=one.sentence,
                )
                for one in found.mistakes
            ),
        )  # fmt: skip

    def compared(self, before: str, after: str) -> ComparisonBody:
        """Compare two runs, or raise RunNotFound or InvalidRequest."""
        try:
            found = review.turned(self._data, before, after)
        except NotComparable as error:
            raise InvalidRequest.of("since", str(error)) from error
        except RunError as error:
            raise RunNotFound(f"there are no sound runs {before!r} and {after!r}") from error
        return ComparisonBody(
            differences=tuple(map(_difference, found.differences)),
            turned=tuple(
                TurnedBody(
                    question_id=one.question_id, question=one.question, before=one.before,
                    after=one.after,
                )
                for one in found.questions
            ),
        )  # fmt: skip

    def dataset(self, collections: Collections, name: str) -> bytes:
        """Return the data set of a collection's accepted labels, or raise InvalidLabel."""
        corpus = collections.service(name).corpus
        documents, _ = corpus.counts()
        if documents > _MOST:
            raise InvalidLabel(
                "the data set",
                f"has {documents} documents, too many for one archive; use `citespan eval label"
                " --out FOLDER` on the server",
            )
        try:
            made = review.labelled_dataset(
                collections.labels(name), _ids(corpus), corpus.get, f"{name}-labels"
            )
            return review.zipped(made.dataset)
        except DatasetError as error:
            raise InvalidLabel("the data set", f"cannot be made: {error}") from error


def _body(found: review.FoundRun) -> RunBody:
    metrics = found.metrics
    record = metrics.systems[metrics.subject]
    return RunBody(
        id=found.name,
        dataset=metrics.dataset.name,
        created_at=found.created_at,
        subject=metrics.subject,
        documents=metrics.dataset.documents,
        questions=metrics.dataset.questions,
        failed=record.counts.get("failed", 0),
        headline=tuple(
            MeasureBody(
                name=measure.name, title=measure.title, value=estimate.value, low=estimate.low,
                high=estimate.high, n=estimate.n, higher_is_better=measure.higher_is_better,
            )
            for measure, estimate in review.headline(record)
        ),
    )  # fmt: skip


def _difference(found: review.Difference) -> DifferenceBody:
    verdict = "worse" if found.is_worse else "better" if found.is_better else "same"
    return DifferenceBody(
        measure=found.measure, title=review.title_of(found.measure), before=found.before,
        after=found.after, n=found.n, p=found.adjusted, verdict=verdict,
    )  # fmt: skip


def _ids(corpus: Corpus) -> Iterator[str]:
    cursor: str | None = None
    while True:
        page = corpus.documents(cursor=cursor, limit=_PAGE)
        yield from (one.id for one in page.documents)
        cursor = page.next_cursor
        if cursor is None:
            return
