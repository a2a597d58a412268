"""Routes that make the chunks of a collection anew, and go back to those before."""

from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, RawBody

from api.bodies import AnyRequest, read_json
from api.collections import CollectionBody, collection_body
from api.errors import InvalidRequest
from api.jobs import JobBody, job_body
from api.lines import STORING
from api.requests import ReindexRequest
from api.urls import job_url
from qa.collections import Collections
from qa.errors import InvalidCollection


@post(
    "/v1/collections/{name:str}/reindex",
    opt={"line": STORING},
    sync_to_thread=True,
    status_code=202,
)
def reindex(
    collections: NamedDependency[Collections],
    request: AnyRequest,
    body: RawBody,
    name: FromPath[str],
) -> Response[JobBody]:
    """Make all chunks of a collection anew in the background, and then answer from them."""
    asked = read_json(request, body, ReindexRequest)
    try:
        job = collections.reindex(name, asked.own())
    except InvalidCollection as error:
        raise InvalidRequest.of(error.place, error.why) from error
    return Response(job_body(job), status_code=202, headers={"location": job_url(job.id)})


@post(
    "/v1/collections/{name:str}/rollback",
    opt={"line": STORING},
    sync_to_thread=True,
    status_code=200,
)
def roll_back(collections: NamedDependency[Collections], name: FromPath[str]) -> CollectionBody:
    """Answer from the chunks before the last reindexing; those that they lack are made first."""
    return collection_body(collections.roll_back(name))
