"""What browsers are served: the page for those who prefer HTML, and its files from the package."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from api_client import Client, problem
from litestar.testing import TestClient

from citespan.api.server.app import create_app
from citespan.api.web.files import assets
from citespan.qa.errors import NotReady

PAGE = Path(__file__).parents[2] / "api/web/page"
SVG = "http://www.w3.org/2000/svg"  # the name of a kind of elements, and no address
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
VIEWS = [
    "/",
    "/library",
    "/review",
    "/runs",
    "/documents/a%20b",
    "/?q=x",
    "/documents/x?revision=1&start=2&end=3",
]


def never() -> None:
    raise NotReady("the page needs no documents")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with TestClient(create_app(never)) as opened:  # type: ignore[arg-type]
        yield opened


@pytest.mark.parametrize("path", VIEWS)
def test_browsers_get_the_page_before_the_service_is_ready(client: Client, path: str) -> None:
    got = client.get(path, headers=BROWSER)
    assert got.status_code == 200
    assert got.headers["content-type"] == "text/html; charset=utf-8"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["vary"] == "accept"
    policies = got.headers.get_list("content-security-policy")
    assert len(policies) == 1
    rules = dict(one.strip().split(" ", 1) for one in policies[0].split(";"))
    assert rules == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' blob:",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }


@pytest.mark.parametrize("path", VIEWS)
@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/plain", "", "q=;;;,", "a/b/c"])
def test_programs_find_nothing_there(client: Client, path: str, accept: str) -> None:
    problem(client.get(path, headers={"accept": accept}), 404, "not-found")


@pytest.mark.parametrize("path", ["/", "/library", "/documents/x", "/web/app.js"])
def test_what_a_browser_has_is_not_sent_again(client: Client, path: str) -> None:
    first = client.get(path, headers=BROWSER)
    assert first.headers["cache-control"] == "no-cache"
    again = client.get(path, headers=BROWSER | {"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert client.get(path, headers=BROWSER | {"if-none-match": '"other"'}).status_code == 200


def test_every_address_of_the_page_is_relative_and_is_served(client: Client) -> None:
    for path in ("/", "/library", "/documents/x"):
        page = client.get(path, headers=BROWSER)
        found = re.findall(r'(?:href|src)="([^"]+)"', page.text)
        assert not any(one.startswith("/") or ":" in one for one in found)
        loaded = [one for one in found if "web/" in one]
        assert {one.rpartition("/")[2] for one in loaded} == set(assets())
        for one in loaded:
            got = client.get(str(page.url.join(one)))
            assert got.status_code == 200
            assert got.content == (PAGE / one.rpartition("/")[2]).read_bytes()
            assert got.headers["x-content-type-options"] == "nosniff"


def test_a_browser_can_search_here_from_its_address_bar(client: Client) -> None:
    page = client.get("/library", headers=BROWSER)
    (link,) = re.findall(
        r'<link rel="search" type="([^"]+)" title="citespan" href="([^"]+)">', page.text
    )
    found = client.get(str(page.url.join(link[1])))
    assert found.headers["content-type"].startswith(link[0])
    described = ElementTree.fromstring(found.text)  # noqa: S314  (our own)
    addresses = [one.get("template") for one in described.iter() if one.tag.endswith("}Url")]
    assert addresses == ["http://testserver.local/?q={searchTerms}"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("app.js", "text/javascript; charset=utf-8"),
        ("base.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_files_have_their_types(client: Client, name: str, kind: str) -> None:
    assert client.get(f"/web/{name}").headers["content-type"] == kind


@pytest.mark.parametrize("name", ["page.html", "types.d.ts", "x.js", "..%2Froutes.py", "%00", ""])
def test_no_other_file_is_served(client: Client, name: str) -> None:
    problem(client.get(f"/web/{name}"), 404, "not-found")


def test_modules_load_only_each_other_and_make_no_html() -> None:
    modules = {name for name in assets() if name.endswith(".js")}
    loads: dict[str, set[str]] = {}
    for name in modules:
        code = (PAGE / name).read_text("utf-8")
        loads[name] = set(re.findall(r'^import .*?from "\./([^"]+)";$', code, re.MULTILINE))
        assert len(re.findall(r"^import ", code, re.MULTILINE)) == len(loads[name])
        assert code.count("\n") <= 250, name
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b(?! run)|new Function"
            r"|setHTML|DOMParser|createContextualFragment|srcdoc|https?://",
            code.replace(SVG, ""),
        )
    reached = {"app.js"}
    while more := {one for name in reached for one in loads[name]} - reached:
        reached |= more
    assert reached == modules


def test_the_page_is_light() -> None:
    assert sum(len(one.data) for one in assets().values()) < 160_000
