"""Web pages of other origins that may ask: CORS, by a list that the operator writes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from citespan.qa.errors import ConfigError

# What such a page may do: read, and ask. It cannot change what is stored.
ASKED = frozenset({"/v1/ask", "/v1/search", "/v1/chat/completions", "/v1/responses"})
_READ = frozenset({"GET", "HEAD"})
_ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?")
_SENT = "accept, authorization, content-type, last-event-id, x-api-key, x-request-id"
_SHOWN = (
    "content-disposition, etag, location, ratelimit, ratelimit-policy, retry-after, x-request-id"
)
_MAX_AGE_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """The origins whose pages may read and ask; without any, no response mentions origins.

    allowed: those of the settings.
    more: returns those that keys name, now.
    """

    allowed: frozenset[str] = frozenset()
    more: Callable[[], frozenset[str]] = frozenset

    @classmethod
    def of(cls, listed: str) -> "Origins":
        """Read origins from a setting, separated by commas.

        Raises:
            ConfigError: one of them is not a scheme, a name and perhaps a port.
        """
        return cls(allowed=frozenset(origins_in(listed, "serve.origins")))

    def permits(self, origin: str | None, method: str, path: str) -> bool:
        """Return whether a page of the origin may send this request."""
        return self._has(origin) and (method in _READ or (method == "POST" and path in ASKED))

    def headers(self, origin: str | None) -> dict[str, str]:
        """Return the headers that let the page read a response."""
        if not (self.allowed or self.more()):
            return {}
        headers = {"vary": "Origin"}
        if origin is not None and self._has(origin):
            headers |= {
                "access-control-allow-origin": origin,
                "access-control-expose-headers": _SHOWN,
            }
        return headers

    def _has(self, origin: str | None) -> bool:
        return origin in self.allowed or origin in self.more()

    def preflight(self, path: str, headers: Mapping[bytes, str]) -> dict[str, str]:
        """Return the headers that answer a preflight; none if the request would be refused."""
        wanted = headers.get(b"access-control-request-method", "")
        if not self.permits(headers.get(b"origin"), wanted, path):
            return {}
        return {
            "access-control-allow-methods": f"GET, HEAD{', POST' * (path in ASKED)}",
            "access-control-allow-headers": _SENT,
            "access-control-max-age": str(_MAX_AGE_S),
        }


def origins_in(listed: str, where: str) -> list[str]:
    """Return origins that are separated by commas; `where` they are is for messages.

    Raises:
        ConfigError: one of them is not a scheme, a name and perhaps a port.
    """
    found = [one.rstrip("/") for one in listed.lower().replace(",", " ").split()]
    for one in found:
        if not _ORIGIN.fullmatch(one):
            raise ConfigError(
                f"{where} has {one!r}; write each origin like https://www.example.org"
            )
    return found
