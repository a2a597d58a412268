"""Pages of HTML."""

from selectolax.lexbor import LexborHTMLParser

from citespan.index.parse.formats.details import details, iso, language
from citespan.index.parse.formats.markup_html import parse_html
from citespan.index.parse.formats.page import HtmlPage, OwnPlaces
from citespan.index.parse.formats.writing import BlockWriter, folded
from citespan.index.parse.parsed import MetadataValue, Parsed
from citespan.index.parse.request import Request

MADE_BY = "html 2"
MEDIA_TYPE = "text/html"
_PUBLISHED = ("article:published_time", "date", "dc.date", "dc.date.issued", "dcterms.date",
              "datepublished", "dcterms.created", "pubdate")  # fmt: skip
_MODIFIED = ("article:modified_time", "last-modified", "dcterms.modified", "dc.date.modified",
             "datemodified", "og:updated_time")  # fmt: skip
_AUTHORS = ("author", "dc.creator", "dcterms.creator", "article:author", "citation_author")


def read(data: bytes, request: Request) -> Parsed:
    """Read a page; it fetches nothing.

    Scripts and hidden elements are left out; navigation, headers and footers are furniture.

    Raises:
        Unreadable: it is nested too deeply, too large, or holds no text.
    """
    tree = parse_html(data, request.encoding)
    writer = BlockWriter()
    page = HtmlPage(writer, OwnPlaces())
    if tree.body is not None:
        page.read(tree.body, whole=False)
    return writer.parsed(
        MEDIA_TYPE, MADE_BY, title=title_of(tree) or page.title, metadata=metadata_of(tree)
    )


def title_of(tree: LexborHTMLParser) -> str:
    """Return the title that a page names in its head."""
    node = tree.css_first("head title") if tree.head is not None else None
    return folded(node.text(deep=True)) if node is not None else ""


def metadata_of(tree: LexborHTMLParser) -> dict[str, MetadataValue]:
    """Return what a page says of itself."""
    stated: dict[str, str] = {}
    for node in tree.css("meta"):
        attributes = node.attributes
        name = attributes.get("name") or attributes.get("property") or attributes.get("itemprop")
        if name and (content := attributes.get("content")):
            stated.setdefault(name.lower(), content)
    html = tree.css_first("html")
    spoken = (html.attributes.get("lang") or html.attributes.get("xml:lang")) if html else None
    return details(
        author=_first(stated, _AUTHORS),
        published=iso(_first(stated, _PUBLISHED)),
        modified=iso(_first(stated, _MODIFIED)),
        language=language(spoken),
    )


def _first(stated: dict[str, str], names: tuple[str, ...]) -> str:
    return next((stated[name] for name in names if name in stated), "")
