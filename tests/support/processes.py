"""The processes that a process has started, as Linux shows them."""

from pathlib import Path


def children(pid: int) -> list[int]:
    """Return the children of a process, by their ids."""
    found = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in found for child in path.read_text().split()]


def words_of(pid: int) -> list[str]:
    """Return the words of a process's command; none if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []
