"""Small files of the formats that citespan reads, written by hand."""

import io
import struct
import zipfile

MAIN = "application/vnd.openxmlformats-officedocument.{}.main+xml"


def zip_of(members: dict[str, bytes | str]) -> bytes:
    """A zip file with these members, in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def ooxml(kind: str) -> bytes:
    """A container as Office writes it, with an empty main part of the given kind."""
    types = f'<Types><Override PartName="/main.xml" ContentType="{kind}"/></Types>'
    return zip_of({"[Content_Types].xml": types, "main.xml": "<x/>"})


def ole(*names: str) -> bytes:
    """An OLE2 file with empty streams of these names below its root (at most three)."""

    def entry(name: str, kind: int, right: int, child: int) -> bytes:
        packed = name.encode("utf-16-le") + b"\0\0"
        links = struct.pack("<3I", 0xFFFFFFFF, right, child)
        return packed.ljust(64, b"\0") + struct.pack("<HBB", len(packed), kind, 1) + links

    rights = [*range(2, len(names) + 1), 0xFFFFFFFF][: len(names)]
    entries = [entry("Root Entry", 5, 0xFFFFFFFF, 1)]
    entries += [
        entry(name, 2, right, 0xFFFFFFFF) for name, right in zip(names, rights, strict=True)
    ]
    directory = b"".join(one.ljust(128, b"\0") for one in entries).ljust(512, b"\0")
    fat = struct.pack("<2I", 0xFFFFFFFD, 0xFFFFFFFE).ljust(512, b"\xff")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(24, b"\0")
    header += struct.pack("<HHHHH6xIII4xIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 4096, 0, 0, 0, 0)
    return header.ljust(76, b"\0")[:76] + struct.pack("<I", 0).ljust(436, b"\xff") + fat + directory
