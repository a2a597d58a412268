"""Pictures of pages, drawn in a process of their own; the last ones are kept in memory."""

import hashlib
import threading
from collections import OrderedDict

from citespan.index.reading import render

MAX_WIDTH = 4000  # pixels
_KEPT_BYTES = 64 << 20
_AT_ONCE = 2  # pages that are drawn

_kept: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()
_lock = threading.Lock()
_turns = threading.BoundedSemaphore(_AT_ONCE)


def picture_of(data: bytes, page: int, width_px: int) -> bytes:
    """Return a page of a PDF or picture as PNG.

    Args:
        data: the file.
        page: 1-based.
        width_px: 1 to `MAX_WIDTH`.

    Raises:
        Unreadable: the page cannot be drawn.
    """
    key = (hashlib.sha256(data).hexdigest(), page, width_px)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    with _turns:
        picture = render(data, page, width_px)
    with _lock:
        _kept[key] = picture
        while sum(map(len, _kept.values())) > _KEPT_BYTES and len(_kept) > 1:
            _kept.popitem(last=False)
    return picture
