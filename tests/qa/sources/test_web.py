"""Sites as sources: what they list, what they let be read, and how little is asked of them."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websites import HOST, Network, Page, Site, published

from citespan.index import Corpus
from citespan.index.reading import FileReader
from citespan.qa.sources import SyncReport, SyncRules, sync
from citespan.qa.sources.errors import Incomplete
from citespan.qa.sources.guard import Fetcher, Outgoing
from citespan.qa.sources.kinds.sitemaps import read_feed, read_sitemap
from citespan.qa.sources.kinds.web import WebSource, opened_site

START = f"http://{HOST}"
_LIMITS = Outgoing()


@pytest.fixture
def site() -> Site:
    made = Site()
    for number in range(5):
        made.text(f"/guide/{number}", f"Lever {number} opens gate {number}.")
    made.sitemap(*(f"/guide/{number}" for number in range(5)))
    return made


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, site: Site) -> Iterator[Network]:
    with published(monkeypatch, site) as opened:
        yield opened


def opened(network: Network, path: str, kind: str = "sitemap", **more: Any) -> WebSource:
    address = f"{START}{path}"
    limits = more.pop("limits", _LIMITS)
    return opened_site(
        address, kind, Fetcher(address, limits, resolve=network.resolve), limits, **more
    )


def synced(
    corpus: Corpus, network: Network, path: str = "/sitemap.xml", kind: str = "sitemap", **more: Any
) -> SyncReport:
    source = opened(network, path, kind, **more)
    try:
        return sync(corpus, "site", source, SyncRules(), files=FileReader())
    finally:
        source.close()


def stored(corpus: Corpus) -> dict[str, str]:
    """The texts of the documents, by the path of their page."""
    return {
        (info.uri or "").removeprefix(START): corpus.get(info.id).text
        for info in corpus.documents(limit=1000).documents
    }


def test_each_page_of_a_sitemap_is_a_document_that_leads_to_it(
    corpus: Corpus, network: Network, site: Site
) -> None:
    for number in range(5):
        site.html(f"/guide/{number}", f"Lever {number} opens gate {number}.", f"Gate {number}")
    report = synced(corpus, network)
    assert report.in_step
    assert stored(corpus) == {
        f"/guide/{number}": f"Lever {number} opens gate {number}." for number in range(5)
    }
    titles = {info.title for info in corpus.documents().documents}
    assert titles == {f"Gate {number}" for number in range(5)}


def test_a_second_sync_sends_only_conditional_requests(
    corpus: Corpus, network: Network, site: Site
) -> None:
    synced(corpus, network)
    site.seen.clear()
    site.text("/guide/3", "Lever 3 is gone.")
    assert synced(corpus, network).outcomes == {"unchanged": 4, "replaced": 1}
    pages = [(path, status) for path, status in site.seen if path.startswith("/guide")]
    assert sorted(status for _, status in pages) == [200, 304, 304, 304, 304]
    assert len(site.seen) == 7  # with robots.txt and the sitemap
    assert stored(corpus)["/guide/3"] == "Lever 3 is gone."


def test_a_site_without_validators_is_compared_by_bytes(
    corpus: Corpus, network: Network, site: Site
) -> None:
    site.validators = False
    synced(corpus, network)
    assert synced(corpus, network).outcomes == {"unchanged": 5}
    assert corpus.info(next(iter(corpus.documents().documents)).id).revision == 1


def test_a_page_that_is_no_longer_listed_or_there_is_deleted(
    corpus: Corpus, network: Network, site: Site
) -> None:
    synced(corpus, network)
    site.sitemap(*(f"/guide/{number}" for number in range(1, 5)))
    assert synced(corpus, network).outcomes == {"unchanged": 4, "removed": 1}
    site.pages["/guide/1"] = Page(status=410)
    assert synced(corpus, network).outcomes == {"unchanged": 3, "removed": 1}
    assert set(stored(corpus)) == {"/guide/2", "/guide/3", "/guide/4"}


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/sitemap.xml", Page(b"", 503)),
        ("/sitemap.xml", Page(b"<urlset><url>")),
        ("/sitemap.xml", Page(b"<html><body>Please log in</body></html>")),
        ("/sitemap.xml", Page(b"", 404)),
        ("/robots.txt", Page(b"", 503)),
    ],
)
def test_a_listing_that_fails_deletes_nothing(
    corpus: Corpus, network: Network, site: Site, path: str, page: Page
) -> None:
    synced(corpus, network)
    site.pages[path] = page
    report = synced(corpus, network)
    assert report.problem
    assert len(stored(corpus)) == 5


def test_a_page_that_fails_is_kept(corpus: Corpus, network: Network, site: Site) -> None:
    synced(corpus, network)
    site.pages["/guide/2"] = Page(b"", 500)
    report = synced(corpus, network)
    assert (report.failed, report.problem) == (1, None)
    assert len(stored(corpus)) == 5


def test_what_robots_forbid_is_not_read(corpus: Corpus, network: Network, site: Site) -> None:
    rules = (
        b"User-agent: citespan\nDisallow: /guide/1\nDisallow: /*3$\n\nUser-agent: *\nDisallow: /\n"
    )
    site.pages["/robots.txt"] = Page(rules)
    synced(corpus, network)
    assert set(stored(corpus)) == {"/guide/0", "/guide/2", "/guide/4"}
    assert not {"/guide/1", "/guide/3"} & {path for path, _ in site.seen}


def test_robots_may_slow_the_requests_down(
    monkeypatch: pytest.MonkeyPatch, corpus: Corpus, network: Network, site: Site
) -> None:
    waits: list[float] = []
    monkeypatch.setattr("citespan.qa.sources.kinds.web.time.sleep", waits.append)
    site.pages["/robots.txt"] = Page(b"User-agent: *\nCrawl-delay: 3\n")
    synced(corpus, network)
    assert len(waits) == 6
    assert all(2 < wait <= 3 for wait in waits[1:])


def test_patterns_choose_the_pages(corpus: Corpus, network: Network, site: Site) -> None:
    site.text("/blog/1", "A post.")
    site.sitemap("/guide/0", "/guide/1", "/blog/1")
    synced(corpus, network, include=["/guide/**"], exclude=["*1"])
    assert set(stored(corpus)) == {"/guide/0"}


def test_pages_of_other_hosts_are_left_out(corpus: Corpus, network: Network, site: Site) -> None:
    other = "<url><loc>http://other.test/</loc></url><url><loc>http://169.254.169.254/</loc></url>"
    site.xml("/sitemap.xml", f"<urlset><url><loc>{START}/guide/0</loc></url>{other}</urlset>")
    assert synced(corpus, network).in_step
    assert set(stored(corpus)) == {"/guide/0"}


def test_a_sitemap_may_name_others_packed_or_not(
    corpus: Corpus, network: Network, site: Site
) -> None:
    site.sitemap("/guide/0", at="/one.xml")
    site.pages["/two.xml.gz"] = Page(gzip.compress(f"{START}/guide/1\n{START}/guide/2\n".encode()))
    named = "".join(
        f"<sitemap><loc>{START}{path}</loc></sitemap>" for path in ("/one.xml", "/two.xml.gz")
    )
    site.xml("/sitemap.xml", f"<sitemapindex>{named}</sitemapindex>")
    synced(corpus, network)
    assert set(stored(corpus)) == {"/guide/0", "/guide/1", "/guide/2"}
    site.xml(
        "/one.xml", f"<sitemapindex><sitemap><loc>{START}/a.xml</loc></sitemap></sitemapindex>"
    )
    site.xml("/a.xml", f"<sitemapindex><sitemap><loc>{START}/b.xml</loc></sitemap></sitemapindex>")
    assert "name others" in (synced(corpus, network).problem or "")
    assert len(stored(corpus)) == 3


def test_a_feed_loses_no_page_that_it_forgets(corpus: Corpus, network: Network, site: Site) -> None:
    def item(number: int) -> str:
        return f"<item><title>Post {number}</title><link>/guide/{number}</link></item>"

    site.xml("/feed", f"<rss><channel>{item(1)}{item(2)}</channel></rss>")
    synced(corpus, network, "/feed", "feed")
    assert {info.title for info in corpus.documents().documents} == {"Post 1", "Post 2"}
    site.xml("/feed", f"<rss><channel>{item(3)}</channel></rss>")
    assert synced(corpus, network, "/feed", "feed").in_step
    assert set(stored(corpus)) == {"/guide/1", "/guide/2", "/guide/3"}


def test_one_page_is_a_source_too(corpus: Corpus, network: Network, site: Site) -> None:
    synced(corpus, network, "/guide/4#part", "web")
    assert set(stored(corpus)) == {"/guide/4"}


@pytest.mark.parametrize("path", ["/sitemap.xml", "/robots.txt"])
def test_a_list_that_is_too_large_is_an_incomplete_listing(
    corpus: Corpus, network: Network, site: Site, path: str
) -> None:
    site.pages[path] = Page(b" " * 5000)
    report = synced(corpus, network, limits=Outgoing(max_bytes=4000))
    assert "more than 4000 bytes" in (report.problem or "")


def test_more_pages_than_allowed_are_an_incomplete_listing(
    corpus: Corpus, network: Network
) -> None:
    report = synced(corpus, network, limits=Outgoing(max_entries=3))
    assert "more than 3 pages" in (report.problem or "")
    assert len(stored(corpus)) == 3


class TestSitemaps:
    def test_a_file_inside_is_not_read(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("http://site.test/secret")
        data = (
            f'<!DOCTYPE u [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
            "<urlset><url><loc>&x;</loc></url></urlset>"
        )
        assert not any("secret" in one.url for one in read_sitemap(data.encode(), 10**6).pages)

    def test_entities_do_not_grow(self) -> None:
        entities = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
        data = (
            f'<!DOCTYPE u [<!ENTITY a0 "aaaaaaaaaa">{entities}]>'
            "<urlset><url><loc>&a9;</loc></url></urlset>"
        )
        try:
            found = read_sitemap(data.encode(), 10**6)
        except Incomplete:
            return
        assert sum(len(one.url) for one in found.pages) < 100

    def test_what_unpacks_for_ever_is_refused(self) -> None:
        with pytest.raises(Incomplete, match="unpacked"):
            read_sitemap(gzip.compress(b"\n" * 10_000_000), 100_000)

    def test_times_are_read(self) -> None:
        data = b"<urlset><url><loc>http://a/</loc><lastmod>2026-01-02</lastmod></url></urlset>"
        (page,) = read_sitemap(data, 10**6).pages
        assert page.modified
        assert page.modified.isoformat() == "2026-01-02T00:00:00+00:00"

    def test_atom_links_lead_to_the_page(self) -> None:
        data = (
            b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>One</title>'
            b'<link rel="self" href="http://a/self"/><link href="http://a/1"/>'
            b"<updated>2026-01-02T03:04:05Z</updated></entry></feed>"
        )
        (page,) = read_feed(data)
        assert (page.url, page.title) == ("http://a/1", "One")
        assert page.modified
        with pytest.raises(Incomplete):
            read_feed(b"<html/>")
