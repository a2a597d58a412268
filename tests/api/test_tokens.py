"""Bearer tokens of an identity provider: what they grant, and which are refused."""

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import anyio
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from citespan.api.access import ProviderTokens, Role, tokens
from citespan.api.access.caller import Caller
from citespan.qa.errors import ConfigError
from citespan.qa.settings import AccessSettings

ISSUER, AUDIENCE = "https://login.example.org", "citespan"
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
encode: Any = jwt.encode  # also with keys that it is not for
STRANGER = ec.generate_private_key(ec.SECP256R1())


def public_keys(*, rotated: bool = False) -> dict[str, Any]:
    keys: list[tuple[str, dict[str, Any]]] = [
        ("one", RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True)),
        ("two", ECAlgorithm.to_jwk(EC.public_key(), as_dict=True)),
    ]
    return {"keys": [one | {"kid": kid} for kid, one in keys[: 2 if rotated else 1]]}


def settings(jwks: str, **more: Any) -> AccessSettings:
    return AccessSettings(issuer=ISSUER, audience=AUDIENCE, jwks=jwks, **more)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(public_keys(rotated=True)))
    return path


@pytest.fixture
def read(file: Path) -> Callable[[str], Caller | None]:
    reader = ProviderTokens(settings(str(file)))
    return lambda token: anyio.run(reader.caller, token)


def token(key: Any = RSA, algorithm: str = "RS256", kid: str | None = "one", **changed: Any) -> str:
    now = int(time.time())
    claims = {
        "iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": now + 300, "iat": now,
        "roles": ["ask"], "collections": ["hr"], "groups": ["board"],
    } | changed  # fmt: skip
    given = {name: value for name, value in claims.items() if value is not None}
    return encode(given, key, algorithm, headers={"kid": kid} if kid else {})


def test_claims_become_role_collections_and_groups(read: Callable[[str], Caller | None]) -> None:
    found = read(token(roles=["other", "ask", "write"]))
    assert found is not None
    assert found.role is Role.WRITE
    assert found.rights.collections == {"hr"}
    assert found.rights.audience.groups == {"board"}
    assert not found.rights.audience.everything
    assert found.id == found.rights.caller
    assert found.id.startswith("oidc_")
    assert "ada" not in found.id
    assert read(token(EC, "ES256", "two")) == read(token(roles="ask"))


def test_an_administrator_sees_all_that_the_claim_names(
    read: Callable[[str], Caller | None],
) -> None:
    found = read(token(roles="admin", collections=["*"]))
    assert found is not None
    assert found.rights.unlimited
    without = read(token(collections=None, groups=None))
    assert without is not None
    assert without.rights.collections == frozenset()


def _pem(key: Any) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def unsigned() -> str:
    head, body, _ = token().split(".")
    return f"{head}.{body}.AAAA"


REFUSED: dict[str, Callable[[], str]] = {
    "another issuer": lambda: token(iss="https://evil.example"),
    "another audience": lambda: token(aud="shop"),
    "no audience": lambda: token(aud=None),
    "expired": lambda: token(exp=int(time.time()) - 60),
    "no expiry": lambda: token(exp=None),
    "not yet": lambda: token(nbf=int(time.time()) + 120),
    "nobody": lambda: token(sub=None),
    "no role": lambda: token(roles=["reader"]),
    "no roles": lambda: token(roles=None),
    "roles of another kind": lambda: token(roles=5),
    "a role that tokens do not grant": lambda: token(roles=["scrape"]),
    "a stranger's key": lambda: token(STRANGER, "ES256", "two"),
    "a key of another kind": lambda: token(EC, "ES256", "one"),
    "an unknown key": lambda: token(kid="three"),
    "no key named of two": lambda: token(kid=None),
    "no signature": lambda: encode({"iss": ISSUER, "roles": ["admin"]}, None, "none"),
    "another signature": unsigned,
    "words": lambda: "a.b.c",
}


@pytest.mark.parametrize("name", REFUSED)
def test_others_are_refused(read: Callable[[str], Caller | None], name: str) -> None:
    assert read(REFUSED[name]()) is None


def test_the_public_key_is_no_secret(read: Callable[[str], Caller | None]) -> None:
    """An old attack signs with the public key, as if it was a shared secret."""
    import base64
    import hashlib
    import hmac

    head, body = ({"alg": "HS256", "kid": "one"}, {"iss": ISSUER, "aud": AUDIENCE, "sub": "x",
                  "exp": int(time.time()) + 300, "roles": ["admin"]})  # fmt: skip

    def coded(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    signed = ".".join(coded(json.dumps(one).encode()) for one in (head, body))
    made = hmac.new(_pem(RSA), signed.encode(), hashlib.sha256).digest()
    assert read(f"{signed}.{coded(made)}") is None


def test_clocks_may_differ_a_little(file: Path) -> None:
    late = token(exp=int(time.time()) - 10)
    assert anyio.run(ProviderTokens(settings(str(file))).caller, late) is not None
    assert anyio.run(ProviderTokens(settings(str(file), leeway_s=0.0)).caller, late) is None


@pytest.fixture
def provider() -> Iterator[tuple[str, list[str], dict[str, Any]]]:
    """A server of keys: its address, the paths that were read, and the keys it has."""
    reads: list[str] = []
    keys = public_keys()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            reads.append(self.path)
            body = json.dumps(keys).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/jwks", reads, keys
        server.shutdown()


def test_keys_are_read_once_and_again_when_the_provider_has_new_ones(
    provider: tuple[str, list[str], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # is not for this machine
    url, reads, keys = provider
    reader = ProviderTokens(settings(url))

    def found(given: str) -> Caller | None:
        return anyio.run(reader.caller, given)

    assert found(token()) is not None
    assert found(token(kid=None)) is not None  # the only key
    assert len(reads) == 1
    keys |= public_keys(rotated=True)
    second = token(EC, "ES256", "two")
    assert [found(second) for _ in range(20)] == [None] * 20
    assert len(reads) == 1  # made-up key ids do not make it ask again and again
    monkeypatch.setattr(tokens, "_AGAIN_S", 0.0)
    assert found(second) is not None
    assert len(reads) == 2


def test_a_provider_that_is_away_grants_nothing() -> None:
    reader = ProviderTokens(settings("/nowhere/jwks.json"))
    assert anyio.run(reader.caller, token()) is None


def test_half_of_the_settings_is_refused() -> None:
    assert ProviderTokens.of(AccessSettings()) is None
    with pytest.raises(ConfigError, match="needs access"):
        ProviderTokens.of(AccessSettings(issuer=ISSUER))
