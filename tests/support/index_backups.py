"""What several test modules use."""

from collections.abc import Callable
from pathlib import Path


def below(root: Path) -> Callable[[str], Path]:
    return lambda name: root if name == "default" else root / "collections" / name
