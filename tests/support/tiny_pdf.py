"""PDFs written by hand: pages with lines of text at places, and what else a test needs."""

import hashlib
import zlib
from dataclasses import dataclass, field

_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


@dataclass
class Page:
    """A page; `content` is in PDF's operators, `extra` is of the page's dictionary."""

    content: str = ""
    box: str = "0 0 612 792"
    extra: str = ""
    image: bytes = b""  # grey pixels, drawn by /I


@dataclass
class Pdf:
    """Pages, and what the file says of itself."""

    pages: list[Page]
    info: str = ""
    catalog: str = ""
    objects: list[str] = field(default_factory=list[str])  # from number 100 on
    password: str = ""

    def write(self) -> bytes:
        """The bytes of the file."""
        first = 10
        kids = " ".join(f"{first + 3 * at} 0 R" for at in range(len(self.pages)))
        made: dict[int, bytes] = {
            1: f"<</Type/Catalog/Pages 2 0 R{self.catalog}>>".encode(),
            2: f"<</Type/Pages/Kids[{kids}]/Count {len(self.pages)}>>".encode(),
            3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            4: f"<<{self.info}>>".encode("latin-1"),
            5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>",
        }
        for at, page in enumerate(self.pages):
            number = first + 3 * at
            resources = f"<</Font<</F 3 0 R/B 5 0 R>>/XObject<</I {number + 2} 0 R/X 100 0 R>>>>"
            made[number] = (
                f"<</Type/Page/Parent 2 0 R/MediaBox[{page.box}]/Contents {number + 1} 0 R"
                f"/Resources{resources}{page.extra}>>"
            ).encode()
            made[number + 1] = _stream(page.content.encode("latin-1"), "")
            made[number + 2] = _stream(
                page.image or b"\xff",
                "/Type/XObject/Subtype/Image/ColorSpace/DeviceGray/BitsPerComponent 8"
                f"/Width {max(1, int(len(page.image) ** 0.5))}"
                f"/Height {max(1, int(len(page.image) ** 0.5))}",
            )
        for at, one in enumerate(self.objects):
            made[100 + at] = one.encode("latin-1")
        trailer = ""
        if self.password:
            made, trailer = _encrypted(made, self.password)
        return _file(made, trailer)


def text(x: float, y: float, words: str, size: float = 12, font: str = "F", more: str = "") -> str:
    """Operators for a line of text, whose baseline begins at x and y."""
    words = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT {more} /{font} {size} Tf {x} {y} Td ({words}) Tj ET\n"


def prose(lines: list[str], x: float = 72, y: float = 700, size: float = 12) -> str:
    """Operators for lines one below another."""
    return "".join(text(x, y - 1.2 * size * at, line, size) for at, line in enumerate(lines))


def _stream(content: bytes, entries: str) -> bytes:
    packed = zlib.compress(content)
    head = f"<<{entries}/Filter/FlateDecode/Length {len(packed)}>>\nstream\n".encode()
    return head + packed + b"\nendstream"


def _file(objects: dict[int, bytes], trailer: str) -> bytes:
    out = b"%PDF-1.7\n"
    places: dict[int, int] = {}
    for number, content in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    size = max(objects) + 1
    table = "0000000000 65535 f \n"
    for number in range(1, size):
        table += f"{places.get(number, 0):010d} 00000 {'n' if number in places else 'f'} \n"
    end = f"trailer\n<</Size {size}/Root 1 0 R/Info 4 0 R{trailer}>>\nstartxref\n{len(out)}\n%%EOF"
    return out + f"xref\n0 {size}\n{table}{end}".encode()


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _rc4(key: bytes, data: bytes) -> bytes:
    state, at, out = list(range(256)), 0, bytearray()
    for one in range(256):
        at = (at + state[one] + key[one % len(key)]) % 256
        state[one], state[at] = state[at], state[one]
    one = at = 0
    for byte in data:
        one = (one + 1) % 256
        at = (at + state[one]) % 256
        state[one], state[at] = state[at], state[one]
        out.append(byte ^ state[(state[one] + state[at]) % 256])
    return bytes(out)


def _encrypted(objects: dict[int, bytes], password: str) -> tuple[dict[int, bytes], str]:
    """Streams encrypted as PDF 1.1 did (RC4, 40 bits): enough to need a password."""
    padded = (password.encode() + _PAD)[:32]
    owner = _rc4(_md5(padded)[:5], padded)
    key = _md5(padded + owner + b"\xfc\xff\xff\xff" + b"0" * 16)[:5]
    user = _rc4(key, _PAD)
    made: dict[int, bytes] = {}
    for number, content in objects.items():
        head, mark, rest = content.partition(b"stream\n")
        if mark:
            own = _md5(key + number.to_bytes(3, "little") + b"\0\0")[:10]
            body = rest.removesuffix(b"\nendstream")
            content = head + mark + _rc4(own, body) + b"\nendstream"  # noqa: PLW2901
        made[number] = content
    made[9] = f"<</Filter/Standard/V 1/R 2/P -4/O<{owner.hex()}>/U<{user.hex()}>>>".encode()
    made[4] = b"<<>>"
    return made, f"/Encrypt 9 0 R/ID[<{(b'0' * 16).hex()}><{(b'0' * 16).hex()}>]"
