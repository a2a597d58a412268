"""JSON objects in a column of a database."""

from typing import Any

import msgspec

from citespan.decoding import from_json
from citespan.index.errors import StoreCorrupt


def decoded(text: str, what: str) -> dict[str, Any]:
    """Return a stored JSON object.

    Raises:
        StoreCorrupt: the text is no JSON object; the message names `what`, in the plural.
    """
    try:
        return from_json(text, dict[str, Any])
    except msgspec.MsgspecError as error:
        raise StoreCorrupt(f"the {what} are damaged: they are no JSON object") from error
