"""Everything the HTTP layer itself refuses, as types with facts.

ApiError
├── MalformedRequest       the bytes are not what their headers say they are
├── InvalidRequest         well formed, but not what this route takes; `errors` says where
├── ModelNotFound          no collection answers under that model's name
├── SpanOutOfRange         the asked span is not inside the document
├── UnsupportedMediaType   a body of a type that this route does not read
├── BodyTooLarge           more bytes than the service accepts
├── BodyTooSlow            the body does not come as fast as it must
├── Busy                   as many requests wait as may
├── TookTooLong            the request's time is over before it has its answer
├── CrossOrigin            a web page of another site sent a change
├── UnknownHost            the request is for a server of another name
└── ClientDisconnected     the client left before its request or answer was complete
"""

from collections.abc import Sequence

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field of a request."""

    field: str
    message: str


class ApiError(Exception):
    """Root of everything `api` refuses on purpose."""


class MalformedRequest(ApiError):
    """A body or query that cannot be read at all."""


class InvalidRequest(ApiError):
    """A request that was read, and is not what the route takes."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = tuple(errors)

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidRequest":
        """The error of one field."""
        return cls([FieldError(field, message)])


class ModelNotFound(ApiError):
    """No collection, or no way of answering, goes by this model's name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no model {name!r}; /v1/models lists what there is")


class SpanOutOfRange(ApiError):
    """Offsets that do not lie inside the document asked for."""


class UnsupportedMediaType(ApiError):
    """A body whose Content-Type the route does not read."""


class BodyTooLarge(ApiError):
    """A body of more bytes than are accepted."""


class BodyTooSlow(ApiError):
    """A body that comes too slowly."""


class Busy(ApiError):
    """More requests at once than can wait."""


class TookTooLong(ApiError):
    """A request whose time was over before its answer was made."""


class CrossOrigin(ApiError):
    """A change that a browser sent for a page of another site."""


class UnknownHost(ApiError):
    """A request for a name that this server does not go by.

    A web page can have its own name lead to this machine ("DNS rebinding"): to the browser, what
    is served here is its own then.
    """


class ClientDisconnected(ApiError):
    """The client went away before it had sent its whole body, or had its answer."""
