"""The JSON schema of filters for the OpenAPI page; `index.catalogue.filters` reads filters."""

import sys
from typing import Any

from citespan.index.catalogue import OWN_FIELDS

_NUMBER = {"type": "number", "minimum": -sys.float_info.max, "maximum": sys.float_info.max}
_SCALAR: dict[str, Any] = {
    "anyOf": [{"type": "string"}, _NUMBER, {"type": "boolean"}, {"type": "null"}]
}
_ORDERED: dict[str, Any] = {"anyOf": [{"type": "string"}, _NUMBER]}
_LIST = {"type": "array", "items": _SCALAR, "minItems": 1, "maxItems": 1000}
_CONDITION: dict[str, Any] = {
    "anyOf": [
        *_SCALAR["anyOf"],
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {
                **dict.fromkeys(("$eq", "$ne"), _SCALAR),
                **dict.fromkeys(("$in", "$nin"), _LIST),
                **dict.fromkeys(("$gt", "$gte", "$lt", "$lte"), _ORDERED),
                "$exists": {"type": "boolean"},
            },
        },
    ]
}


def filter_schema(reference: str) -> dict[str, Any]:
    """Return the JSON schema of a filter; `reference` is how it refers to itself."""
    nested = {"$ref": reference}
    several = {"type": "array", "items": nested, "minItems": 1, "maxItems": 1000}
    return {
        "title": "Filter",
        "description": (
            "At most 30 conditions, nested at most 10 deep; any other name is a metadata key."
        ),
        "type": "object",
        "properties": {
            "$and": several,
            "$or": several,
            "$not": nested,
            **{f"${name}": _CONDITION for name in OWN_FIELDS},
        },
        "patternProperties": {r"^(?!\$)": _CONDITION},
        "additionalProperties": False,
    }
