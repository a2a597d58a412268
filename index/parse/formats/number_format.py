"""Numbers of a spreadsheet as it shows them, by their number formats."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache

from citespan.index.parse.formats.date_format import FormatPiece, date_shown, general

BUILT_IN = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
    18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm",
    37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)", 41: "#,##0", 42: "$#,##0", 43: "#,##0.00", 44: "$#,##0.00",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
_MAX_FORMAT, _MAX_PLACES = 255, 30
_TOKEN = re.compile(
    r"""(?P<text>"[^"]{0,255}"?|\\.|[_*].)
    | \[\$(?P<currency>[^\]\-]{0,20})[^\]]{0,20}\]
    | \[(?P<elapsed>h{1,4}|m{1,4}|s{1,4})\]
    | \[(?P<condition>(?:<=|>=|<>|<|>|=)-?[\d.]{1,20})\]
    | \[[^\]]{0,40}\]
    | (?P<general>General)
    | (?P<half>AM/PM|A/P)
    | (?P<exponent>E[+-])
    | (?P<date>y{1,4}|m{1,5}|d{1,4}|h{1,2}|s{1,2}(?:\.0{1,3})?|e{1,4}|b{1,4})
    | (?P<digit>[0#?.,%/@])
    | (?P<literal>.)""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)


def shown(value: float, code: str, *, since_1904: bool = False) -> str:
    """Return a number as a spreadsheet shows it.

    Args:
        value: the number; a date is the number of days since the epoch.
        code: the number format, such as "0.0%".
        since_1904: whether days count from 1904, as in files of old Macs.
    """
    sections = _sections(code[:_MAX_FORMAT])
    tokens, value = _section_of(sections, value)
    kinds = {token.kind for token in tokens}
    if kinds & {"date", "elapsed"}:
        return date_shown(value, tokens, since_1904=since_1904)
    if "general" in kinds or "digit" not in kinds or any(token.value == "@" for token in tokens):
        return _around(tokens, general(value)) if tokens or value < 0 else ""
    if any(token == FormatPiece("digit", "/") for token in tokens):
        return _fraction(value, tokens)
    return _number(value, tokens)


@lru_cache(maxsize=1024)
def _sections(code: str) -> list[list[FormatPiece]]:
    out: list[list[FormatPiece]] = [[]]
    for match in _TOKEN.finditer(code):
        kind, value = match.lastgroup or "", match.group(match.lastgroup or 0)
        if (kind, value) == ("literal", ";"):
            out.append([])
        elif kind == "text":
            value = value.strip('"') if value[0] == '"' else value[1:] if value[0] == "\\" else ""
            out[-1].append(FormatPiece("literal", value))
        elif kind == "currency":
            out[-1].append(FormatPiece("literal", value))
        elif kind:
            out[-1].append(
                FormatPiece(kind, value if kind in {"literal", "digit"} else value.lower())
            )
    return out


def _section_of(sections: list[list[FormatPiece]], value: float) -> tuple[list[FormatPiece], float]:
    """Return the section for a number, and the number that it shows."""
    conditions = [
        (token.value, tokens)
        for tokens in sections
        for token in tokens
        if token.kind == "condition"
    ]
    for condition, tokens in conditions:
        if _holds(condition, value):
            return tokens, value
    if conditions:
        return sections[min(len(conditions), len(sections) - 1)], value
    if value < 0 and len(sections) > 1:
        return sections[1], -value
    if value == 0 and len(sections) > 2:
        return sections[2], value
    return sections[0], value


def _holds(condition: str, value: float) -> bool:
    operator = condition.rstrip("0123456789.-")
    try:
        limit = float(condition[len(operator) :])
    except ValueError:
        return False
    return {
        "<": value < limit, ">": value > limit, "=": value == limit,
        "<=": value <= limit, ">=": value >= limit, "<>": value != limit,
    }.get(operator, False)  # fmt: skip


def _around(tokens: list[FormatPiece], number: str) -> str:
    """Return a number between the literals of a format."""
    at = next((n for n, token in enumerate(tokens) if token.kind in {"general", "digit"}), None)
    if at is None:
        return "".join(token.value for token in tokens if token.kind == "literal") or number
    before = "".join(token.value for token in tokens[:at] if token.kind == "literal")
    after = "".join(token.value for token in tokens[at:] if token.kind == "literal")
    return f"{before}{number}{after}".strip()


def _number(value: float, tokens: list[FormatPiece]) -> str:
    pattern = "".join(
        "E" if token.kind == "exponent" else token.value
        for token in tokens
        if token.kind in {"digit", "exponent"}
    )
    percents = pattern.count("%")
    pattern = pattern.replace("%", "")
    digits = _scientific(value, pattern) if "E" in pattern else _decimal(value, pattern, percents)
    places = [n for n, token in enumerate(tokens) if token.kind in {"digit", "exponent"}]
    first, last = places[0], places[-1]
    inside = [n for n in range(first, last) if tokens[n].kind == "literal" and tokens[n].value]
    if inside and "." not in pattern and not percents:
        return _filled(tokens, digits).strip()
    before = "".join(token.value for token in tokens[:first] if token.kind == "literal")
    after = "".join(token.value for token in tokens[first:] if token.kind == "literal")
    shares = "%" * percents
    return f"{before}{digits}{shares}{after}".strip().replace("- ", "-")


def _decimal(value: float, pattern: str, percents: int) -> str:
    stripped = pattern.rstrip(",")
    thousands = len(pattern) - len(stripped)
    units, _, parts = stripped.partition(".")
    places = min(sum(mark in "0#?" for mark in parts), _MAX_PLACES)
    try:
        number = Decimal(repr(value)).scaleb(2 * percents - 3 * thousands)
        number = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    except InvalidOperation:
        return general(value)
    sign = "-" if number < 0 else ""
    whole, _, fraction = f"{abs(number):f}".partition(".")
    whole = whole.lstrip("0").rjust(min(units.count("0"), _MAX_PLACES), "0")
    if "," in units and whole:
        whole = f"{int(whole):,}".rjust(len(whole), "0")
    least = min(parts.count("0"), places)
    while len(fraction) > least and fraction.endswith("0"):
        fraction = fraction[:-1]
    return f"{sign}{whole}.{fraction}" if fraction else sign + (whole or ("0" if places else whole))


def _scientific(value: float, pattern: str) -> str:
    mantissa, _, power = pattern.partition("E")
    places = min(len(mantissa.partition(".")[2]), _MAX_PLACES)
    digits, _, exponent = f"{value:.{places}E}".partition("E")
    return f"{digits}E{exponent[0]}{exponent[1:].lstrip('0').rjust(max(1, len(power)), '0')}"


def _filled(tokens: list[FormatPiece], digits: str) -> str:
    """Return digits spread over a format such as 000-00-0000, from its end."""
    out, rest = "", digits
    left = sum(token.kind == "digit" for token in tokens)
    for token in reversed(tokens):
        if token.kind == "digit":
            left -= 1
            out = (rest[-1:] if left else rest) + out
            rest = rest[:-1] if left else ""
        elif token.kind == "literal":
            out = token.value + out
    return out


def _fraction(value: float, tokens: list[FormatPiece]) -> str:
    pattern = "".join(token.value for token in tokens if token.kind == "digit")
    length = min(max(1, len(pattern.rpartition("/")[2])), 4)
    try:
        near = Fraction(abs(value)).limit_denominator(10**length - 1)
    except (ValueError, OverflowError):
        return general(value)
    whole, rest = divmod(near.numerator, near.denominator)
    parts = [str(whole)] if whole or not rest else []
    parts += [f"{rest}/{near.denominator}"] if rest else []
    return ("-" if value < 0 else "") + " ".join(parts)
