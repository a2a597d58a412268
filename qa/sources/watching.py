"""Changes of a folder, as they happen."""

import threading
from collections.abc import Callable
from pathlib import Path

from citespan.qa.sources.extra import needed

_GATHERED_MS = 400  # changes that come together are one change
_LOOK_MS = 1000  # how often the watching looks whether to stop


def watch(folder: Path, stop: threading.Event, changed: Callable[[], None]) -> None:
    """Call `changed` after each change below a folder, until `stop` is set.

    Network mounts may report nothing, so that a folder has to be listed from time to time as well.

    Raises:
        MissingExtra: the package that watches is not installed.
        OSError: the folder is not there, or the system watches no more folders.
    """
    watching = needed("watchfiles").watch(
        folder,
        watch_filter=None,
        stop_event=stop,
        debounce=_GATHERED_MS,
        rust_timeout=_LOOK_MS,
        yield_on_timeout=False,
        raise_interrupt=False,
        ignore_permission_denied=True,
    )
    for _ in watching:
        changed()
