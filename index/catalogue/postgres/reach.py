"""Whether a server can be used, as far as is known without waiting for it."""

import threading
import time
from collections.abc import Callable

from citespan.index.errors import StoreUnavailable

_FRESH_S = 1.0  # what was found so shortly ago is not asked again


class Reach:
    """What was last found out about a server, on a thread of its own. Safe for many threads.

    Args:
        ask: asks the server anything; raises StoreUnavailable if it cannot be used.
    """

    def __init__(self, ask: Callable[[], object]) -> None:
        self._ask = ask
        self._asking = threading.Lock()
        self._asked_s = 0.0
        self._fault: str | None = None

    def fault(self) -> str | None:
        """Return why the server could not be used when it was last asked, or None.

        If that is more than a second ago, it is asked again, for the next call.
        """
        old = time.monotonic() - self._asked_s > _FRESH_S
        if old and self._asking.acquire(blocking=False):
            threading.Thread(target=self._find_out, daemon=True).start()
        return self._fault

    def _find_out(self) -> None:
        try:
            self._ask()
            self._fault = None
        except StoreUnavailable as error:
            self._fault = str(error)
        finally:
            self._asked_s = time.monotonic()
            self._asking.release()
