"""Files that name something outside of themselves, in each way that a format has."""

from collections.abc import Callable, Mapping
from html import escape

from office_files import ODF, P, R, S, W, docx, epub, odf, paragraph, pptx, relations, shape, zipped
from tiny_pdf import Page, Pdf, text

WORD = "lantern"  # stands in each file
TARGETS = (
    "file:///etc/passwd", "/etc/passwd", "../../../../../../../../etc/passwd",
    "file://localhost/etc/passwd", "/proc/self/environ", "jar:file:///etc/passwd!/x",
    "php://filter/resource=/etc/passwd", "http://127.0.0.1:9/x", "https://127.0.0.1:9/x",
    "ftp://127.0.0.1:9/x", r"\\127.0.0.1\share\x", "//127.0.0.1/x",
)  # fmt: skip

_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_INCLUDE = 'xmlns:xi="http://www.w3.org/2001/XInclude"'
_XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


def _entity(target: str) -> str:
    return f'<!DOCTYPE x [<!ENTITY e SYSTEM "{escape(target)}">]>'


def _parameter(target: str) -> str:
    return f'<!DOCTYPE x [<!ENTITY % e SYSTEM "{escape(target)}"> %e;]>'


def _outside(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{_LINKS}"><Relationship Id="rId9" Type="{_KINDS}/{kind}"'
        f' Target="{escape(target)}" TargetMode="External"/></Relationships>'
    )


def _word(body: str, links: str = "", before: str = "") -> bytes:
    main = f"<w:document {W} {R} {_INCLUDE}><w:body>{paragraph(WORD)}{body}</w:body></w:document>"
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations({"rId1": ("officeDocument", "word/document.xml")}),
            "word/_rels/document.xml.rels": links or relations({}),
            "word/document.xml": before + main,
        }
    )


def _sheets(kind: str, target: str) -> bytes:
    cells = (
        f'<c r="A1" t="inlineStr"><is><t>{WORD}</t></is></c>'
        f'<c r="B1"><f>WEBSERVICE("{escape(target)}")</f><v>1</v></c>'
    )
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
            "xl/workbook.xml": f'<workbook {S} {R}><sheets><sheet name="S" sheetId="1"'
            ' r:id="rId1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": relations({"rId1": ("worksheet", "sheet.xml")}).replace(
                "</Relationships>", _outside(kind, target).partition(">")[2]
            ),
            "xl/sheet.xml": f'<worksheet {S} {R}><sheetData><row r="1">{cells}</row></sheetData>'
            '<legacyDrawing r:id="rId9"/></worksheet>',
        }
    )


def _slides(kind: str, target: str) -> bytes:
    picture = f'<p:pic><p:blipFill><a:blip r:link="rId9" {R}/></p:blipFill></p:pic>'
    slide = f"<p:sld {P} {R}><p:cSld><p:spTree>{shape([WORD])}{picture}</p:spTree></p:cSld></p:sld>"
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": relations({"rId1": ("officeDocument", "ppt/presentation.xml")}),
            "ppt/presentation.xml": f"<p:presentation {P} {R}><p:sldIdLst>"
            '<p:sldId id="256" r:id="rId1"/></p:sldIdLst></p:presentation>',
            "ppt/_rels/presentation.xml.rels": relations({"rId1": ("slide", "slides/1.xml")}),
            "ppt/slides/1.xml": slide,
            "ppt/slides/_rels/1.xml.rels": _outside(kind, target),
        }
    )


def _odf(kind: str, before: str, body: str) -> bytes:
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"{before}<office:document-content {ODF} {_XLINK} {_INCLUDE}>"
            f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
            "</office:document-content>",
        }
    )


def _book(container: str, package: str, page: str) -> bytes:
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": f"{container}<container><rootfiles>"
            '<rootfile full-path="b.opf"/></rootfiles></container>',
            "b.opf": package,
            "a.xhtml": page,
        }
    )


def _package(target: str, before: str = "") -> str:
    return (
        f'{before}<package><manifest><item id="a" href="a.xhtml"/><item id="b"'
        f' href="{escape(target)}"/></manifest><spine><itemref idref="a"/><itemref idref="b"/>'
        "</spine></package>"
    )


def _pdf(action: str, target: str) -> bytes:
    name = target.replace("\\", r"\\")
    link = f"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 99 99]/A<<{action.format(name)}>>>>]"
    pages = [Page(text(72, 700, WORD), extra=link)]
    return Pdf(pages, catalog=f"/OpenAction<<{action.format(name)}>>").write()


def _stream_elsewhere(target: str) -> bytes:
    name = target.replace("\\", r"\\")
    page = Page(text(72, 700, WORD) + "/X Do\n")
    outside = f"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/F({name})/Length 0>>"
    return Pdf([page], objects=[f"{outside}\nstream\n\nendstream"]).write()


def _html(inside: str) -> Callable[[str], bytes]:
    page = f"<!doctype html><html><head></head><body><p>{WORD}</p>{inside}</body></html>"
    return lambda target: page.replace("TARGET", escape(target)).encode()


def _mail(kind: str, body: str) -> Callable[[str], bytes]:
    head = f"From: a@b.c\nTo: d@e.f\nSubject: {WORD}\nMIME-Version: 1.0\nContent-Type: {kind}\n\n"
    return lambda target: (head + body).replace("TARGET", target).encode()


def _lines(written: str) -> Callable[[str], bytes]:
    return lambda target: written.replace("TARGET", target).encode()


_PAGE = f"<html><body><p>{WORD}</p></body></html>"
_FRAME = '<text:p><draw:frame><draw:{} xlink:href="{}"/></draw:frame>' + WORD + "</text:p>"

REFERRING: Mapping[str, Callable[[str], bytes]] = {
    "entity.docx": lambda one: _word("<w:p>&e;</w:p>", before=_entity(one)),
    "parameter.docx": lambda one: _word("", before=_parameter(one)),
    "include.docx": lambda one: _word(f'<xi:include href="{escape(one)}" parse="text"/>'),
    "template.docx": lambda one: _word("", _outside("attachedTemplate", one)),
    "picture.docx": lambda one: _word(
        f'<w:p><w:r><w:drawing><a:blip r:link="rId9" {P}/></w:drawing></w:r></w:p>',
        _outside("image", one),
    ),
    "chunk.docx": lambda one: _word('<w:altChunk r:id="rId9"/>', _outside("aFChunk", one)),
    "part.docx": lambda one: _word("", _outside("footnotes", one)),
    "inside.docx": lambda one: _word(
        "", relations({"rId9": ("footnotes", escape(one)), "rId8": ("header", escape(one))})
    ),
    "field.docx": lambda one: docx(
        paragraph(WORD) + f'<w:fldSimple w:instr="INCLUDETEXT &quot;{escape(one)}&quot;"/>'
    ),
    "link.xlsx": lambda one: _sheets("externalLink", one),
    "strings.xlsx": lambda one: _sheets("sharedStrings", one),
    "picture.pptx": lambda one: _slides("image", one),
    "notes.pptx": lambda one: _slides("notesSlide", one),
    "entity.pptx": lambda one: pptx([_entity(one) + shape([WORD])]),
    "picture.odt": lambda one: _odf("text", "", _FRAME.format("image", escape(one))),
    "object.odt": lambda one: _odf("text", "", _FRAME.format("object", escape(one))),
    "entity.odt": lambda one: _odf("text", _entity(one), f"<text:p>{WORD} &e;</text:p>"),
    "include.odt": lambda one: _odf(
        "text", "", f'<text:p>{WORD}</text:p><xi:include href="{escape(one)}" parse="text"/>'
    ),
    "section.odt": lambda one: odf(
        "text", f'<text:section text:name="{escape(one)}"><text:p>{WORD}</text:p></text:section>'
    ),
    "entity.ods": lambda one: _odf(
        "spreadsheet",
        _entity(one),
        f'<table:table table:name="{WORD}"><table:table-row><table:table-cell><text:p>&e;</text:p>'
        "</table:table-cell></table:table-row></table:table>",
    ),
    "page.epub": lambda one: epub({escape(one): "<p>x</p>", "a.xhtml": _PAGE}),
    "spine.epub": lambda one: _book("", _package(one), _PAGE),
    "entity.epub": lambda one: _book("", _package("a.xhtml"), _entity(one) + f"<p>{WORD} &e;</p>"),
    "package.epub": lambda one: _book("", _package("a.xhtml", _parameter(one)), _PAGE),
    "container.epub": lambda one: _book(_parameter(one), _package("a.xhtml"), _PAGE),
    "pictures.html": _html('<img src="TARGET"><picture><source srcset="TARGET"></picture>'),
    "frames.html": _html('<iframe src="TARGET"></iframe><frame src="TARGET"><embed src="TARGET">'),
    "objects.html": _html('<object data="TARGET"></object><video src="TARGET"></video>'),
    "base.html": _html('<base href="TARGET"><a href="x">y</a><link rel="import" href="TARGET">'),
    "style.html": _html('<style>@import "TARGET"; p { background: url(TARGET) }</style>'),
    "script.html": _html('<script src="TARGET"></script><meta http-equiv="refresh" url="TARGET">'),
    "drawing.html": _html('<svg><image href="TARGET"/><use xlink:href="TARGET"/></svg>'),
    "drawing.svg": lambda one: (
        f'<?xml version="1.0"?>{_entity(one)}<svg {_XLINK}><text>{WORD} &e;</text>'
        f'<image xlink:href="{escape(one)}"/></svg>'
    ).encode(),
    "include.xml": lambda one: (
        f'<?xml version="1.0"?><?xml-stylesheet href="{escape(one)}" type="text/xsl"?>'
        f'<x {_INCLUDE}><y>{WORD}</y><xi:include href="{escape(one)}" parse="text"/></x>'
    ).encode(),
    "schema.xml": lambda one: (
        f'<?xml version="1.0"?><!DOCTYPE x SYSTEM "{escape(one)}"><x>{WORD}</x>'
    ).encode(),
    "field.rtf": _lines(rf'{{\rtf1 {WORD} {{\field{{\*\fldinst INCLUDETEXT "TARGET"}}}}}}'),
    "picture.rtf": _lines(rf'{{\rtf1 {WORD} {{\field{{\*\fldinst INCLUDEPICTURE "TARGET"}}}}}}'),
    "template.rtf": _lines(rf"{{\rtf1 {{\*\template TARGET}}{{\*\linkval TARGET}} {WORD}}}"),
    "launch.pdf": lambda one: _pdf("/S/Launch/F({})", one),
    "remote.pdf": lambda one: _pdf("/S/GoToR/D[0/Fit]/F({})", one),
    "uri.pdf": lambda one: _pdf("/S/URI/URI({})", one),
    "script.pdf": lambda one: _pdf("/S/JavaScript/JS(this.submitForm\\('{}'\\))", one),
    "stream.pdf": _stream_elsewhere,
    "page.eml": _mail("text/html", f'<p>{WORD}</p><img src="TARGET"><iframe src="TARGET">'),
    "body.eml": _mail(
        'multipart/mixed; boundary="b"',
        f"--b\n\n{WORD}\n--b\nContent-Type: message/external-body; access-type=local-file;"
        ' name="TARGET"\n\nContent-Type: text/plain\n\n--b--\n',
    ),
    "name.eml": _mail(
        'multipart/mixed; boundary="b"',
        f"--b\n\n{WORD}\n--b\nContent-Type: text/plain\nContent-Disposition: attachment;"
        ' filename="TARGET"\n\nattached\n--b--\n',
    ),
    "include.rst": _lines(
        f"{WORD}\n=======\n\n.. include:: TARGET\n\n.. raw:: html\n   :file: TARGET\n"
    ),
    "include.adoc": _lines(f"= {WORD}\n\ninclude::TARGET[]\n\nimage::TARGET[]\n"),
    "input.tex": _lines(rf"\documentclass{{a}}\begin{{document}}{WORD} \input{{TARGET}}" "\n"),
    "link.md": _lines(f"# {WORD}\n\n![x](TARGET)\n\n[y]: TARGET\n"),
    "call.csv": _lines(f'a,b,c\n{WORD},"=WEBSERVICE(""TARGET"")",1\nx,"=TARGET!A1",2\n'),
    "reference.json": _lines(f'{{"a": "{WORD}", "$ref": "TARGET"}}'.replace("\\", "\\\\")),
}
