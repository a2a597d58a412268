"""What is asked of a reader, and the reasons for which it refuses a file."""

import msgspec

from citespan.index.errors import DocumentRejected


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be read; `name` and `media_type` are hints, the content decides.

    `ocr` is "auto", "always" or "never".
    """

    name: str = ""
    media_type: str = ""
    encoding: str | None = None
    password: str | None = None
    ocr: str = "auto"


class Unreadable(DocumentRejected):
    """A file that no reader could read.

    Attributes:
        code: `encrypted`, `password_wrong`, `corrupt`, `no_text`, `too_large`, `too_many_pages`,
            `timeout`, `memory`, `crashed` or `unsupported`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
