"""A language model's text as plain text that nothing shows as a link or as markup. Pure."""

import re

import regex

# \p{Cf}: bidirectional controls, zero widths, tags; but not the joiners of scripts and emoji
_UNSEEN = regex.compile(r"[\p{Cc}\p{Cf}\p{Cs}--[\n\u200c\u200d]]", regex.VERSION1)
_LINE_ENDS = str.maketrans(
    dict.fromkeys("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", "\n") | dict.fromkeys("\t\r\x1f\xa0", " ")
)
_HEADING = re.compile(r"\s*#{1,6}(?:\s|$)")
_BLOCK = re.compile(
    r"\s*(?:```|~~~).*|(?:\s*(?:>|#{1,6}(?=\s)|[-*+•‣▪–—](?=\s)|\(?\d{1,2}[.)](?=\s)|\|))+",
    re.DOTALL,
)
_COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
_TAG = re.compile(r"<[/!?a-zA-Z][^<>]*(?:>|$)")
_IMAGE = re.compile(r"!\[[^\[\]]*\](?:\([^()]*(?:\)|$)|\[[^\[\]]*(?:\]|$))?")
_LINK = re.compile(r"\[([^\[\]]*)\]\((?:[^()]|\([^()]*\))*(?:\)|$)")
_ADDRESS = re.compile(
    r"(?<![\w.+-])[a-z][a-z0-9+.-]{1,30}:/\S*"
    r"|(?<!\w)(?:www\.|//)\S+"
    r"|(?:javascript|vbscript|\b(?:mailto|data|tel|sms|file|blob|ftp)):\S+"
    r"|(?<![\w.-])(?:[\w-]{1,63}\.)+[a-z]{2,24}(?::\d{1,5})?[/?#]\S*",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\+(?=[!-/:-@\[-`{-~]|$)")
_EMPHASIS = re.compile(r"\*{2,}|__+|~~+|`+|(?:(?<=\s)|^)[*_](?=\S)|(?<=\S)[*_](?=\W|$)")
# Marks that would still open a tag, a link, a definition or an image
_OPENING = re.compile(r"<(?=[/!?a-zA-Z])|(?<=\])(?=[(\[:])|!(?=\[)|\|")
_BEFORE_STOP = re.compile(r" (?=[.,;!?…]++[\"'”’»)]*+(?:\s|$))")
_ANY_MARKUP = re.compile(r"[\\\[\]()<>*_~`]+")
_ROUNDS = 8  # no text nests deeper, or has more layers of escapes


def visible(piece: str) -> str:
    """Return a piece without invisible characters, and with every line end as LF.

    Each character is converted by itself, so that pieces may be cut anywhere.
    """
    return _UNSEEN.sub("", piece.translate(_LINE_ENDS))


def is_heading(line: str) -> bool:
    """Return whether Markdown shows a line as a heading."""
    return bool(_HEADING.match(line))


def plain(text: str) -> str:
    """Return a sentence without Markdown, HTML and addresses; only the label of a link is kept.

    A number in brackets stays in them. Nested markup is removed from the inside. Of markup nested
    more than eight deep, no bracket is kept.
    """
    opened = _BLOCK.match(text)
    text = text[opened.end() :] if opened else text
    for _ in range(_ROUNDS):
        before = text
        text = _TAG.sub("", _COMMENT.sub(" ", text))
        text = _LINK.sub(_label, _IMAGE.sub(" ", text))
        text = _ADDRESS.sub(" ", text)
        text = _EMPHASIS.sub("", _ESCAPE.sub("", text))
        if text == before:
            return tidy(_OPENING.sub(" ", text))
    return tidy(_OPENING.sub(" ", _ADDRESS.sub(" ", _ANY_MARKUP.sub(" ", text))))


def tidy(text: str) -> str:
    """Return a text with one space between words, and none before a full stop or a comma."""
    return _BEFORE_STOP.sub("", " ".join(text.split()))


def _label(match: re.Match[str]) -> str:
    label = match.group(1)
    return f"[{label}]" if label.strip().isdecimal() else label
