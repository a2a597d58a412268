"""Routes that rebuild the chunks of a collection, and roll back to the previous ones."""

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from citespan.api.access import ADMIN, RULE
from citespan.api.errors.types import InvalidRequest
from citespan.api.middleware.changes import tell
from citespan.api.middleware.lines import STORING
from citespan.api.routes.collections import CollectionBody, collection_body
from citespan.api.routes.jobs import JobBody, job_body
from citespan.api.wire.bodies import AnyRequest, read_json
from citespan.api.wire.requests import ReindexRequest
from citespan.api.wire.urls import job_url
from citespan.qa.collections import Collections
from citespan.qa.errors import InvalidCollection


@post(
    "/v1/collections/{name:str}/reindex",
    opt={"line": STORING, RULE: ADMIN},
    sync_to_thread=True,
    status_code=202,
)
def reindex(
    collections: NamedDependency[Collections],
    request: AnyRequest,
    body: RawBody,
    name: FromPath[str],
) -> Response[JobBody]:
    """Rebuild all chunks of a collection in the background, and then answer from the new ones."""
    asked = read_json(request, body, ReindexRequest)
    try:
        job = collections.reindex(name, asked.own())
        tell(request.scope, target=job.id)
    except InvalidCollection as error:
        raise InvalidRequest.of(error.place, error.why) from error
    return Response(job_body(job), status_code=202, headers={"location": job_url(job.id)})


@post(
    "/v1/collections/{name:str}/rollback",
    opt={"line": STORING, RULE: ADMIN},
    sync_to_thread=True,
    status_code=200,
)
def roll_back(collections: NamedDependency[Collections], name: FromPath[str]) -> CollectionBody:
    """Roll a collection back to its chunks before the last reindexing; build missing chunks."""
    return collection_body(collections.roll_back(name))
