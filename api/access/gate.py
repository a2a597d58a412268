"""The gate: every request passes it after its route is known, and before its body is read."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from anyio import to_thread
from litestar import Litestar
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from citespan.api.access.attempts import Windows
from citespan.api.access.caller import Caller
from citespan.api.access.keyring import Keyring
from citespan.api.access.keys import Key
from citespan.api.access.rules import GRANTS, OPEN, SCRAPE, Role, rule_of
from citespan.api.access.tokens import ProviderTokens, is_token
from citespan.api.errors.types import Forbidden, Unauthenticated
from citespan.api.middleware.callers import address_of
from citespan.qa.collections import EVERYTHING, NOTHING, Rights

_FAILURES = 20  # of one address in a minute; valid keys and tokens count never
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
_READ = frozenset({"GET", "HEAD"})
_RIGHTS = "rights"  # their name in the state of a request


class Gate:
    """The gate before all routes. Without keys and tokens, it is open to all.

    Args:
        keys: the keys of the data folder, if there is one.
        tokens: reads the tokens of an identity provider, if there is one.
    """

    def __init__(self, keys: Keyring | None = None, tokens: ProviderTokens | None = None) -> None:
        self._keys = keys
        self._tokens = tokens
        self._failures, self._questions = Windows(), Windows()

    @property
    def closed(self) -> bool:
        """Whether callers need a key or a token."""
        return self._tokens is not None or (self._keys is not None and self._keys.closed)

    def origins(self) -> frozenset[str]:
        """Return the origins of the pages that may use publishable keys."""
        return self._keys.origins() if self._keys else frozenset()

    @asynccontextmanager
    async def lifespan(self, _: Litestar) -> AsyncGenerator[None]:
        """Record at shutdown what is not recorded yet."""
        yield
        if self._keys:
            await to_thread.run_sync(self._keys.note)

    async def admit(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its caller may use its route; the state then says who it is.

        Raises:
            Unauthenticated: there is no valid key or token.
            Forbidden: the caller may not use this route, or not from this page.
            TooOften: there were too many invalid keys, or questions with a publishable one.
        """
        state: dict[str, Any] = scope["state"]
        rule = rule_of(scope["route_handler"])
        if not self.closed:
            state[_RIGHTS] = EVERYTHING
        elif (caller := await self._caller(scope)) is not None:
            state["caller"], state[_RIGHTS] = caller, caller.rights
            if rule not in GRANTS[caller.role]:
                raise Forbidden(f"this needs the role {rule}; the key has the role {caller.role}")
            if rule is SCRAPE and caller.role is not Role.SCRAPE and not caller.rights.unlimited:
                raise Forbidden("metrics are of all collections; the key is for some of them")
        elif rule is OPEN:
            state[_RIGHTS] = NOTHING
        else:
            raise Unauthenticated("send a key: `Authorization: Bearer …`, or `X-API-Key`")
        await app(scope, receive, _private(send) if "caller" in state else send)

    async def _caller(self, scope: Any) -> Caller | None:
        """Return who sent a request; None if it has neither key nor token."""
        headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
        given = _credential(headers)
        if given is None:
            return None
        if self._tokens is not None and is_token(given):
            caller = await self._tokens.caller(given)
        else:
            key = self._keys.find(given) if self._keys else None
            caller = key and key.caller()
            if key is not None and key.public:
                self._check_public(key, scope, headers)
        if caller is None:
            address = address_of(scope)
            self._failures.count(address, _FAILURES, "this address sent too many invalid keys")
            raise Unauthenticated("the key or token is not valid; it may have expired", given=True)
        return caller

    def _check_public(self, key: Key, scope: Any, headers: Mapping[bytes, str]) -> None:
        """Refuse what a publishable key is not for: pages of other origins, and too many questions.

        Browsers name the origin whenever a page of another one asks; a page cannot forge it.
        """
        origin, method = headers.get(b"origin"), scope["method"]
        if origin not in key.origins and (origin is not None or method not in _READ):
            raise Forbidden("this key is only for pages of the origins that it names")
        if key.per_minute and method == "POST":
            self._questions.count(key.id, key.per_minute, "this key asked too many questions")


def rights_of(scope: Any) -> Rights:
    """Return the rights of the caller of a request that has passed the gate."""
    return scope["state"][_RIGHTS]


def _private(send: Send) -> Send:
    """Return a `send` that lets no shared cache keep a response for the next caller."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message["headers"])
            headers.append((b"vary", b"authorization, x-api-key"))
            if all(name.lower() != b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"private, no-cache"))
            message["headers"] = headers
        await send(message)

    return sent


def _credential(headers: Mapping[bytes, str]) -> str | None:
    if found := _BEARER.fullmatch(headers.get(b"authorization", "")):
        return found[1]
    return headers.get(b"x-api-key", "").strip() or None
