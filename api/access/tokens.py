"""Bearer tokens of an identity provider: signed JWTs, whose claims say what a caller may do."""

import hashlib
import re
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from anyio import to_thread

from citespan.api.access.caller import Caller, caller
from citespan.api.access.rules import Role
from citespan.api.middleware.telemetry import logger
from citespan.qa.errors import ConfigError
from citespan.qa.llm import on_this_machine
from citespan.qa.settings import AccessSettings

# Only keys of two halves: with the others, a program that can check a token can also make one.
_ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
_REQUIRED = ("exp", "iss", "aud", "sub")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_LONGEST = 16_000  # characters of a token
_OLD_S = 600.0  # after which the provider's keys are read again
_AGAIN_S = 30.0  # between two readings, with any tokens
_TIMEOUT_S = 5.0
_MOST_BYTES = 1_000_000
_ALL = "*"


class ProviderTokens:
    """Reads the tokens of an identity provider.

    Args:
        settings: who makes the tokens, for whom, and what their claims are called.

    Raises:
        ConfigError: the settings lack a part, or the extra `oidc` is not installed.
    """

    def __init__(self, settings: AccessSettings) -> None:
        if not (settings.audience and settings.jwks):
            raise ConfigError("access.issuer needs access.audience and access.jwks as well")
        try:
            import cryptography  # noqa: F401  # pyright: ignore[reportUnusedImport]
            import jwt
        except ImportError as error:
            raise ConfigError(
                "tokens of an identity provider need more packages: pip install 'citespan[oidc]'"
            ) from error
        self._jwt: Any = jwt
        self._settings = settings
        self._keys = _ProviderKeys(settings.jwks, jwt)

    @classmethod
    def of(cls, settings: AccessSettings) -> "ProviderTokens | None":
        """Return the reader that the settings ask for; None if they name no issuer."""
        return cls(settings) if settings.issuer else None

    async def caller(self, token: str) -> Caller | None:
        """Return who has a token; None if the token is not valid, or grants no role."""
        return await to_thread.run_sync(self._caller, token)

    def _caller(self, token: str) -> Caller | None:
        try:
            key = self._keys.find(str(self._jwt.get_unverified_header(token).get("kid", "")))
            if key is None:
                return None
            claims = self._jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                leeway=self._settings.leeway_s,
                options={"require": list(_REQUIRED)},
            )
        except self._jwt.PyJWTError:
            return None
        return self._granted(claims)

    def _granted(self, claims: dict[str, Any]) -> Caller | None:
        settings = self._settings
        granted = set(_words(claims.get(settings.roles_claim)))
        role = next((one for one in (Role.ADMIN, Role.WRITE, Role.ASK) if one in granted), None)
        if role is None:
            return None
        seen = frozenset(_words(claims.get(settings.collections_claim)))
        who = hashlib.sha256(f"{claims['iss']}\0{claims['sub']}".encode()).hexdigest()
        return caller(
            f"oidc_{who[:16]}",
            str(claims.get("email") or claims["sub"])[:200],
            role,
            None if _ALL in seen else seen,
            frozenset(_words(claims.get(settings.groups_claim))),
        )


class _ProviderKeys:
    """The public keys of a provider, read again when they are old or a token names another one."""

    def __init__(self, source: str, jwt: Any) -> None:
        self._source, self._jwt = source, jwt
        self._reading = threading.Lock()
        self._keys: list[Any] = []
        self._read_s = -_OLD_S

    def find(self, key_id: str) -> Any | None:
        """Return the key of an id, or the only one if the token names none."""
        age_s = time.monotonic() - self._read_s
        found = self._known(key_id)
        if age_s < _AGAIN_S or (found is not None and age_s < _OLD_S):
            return found
        with self._reading:
            if time.monotonic() - self._read_s >= _AGAIN_S:
                self._read()
        return self._known(key_id)

    def _known(self, key_id: str) -> Any | None:
        if not key_id:
            return self._keys[0] if len(self._keys) == 1 else None
        return next((one for one in self._keys if one.key_id == key_id), None)

    def _read(self) -> None:
        import httpx2

        self._read_s = time.monotonic()
        try:
            self._keys = list(self._jwt.PyJWKSet.from_json(self._text()))
        except (OSError, ValueError, httpx2.HTTPError, self._jwt.PyJWTError) as error:
            # The keys known so far count: a provider that is away stops nobody.
            logger().error("provider_keys_not_read", error=f"{type(error).__name__}: {error}")

    def _text(self) -> str:
        import httpx2

        if not self._source.startswith(("http://", "https://")):
            return Path(self._source).read_text("utf-8")
        trusts = not on_this_machine(self._source)
        with (
            httpx2.Client(timeout=_TIMEOUT_S, trust_env=trusts) as client,
            client.stream("GET", self._source) as response,
        ):
            response.raise_for_status()
            data = b""
            for piece in response.iter_bytes():
                data += piece
                if len(data) > _MOST_BYTES:
                    raise ValueError(f"the keys have more than {_MOST_BYTES} bytes")
        return data.decode()


def is_token(given: str) -> bool:
    """Return whether a text looks like a signed JWT."""
    return len(given) <= _LONGEST and _TOKEN.fullmatch(given) is not None


def _words(claim: object) -> list[str]:
    """Return the words of a claim: a list, or a text with blanks, as `scope` is one."""
    if isinstance(claim, str):
        return claim.split()
    if not isinstance(claim, Iterable):
        return []
    return [one for one in cast("Iterable[object]", claim) if isinstance(one, str)]
