"""Raised numbers: marks of notes, and powers, which must not run into the number before them."""

_RAISED = str.maketrans("0123456789+-−()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿ")
_LONGEST = 6  # characters


def raised(text: str) -> str:
    """Return a raised number in raised digits, such as the 3 of "10³"; other texts unchanged."""
    bare = text.strip()
    if bare and len(bare) <= _LONGEST and any(map(str.isdecimal, bare)) and bare.isascii():
        return bare.translate(_RAISED) if set(bare) <= set("0123456789+-()n") else text
    return text


def note_mark(text: str) -> str:
    """Return the mark of a note in brackets, such as "[3]", unless it is no number."""
    bare = text.strip()
    return f"[{bare}]" if bare.isdecimal() and len(bare) <= _LONGEST else text
