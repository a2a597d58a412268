"""Routes of what people say of answers, and of questions that got none."""

import csv
import io
from collections import Counter
from typing import Annotated, Any, cast

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter, RawBody

from citespan.api.access import ADMIN, ASK, RULE, WRITE
from citespan.api.middleware.changes import tell
from citespan.api.middleware.lines import STORING
from citespan.api.routes.collections import InCollection
from citespan.api.wire.bodies import AnyRequest, read_json
from citespan.api.wire.labels import (
    GapListBody,
    LabelBody,
    LabelChange,
    LabelListBody,
    LabelRequest,
    gap_body,
    label_body,
)
from citespan.qa.collections import Collections
from citespan.qa.collections.feedback import QuestionGroup, State, Verdict, gaps
from citespan.qa.settings import DEFAULT

_CSV = "text/csv"
_SHOWN = 500  # labels listed at once
_FORMULA = tuple("=+-@\t\r")  # programs for tables run what begins so
_InState = Annotated[
    State | None, QueryParameter(name="state", description="Only labels in this state.")
]


class LabelRoutes(Controller):
    """The routes of `/v1/labels`: whether answers are right, said by people."""

    path = "/v1/labels"

    @get(opt={RULE: WRITE}, sync_to_thread=True)
    def page(
        self,
        collections: NamedDependency[Collections],
        collection: InCollection = DEFAULT,
        in_state: _InState = None,
    ) -> LabelListBody:
        """List the labels of a collection, the newest first."""
        labels = collections.labels(collection)
        found = labels.all()
        shown = [one for one in found if in_state in {None, one.state}][:_SHOWN]
        quotes = labels.quotes(shown)
        return LabelListBody(
            labels=tuple(label_body(one, quotes, collection) for one in shown),
            counts=Counter(str(one.state) for one in found),
        )

    @post(opt={"line": STORING, RULE: ASK}, sync_to_thread=True, status_code=201)
    def add(
        self,
        collections: NamedDependency[Collections],
        request: AnyRequest,
        body: RawBody,
        collection: InCollection = DEFAULT,
    ) -> LabelBody:
        """Keep what a person says of an answer, once the store confirms what it points to."""
        given = read_json(request, body, LabelRequest)
        labels = collections.labels(collection)
        made = labels.add(
            given.question,
            Verdict(given.verdict),
            given.answer.judged(),
            [one.marked() for one in given.cited],
            [one.marked() for one in given.spans],
        )
        tell(request.scope, target=made.id, detail=given.verdict)
        return label_body(made, labels.quotes([made]), collection)

    @patch("/{label_id:str}", opt={"line": STORING, RULE: WRITE}, sync_to_thread=True)
    def change(
        self,
        collections: NamedDependency[Collections],
        request: AnyRequest,
        label_id: FromPath[str],
        body: RawBody,
        collection: InCollection = DEFAULT,
    ) -> LabelBody:
        """Accept or reject a label, or correct it."""
        given = read_json(request, body, LabelChange)
        labels = collections.labels(collection)
        made = labels.change(
            label_id,
            state=given.state and State(given.state),
            verdict=given.verdict and Verdict(given.verdict),
            question=given.question,
            spans=None if given.spans is None else [one.marked() for one in given.spans],
        )
        tell(request.scope, detail=str(made.state))
        return label_body(made, labels.quotes([made]), collection)

    @delete("/{label_id:str}", opt={"line": STORING, RULE: WRITE}, sync_to_thread=True)
    def remove(
        self,
        collections: NamedDependency[Collections],
        label_id: FromPath[str],
        collection: InCollection = DEFAULT,
    ) -> None:
        """Remove a label."""
        collections.labels(collection).remove(label_id)


class UnansweredRoutes(Controller):
    """The routes of `/v1/unanswered`: questions without an answer, if the server keeps them."""

    path = "/v1/unanswered"

    @get(opt={RULE: ADMIN}, sync_to_thread=True)
    def page(
        self,
        collections: NamedDependency[Collections],
        request: AnyRequest,
        collection: InCollection = DEFAULT,
    ) -> Response[GapListBody]:
        """Return the questions in groups of near-duplicates, as JSON or, if accepted, as CSV."""
        unanswered = collections.unanswered(collection)
        found = gaps(unanswered.all())
        if request.accept.best_match(["application/json", _CSV]) == _CSV:
            return cast("Any", Response(_table(found), media_type=_CSV))
        return Response(
            GapListBody(kept=unanswered.kept, gaps=tuple(gap_body(gap) for gap in found))
        )

    @delete(opt={"line": STORING, RULE: ADMIN}, sync_to_thread=True)
    def clear(
        self, collections: NamedDependency[Collections], collection: InCollection = DEFAULT
    ) -> None:
        """Forget all questions of a collection."""
        collections.unanswered(collection).clear()


def _table(found: list[QuestionGroup]) -> bytes:
    made = io.StringIO()
    rows = csv.writer(made)
    rows.writerow(["question", "count", "first", "last", "reasons", "wordings"])
    for gap in found:
        reasons = ", ".join(f"{reason} {count}" for reason, count in gap.reasons.items())
        cells = [
            gap.question,
            str(gap.count),
            gap.first,
            gap.last,
            reasons,
            " | ".join(gap.wordings),
        ]
        rows.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return made.getvalue().encode()
