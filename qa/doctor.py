"""What state everything is in."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec

from citespan.index import Corpus
from citespan.index.catalogue import mend_unsearched
from citespan.index.corpus import Health
from citespan.index.errors import JobsDamaged, StoreError, StoreLocked
from citespan.index.jobs import check_jobs, set_aside
from citespan.qa.composition import Say, build_decision, build_reader, open_corpus
from citespan.qa.errors import ConfigError
from citespan.qa.settings.overrides import collection_settings
from citespan.qa.settings.sections import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Facts by name, what was wrong and is mended, and what is wrong."""

    facts: dict[str, str]
    repaired: list[str]
    problems: list[str]


def examine(settings: Settings, say: Say = lambda _: None) -> Report:
    """Resolved settings, model files and stored data; opening mends what is derived from it.

    Raises:
        CollectionNotFound: there is no collection of the name in the settings.
    """
    facts = {
        "citespan": version("citespan"),
        "data folder": str(settings.collection_path()),
    }
    repaired: list[str] = []
    problems: list[str] = []
    try:
        settings = collection_settings(settings, settings.data.collection)
        facts["settings"] = msgspec.json.encode(settings.shown()).decode()
        build_reader(settings.evidence)
        build_decision(settings.evidence)
        facts["evidence model"] = settings.evidence.model
        facts |= _examine_corpus(settings, say, repaired, problems)
    except (StoreError, ConfigError) as error:
        problems.append(str(error))
    try:
        facts |= _examine_jobs(settings.data_path(), repaired, problems)
    except StoreError as error:
        problems.append(str(error))
    return Report(facts=facts, repaired=repaired, problems=problems)


def _examine_corpus(
    settings: Settings, say: Say, repaired: list[str], problems: list[str]
) -> dict[str, str]:
    folder = settings.collection_path()
    facts: dict[str, str] = {}
    try:
        repaired.extend(mend_unsearched(folder))
        corpus = open_corpus(folder, settings, say=say)
    except StoreLocked as error:
        facts["writer"] = str(error)
        corpus = open_corpus(folder, settings, read_only=True, say=say)
    with corpus:
        documents, chunks = corpus.counts()
        facts["documents"] = str(documents)
        facts["chunks"] = str(chunks)
        facts["generation"] = str(corpus.generation)
        repaired.extend(corpus.health.repaired())
        repaired.extend(f"chunks of document {one!r} were damaged" for one in corpus.health.mend())
        problems.extend(corpus.health.check())
        facts["nearest vectors"] = _examine_vectors(corpus)
        facts["deleted documents"] = _examine_deleted(corpus.health, repaired, problems)
    return facts


def _examine_vectors(corpus: Corpus) -> str:
    """How they are found, how well on a sample of them, and what they take."""
    found = corpus.health.measure_vectors()
    if not found.vectors:
        return str(found.kind)
    size = f"{found.bytes_per_million / 1e6:,.0f} MB a million chunks"
    return f"{found.kind}; recall@10 {found.recall:.3f}; {size}"


def _examine_jobs(folder: Path, repaired: list[str], problems: list[str]) -> dict[str, str]:
    """How many jobs of the data folder are in which state, whatever their collection."""
    try:
        found = check_jobs(folder)
    except JobsDamaged:
        repaired.extend(set_aside(folder))
        found = check_jobs(folder)
    problems.extend(found.problems)
    told = [f"{count} {state}" for state, count in found.states.items()]
    if found.states.keys() & {"queued", "running", "failed"}:
        told.append("`citespan serve` goes on with those that are not done")
    if found.leftovers:
        told.append(f"{found.leftovers} files in jobs/ are left over, until it starts")
    return {"jobs": "; ".join(told) or "none"}


def _examine_deleted(health: Health, repaired: list[str], problems: list[str]) -> str:
    """How many documents were deleted, and whether anything is left of them."""
    if chunks := health.compact():
        repaired.append(f"traces of {chunks} deleted chunks were still in files of the index")
    deleted = health.deleted()
    if left := health.leftovers():
        problems.extend(left)
        return str(deleted)
    if chunks := health.uncompacted():  # another process writes: it is not for this one to mend
        return (
            f"{deleted}; only single words, or rounded vectors, of {chunks} chunks are left, in"
            " files of the index"
        )
    return f"{deleted}; nothing of them is left in the catalogue, the vectors or the words"
