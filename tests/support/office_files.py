"""Small files of every kind, made of strings."""

import io
import struct
import zipfile
from collections.abc import Mapping

_CONTENT = "application/vnd.openxmlformats-officedocument"
_RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
P = (
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
)
R = f'xmlns:r="{_RELS}"'
ODF = (
    " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{rest}:1.0"'
        for name, rest in {
            "office": "office",
            "text": "text",
            "table": "table",
            "style": "style",
            "draw": "drawing",
            "presentation": "presentation",
            "svg": "svg-compatible",
            "fo": "xsl-fo-compatible",
            "meta": "meta",
        }.items()
    )
    + ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def relations(targets: Mapping[str, tuple[str, str]]) -> str:
    """A part of relationships: id to kind and target."""
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(
            f'<Relationship Id="{name}" Type="{_RELS}/{kind}" Target="{target}"/>'
            for name, (kind, target) in targets.items()
        )
        + "</Relationships>"
    )


def package(main: str, members: Mapping[str, str | bytes]) -> bytes:
    return zipped(
        {
            "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "_rels/.rels": relations({"rId1": ("officeDocument", main)}),
            **members,
        }
    )


def docx(body: str, **parts: str) -> bytes:
    """A Word document; parts such as `styles`, `numbering`, `footnotes`, `header` by kind."""
    kinds = {f"rId{n}": (kind, f"{kind}.xml") for n, kind in enumerate(parts)}
    return package(
        "word/document.xml",
        {
            "word/document.xml": f"<w:document {W} {R}><w:body>{body}</w:body></w:document>",
            "word/_rels/document.xml.rels": relations(kinds),
            **{
                f"word/{kind}.xml": f"<w:{kind} {W}>{inside}</w:{kind}>"
                for kind, inside in parts.items()
            },
        },
    )


def paragraph(text: str, properties: str = "", run: str = "") -> str:
    return (
        f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:rPr>{run}</w:rPr>"
        f'<w:t xml:space="preserve">{text}</w:t></w:r></w:p>'
    )


def word_table(rows: list[list[str]], *, header: bool = True) -> str:
    out = ""
    for number, row in enumerate(rows):
        mark = "<w:trPr><w:tblHeader/></w:trPr>" if header and not number else ""
        out += f"<w:tr>{mark}{''.join(f'<w:tc>{paragraph(text)}</w:tc>' for text in row)}</w:tr>"
    return f"<w:tbl>{out}</w:tbl>"


def sheet(rows: Mapping[str, str], more: str = "") -> str:
    """A sheet of cells by reference: each value is what stands in `<c …>`."""
    by_row: dict[int, str] = {}
    for reference, cell in rows.items():
        number = int("".join(filter(str.isdigit, reference)))
        by_row[number] = by_row.get(number, "") + cell.replace("<c", f'<c r="{reference}"', 1)
    inside = "".join(f'<row r="{number}">{cells}</row>' for number, cells in by_row.items())
    return f"<worksheet {S}><sheetData>{inside}</sheetData>{more}</worksheet>"


def text_cell(text: str) -> str:
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


def number_cell(value: float | str, style: int = 0) -> str:
    return f'<c s="{style}"><v>{value}</v></c>'


def xlsx(
    sheets: Mapping[str, str],
    *,
    formats: tuple[str, ...] = (),
    strings: tuple[str, ...] = (),
    hidden: tuple[str, ...] = (),
    since_1904: bool = False,
) -> bytes:
    """A workbook; style n has the nth format, style 0 none."""
    states = dict.fromkeys(hidden, ' state="hidden"')
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"{states.get(name, "")}/>'
        for n, name in enumerate(sheets, 1)
    )
    codes = "".join(
        f'<numFmt numFmtId="{200 + n}" formatCode="{code}"/>' for n, code in enumerate(formats)
    )
    used = '<xf numFmtId="0"/>' + "".join(
        f'<xf numFmtId="{200 + n}"/>' for n in range(len(formats))
    )
    return package(
        "xl/workbook.xml",
        {
            "xl/workbook.xml": f'<workbook {S} {R}><workbookPr date1904="{int(since_1904)}"/>'
            f"<sheets>{listed}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": relations(
                {
                    f"rId{n}": ("worksheet", f"worksheets/sheet{n}.xml")
                    for n in range(1, len(sheets) + 1)
                }
                | {"rIdS": ("styles", "styles.xml"), "rIdT": ("sharedStrings", "strings.xml")}
            ),
            "xl/styles.xml": f"<styleSheet {S}><numFmts>{codes}</numFmts>"
            f"<cellXfs>{used}</cellXfs></styleSheet>",
            "xl/strings.xml": f"<sst {S}>{''.join(f'<si><t>{one}</t></si>' for one in strings)}"
            f"</sst>",
            **{f"xl/worksheets/sheet{n}.xml": one for n, one in enumerate(sheets.values(), 1)},
        },
    )


def shape(
    texts: list[str], *, kind: str | None = None, y: int = 0, x: int = 0, more: str = ""
) -> str:
    """A shape of a slide; `kind` makes it a placeholder."""
    holder = f'<p:ph type="{kind}"/>' if kind is not None else ""
    inside = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in texts)
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="1" name="s" {more}/><p:nvPr>{holder}</p:nvPr></p:nvSpPr>'
        f'<p:spPr><a:xfrm><a:off x="{x}" y="{y}"/></a:xfrm></p:spPr>'
        f"<p:txBody>{inside}</p:txBody></p:sp>"
    )


def pptx(
    slides: list[str], *, notes: Mapping[int, str] = {}, hidden: tuple[int, ...] = ()
) -> bytes:
    """A presentation of slides, each made of its shapes; notes by number from 1."""
    ids = "".join(f'<p:sldId id="{255 + n}" r:id="rId{n}"/>' for n in range(1, len(slides) + 1))
    members: dict[str, str | bytes] = {
        "ppt/presentation.xml": f"<p:presentation {P} {R}><p:sldIdLst>{ids}</p:sldIdLst>"
        f"</p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(
            {f"rId{n}": ("slide", f"slides/slide{n}.xml") for n in range(1, len(slides) + 1)}
        ),
    }
    for n, shapes in enumerate(slides, 1):
        show = ' show="0"' if n in hidden else ""
        members[f"ppt/slides/slide{n}.xml"] = (
            f"<p:sld {P} {R}{show}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>"
        )
        if n in notes:
            members[f"ppt/slides/_rels/slide{n}.xml.rels"] = relations(
                {"rId1": ("notesSlide", f"../notes{n}.xml")}
            )
            members[f"ppt/notes{n}.xml"] = (
                f"<p:notes {P}><p:cSld><p:spTree>{shape([notes[n]], kind='body')}</p:spTree>"
                f"</p:cSld></p:notes>"
            )
    return package("ppt/presentation.xml", members)


def odf(kind: str, body: str, *, styles: str = "", automatic: str = "", meta: str = "") -> bytes:
    """A document of OpenDocument: `kind` is "text", "presentation" or "spreadsheet"."""
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"<office:document-content {ODF}><office:automatic-styles>{automatic}"
            f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}>"
            "</office:body></office:document-content>",
            "styles.xml": f"<office:document-styles {ODF}>{styles}</office:document-styles>",
            "meta.xml": f"<office:document-meta {ODF}><office:meta>{meta}</office:meta>"
            f"</office:document-meta>",
        }
    )


def epub(pages: Mapping[str, str], *, metadata: str = "", contents: str = "") -> bytes:
    """An e-book of pages by path, in the order of reading."""
    items = "".join(
        f'<item id="i{n}" href="{path}" media-type="application/xhtml+xml"/>'
        for n, path in enumerate(pages)
    )
    if contents:
        items += '<item id="toc" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
    spine = "".join(f'<itemref idref="i{n}"/>' for n in range(len(pages)))
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="book/b.opf"/>'
            "</rootfiles></container>",
            "book/b.opf": '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
            f"{metadata}</metadata><manifest>{items}</manifest><spine>{spine}</spine></package>",
            **({"book/toc.ncx": contents} if contents else {}),
            **{f"book/{path}": page for path, page in pages.items()},
        }
    )


_SECTOR, _FREE, _END, _FAT = 512, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def ole(streams: Mapping[str, bytes]) -> bytes:
    """An OLE2 file of streams by path; each stream is made at least 4,096 bytes long."""
    entries: list[tuple[str, int, int, int, bytes]] = [("Root Entry", 5, _FREE, 0, b"")]
    tree: dict[str, list[int]] = {"": []}
    for path, data in streams.items():
        folder, _, name = path.rpartition("/")
        if folder and folder not in tree:
            tree[""].append(len(entries))
            tree[folder] = []
            entries.append((folder, 1, _FREE, 0, b""))
        tree[folder].append(len(entries))
        entries.append((name, 2, _FREE, 0, data))
    return _ole_file(entries, tree)


def _ole_file(entries: list[tuple[str, int, int, int, bytes]], tree: dict[str, list[int]]) -> bytes:
    folders = {name: n for n, (name, kind, *_) in enumerate(entries) if kind == 1} | {"": 0}
    child = {folders[folder]: (inside[0] if inside else _FREE) for folder, inside in tree.items()}
    right = {
        one: following
        for inside in tree.values()
        for one, following in zip(inside, [*inside[1:], _FREE], strict=True)
    }
    directory_sectors = -(-len(entries) * 128 // _SECTOR)
    chains = [list(range(1, 1 + directory_sectors))]
    sectors: list[bytes] = []
    listed: list[bytes] = []
    at = 1 + directory_sectors
    for n, (name, kind, _, _, stated) in enumerate(entries):
        data = stated.ljust(4096, b"\0") if kind == 2 else b""
        count = -(-len(data) // _SECTOR)
        if count:
            chains.append(list(range(at, at + count)))
            sectors.append(data.ljust(count * _SECTOR, b"\0"))
        encoded = (name + "\0").encode("utf-16-le")
        listed.append(
            encoded.ljust(64, b"\0")
            + struct.pack(
                "<HBBIII", len(encoded), kind, 1, _FREE, right.get(n, _FREE), child.get(n, _FREE)
            )
            + bytes(36)
            + struct.pack("<IQ", at if count else _END, len(data))
        )
        at += count
    fat = [_FREE] * 128
    fat[0] = _FAT
    for chain in chains:
        for one, following in zip(chain, [*chain[1:], _END], strict=True):
            fat[one] = following
    header = (
        bytes.fromhex("d0cf11e0a1b11ae1")
        + bytes(16)
        + struct.pack(
            "<HHHHHHIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, 1, 1, 0, 4096, _END, 0, _END, 0
        )
    )
    header += struct.pack("<109I", 0, *[_FREE] * 108)
    directory = b"".join(listed).ljust(directory_sectors * _SECTOR, b"\0")
    return header + struct.pack("<128I", *fat) + directory + b"".join(sectors)
