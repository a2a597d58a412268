"""Write the licences of all packages in the locks into docs/licences.md, from what is installed.

Run `python deploy/licences.py` in an environment with citespan's dependencies, after a renewal.
"""

import re
from importlib.metadata import PackageNotFoundError, metadata, requires
from pathlib import Path

DEPLOY = Path(__file__).parent
PAGE = DEPLOY.parent / "docs/licences.md"
START, END = "<!-- packages: written by deploy/licences.py -->\n", "<!-- end -->\n"
_LONGEST = 60  # longer ones are the text of a licence, not its name


def main() -> None:
    """Write the table between the two marks of the page."""
    for line in requires("citespan") or []:
        if "extra ==" not in line:
            metadata(re.split(r"[^\w.-]", line)[0])  # fails where citespan is not wholly installed
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + START + table() + END + after, encoding="utf-8")


def table() -> str:
    """Return the table of the packages that are installed here, and the names of the others."""
    image = names("requirements-serve.lock")
    rows: list[str] = []
    elsewhere: list[str] = []
    for name in names("requirements.lock"):
        try:
            found = licence(name)
        except PackageNotFoundError:
            elsewhere.append(name)
        else:
            rows.append(f"| {name} | {found} | {'yes' if name in image else ''} |\n")
    others = (
        f"\nOn other systems, or for CUDA, also: {', '.join(elsewhere)}.\n" if elsewhere else ""
    )
    return "\n| package | licence | in the image |\n| --- | --- | --- |\n" + "".join(rows) + others


def names(lock: str) -> list[str]:
    """Return the names of the packages in a lock, each once."""
    lines = (DEPLOY / lock).read_text(encoding="utf-8")
    return list(dict.fromkeys(re.findall(r"^([a-z0-9-]+)==", lines, re.MULTILINE)))


def licence(name: str) -> str:
    """Return the licence of an installed package, as its metadata names it."""
    found = metadata(name)
    classified = [
        one.rpartition(" :: ")[2]
        for one in found.get_all("Classifier", [])
        if one.startswith("License :: OSI Approved :: ")
    ]
    lines = [line.strip() for line in (found["License"] or "").splitlines() if line.strip()]
    short = lines[0] if lines and len(lines[0]) <= _LONGEST else ""
    return found["License-Expression"] or ", ".join(classified) or short or "see its files"


if __name__ == "__main__":
    main()
