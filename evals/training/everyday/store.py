"""The collections of everyday questions, stored as people store them."""

import tempfile
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path

from citespan.evals.training.everyday.questions import ABROAD, OWN, drafts_of
from citespan.evals.training.guides import store_guide
from citespan.index import Corpus
from citespan.qa import load_settings
from citespan.qa.composition import open_service


@contextmanager
def scratch_corpus(model: str = "") -> Generator[Corpus]:
    """Open an empty corpus, which is deleted afterwards.

    Args:
        model: the embedder, if not the default one.
    """
    with tempfile.TemporaryDirectory() as scratch:
        flags: dict[str, dict[str, object]] = {"data": {"path": scratch, "seed": False}}
        if model:
            flags["embedding"] = {"model": model}
        with open_service(settings=load_settings(environ={}, flags=flags)) as service:
            yield service.corpus


def stored_together(collections: Collection[str]) -> list[list[str]]:
    """Return the collections of each corpus: guides have their own, written ones share one."""
    guides = [[one] for one in sorted(collections) if one not in (*OWN, *ABROAD)]
    written = [[one for one in some if one in collections] for some in (OWN, ABROAD)]
    return [*guides, *filter(None, written)]


def store_collection(collection: str, guides: Path, corpus: Corpus) -> dict[str, str]:
    """Store the documents of a collection; return their ids, by group."""
    if collection not in (*OWN, *ABROAD):
        stored = store_guide(guides / collection, corpus)
        return {f"{collection}/{file}": name for file, name in stored.items()}
    drafts = dict(drafts_of([collection]))
    for _ in corpus.put_many(drafts.values()):
        pass
    return {group: f"{one.id}" for group, one in drafts.items()}
