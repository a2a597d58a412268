"""What RTF says that nobody sees: deleted and hidden text; and text boxes, which people do see."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"\\[{}\\]|[{}]|\\(?P<name>v|deleted|plain)(?P<value>-?\d{1,4})?(?![A-Za-z0-9-]) ?"
)
_WORD = re.compile(r"\\[a-z]{1,32}-?\d{0,10} ?|\\\*")
_SHAPE = re.compile(r"\{\\shp\b")
_BOX = re.compile(r"\{\\shptxt\b")
_PARAGRAPH = re.compile(r"\\par\b ?")
_BRACE = re.compile(r"\\[{}\\]|[{}]")
_UNCOUNTED = re.compile(r"\\bin(?![A-Za-z0-9])")  # hexadecimal digits follow, as pandoc writes them
_MAX_GROUP = 1_000_000  # characters of a shape


def prepared(source: str) -> str:
    """Return a document as striprtf reads it best.

    Deleted and hidden text is left out, the text of boxes follows the paragraph that they hang on,
    and breaks of columns end a line. Old programs write the marks of lists as `pntext`.
    """
    source = _UNCOUNTED.sub("", source)
    source = source.replace("{\\pntext", "{\\listtext").replace("\\column", "\\par ")
    return _without_unseen(_with_boxes(source))


def _without_unseen(source: str) -> str:
    if "\\v" not in source and "\\deleted" not in source:
        return source
    pieces: list[str] = []
    states: list[frozenset[str]] = [frozenset()]  # what hides the text of the groups that are open
    at = 0
    for match in _TOKEN.finditer(source):
        piece = source[at : match.start()]
        pieces += _WORD.findall(piece) if states[-1] else [piece]
        found, name, at = match.group(), match["name"], match.end()
        if name in {"v", "deleted"}:
            off = match["value"] == "0"
            states[-1] = states[-1] - {name} if off else states[-1] | {name}
            continue
        if found == "{":
            states.append(states[-1])
        elif found == "}" and len(states) > 1:
            states.pop()
        elif name == "plain":
            states[-1] = states[-1] - {"v"}
        if name or found in "{}" or not states[-1]:
            pieces.append(found)
    return "".join([*pieces, source[at:]])


def _with_boxes(source: str) -> str:
    """Return a document with the text of each shape after the paragraph that it hangs on."""
    pieces: list[str] = []
    at = 0
    for shape in _SHAPE.finditer(source):
        if shape.start() < at:
            continue
        end = group_end(source, shape.start())
        texts = list(_boxes(source, shape.start(), end))
        if end and not texts:
            continue
        after = _PARAGRAPH.search(source, end)
        if not end or not after:
            break
        pieces += [source[at : shape.start()], source[end : after.end()]]
        pieces += [f"{{{text}}}\\par " for text in texts]
        at = after.end()
    return "".join([*pieces, source[at:]])


def _boxes(source: str, start: int, end: int) -> Iterator[str]:
    """Yield the text of each box of a shape."""
    at = start
    for box in _BOX.finditer(source, start, end):
        if box.start() >= at and (stop := group_end(source, box.start())):
            yield source[box.end() : stop - 1]
            at = stop


def group_end(source: str, start: int, most: int = _MAX_GROUP) -> int:
    """Return where the group ends that starts here; 0 if it does not."""
    depth = 0
    for match in _BRACE.finditer(source, start, start + most):
        depth += {"{": 1, "}": -1}.get(match.group(), 0)
        if depth == 0:
            return match.end()
    return 0
