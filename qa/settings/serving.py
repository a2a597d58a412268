"""The settings of the HTTP server: where it listens, what clients may do, and what is written."""

from typing import Annotated

import msgspec

_Positive = Annotated[int, msgspec.Meta(ge=1)]
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]
_Path = Annotated[str, msgspec.Meta(pattern=r"^[^\x00\ud800-\udfff]*$", max_length=4096)]


class ServeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the HTTP server listens, and what clients may do.

    host: the address to listen on.
    port: the port to listen on; 0 selects a free port.
    max_body_bytes: the maximum size of a request body; larger ones are rejected.
    hosts: names that the server accepts in Host headers, separated by commas, in addition to
        localhost and this machine's own name and addresses; * accepts any.
    public_url: the address of the server as clients use it, such as https://example.org/docs, so
        that links are right behind a proxy; if empty, links begin as the request does.
    trusted_proxies: addresses or networks of proxies, by commas; their forwarded headers count.
    origins: origins of web pages that may read and ask, such as https://www.example.org, separated
        by commas; browsers refuse it to all others.
    models: embedding models that clients may choose for reindexing, separated by commas, in
        addition to `embedding.model`.
    tls_certificate: the file of the certificate, with its chain, in PEM; with it, the server speaks
        only HTTPS.
    tls_key: the file of the certificate's private key, in PEM, without a password; if empty, the
        key is in the certificate's file.
    asks_at_once, stores_at_once: how many questions, or changes of stored data, are worked on
        concurrently; the others wait, and callers take turns.
    asks_waiting, stores_waiting: how many requests may wait; one more is refused with 503.
    ask_limit_s, store_limit_s: how long a request may take, waiting included, in seconds.
    max_ask_bytes: the maximum size of a question with its history.
    max_connections: how many connections clients may open; beyond that, the server closes one that
        waits, of the client that has the most.
    head_limit_s: how long the headers of a request may take, in seconds.
    body_limit_s: how long a body may take, in addition to a second for each 10 kB, in seconds.
    stop_s: how long requests may run on after a signal to stop, in seconds.
    workers: how many processes answer on this machine; several need `store.url`. The limits above
        are of each.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8000
    max_body_bytes: _Positive = 20_000_000
    hosts: str = ""
    public_url: str = ""
    trusted_proxies: str = ""
    origins: str = ""
    models: str = ""
    tls_certificate: _Path = ""
    tls_key: _Path = ""
    asks_at_once: _Positive = 8
    asks_waiting: _Count = 64
    ask_limit_s: _Seconds = 120.0
    stores_at_once: _Positive = 2
    stores_waiting: _Count = 32
    store_limit_s: _Seconds = 900.0
    max_ask_bytes: _Positive = 2_000_000
    max_connections: _Positive = 512
    head_limit_s: _Seconds = 15.0
    body_limit_s: _Seconds = 30.0
    stop_s: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 4.0
    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1


class LimitsSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much each caller may use: the holder of a key, or else the client of an address.

    Each is empty, for no limit, or quotas such as 100/minute, 5000/day; the windows are second,
    minute, hour and day. Each process counts in memory: a restart forgets what was used.

    requests: requests of any kind, without those for the page and for health.
    questions: questions and searches.
    tokens: tokens that the language model reads and writes.
    documents: documents that are sent.
    bytes: bytes of documents that are sent.
    """

    requests: str = ""
    questions: str = ""
    tokens: str = ""
    documents: str = ""
    bytes: str = ""


class AuditSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The log of who changed what; it has no text of documents, questions or answers.

    on: whether changes are logged.
    path: the file of the log; if empty, audit.jsonl in the data folder.
    max_bytes: the size from which a new file is begun; nine older ones are kept.
    """

    on: bool = True
    path: _Path = ""
    max_bytes: _Positive = 10_000_000


class FeedbackSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a server keeps of questions, next to the documents.

    unanswered: whether questions that got no answer are kept, without who asked; they are the words
        of people, so tell them.
    unanswered_days: how many days such a question is kept.
    """

    unanswered: bool = False
    unanswered_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 90


class TelemetrySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where traces of requests are sent; they have no text of documents, questions or answers.

    otlp_endpoint: the URL of an OpenTelemetry collector, such as http://127.0.0.1:4318, which needs
        citespan[otel]; if empty, the OTEL_* variables of the environment decide.
    """

    otlp_endpoint: str = ""
