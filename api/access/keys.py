"""API keys: random secrets, of which only a hash is kept."""

import hashlib
import hmac
import re
import secrets
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from citespan.api.access.caller import Caller, caller
from citespan.api.access.rules import Role
from citespan.qa.errors import ConfigError

SECRET, PUBLIC = "csk_", "csp_"
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without letters that look alike
_WRITTEN = re.compile(r"(cs[kp]_[a-z2-9]{10})_([0-9a-f]{64})", re.ASCII)
_NO_HASH = "0" * 64

_Time = Annotated[str, msgspec.Meta(description="ISO 8601, in UTC")]


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key as it is kept.

    id: how the key begins, which may be shown and logged; it survives a rotation.
    hash: SHA-256 of the secret, in hexadecimal.
    collections: those that the key sees; None for all.
    groups: those whose documents the key sees, besides the documents that all see.
    former, former_until: the hash before the last rotation, and until when it counts.
    origins: of the pages that may use a publishable key; other keys have none.
    per_minute: how many questions a publishable key may ask in a minute.
    """

    id: str
    name: str
    role: Role
    hash: str
    collections: tuple[str, ...] | None = None
    groups: tuple[str, ...] = ()
    created_at: _Time
    expires_at: _Time | None = None
    revoked_at: _Time | None = None
    former: str = _NO_HASH
    former_until: _Time | None = None
    origins: tuple[str, ...] = ()
    per_minute: int = 0

    @property
    def public(self) -> bool:
        """Whether the key may be published in a page."""
        return self.id.startswith(PUBLIC)

    def state(self, now: datetime) -> str:
        """Return whether the key is valid, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if _past(self.expires_at, now) else "valid"

    def opens(self, secret: str, now: datetime) -> bool:
        """Return whether a secret is this key's, and the key is valid."""
        given = digest(secret)
        fits = hmac.compare_digest(given, self.hash)
        fitted = hmac.compare_digest(given, self.former) and self.former_until is not None
        former = fitted and not _past(self.former_until, now)
        return (fits or former) and self.state(now) == "valid"

    def caller(self) -> Caller:
        """Return who has the key."""
        seen = None if self.collections is None else frozenset(self.collections)
        return caller(self.id, self.name, self.role, seen, frozenset(self.groups))


def new_id(*, public: bool) -> str:
    """Return the id of a new key."""
    made = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    return (PUBLIC if public else SECRET) + made


def new_secret() -> str:
    """Return a secret of 256 random bits."""
    return secrets.token_hex(32)


def written(key_id: str, secret: str) -> str:
    """Return a key as people are given it."""
    return f"{key_id}_{secret}"


def parts(given: str) -> tuple[str, str] | None:
    """Return the id and the secret of a key; None if it is none."""
    found = _WRITTEN.fullmatch(given)
    return found and (found[1], found[2])


def digest(secret: str) -> str:
    """Return the hash of a secret.

    A slow hash protects secrets that can be guessed; nobody guesses 256 random bits.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def stamp(moment: datetime) -> str:
    """Return a moment as keys have it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def check(key: Key) -> None:
    """Refuse a key that could do more or less than it says.

    Raises:
        ConfigError: it is one; the message says what to change.
    """
    if key.public and (key.role is not Role.ASK or key.collections is None or not key.origins):
        raise ConfigError(
            "a publishable key has the role ask, names its collections, and names the origins of"
            " its pages"
        )
    if not key.public and (key.origins or key.per_minute):
        raise ConfigError("only a publishable key has origins and a number of questions a minute")
    if key.role is Role.SCRAPE and (key.collections is not None or key.groups):
        raise ConfigError("a key with the role scrape reads only metrics, which are of everything")
    if key.role is Role.ADMIN and key.groups:
        raise ConfigError("a key with the role admin sees all documents, and needs no groups")


def _past(moment: str | None, now: datetime) -> bool:
    return moment is not None and datetime.fromisoformat(moment) <= now
