"""The document that a new data folder starts with."""

import json
from pathlib import Path

from citespan.index import Draft, decode


def seeds_folder() -> Path:
    """Return the folder of the seed document and its questions."""
    return Path(__file__).parents[2] / "seeds"


def seed_draft() -> Draft:
    """Read the seed document, as `seeds/seed.json` describes it."""
    folder = seeds_folder()
    card = json.loads((folder / "seed.json").read_text(encoding="utf-8"))
    return Draft(
        id=card["id"],
        text=decode((folder / card["file"]).read_bytes()),
        title=card["title"],
        uri=card["uri"],
    )
