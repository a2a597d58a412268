"""What the operator allows sources: hosts, networks, sizes and times."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What sources may do outside of this machine, and how much of it.

    hosts: hosts that any source may reach, in addition to that of its own address; `*.` at the
        beginning stands for all names below, `*` for all hosts.
    networks: networks that are not public, but may be reached.
    protocols: protocols of object stores and file servers that fsspec may connect by.
    secrets: passwords and tokens by the name of their source.
    max_bytes: of one content, unpacked.
    max_entries: of one source.
    timeout_s: for a connection, and between two parts of a response.
    limit_s: for a whole response.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    protocols: frozenset[str] = frozenset()
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    max_bytes: int = 50_000_000
    max_entries: int = 100_000
    timeout_s: float = 20.0
    limit_s: float = 120.0
