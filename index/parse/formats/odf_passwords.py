"""OpenDocument files whose parts are encrypted with a password, as ODF 1.2 says."""

import hashlib
import zlib
from base64 import b64decode
from typing import Any, NamedTuple

from citespan.index.parse.formats.archive import MAX_EXPANDED, MAX_RATIO, Archive
from citespan.index.parse.formats.markup import Element, attribute, local, parse, whole
from citespan.index.parse.request import Request, Unreadable

_MANIFEST = "META-INF/manifest.xml"
_HASHES = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
_MOST_ITERATIONS = 10_000_000
_SMALL = 1_000_000  # bytes; a part that expands to fewer may be packed as tightly as it is
_CHECKED = 1024  # bytes of a packed part whose hash says whether the password is right


class _Lock(NamedTuple):
    """How a part is encrypted."""

    algorithm: str
    vector: bytes
    salt: bytes
    iterations: int
    size: int
    start: str
    check: str
    checksum: bytes


def opened(data: bytes, request: Request) -> Archive:
    """Return the parts of a document; those that are encrypted are decrypted when they are read.

    Raises:
        Unreadable: `encrypted` if there is no password, `password_wrong`, or `unsupported`.
    """
    archive = Archive(data)
    if _MANIFEST not in archive or b":encryption-data" not in (found := archive.read(_MANIFEST)):
        return archive
    if request.password is None:
        raise Unreadable("encrypted", "the document needs a password; send it as `password`")
    return _Unlocked(data, _locks(parse(found, "its list of parts")), request.password)


class _Unlocked(Archive):
    def __init__(self, data: bytes, locks: dict[str, _Lock], password: str) -> None:
        super().__init__(data)
        self._locks, self._password = locks, password.encode()
        self._expanded = 0

    def read(self, name: str) -> bytes:
        data = super().read(name)
        lock = self._locks.get(name)
        if lock is None:
            return data
        plain = self._expand(_decrypted(data, lock, self._password))
        self._expanded += len(plain)
        return plain

    def _expand(self, packed: bytes) -> bytes:
        most = min(max(_SMALL, MAX_RATIO * len(packed)), MAX_EXPANDED - self._expanded)
        try:
            unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
            plain = unpacking.decompress(packed, max(1, most))  # 0 would be no limit
        except zlib.error as error:
            raise Unreadable("corrupt", "a part is damaged; save or send the file again") from error
        if unpacking.unconsumed_tail:
            raise Unreadable("too_large", "a part expands too much; save the document in parts")
        return plain


def _locks(manifest: Element) -> dict[str, _Lock]:
    found: dict[str, _Lock] = {}
    for entry in manifest:
        for encryption in entry:
            if local(encryption) == "encryption-data":
                found[attribute(entry, "full-path") or ""] = _lock(encryption)
    return found


def _lock(encryption: Element) -> _Lock:
    parts = {local(one): one for one in encryption}

    def of(part: str, name: str) -> str:
        return (attribute(parts[part], name) or "") if part in parts else ""

    try:
        vector, salt, checksum = (
            b64decode(one)
            for one in (
                of("algorithm", "initialisation-vector"),
                of("key-derivation", "salt"),
                attribute(encryption, "checksum") or "",
            )
        )
    except ValueError as error:
        raise Unreadable("corrupt", "the encryption is damaged; save the file again") from error
    return _Lock(
        algorithm=of("algorithm", "algorithm-name"),
        vector=vector,
        salt=salt,
        iterations=whole(of("key-derivation", "iteration-count")),
        size=whole(of("key-derivation", "key-size"), 16),
        start=_hash(of("start-key-generation", "start-key-generation-name") or "sha1"),
        check=_hash(attribute(encryption, "checksum-type") or ""),
        checksum=checksum,
    )


def _hash(name: str) -> str:
    return "sha256" if "sha256" in name.lower() else "sha1"


def _decrypted(data: bytes, lock: _Lock, password: bytes) -> bytes:
    """Return a part, still packed.

    Raises:
        Unreadable: `password_wrong`, `unsupported` or `corrupt`.
    """
    if not lock.algorithm.endswith(("#aes256-cbc", "#aes192-cbc", "#aes128-cbc")):
        raise Unreadable(
            "unsupported",
            "the document is encrypted in a way that is not read; save it without a password,"
            " or as ODF 1.2",
        )
    if not 0 < lock.iterations <= _MOST_ITERATIONS or lock.size not in {16, 24, 32}:
        raise Unreadable("corrupt", "the encryption is damaged; save the file again")
    start = _HASHES[lock.start](password).digest()
    key = hashlib.pbkdf2_hmac("sha1", start, lock.salt, lock.iterations, lock.size)
    packed = _unpadded(_aes(data, key, lock.vector))
    if _HASHES[lock.check](packed[:_CHECKED]).digest() != lock.checksum:
        raise Unreadable("password_wrong", "the password is wrong; send the right one")
    return packed


def _aes(data: bytes, key: bytes, vector: bytes) -> bytes:
    try:
        from cryptography.hazmat.primitives.ciphers import Cipher
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import CBC
    except ImportError as error:
        raise Unreadable(
            "encrypted",
            "the document needs a password; install citespan[passwords], or save it without one",
        ) from error
    try:
        decryptor: Any = Cipher(AES(key), CBC(vector)).decryptor()
        plain: bytes = decryptor.update(data) + decryptor.finalize()
    except ValueError as error:
        raise Unreadable("corrupt", "the encryption is damaged; save the file again") from error
    return plain


def _unpadded(plain: bytes) -> bytes:
    """Return data without its last bytes, of which the last says how many they are."""
    return plain[: -plain[-1]] if plain and 0 < plain[-1] <= 16 else plain
