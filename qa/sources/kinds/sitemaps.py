"""Sitemaps and feeds: XML of a site that lists its pages. Pure."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import lxml.etree  # pyright: ignore[reportMissingImports, reportMissingTypeStubs]

from citespan.qa.sources.errors import Incomplete
from citespan.qa.sources.guard import unpacked

_etree: Any = lxml.etree  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportUnknownVariableType]
_GZIP = b"\x1f\x8b"


class Listed(NamedTuple):
    """A page that a site lists."""

    url: str
    title: str = ""
    modified: datetime | None = None


class Sitemap(NamedTuple):
    """The pages of a sitemap, and the further sitemaps that it names."""

    pages: tuple[Listed, ...]
    sitemaps: tuple[str, ...]


def read_sitemap(data: bytes, most: int) -> Sitemap:
    """Return what a sitemap lists: XML or lines of text, packed by gzip or not.

    Args:
        data: the sitemap.
        most: bytes that it may have, unpacked.

    Raises:
        Incomplete: it is damaged, or no sitemap.
    """
    if data.startswith(_GZIP):
        data = b"".join(unpacked([data], most))
        if len(data) > most:
            raise Incomplete(f"the sitemap has more than {most} bytes, unpacked")
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = data.decode(errors="replace").split()
        return Sitemap(tuple(Listed(line) for line in lines if "://" in line), ())
    root = _root(data, "sitemap")
    if _name(root) not in {"urlset", "sitemapindex"}:
        raise Incomplete(f"the sitemap begins with <{_name(root)}>: it is none")
    found = [_listed(one) for one in root if _name(one) in {"url", "sitemap"}]
    if _name(root) == "sitemapindex":
        return Sitemap((), tuple(one.url for one in found if one.url))
    return Sitemap(tuple(one for one in found if one.url), ())


def read_feed(data: bytes) -> list[Listed]:
    """Return the pages of a feed: RSS, RDF or Atom.

    Raises:
        Incomplete: it is damaged, or no feed.
    """
    root = _root(data, "feed")
    if _name(root) not in {"rss", "RDF", "feed"}:
        raise Incomplete(f"the feed begins with <{_name(root)}>: it is none")
    items = [one for one in root.iter() if _name(one) in {"item", "entry"}]
    return [found for found in map(_item, items) if found.url]


def _listed(element: Any) -> Listed:
    texts = _texts(element)
    return Listed(texts.get("loc", ""), modified=_time(texts.get("lastmod", "")))


def _item(element: Any) -> Listed:
    texts = _texts(element)
    links = [one.get("href", "") for one in element if _is_page(one)]
    time = next(
        (texts[name] for name in ("updated", "pubDate", "published", "date") if name in texts), ""
    )
    return Listed(texts.get("link") or next(iter(links), ""), texts.get("title", ""), _time(time))


def _is_page(element: Any) -> bool:
    return _name(element) == "link" and element.get("rel", "alternate") == "alternate"


def _texts(element: Any) -> dict[str, str]:
    return {
        _name(one): text for one in element if (text := " ".join("".join(one.itertext()).split()))
    }


def _root(data: bytes, what: str) -> Any:
    parser = _etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        return _etree.fromstring(data, parser)
    except _etree.XMLSyntaxError as error:
        raise Incomplete(f"the {what} is not valid XML: {error.msg}") from error


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _time(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
