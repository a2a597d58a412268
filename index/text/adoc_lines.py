"""Lines of AsciiDoc by their marks: what each is by itself. Pure."""

import re
from typing import NamedTuple

FENCE = re.compile(
    r"(?:-{4,}|\.{4,}|={4,}|\*{4,}|_{4,}|\+{4,}|/{4,}|`{3,}[\w,+#.-]{0,40}|--|[|!,:]={3,})$"
)
UNSEEN = re.compile(r"//(?:[^/].*)?$|(?:ifdef|ifndef|ifeval|endif)::\S{0,300}\[.*\]$")
ATTRIBUTE = re.compile(
    r":(?P<off>!?)(?P<name>\w[\w-]{0,100})(?P<unset>!?):(?:[ \t]+(?P<value>\S.*))?$"
)
STYLE = re.compile(r"\[(?:|[\w.#,\"'%{].*|\[(?:|[\w:].*)\])\]$")
TITLE = re.compile(r"\.(?=[^\s.])")
HEADING = re.compile(r"(?P<mark>={1,6}|\#{1,6})[ \t]+(?=\S)")
MACRO = re.compile(r"(?P<name>[a-z][\w-]{0,40})::(?P<target>\S[^\[\n]{0,500}|)\[(?P<label>.*)\]$")
RULE = re.compile(r"(?:'{3,}|<{3,}|-{3}|\*{3}|_{3}|(?:- ?){3}|(?:\* ?){3})$")
ITEM = re.compile(
    r"[ \t]*(?:(?P<bullet>-|\*{1,9}|•)|(?P<dots>\.{1,9})|(?P<number>\d{1,4})\.|"
    r"(?P<letter>[a-zA-Z])\.|(?P<roman>[ivxIVX]{1,8})\)|<(?P<callout>\d{1,3}|\.)>)[ \t]+(?=\S)"
    r"(?:\[[ xX*]\][ \t]+(?=\S))?"
)
TERM = re.compile(r"[ \t]*(?P<term>(?!//)\S(?:.*?[^\s:;])?)(?P<mark>:{2,4}|;;)(?:[ \t]+|$)")
BOX = re.compile(r"(?:NOTE|TIP|IMPORTANT|WARNING|CAUTION):[ \t]+")
QUOTED = re.compile(r">[ \t]?")
CALLOUT = re.compile(
    r"[ \t]{0,40}(?:(?://|\#|--|;;|%)[ \t]{0,9})?"
    r"(?:(?:<(?:\d{1,3}|\.)>|<!--(?:\d{1,3}|\.)-->)[ \t]{0,9}){1,9}$"
)
CODE_UNSEEN = re.compile(
    r"(?:include|ifdef|ifndef|ifeval|endif)::\S{0,300}\[.*\]$|\W{0,20}(?:tag|end)::[\w.-]{1,60}\[\]"
)
_UNDERLINES = "=-~^+"
_HEADS = re.compile(r"(?:options|opts)=[\"']?[^\"']{0,100}\bheader\b|%header\b")
_COLUMNS = re.compile(
    r"\bcols=(?:\"(?P<two>[^\"]{0,500})\"|'(?P<one>[^']{0,500})'|(?P<bare>[^,\]]{0,100}))"
)
_SEPARATOR = re.compile(r"\bseparator=[\"']?(?P<sign>[^\s\"',\]])")
_FORMAT = re.compile(r"\bformat=[\"']?(?P<name>csv|tsv|dsv)")
_ID = re.compile(
    r"\[\[(?P<anchor>[\w:.-]{1,200})|\[[^\]#\"]{0,100}#(?P<id>[\w:.-]{1,200})|\bid=[\"']?(?P<named>[\w:.-]{1,200})"
)
_MOST_COLUMNS = 200


class BlockStyles(NamedTuple):
    """What lines in brackets say of what stands below them.

    name: the first word, such as `source`.
    words: the lines.
    """

    name: str = ""
    words: str = ""

    def with_line(self, line: str) -> "BlockStyles":
        """Return the styles with those of another line."""
        name = re.match(r"\w{0,40}", line[1:])
        return BlockStyles((name[0] if name else "") or self.name, f"{self.words}{line}\n"[:2000])

    @property
    def id(self) -> str:
        """The identifier; empty if there is none."""
        match = _ID.search(self.words)
        return (match["anchor"] or match["id"] or match["named"]) if match else ""

    @property
    def headed(self) -> bool | None:
        """Whether a table has a header; None if that is not said."""
        if _HEADS.search(self.words):
            return True
        return False if "noheader" in self.words else None

    @property
    def columns(self) -> int:
        """How many columns a table has; 0 if that is not said."""
        match = _COLUMNS.search(self.words)
        if not match:
            return 0
        total = 0
        for one in re.split(r"[,;]", match["two"] or match["one"] or match["bare"] or ""):
            times, star, _ = one.strip().partition("*")
            total += int(times) if star and times.isdecimal() and len(times) < 4 else 1
        return min(total, _MOST_COLUMNS)

    @property
    def separator(self) -> str:
        """What stands between the cells of a table; empty if that is not said."""
        if match := _SEPARATOR.search(self.words):
            return match["sign"]
        match = _FORMAT.search(self.words)
        return {"csv": ",", "tsv": "\t", "dsv": ":"}[match["name"]] if match else ""


def is_underline(line: str, title: str) -> bool:
    """Return whether a line makes a heading of the one above it."""
    same = len(line) > 1 and line[0] in _UNDERLINES and line == line[0] * len(line)
    words = title.rstrip()
    return same and abs(len(line) - len(words)) < 2 and words[:1].isalnum() and len(words) > 2
