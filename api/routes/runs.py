"""Routes of what was measured: finished runs, their comparison, and data sets made of labels."""

from typing import Annotated

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from citespan.api.access import ADMIN, RULE, WRITE, rights_of
from citespan.api.errors.types import RunNotFound
from citespan.api.routes.collections import InCollection
from citespan.api.wire.bodies import AnyRequest
from citespan.api.wire.runs import ComparisonBody, RunBody, RunDetailBody, RunListBody
from citespan.qa.collections import Collections
from citespan.qa.errors import NotPermitted
from citespan.qa.settings import DEFAULT

_ZIP = "application/zip"
_Since = Annotated[str, QueryParameter(max_length=500, description="The id of the earlier run.")]


class Measured:
    """What was measured: this is nothing; who serves a data folder says what is in it."""

    def runs(self) -> list[RunBody]:
        """Return the finished runs, the newest first."""
        return []

    def run(self, name: str) -> RunDetailBody:
        """Return a run.

        Raises:
            RunNotFound: there is none.
        """
        raise RunNotFound(f"there is no run {name!r}")

    def compared(self, before: str, after: str) -> ComparisonBody:
        """Compare two runs.

        Raises:
            RunNotFound: one of them is not there.
            InvalidRequest: they are not of the same questions.
        """
        raise RunNotFound(f"there are no runs {before!r} and {after!r}")

    def dataset(self, collections: Collections, name: str) -> bytes:
        """Return the data set that the accepted labels of a collection make, as a ZIP archive.

        Raises:
            InvalidLabel: no label is accepted.
        """
        collections.service(name)
        raise RunNotFound("this server makes no data sets")


@get("/v1/runs", opt={RULE: ADMIN}, sync_to_thread=True)
def list_runs(measured: NamedDependency[Measured], request: AnyRequest) -> RunListBody:
    """List the finished runs of the evaluation in the data folder, the newest first."""
    _check(request)
    return RunListBody(runs=tuple(measured.runs()))


@get("/v1/runs/{time:str}/{dataset:str}", opt={RULE: ADMIN}, sync_to_thread=True)
def show_run(
    measured: NamedDependency[Measured],
    request: AnyRequest,
    time: FromPath[str],
    dataset: FromPath[str],
) -> RunDetailBody:
    """Return a run: its measures, the points of its plots, and its mistakes."""
    _check(request)
    return measured.run(f"{time}/{dataset}")


@get("/v1/runs/{time:str}/{dataset:str}/changes", opt={RULE: ADMIN}, sync_to_thread=True)
def compare_runs(
    measured: NamedDependency[Measured],
    request: AnyRequest,
    time: FromPath[str],
    dataset: FromPath[str],
    since: _Since,
) -> ComparisonBody:
    """Compare a run with an earlier one of the same questions."""
    _check(request)
    return measured.compared(since, f"{time}/{dataset}")


@get("/v1/labels/dataset", opt={RULE: WRITE}, sync_to_thread=True)
def labelled_set(
    measured: NamedDependency[Measured],
    collections: NamedDependency[Collections],
    collection: InCollection = DEFAULT,
) -> Response[bytes]:
    """Return the data set that the accepted labels make, as a ZIP archive of its files."""
    made = measured.dataset(collections, collection)
    named = f'attachment; filename="{collection}-labels.zip"'
    return Response(made, media_type=_ZIP, headers={"content-disposition": named})


def _check(request: AnyRequest) -> None:
    """Refuse callers who do not see everything: runs hold questions about any documents.

    Raises:
        NotPermitted: the caller is limited to some collections or documents.
    """
    if not rights_of(request.scope).unlimited:
        raise NotPermitted("runs are about all collections; this key is limited to some")
