"""The network devices of this machine: a test that changes them runs beside no browser.

Chromium fails its requests with ERR_NETWORK_CHANGED when a device comes or goes. The tests of other
processes therefore take turns.
"""

import tempfile
from contextlib import AbstractContextManager
from getpass import getuser
from pathlib import Path

from filelock import ReadWriteLock


def unchanged() -> AbstractContextManager[None]:
    """Keep every device as it is; wait until a test that changes them has ended."""
    return _lock().read_lock()


def changing() -> AbstractContextManager[None]:
    """Change devices; wait until no browser has a page open. Pages opened later wait."""
    return _lock().write_lock()


def _lock() -> ReadWriteLock:
    return ReadWriteLock(Path(tempfile.gettempdir()) / f"citespan-devices-{getuser()}.db")
