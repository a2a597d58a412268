"""The errors that the HTTP layer itself raises, as types with facts.

ApiError
├── MalformedRequest       the bytes are not of the kind that their headers name
├── InvalidRequest         well formed, but invalid for this route; `errors` names the fields
├── ModelNotFound          no collection or mode has that model's name
├── RunNotFound            there is no such finished run, or it is damaged
├── SpanOutOfRange         the requested span is not inside the document
├── OriginalNotFound       the document has no file that is kept
├── PageNotFound           the document's file has no such page
├── UnsupportedMediaType   the body's type is one that this route does not read
├── BodyTooLarge           the body has more bytes than the service accepts
├── BodyTooSlow            the body arrives more slowly than it must
├── Busy                   as many requests wait as are allowed to
├── QuotaExceeded          the caller has used its quota of this window
├── TookTooLong            the request's time ended before its answer was complete
├── Unauthenticated        a key is needed, and none was sent that is valid
├── Forbidden              the caller may not do this, or not from this page
├── TooOften               too many invalid keys came from an address, or questions with a key
├── CrossOrigin            a web page of another site sent a change
├── UnknownHost            the request is for a Host name that this server does not accept
└── ClientDisconnected     the client disconnected before its request or answer was complete
"""

from collections.abc import Sequence

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """An error in one field of a request."""

    field: str
    message: str


class ApiError(Exception):
    """Root of the errors that `api` raises on purpose."""


class MalformedRequest(ApiError):
    """A body or query that the server cannot read at all."""


class InvalidRequest(ApiError):
    """A readable request that is invalid for the route."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = tuple(errors)

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidRequest":
        """Return the error of one field."""
        return cls([FieldError(field, message)])


class ModelNotFound(ApiError):
    """A model name that stands for no collection, or for no mode of answering."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no model {name!r}; /v1/models lists the models")


class RunNotFound(ApiError):
    """No finished run of the evaluation has that id, or it is damaged."""


class SpanOutOfRange(ApiError):
    """Offsets that are not inside the requested document."""


class OriginalNotFound(ApiError):
    """A document that was stored as text, or whose file is not kept."""

    def __init__(self, document_id: str) -> None:
        super().__init__(
            f"no file of document {document_id!r} is kept: it was stored as text, or the service"
            " does not keep files"
        )


class PageNotFound(ApiError):
    """A page that the file of a document does not have."""

    def __init__(self, page: int, pages: int) -> None:
        has = f"has {pages} pages" if pages else "has no pages"
        super().__init__(f"there is no page {page}: the file of the document {has}")


class UnsupportedMediaType(ApiError):
    """A body whose Content-Type the route does not read."""


class BodyTooLarge(ApiError):
    """A body of more bytes than the service accepts."""


class BodyTooSlow(ApiError):
    """A body that arrives too slowly."""


class Busy(ApiError):
    """A request that came while as many others waited as are allowed to."""


class QuotaExceeded(ApiError):
    """A request of a caller that has used its quota; `wait_s` is until the window ends."""

    def __init__(self, policy: str, quota: int, wait_s: int) -> None:
        unit, _, window = policy.partition("/")
        super().__init__(f"the quota is {quota} {unit} per {window}; ask again in {wait_s} s")
        self.wait_s = wait_s


class TookTooLong(ApiError):
    """A request whose time ended before its answer was complete."""


class Unauthenticated(ApiError):
    """A request that needs a key, without one or with an invalid one; `given` says which."""

    def __init__(self, message: str, *, given: bool = False) -> None:
        super().__init__(message)
        self.given = given


class Forbidden(ApiError):
    """A request that its caller has no right to."""


class TooOften(ApiError):
    """Something that was tried too often; `wait_s` is until it may be tried again."""

    def __init__(self, what: str, wait_s: int) -> None:
        super().__init__(f"{what}; try again in {wait_s} s")
        self.wait_s = wait_s


class CrossOrigin(ApiError):
    """A change that a browser sent for a page of another site."""


class UnknownHost(ApiError):
    """A request for a Host name that this server does not accept.

    A web page can make its own name resolve to this machine ("DNS rebinding"). The browser then
    treats this server's responses as that page's own.
    """


class ClientDisconnected(ApiError):
    """A client that disconnected before it had sent its whole body, or had its answer."""
