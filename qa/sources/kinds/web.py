"""Pages of a site: one page, those of a sitemap, or those of a feed."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote

import httpx

from citespan.index.errors import DocumentRejected
from citespan.qa.sources.errors import Gone, Incomplete, SourceError
from citespan.qa.sources.guard import Fetched, Fetcher, Outgoing
from citespan.qa.sources.kinds.choice import PathChoice
from citespan.qa.sources.kinds.robots import Robots
from citespan.qa.sources.kinds.sitemaps import Listed, read_feed, read_sitemap
from citespan.qa.sources.types import Content, SourceEntry

_MOST_DEEP = 3  # sitemaps that name sitemaps
_TAG, _DATE, _BYTES = "etag:", "modified:", "sha256:"


class WebSource:
    """Pages by their URLs. A page that is the same is not sent again, if its server can tell.

    Args:
        address: the URL of the page, the sitemap or the feed.
        listing: returns the pages that the address lists.
        whole: as `DocumentSource.whole`.
        fetcher: requests everything.
        choice: which paths are taken.
        outgoing: the limits.
    """

    def __init__(
        self,
        address: str,
        listing: "Listing",
        *,
        whole: bool,
        fetcher: Fetcher,
        choice: PathChoice,
        outgoing: Outgoing,
    ) -> None:
        self.whole = whole
        self._address, self._listing, self._fetcher = address, listing, fetcher
        self._choice, self._limits = choice, outgoing
        self._robots = Robots(fetcher)
        self._last: dict[str, float] = {}

    def entries(self) -> Iterator[SourceEntry]:
        """Yield the pages, but not those of other hosts and those that robots.txt forbids."""
        seen: set[str] = set()
        try:
            for page in self._listing(self._fetch, self._address, self._limits):
                url = _normal(page.url)
                if url in seen or not self._takes(url):
                    continue
                seen.add(url)
                if len(seen) > self._limits.max_entries:
                    raise Incomplete(
                        f"there are more than {len(seen) - 1} pages (sources.max_entries)"
                    )
                yield SourceEntry(key=url, uri=url, title=page.title, modified=page.modified)
        except Incomplete:
            raise
        except (SourceError, DocumentRejected) as error:  # the latter if it is too large
            raise Incomplete(f"{self._address}: {error}") from error

    def read(self, entry: SourceEntry, known: str) -> Content | None:
        """Return a page, as `DocumentSource.read`; its version is what its server says."""
        fetched = self._fetch(entry.key, known)
        if fetched.data is None:
            return None
        version = _version(fetched)
        if version == known:
            return None
        path = unquote(httpx.URL(fetched.url).path)
        media_type = fetched.headers.get("content-type", "")
        name = PurePosixPath(path).name or "index.html"
        return Content(data=fetched.data, name=name, media_type=media_type, version=version)

    def close(self) -> None:
        """Close the connections."""
        self._fetcher.close()

    def _fetch(self, url: str, known: str = "") -> Fetched:
        self._wait(url)
        try:
            return self._fetcher.get(url, _conditions(known))
        finally:
            self._last[httpx.URL(url).host] = time.monotonic()

    def _wait(self, url: str) -> None:
        delay_s = self._robots.delay_s(url)
        since_s = time.monotonic() - self._last.get(httpx.URL(url).host, -delay_s)
        time.sleep(max(0.0, delay_s - since_s))

    def _takes(self, url: str) -> bool:
        if not self._fetcher.policy.allows(url):
            return False
        return self._choice.takes(httpx.URL(url).path.lstrip("/")) and self._robots.allow(url)


Fetch = Callable[[str], Fetched]
Listing = Callable[[Fetch, str, Outgoing], Iterator[Listed]]


def one_page(_: Fetch, address: str, __: Outgoing) -> Iterator[Listed]:
    """Yield the address itself."""
    yield Listed(address)


def sitemap_pages(fetch: Fetch, address: str, outgoing: Outgoing) -> Iterator[Listed]:
    """Yield the pages of a sitemap, and of those that it names.

    Raises:
        Incomplete: one of them cannot be read.
    """
    level = [address]
    seen: set[str] = set()
    for _ in range(_MOST_DEEP):
        below: list[str] = []
        for url in level:
            seen.add(url)
            try:
                found = read_sitemap(fetch(url).data or b"", outgoing.max_bytes)
            except Gone as error:
                raise Incomplete(f"the sitemap {url} is not there") from error
            yield from found.pages
            below += [one for one in found.sitemaps if one not in seen]
        level = below
    if level:
        raise Incomplete(f"sitemaps name others more than {_MOST_DEEP - 1} times")


def feed_pages(fetch: Fetch, address: str, _: Outgoing) -> Iterator[Listed]:
    """Yield the pages of a feed.

    Raises:
        Incomplete: it cannot be read.
    """
    base = httpx.URL(address)
    for one in read_feed(fetch(address).data or b""):
        yield one._replace(url=str(base.join(one.url)))


def opened_site(
    address: str,
    kind: str,
    fetcher: Fetcher,
    outgoing: Outgoing,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
) -> WebSource:
    """Return the source of a `web` page, a `sitemap` or a `feed`."""
    listing = {"web": one_page, "sitemap": sitemap_pages, "feed": feed_pages}[kind]
    return WebSource(
        address,
        listing,
        whole=kind != "feed",  # a feed forgets its older pages
        fetcher=fetcher,
        choice=PathChoice(include, exclude),
        outgoing=outgoing,
    )


def _normal(url: str) -> str:
    try:
        return str(httpx.URL(url).copy_with(fragment=None))
    except (httpx.InvalidURL, ValueError):
        return url  # the policy refuses it


def _version(fetched: Fetched) -> str:
    headers = fetched.headers
    if tag := headers.get("etag"):
        return f"{_TAG}{tag}"
    if date := headers.get("last-modified"):
        return f"{_DATE}{date}"
    return f"{_BYTES}{hashlib.sha256(fetched.data or b'').hexdigest()}"


def _conditions(known: str) -> dict[str, str]:
    if known.startswith(_TAG):
        return {"If-None-Match": known.removeprefix(_TAG)}
    if known.startswith(_DATE):
        return {"If-Modified-Since": known.removeprefix(_DATE)}
    return {}
