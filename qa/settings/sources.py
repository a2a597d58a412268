"""The settings of sources: what they may reach outside of this machine, and their secrets."""

from ipaddress import ip_network
from typing import Annotated

import msgspec

from citespan.qa.errors import ConfigError

_Positive = Annotated[int, msgspec.Meta(ge=1)]
_Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class SourcesSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What sources, such as sites and repositories, may reach, and how much they may read.

    hosts: hosts that sources may reach in addition to that of their own address, separated by
        commas; *.example.org stands for all names below, * for all hosts.
    networks: networks that sources may reach although they are not public, such as 10.0.0.0/8,
        separated by commas.
    protocols: protocols such as s3 or sftp by which fsspec may connect to object stores and file
        servers, separated by commas; these connections do not pass the guard.
    secrets: a line `name=secret` for each source that needs one: a token, user:password, or for
        fsspec a JSON object of options.
    hook_secret: with it, requests that are signed with it (HMAC-SHA256) start a sync.
    max_bytes: the maximum size of one content, unpacked.
    max_entries: how many entries a source may have.
    timeout_s: the timeout for a connection, and between two parts of a response, in seconds.
    limit_s: how long a whole response may take, in seconds.
    """

    hosts: str = ""
    networks: str = ""
    protocols: str = ""
    secrets: str = ""
    hook_secret: str = ""
    max_bytes: _Positive = 50_000_000
    max_entries: _Positive = 100_000
    timeout_s: _Seconds = 20.0
    limit_s: _Seconds = 120.0

    def shown(self, hidden: str) -> "SourcesSettings":
        """Return the settings with `hidden` in place of secrets."""
        return msgspec.structs.replace(
            self,
            secrets=self.secrets and hidden,
            hook_secret=self.hook_secret and hidden,
        )

    def check(self) -> None:
        """Check what is more than a type.

        Raises:
            ConfigError: a network or a line of the secrets is invalid; no secret is repeated.
        """
        try:
            for one in listed(self.networks):
                ip_network(one)
        except ValueError as error:
            raise ConfigError(f"sources.networks: {error}") from error
        for number, line in enumerate(self.secrets.splitlines(), start=1):
            if line.strip() and "=" not in line:
                raise ConfigError(f"sources.secrets: line {number} is not of the form name=secret")


def listed(text: str) -> list[str]:
    """Return the items of a setting, which are separated by commas or white space."""
    return text.replace(",", " ").split()
