"""The settings of who may reach the server; API keys are no settings."""

from typing import Annotated

import msgspec


class AccessSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may reach the server, besides the API keys that `citespan keys` makes.

    open_to_all: whether everybody who reaches the server may read, change and delete everything;
        without it, a server without keys listens only to this machine.
    issuer: the issuer of the tokens of an identity provider, such as https://login.example.org;
        if empty, tokens are not accepted.
    audience: for whom the tokens are made, as they name this service.
    jwks: the URL or the file of the provider's public keys (JWKS).
    roles_claim: the claim with the roles: ask, write or admin.
    collections_claim: the claim with the names of the collections; * is for all.
    groups_claim: the claim with the groups, whose documents the caller sees.
    leeway_s: how far the clocks may differ, in seconds.
    """

    open_to_all: bool = False
    issuer: str = ""
    audience: str = ""
    jwks: str = ""
    roles_claim: str = "roles"
    collections_claim: str = "collections"
    groups_claim: str = "groups"
    leeway_s: Annotated[float, msgspec.Meta(ge=0, le=600)] = 30.0
