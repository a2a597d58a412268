"""Every route with every role and tenant: no route is without a rule, and each keeps to it."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from litestar import get
from tenants import SECRETS, Tenants, tenants

from citespan.api.access import GRANTS, OPEN, Role
from citespan.api.access.rules import Rule, rule_of

QUESTION = {"question": "When does the canteen open?"}
_MESSAGES = [{"role": "user", "content": "When does the canteen open?"}]
_MCP = {"accept": "application/json, text/event-stream"}
_LISTS = "lists"  # a caller of another tenant gets a list without what is hidden


class Case(NamedTuple):
    """A request about the collection `hr`: what it gets who may send it, and another tenant."""

    path: str
    status: int = 200
    other: int | str = 404
    more: Mapping[str, Any] = MappingProxyType({})


def _json(**body: Any) -> dict[str, Any]:
    return {"json": body}


def _text(data: str) -> dict[str, Any]:
    return {"content": data, "headers": {"content-type": "text/plain"}}


_CALL = {"name": "search", "arguments": {"query": "canteen", "collection": "hr"}}
_RPC = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": _CALL}
_JUDGED = {"status": "answered", "mode": "extractive", "confidence": 0.5}
LABEL = {**QUESTION, "verdict": "should_refuse", "answer": _JUDGED}
_OF_ALL = "/v1/runs"  # for callers who see all collections
_LINES = {"content": '{"text": "A line."}', "headers": {"content-type": "application/x-ndjson"}}
CASES: dict[tuple[str, str], Case] = {
    ("GET", "/"): Case("/", other=200, more={"headers": {"accept": "text/html"}}),
    ("GET", "/library"): Case("/library", other=200, more={"headers": {"accept": "text/html"}}),
    ("GET", "/documents/{document_id}"): Case(
        "/documents/board", other=200, more={"headers": {"accept": "text/html"}}
    ),
    ("GET", "/web/{name}"): Case("/web/app.js", other=200),
    ("GET", "/widget.js"): Case("/widget.js", other=200),
    ("GET", "/widget/{name}"): Case("/widget/turn.js", other=200),
    ("GET", "/health/live"): Case("/health/live", other=200),
    ("GET", "/health/ready"): Case("/health/ready", other=_LISTS),
    ("GET", "/version"): Case("/version", other=200),
    ("GET", "/schema"): Case("/schema", other=200),
    ("GET", "/metrics"): Case("/metrics", other=403),
    ("POST", "/v1/ask"): Case("/v1/ask", more=_json(collection="hr", **QUESTION)),
    ("POST", "/v1/search"): Case("/v1/search", more=_json(collection="hr", query="canteen")),
    ("POST", "/v1/chat/completions"): Case(
        "/v1/chat/completions", more=_json(model="citespan/hr", messages=_MESSAGES)
    ),
    ("POST", "/v1/responses"): Case(
        "/v1/responses", more=_json(model="citespan/hr", input="When does the canteen open?")
    ),
    ("GET", "/v1/models"): Case("/v1/models", other=_LISTS),
    ("GET", "/v1/models/{name}"): Case("/v1/models/citespan/hr"),
    ("POST", "/mcp"): Case("/mcp", other=_LISTS, more={"json": _RPC, "headers": _MCP}),
    ("GET", "/v1/collections"): Case("/v1/collections", other=_LISTS),
    ("POST", "/v1/collections"): Case("/v1/collections", 409, 403, _json(name="hr")),
    ("GET", "/v1/collections/{name}"): Case("/v1/collections/hr"),
    ("DELETE", "/v1/collections/{name}"): Case("/v1/collections/hr", 204),
    # Before the reindexing, there is nothing to go back to.
    ("POST", "/v1/collections/{name}/rollback"): Case("/v1/collections/hr/rollback", 409),
    ("POST", "/v1/collections/{name}/reindex"): Case(
        "/v1/collections/hr/reindex", 202, more=_json(chunking={"max_tokens": 40})
    ),
    ("GET", "/v1/documents"): Case("/v1/documents?collection=hr"),
    ("POST", "/v1/documents"): Case(
        "/v1/documents?collection=hr&id=open", more=_text("The canteen opens at noon and closes"
        " at three.")
    ),
    ("GET", "/v1/documents/{document_id}"): Case("/v1/documents/open?collection=hr"),
    ("PUT", "/v1/documents/{document_id}"): Case(
        "/v1/documents/open?collection=hr", more=_text("The canteen is closed.")
    ),
    ("DELETE", "/v1/documents/{document_id}"): Case("/v1/documents/open?collection=hr", 204),
    ("GET", "/v1/documents/{document_id}/revisions"): Case(
        "/v1/documents/open/revisions?collection=hr"
    ),
    ("DELETE", "/v1/documents/{document_id}/revisions/{revision}"): Case(
        "/v1/documents/open/revisions/999?collection=hr", 404
    ),
    ("GET", "/v1/documents/{document_id}/text"): Case("/v1/documents/open/text?collection=hr"),
    ("GET", "/v1/documents/{document_id}/where"): Case("/v1/documents/file/where?collection=hr"),
    ("GET", "/v1/documents/{document_id}/outline"): Case(
        "/v1/documents/file/outline?collection=hr"
    ),
    ("GET", "/v1/documents/{document_id}/original"): Case(
        "/v1/documents/file/original?collection=hr"
    ),
    ("GET", "/v1/documents/{document_id}/pages/{page}"): Case(
        "/v1/documents/file/pages/1.png?collection=hr&width=50"
    ),
    ("GET", "/v1/jobs"): Case("/v1/jobs", other=_LISTS),
    ("POST", "/v1/jobs"): Case("/v1/jobs?collection=hr", 202, more=_LINES),
    ("GET", "/v1/jobs/{job_id}"): Case("/v1/jobs/JOB"),
    ("DELETE", "/v1/jobs/{job_id}"): Case("/v1/jobs/JOB"),
    ("GET", "/v1/labels"): Case("/v1/labels?collection=hr"),
    ("POST", "/v1/labels"): Case("/v1/labels?collection=hr", 201, more={"json": LABEL}),
    ("PATCH", "/v1/labels/{label_id}"): Case(
        "/v1/labels/LABEL?collection=hr", more=_json(state="accepted")
    ),
    ("DELETE", "/v1/labels/{label_id}"): Case("/v1/labels/LABEL?collection=hr", 204),
    ("GET", "/v1/labels/dataset"): Case("/v1/labels/dataset?collection=hr", 404),
    ("GET", "/v1/unanswered"): Case("/v1/unanswered?collection=hr"),
    ("DELETE", "/v1/unanswered"): Case("/v1/unanswered?collection=hr", 204),
    ("GET", "/v1/runs"): Case("/v1/runs"),
    ("GET", "/v1/runs/{time}/{dataset}"): Case("/v1/runs/x/y", 404),
    ("GET", "/v1/runs/{time}/{dataset}/changes"): Case("/v1/runs/x/y/changes?since=x/z", 404),
    ("GET", "/review"): Case("/review", other=200, more={"headers": {"accept": "text/html"}}),
    ("GET", "/runs"): Case("/runs", other=200, more={"headers": {"accept": "text/html"}}),
    ("GET", "/opensearch.xml"): Case("/opensearch.xml", other=200),
    ("GET", "/v1/sources"): Case("/v1/sources", other=_LISTS),
    ("GET", "/v1/sources/{source}"): Case("/v1/sources/notes"),
    ("POST", "/v1/sources/{source}/runs"): Case("/v1/sources/notes/runs", 202),
    ("POST", "/v1/sources/{source}/hook"): Case("/v1/sources/notes/hook", 403, 403),
}  # fmt: skip
WHO = [("none", "whole"), ("scrape", "whole")] + [
    (role, tenant) for role in ("ask", "write", "admin") for tenant in ("whole", "hr", "eng")
]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenants]:
    with tenants(tmp_path_factory.mktemp("tenants")) as made:
        yield made


@pytest.fixture(scope="module")
def rules(served: Tenants) -> Mapping[tuple[str, str], str]:
    return served.rules


def test_every_route_has_a_case(rules: Mapping[tuple[str, str], str]) -> None:
    assert set(CASES) == set(rules)


def test_a_route_without_a_rule_is_no_route() -> None:
    @get("/v1/new", sync_to_thread=False)
    def new() -> None: ...

    with pytest.raises(LookupError, match="names no rule"):
        rule_of(new)


def expected(rule: Rule, case: Case, role: str, tenant: str) -> int | str:
    if role == "none":
        if rule is not OPEN:
            return 401
        return case.other
    if rule not in GRANTS[Role(role)]:
        return 403
    if rule is Rule.SCRAPE:
        return 200 if role == "scrape" or tenant == "whole" else 403
    if case.path.startswith(_OF_ALL) and tenant != "whole":
        return 403
    seen = tenant in {"whole", "hr"} and role != "scrape"
    return case.status if seen or rule is OPEN else case.other


@pytest.mark.parametrize(("role", "tenant"), WHO)
def test_every_route_keeps_to_its_rule(
    served: Tenants, rules: Mapping[tuple[str, str], str], role: str, tenant: str
) -> None:
    wrong: list[str] = []
    for (method, path), case in CASES.items():
        address = case.path
        if "JOB" in address:
            address = address.replace("JOB", job_for(served, role, tenant))
        if "LABEL" in address:
            address = address.replace("LABEL", label_for(served, role, tenant))
        response = served.send(method, address, role, tenant, **case.more)
        wanted = expected(Rule(rules[method, path]), case, role, tenant)
        hidden = role not in {"admin"} or tenant == "eng"
        leaked = [word for word in SECRETS[:1] if hidden and word in response.text]
        if tenant == "eng" and "canteen" in response.text.replace("When does the canteen", ""):
            leaked.append("canteen")
        status = 200 if wanted == _LISTS else wanted
        if response.status_code != status or leaked:
            wrong.append(f"{method} {path}: {response.status_code}, not {wanted} {leaked}")
        if method != "GET" and response.is_success:
            served.fill()
        if wanted == _LISTS and '"hr"' in response.text:
            wrong.append(f"{method} {path} lists hr")
    assert wrong == []


def job_for(served: Tenants, role: str, tenant: str) -> str:
    """A job in `hr`: the caller's own, if he may have one."""
    able = role in {"write", "admin"} and tenant in {"whole", "hr"}
    who = (role, tenant) if able else ("write", "hr")
    made = served.send("POST", "/v1/jobs?collection=hr", *who, **_LINES)
    assert made.status_code == 202
    return made.json()["id"]


def label_for(served: Tenants, role: str, tenant: str) -> str:
    """A judgement in `hr`: the caller's own, if he may send one."""
    able = role in {"ask", "write", "admin"} and tenant in {"whole", "hr"}
    who = (role, tenant) if able else ("ask", "hr")
    made = served.send("POST", "/v1/labels?collection=hr", *who, json=LABEL)
    assert made.status_code == 201
    return made.json()["id"]
