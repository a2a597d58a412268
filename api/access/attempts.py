"""Counts in a window of time: failed attempts by address, questions by publishable key."""

import time
from collections import OrderedDict

from citespan.api.errors.types import TooOften

_WINDOW_S = 60.0
KEPT = 4096  # names; the oldest windows are forgotten first


class Windows:
    """How often something happened by name, each in a window that begins with the first time."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def count(self, name: str, most: int, what: str) -> None:
        """Count one more.

        Raises:
            TooOften: that makes more than `most` in the window.
        """
        now_s = time.monotonic()
        began_s, count = self._windows.get(name, (now_s, 0))
        if now_s - began_s >= _WINDOW_S:
            self._windows.pop(name)
            began_s, count = now_s, 0
        self._windows[name] = began_s, count + 1
        if len(self._windows) > KEPT:
            self._windows.popitem(last=False)
        if count >= most:
            raise TooOften(what, int(began_s + _WINDOW_S - now_s) + 1)
