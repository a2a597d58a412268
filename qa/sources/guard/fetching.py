"""GET requests within limits: each redirect is checked, each response bounded in size and time."""

import base64
import importlib.metadata
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

import httpcore
import httpx

from citespan.index.reading import Unreadable
from citespan.qa.sources.errors import Gone, NotRead, RequestRefused, SourceError
from citespan.qa.sources.guard.connecting import PinnedBackend
from citespan.qa.sources.guard.limits import Outgoing
from citespan.qa.sources.guard.policy import Resolve, UrlPolicy, port_of, resolved

_MOST_REDIRECTS = 5
_OTHERS = 1000  # requests besides one for each entry: sitemaps, rules, redirects
_REDIRECTS = {301, 302, 303, 307, 308}
_GZIP = zlib.MAX_WBITS + 16
_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A response of status 200 or 304.

    url: the URL that sent it, after redirects.
    headers: by lower-case name.
    data: the unpacked body; None if the content is the one that was asked about.
    """

    url: str
    headers: Mapping[str, str]
    data: bytes | None


class Fetcher:
    """Requests what one source may request. For one thread at a time.

    Args:
        address: the source's own address; its secret is sent to that origin only.
        outgoing: what the operator allows.
        secret: sent as a bearer token, or, if it has the form `user:password`, for basic access.
        resolve: returns the addresses of a host.
    """

    def __init__(
        self, address: str, outgoing: Outgoing, secret: str = "", resolve: Resolve = resolved
    ) -> None:
        self.policy = UrlPolicy(address, outgoing, resolve)
        self._outgoing = outgoing
        self._authorization = _authorization(secret)
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            max_connections=2,
            keepalive_expiry=30,
            network_backend=PinnedBackend(self.policy),
        )
        self._left = outgoing.max_entries + _OTHERS

    def get(self, url: str, conditions: Mapping[str, str] = _NONE) -> Fetched:
        """Request a URL, after at most five redirects.

        Args:
            url: what to request.
            conditions: headers such as If-None-Match.

        Raises:
            Gone: there is nothing, or no longer.
            RequestRefused: the guard does not let the request, or one after a redirect, out.
            NotRead: there is no complete response of status 200 or 304.
            Unreadable: the response is larger than the limit.
        """
        ends = time.monotonic() + self._outgoing.limit_s
        for _ in range(_MOST_REDIRECTS + 1):
            checked = self.policy.url(url)
            try:
                fetched = self._once(checked, conditions, ends)
            except httpcore.TimeoutException as error:
                raise NotRead(f"{checked.host} took too long") from error
            except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                raise NotRead(f"{checked.host} cannot be reached, or broke off") from error
            if isinstance(fetched, Fetched):
                return fetched
            url = fetched
        raise NotRead(f"more than {_MOST_REDIRECTS} redirects")

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _once(self, url: httpx.URL, conditions: Mapping[str, str], ends: float) -> Fetched | str:
        """Return the response to one request, or the URL that it redirects to."""
        self._left -= 1
        if self._left < 0:
            raise NotRead("the source has used up the requests that one sync may send")
        times = dict.fromkeys(("connect", "read", "write", "pool"), self._outgoing.timeout_s)
        with self._pool.stream(
            "GET",
            httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=list(self._headers(url, conditions).items()),
            extensions={"timeout": times},
        ) as response:
            headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            if response.status in _REDIRECTS and "location" in headers:
                return _joined(url, headers["location"])
            if response.status == 304:
                return Fetched(url=str(url), headers=headers, data=None)
            if response.status != 200:
                raise _failure(url, response.status)
            data = self._body(response.iter_stream(), headers, ends)
            return Fetched(url=str(url), headers=headers, data=data)

    def _headers(self, url: httpx.URL, conditions: Mapping[str, str]) -> dict[str, str]:
        own = self.policy.own
        headers = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": agent(),
            "Accept": "*/*",
            "Accept-Encoding": "gzip",
            **conditions,
        }
        same = (url.scheme, url.host, port_of(url)) == (own.scheme, own.host, port_of(own))
        if same and self._authorization:
            headers["Authorization"] = self._authorization
        return headers

    def _body(self, parts: Iterable[bytes], headers: Mapping[str, str], ends: float) -> bytes:
        most, body = self._outgoing.max_bytes, bytearray()
        coding = headers.get("content-encoding", "identity").strip().lower()
        if coding not in {"identity", "gzip", "x-gzip"}:
            raise NotRead(f"the response is packed as {coding}, which was not asked for")
        for part in unpacked(parts, most) if "gzip" in coding else parts:
            body += part
            if len(body) > most:
                raise Unreadable("too_large", f"it has more than {most} bytes (sources.max_bytes)")
            if time.monotonic() > ends:
                raise NotRead(f"the response took longer than {self._outgoing.limit_s:.0f} s")
        return bytes(body)


def unpacked(parts: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Yield what gzip packed, at most a little more than `most` bytes.

    Raises:
        NotRead: it is damaged, or ends too early.
    """
    unpacking = zlib.decompressobj(_GZIP)
    size = 0
    try:
        for part in parts:
            found = unpacking.decompress(part, most + 1 - size)
            size += len(found)
            yield found
            if size > most:
                return
    except zlib.error as error:
        raise NotRead("the packed data is damaged") from error
    if not unpacking.eof:
        raise NotRead("the packed data ends too early")


def agent() -> str:
    """Return how requests name this program."""
    return f"citespan/{importlib.metadata.version('citespan')}"


def _joined(url: httpx.URL, location: str) -> str:
    try:
        return str(url.join(location))
    except (httpx.InvalidURL, ValueError) as error:
        raise RequestRefused(f"{url.host} redirects to something that is not a URL") from error


def _failure(url: httpx.URL, status: int) -> SourceError:
    if status in {404, 410}:
        return Gone(f"{url} is not there")
    if status in {401, 403}:
        return NotRead(f"{url.host} does not let it be read ({status}); see sources.secrets")
    return NotRead(f"{url.host} answered with status {status}")


def _authorization(secret: str) -> str:
    if ":" in secret:
        return f"Basic {base64.b64encode(secret.encode()).decode()}"
    return f"Bearer {secret}" if secret else ""
