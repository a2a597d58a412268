"""Office files that are encrypted with a password."""

import io
from typing import Any

from citespan.index.parse.request import Request, Unreadable

OLE = bytes.fromhex("d0cf11e0a1b11ae1")  # the first bytes of an OLE2 file


def decrypted(data: bytes, request: Request) -> bytes:
    """Return an encrypted Office file without its encryption.

    Raises:
        Unreadable: no password was sent, it is wrong, or the encryption is unknown.
    """
    if request.password is None:
        raise Unreadable("encrypted", "the file needs a password; send it as `password`")
    try:
        import msoffcrypto  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as error:
        raise Unreadable(
            "encrypted",
            "the file needs a password; install citespan[passwords], or save it without one",
        ) from error
    office: Any = msoffcrypto
    return _opened(office, data, request.password)


def _opened(office: Any, data: bytes, password: str) -> bytes:
    out = io.BytesIO()
    try:
        file = office.OfficeFile(io.BytesIO(data))
        if not file.is_encrypted():
            raise Unreadable("corrupt", "the file is no Office document; save it again")
        try:
            file.load_key(password=password, verify_password=True)
        except TypeError:  # the older formats check it in any case
            file.load_key(password=password)
        file.decrypt(out)
    except office.exceptions.InvalidKeyError as error:
        raise Unreadable("password_wrong", "the password is wrong; send the right one") from error
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(
            "corrupt", "the encryption is damaged or unknown; save the file without a password"
        ) from error
    return out.getvalue()
