"""What the operators of sites allow programs to read: robots.txt, as RFC 9309 says."""

from typing import Any

import httpx

from citespan.qa.sources.errors import Gone, SourceError
from citespan.qa.sources.extra import needed
from citespan.qa.sources.guard import Fetcher

_US = "citespan"  # how robots.txt names this program
_MOST_DELAY_S = 10.0


class Robots:
    """The rules of the sites that a source reads, requested once for each site.

    Args:
        fetcher: requests them.
    """

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._parser: Any = needed("protego").Protego
        self._rules: dict[str, Any] = {}

    def allow(self, url: str) -> bool:
        """Return whether a site allows a URL to be read.

        Raises:
            NotRead: its rules cannot be read now, which forbids everything meanwhile.
        """
        return bool(self._of(url).can_fetch(url, _US))

    def delay_s(self, url: str) -> float:
        """Return how long to wait between two requests, in seconds, up to ten."""
        return min(_MOST_DELAY_S, self._of(url).crawl_delay(_US) or 0.0)

    def _of(self, url: str) -> Any:
        site = str(httpx.URL(url).copy_with(raw_path=b"/robots.txt", fragment=None))
        if site not in self._rules:
            self._rules[site] = self._parser.parse(self._text(site))
        return self._rules[site]

    def _text(self, site: str) -> str:
        try:
            return (self._fetcher.get(site).data or b"").decode(errors="replace")
        except Gone:  # no file, no rules
            return ""
        except SourceError as error:
            raise type(error)(f"robots.txt: {error}") from error
