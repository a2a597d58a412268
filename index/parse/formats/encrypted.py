"""Office files behind a password: decrypted, then read as what they are."""

from citespan.index.parse.formats import docx, pptx, xlsx
from citespan.index.parse.formats.passwords import decrypted
from citespan.index.parse.parsed import Parsed
from citespan.index.parse.request import Request, Unreadable
from citespan.index.parse.sniff import sniff

_READERS = {"document": docx.read, "presentation": pptx.read, "sheet": xlsx.read}


def read(data: bytes, request: Request) -> Parsed:
    """Read a Word, PowerPoint or Excel file with the request's password.

    Raises:
        Unreadable: `encrypted` or `password_wrong`; or why the decrypted file cannot be read.
    """
    plain = decrypted(data, request)
    media_type = sniff(plain, request)
    reader = _READERS.get(media_type.rpartition(".")[2])
    if reader is None:
        raise Unreadable("unsupported", f"the encrypted file is {media_type}; save it as OOXML")
    return reader(plain, request)
