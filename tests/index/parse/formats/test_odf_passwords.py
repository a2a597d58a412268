"""OpenDocument behind a password, encrypted here as ODF 1.2 says."""

import io
import zipfile
import zlib
from base64 import b64encode
from hashlib import pbkdf2_hmac, sha256
from typing import Any

import pytest
from office_files import odf, zipped

from citespan.index.parse.formats import odf as reader
from citespan.index.parse.request import Request, Unreadable

SPOKEN = "süß"
VECTOR, SALT = bytes(range(16)), bytes(range(16, 32))
AES = "http://www.w3.org/2001/04/xmlenc#aes256-cbc"


def locked(body: str, *, algorithm: str = AES, iterations: int = 1000, more: bytes = b"") -> bytes:
    """A document whose parts but the list of parts are encrypted; `more` follows its content."""
    algorithms: Any = pytest.importorskip("cryptography.hazmat.primitives.ciphers.algorithms")
    ciphers: Any = pytest.importorskip("cryptography.hazmat.primitives.ciphers")
    modes: Any = pytest.importorskip("cryptography.hazmat.primitives.ciphers.modes")
    key = pbkdf2_hmac("sha1", sha256(SPOKEN.encode()).digest(), SALT, 1000, 32)
    members: dict[str, str | bytes] = {}
    entries = ""
    with zipfile.ZipFile(io.BytesIO(odf("text", body))) as archive:
        for name in ("content.xml", "styles.xml"):
            packing = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = packing.compress(archive.read(name) + more) + packing.flush()
            spare = 16 - len(packed) % 16
            encryptor = ciphers.Cipher(algorithms.AES(key), modes.CBC(VECTOR)).encryptor()
            members[name] = encryptor.update(packed + bytes([spare]) * spare) + encryptor.finalize()
            checksum = b64encode(sha256(packed[:1024]).digest()).decode()
            entries += (
                f'<m:file-entry m:full-path="{name}">'
                f'<m:encryption-data m:checksum-type="#sha256-1k" m:checksum="{checksum}">'
                f'<m:algorithm m:algorithm-name="{algorithm}"'
                f' m:initialisation-vector="{b64encode(VECTOR).decode()}"/>'
                f'<m:key-derivation m:iteration-count="{iterations}" m:key-size="32"'
                f' m:salt="{b64encode(SALT).decode()}"/><m:start-key-generation'
                ' m:start-key-generation-name="http://www.w3.org/2000/09/xmldsig#sha256"/>'
                "</m:encryption-data></m:file-entry>"
            )
    space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    members["META-INF/manifest.xml"] = f'<m:manifest xmlns:m="{space}">{entries}</m:manifest>'
    return zipped(members)


def code(data: bytes, password: str | None) -> str:
    with pytest.raises(Unreadable) as caught:
        reader.read(data, Request(password=password))
    return caught.value.code


def test_a_password_opens_a_document() -> None:
    data = locked("<text:p>A secret.</text:p>")
    assert code(data, None) == "encrypted"
    assert code(data, "other") == "password_wrong"
    assert reader.read(data, Request(password=SPOKEN)).text == "A secret."


def test_encryptions_that_are_not_read_say_so() -> None:
    gcm = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
    assert code(locked("", algorithm=gcm), SPOKEN) == "unsupported"
    assert code(locked("", iterations=10**9), SPOKEN) == "corrupt"


def test_a_part_that_expands_without_end_is_refused() -> None:
    assert code(locked("", more=b" " * 3_000_000), SPOKEN) == "too_large"
