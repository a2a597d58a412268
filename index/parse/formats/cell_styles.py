"""How the cells of a workbook show their numbers."""

import math

from citespan.index.parse.formats.date_format import general
from citespan.index.parse.formats.markup import Element, local, whole
from citespan.index.parse.formats.number_format import BUILT_IN, shown

_BOOLEANS = {"0": "FALSE", "1": "TRUE"}


class CellStyles:
    """The number formats of a workbook's styles."""

    def __init__(self, root: Element | None, *, since_1904: bool) -> None:
        """Read a workbook's part of styles."""
        self._since_1904 = since_1904
        self._formats: list[str] = []  # by style; empty for the general format
        codes = dict(BUILT_IN)
        for entry in root if root is not None else ():
            if local(entry) == "numFmts":
                codes.update(
                    {whole(one.get("numFmtId")): one.get("formatCode") or "" for one in entry}
                )
        for entry in root if root is not None else ():
            if local(entry) == "cellXfs":
                self._formats = [codes.get(whole(one.get("numFmtId")), "") for one in entry]

    def show(self, value: str, kind: str, style: str | None) -> str:
        """Return what a cell shows that holds no text.

        Args:
            value: what the file holds.
            kind: "n" for a number, "b" for a truth value, "d" for a date.
            style: the number of the cell's style.
        """
        if kind == "b":
            return _BOOLEANS.get(value, value)
        if kind != "n":
            return value
        try:
            number = float(value)
        except ValueError:
            return value
        at = whole(style)
        code = self._formats[at] if 0 <= at < len(self._formats) else ""
        if not math.isfinite(number):
            return value
        if not code or code.lower() == "general":
            return general(number)
        return shown(number, code, since_1904=self._since_1904)
