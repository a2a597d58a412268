"""No request of a source reaches an address that is not public, unless the operator allows it."""

import gzip
import ipaddress
import socket
from collections.abc import Iterator

import pytest
from websites import HOST, PUBLIC, Network, Page, Site, published

from citespan.index.reading import Unreadable
from citespan.qa.sources.errors import Gone, NotRead, RequestRefused
from citespan.qa.sources.guard import Fetcher, Outgoing
from citespan.qa.sources.guard.addresses import is_allowed
from citespan.qa.sources.guard.policy import resolved

START = f"http://{HOST}/"
ANY_HOST = Outgoing(hosts=frozenset({"*"}), timeout_s=5, limit_s=20)

PRIVATE = (
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "169.254.170.2", "100.64.0.1", "100.100.100.200", "0.0.0.0", "255.255.255.255",  # noqa: S104
    "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1", "168.63.129.16", "203.0.113.7",
)  # fmt: skip
SIX = (
    "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "fec0::1",
)  # fmt: skip


def disguised(address: str) -> Iterator[str]:
    """The ways to write an IPv4 address in a URL."""
    number = int(ipaddress.IPv4Address(address))
    a, b, c, d = address.split(".")
    last = int(c) * 256 + int(d)
    yield address
    yield f"{address}."
    yield str(number)
    yield hex(number)
    yield f"0{number:o}"
    yield ".".join(hex(int(part)) for part in (a, b, c, d))
    yield ".".join(f"0{int(part):o}" for part in (a, b, c, d))
    yield f"{a}.{b}.{last}"
    yield f"[::ffff:{address}]"
    yield f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]"
    yield f"[64:ff9b::{address}]"
    yield f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]"


def attempts() -> list[str]:
    direct = [host for address in PRIVATE[:12] for host in disguised(address)]
    direct += [*PRIVATE[12:], *(f"[{one}]" for one in SIX), "localhost", "localhost."]
    wide = "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "loc%61lhost"
    urls = [f"http://{host}/" for host in (*direct, *wide)]
    inside = "127.0.0.1", "169.254.169.254", "[::1]"
    for host in inside:
        urls += [
            f"http://{HOST}@{host}/", f"http://{HOST}:80@{host}/", f"http://{host}#@{HOST}/",
            f"http://{host}?@{HOST}/", f"http://user:pass@{host}/", f"//{host}/",
            f"http://{HOST}\\@{host}/", f"http://{host}\\.{HOST}/", f"HTTP://{host}/",
            f"http:///{host}/", f"http://{host}:80:80/",
        ]  # fmt: skip
    urls += [f"{scheme}://{inside[0]}/x" for scheme in ("ftp", "gopher", "dict", "ws", "ldap")]
    urls += ["file:///etc/passwd", "data:text/plain,x", "jar:http://127.0.0.1!/x", "", "http://"]
    urls += [f"http://{HOST}:{port}/" for port in (22, 25, 3306, 6379, 11211)]
    return urls


@pytest.fixture
def site() -> Site:
    made = Site()
    made.html("/", "Welcome.")
    return made


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, site: Site) -> Iterator[Network]:
    with published(monkeypatch, site) as opened:
        yield opened


@pytest.fixture
def fetcher(network: Network) -> Iterator[Fetcher]:
    def resolve(host: str, port: int) -> list[str]:
        return [PUBLIC] if host == HOST else resolved(host, port)

    with Fetcher(START, ANY_HOST, resolve=resolve) as opened:
        yield opened


def test_of_200_attempts_to_reach_inside_none_does(
    site: Site, network: Network, fetcher: Fetcher
) -> None:
    urls = attempts()
    assert len(urls) >= 190
    assert fetcher.get(START).data  # this one may
    for number, url in enumerate(urls):
        with pytest.raises(NotRead):
            fetcher.get(url)
        site.pages[f"/{number}"] = Page(status=302, headers={"location": url})
    assert set(network.reached) == {PUBLIC}
    refused = 0
    for number, url in enumerate(urls):
        if url.startswith(("http", "//", "HTTP")) and "://" + HOST not in url:
            with pytest.raises((NotRead, Gone)):
                fetcher.get(f"{START}{number}")
            refused += 1
    assert refused > 170
    assert set(network.reached) == {PUBLIC}


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://127.1/"]
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_inside_is_refused(
    site: Site, network: Network, fetcher: Fetcher, target: str, status: int
) -> None:
    site.pages["/away"] = Page(status=status, headers={"location": target})
    with pytest.raises(RequestRefused, match="not a public address"):
        fetcher.get(f"{START}away")
    assert network.reached == [PUBLIC]


class TestRebinding:
    """A name that stands for a public address when it is checked, and for another one later."""

    def test_each_connection_goes_to_the_address_that_was_checked_for_it(
        self, site: Site, network: Network
    ) -> None:
        answers = [[PUBLIC], ["127.0.0.1"], [PUBLIC], ["::1"]]
        site.pages["/"].headers["connection"] = "close"
        with Fetcher(START, ANY_HOST, resolve=lambda _, __: answers.pop(0)) as fetcher:
            for _ in range(2):
                assert fetcher.get(START).data
                with pytest.raises(RequestRefused, match="not a public address"):
                    fetcher.get(START)
        assert network.reached == [PUBLIC, PUBLIC]
        assert answers == []

    @pytest.mark.parametrize("others", [["10.0.0.1"], ["169.254.169.254", PUBLIC], ["::1"]])
    def test_one_wrong_address_of_several_is_enough(
        self, network: Network, others: list[str]
    ) -> None:
        with (
            Fetcher(START, ANY_HOST, resolve=lambda _, __: [PUBLIC, *others]) as fetcher,
            pytest.raises(RequestRefused),
        ):
            fetcher.get(START)
        assert network.reached == []


def test_what_the_operator_allows_is_reached(site: Site, network: Network) -> None:
    inside = Outgoing(networks=(ipaddress.ip_network("10.1.0.0/16"),))
    with (
        Fetcher(START, inside, resolve=lambda _, __: ["10.1.2.3"]) as fetcher,
        pytest.raises(NotRead, match="cannot be reached"),
    ):
        fetcher.get(START)
    assert network.reached == ["10.1.2.3"]


@pytest.mark.parametrize("address", [*PRIVATE, *SIX])
def test_an_address_that_is_not_public_needs_its_network(address: str) -> None:
    assert not is_allowed(address)
    assert is_allowed(address, [ipaddress.ip_network(address)])


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:220:1::1", "64:ff9b::5db8:d70e"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address)


class TestHosts:
    """A source reaches its own host; others are listed by the operator."""

    @pytest.mark.parametrize("location", ["http://other.test/", "https://site.test.evil.test/"])
    def test_a_redirect_to_another_host_is_refused(
        self, site: Site, network: Network, location: str
    ) -> None:
        site.pages["/away"] = Page(status=302, headers={"location": location})
        with (
            Fetcher(START, Outgoing(), resolve=network.resolve) as fetcher,
            pytest.raises(RequestRefused, match=r"sources\.hosts"),
        ):
            fetcher.get(f"{START}away")

    def test_a_listed_one_is_followed(self, site: Site, network: Network) -> None:
        site.pages["/away"] = Page(status=302, headers={"location": "http://docs.other.test/"})
        for hosts in ({"docs.other.test"}, {"*.other.test"}, {"*"}):
            allowed = Outgoing(hosts=frozenset(hosts))
            with Fetcher(START, allowed, "token", network.resolve) as fetcher:
                assert fetcher.get(f"{START}away").url == "http://docs.other.test/"
        assert [sent.get("authorization") for sent in site.sent[:2]] == ["Bearer token", None]

    def test_a_source_without_a_fit_address_is_refused(self) -> None:
        for address in ("ftp://site.test/", "http://user:pw@site.test/", "site.test", "http://"):
            with pytest.raises(RequestRefused):
                Fetcher(address, Outgoing())


class TestLimits:
    """What a server sends is bounded."""

    def test_redirects(self, site: Site, network: Network, fetcher: Fetcher) -> None:
        site.pages["/round"] = Page(status=302, headers={"location": "/round"})
        with pytest.raises(NotRead, match="redirects"):
            fetcher.get(f"{START}round")
        assert len(site.seen) == 6

    @pytest.mark.parametrize("zipped", [False, True])
    def test_size_also_of_what_unpacks(self, site: Site, network: Network, zipped: bool) -> None:  # noqa: FBT001
        site.zipped = zipped
        site.pages["/large"] = Page(b"x" * 10_001)
        site.pages["/small"] = Page(b"x" * 10_000)
        small = Outgoing(max_bytes=10_000)
        with Fetcher(START, small, resolve=network.resolve) as fetcher:
            assert fetcher.get(f"{START}small").data == b"x" * 10_000
            with pytest.raises(Unreadable, match="10000 bytes"):
                fetcher.get(f"{START}large")

    def test_what_unpacks_for_ever(self, site: Site, network: Network) -> None:
        bomb = gzip.compress(b"\0" * 5_000_000)
        site.pages["/bomb"] = Page(bomb, headers={"content-encoding": "gzip"})
        with (
            Fetcher(START, Outgoing(max_bytes=100_000), resolve=network.resolve) as fetcher,
            pytest.raises(Unreadable),
        ):
            fetcher.get(f"{START}bomb")

    @pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b"x" * 1000, mtime=0)[:-9]])
    def test_damaged_packing(
        self, site: Site, network: Network, fetcher: Fetcher, body: bytes
    ) -> None:
        site.pages["/broken"] = Page(body, headers={"content-encoding": "gzip"})
        with pytest.raises(NotRead, match="packed"):
            fetcher.get(f"{START}broken")

    def test_requests_of_one_sync(
        self, monkeypatch: pytest.MonkeyPatch, site: Site, network: Network
    ) -> None:
        monkeypatch.setattr("citespan.qa.sources.guard.fetching._OTHERS", 1)
        with Fetcher(START, Outgoing(max_entries=1), resolve=network.resolve) as fetcher:
            for _ in range(2):
                fetcher.get(START)
            with pytest.raises(NotRead, match="used up"):
                fetcher.get(START)

    def test_time(self, monkeypatch: pytest.MonkeyPatch, site: Site, network: Network) -> None:
        monkeypatch.setattr(
            "citespan.qa.sources.guard.fetching.time.monotonic", iter([0, 99]).__next__
        )
        with (
            Fetcher(START, Outgoing(limit_s=5), resolve=network.resolve) as fetcher,
            pytest.raises(NotRead, match="took longer than 5 s"),
        ):
            fetcher.get(START)


@pytest.mark.parametrize(
    ("status", "kind"), [(404, Gone), (410, Gone), (401, NotRead), (429, NotRead), (503, NotRead)]
)
def test_each_failure_is_told_apart(
    site: Site, fetcher: Fetcher, status: int, kind: type[Exception]
) -> None:
    site.pages["/x"] = Page(b"", status)
    with pytest.raises(kind) as error:
        fetcher.get(f"{START}x")
    assert type(error.value) is kind


def test_a_name_that_is_not_found_is_not_read(network: Network) -> None:
    def missing(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with (
        Fetcher(START, ANY_HOST, resolve=missing) as fetcher,
        pytest.raises(NotRead, match="cannot be found"),
    ):
        fetcher.get(START)
