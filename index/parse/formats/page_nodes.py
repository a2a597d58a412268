"""What the elements of HTML are: blocks, parts of a line, furniture, or not shown."""

import re

from selectolax.lexbor import LexborNode

from citespan.index.parse.formats.superscripts import note_mark, raised

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
INLINE = frozenset(
    {"a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
     "font", "i", "ins", "kbd", "label", "mark", "nobr", "q", "rb", "ruby", "s", "samp", "small",
     "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "math", "mi", "mo",
     "mn", "mrow", "msup", "msub", "mfrac", "mtext", "semantics", "picture"}
)  # fmt: skip
OUT = frozenset(
    {"script", "style", "template", "head", "noscript", "iframe", "object", "embed", "svg", "rt",
     "rp", "canvas", "audio", "video", "select", "datalist", "textarea", "input", "annotation",
     "frameset", "noframes", "map", "applet", "dialog"}
)  # fmt: skip
FURNITURE = frozenset({"nav", "aside", "footer", "header", "div", "section", "ul"})
_ROLES = frozenset({"navigation", "banner", "contentinfo", "complementary"})
_MAIN = frozenset({"main", "article"})
_UNSEEN = re.compile(
    r"(?:^|;)\s{0,9}(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}(?:hidden|collapse)"
    r"|font-size\s{0,9}:\s{0,9}0[a-z%]{0,3}\s{0,9}(?:;|$)|opacity\s{0,9}:\s{0,9}0\s{0,9}(?:;|$))",
    re.IGNORECASE,
)


def attribute(node: LexborNode, name: str) -> str:
    """Return an attribute; empty if the element has none."""
    return node.attributes.get(name) or ""


def alternative(node: LexborNode) -> str:
    """Return the text of a picture for those who cannot see it, between spaces."""
    text = attribute(node, "alt").strip()
    return f" {text} " if text else ""


def raised_text(node: LexborNode, tag: str) -> str | None:
    """Return a raised number as it is written, or a note's mark; None for other elements."""
    if tag == "a" and {"noteref", "doc-noteref"} & {
        *attribute(node, "epub:type").split(), attribute(node, "role")
    }:  # fmt: skip
        return note_mark(node.text(deep=True))
    if tag != "sup":
        return None
    text = node.text(deep=True)
    link = node.css_first("a[href]") or node.parent
    linked = link is not None and link.tag == "a" and attribute(link, "href").startswith("#")
    shown = note_mark(text) if linked else raised(text)
    return shown if shown != text else None


def is_hidden(node: LexborNode) -> bool:
    """Return whether an element says itself that it is not shown."""
    attributes = node.attributes
    if not attributes:
        return False
    style = attributes.get("style")
    return "hidden" in attributes or bool(style and _UNSEEN.search(style[:2000]))


def is_furniture(node: LexborNode) -> bool:
    """Return whether an element is navigation, or a header or footer of the whole page."""
    tag = node.tag or ""
    role = attribute(node, "role")
    if tag in {"div", "section", "ul"}:
        return role in _ROLES
    parent = node.parent
    while parent is not None:
        if parent.tag in _MAIN:
            return tag == "nav"
        parent = parent.parent
    return tag != "header" or not node.css("h1")
