"""The settings of a server that holds the documents in place of the data folder."""

from typing import Annotated

import msgspec


class StoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PostgreSQL server for the documents; without `url`, they are in the data folder.

    url: the address of the server and its database, such as
        postgresql://citespan@db.example.org/citespan, which needs citespan[postgres]. The data
        folder then holds what each process keeps for itself: indexes, jobs, keys and logs.
    connections: how many connections a process opens for a collection, at most.
    timeout_s: how long to wait for a connection, in seconds.
    """

    url: str = ""
    connections: Annotated[int, msgspec.Meta(ge=2, le=1000)] = 8
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 5.0
