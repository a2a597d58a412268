"""Bold letters of RTF: private characters where they begin and end, for striprtf drops the rest."""

import re

_TOKEN = re.compile(r"\\[{}\\]|[{}]|\\(?:b(-?\d{1,4})?|(plain))(?![A-Za-z0-9-]) ?")
ON, OFF = 0xE0E0, 0xE0E1  # of the private characters


def private(code: int) -> str:
    """Return a character as RTF."""
    return f"{{\\uc0\\u{code - 65536} }}"


def with_bold(source: str) -> str:
    """Return a text with a private character wherever the letters become bold or light."""
    pieces: list[str] = []
    states = [False]  # of the groups that are open
    at, shown = 0, False
    for match in _TOKEN.finditer(source):
        found = match.group()
        if found in {r"\{", r"\}", "\\\\"}:
            continue
        if found == "{":
            states.append(states[-1])
        elif found == "}":
            if len(states) > 1:
                states.pop()
        else:
            states[-1] = not match[2] and match[1] != "0"
        if states[-1] != shown:
            shown = states[-1]
            pieces += [source[at : match.end()], private(ON if shown else OFF)]
            at = match.end()
    return "".join([*pieces, source[at:]])


def bold_lines(text: str) -> list[bool]:
    """Return for each line whether it has letters and all of them are bold."""
    found: list[bool] = []
    bold = False
    for line in text.split("\n"):
        letters = heavy = 0
        for character in line:
            if ord(character) in {ON, OFF}:
                bold = ord(character) == ON
            elif character.isalnum():
                letters += 1
                heavy += bold
        found.append(0 < letters == heavy)
    return found
