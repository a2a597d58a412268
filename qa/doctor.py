"""A check of settings, models and stored data, with repairs."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import msgspec

from citespan.index import Corpus
from citespan.index.catalogue import CatalogueServer, mend_unsearched
from citespan.index.corpus import Health
from citespan.index.errors import JobsDamaged, StoreError, StoreLocked
from citespan.index.jobs import JobsReport, check_jobs, set_aside
from citespan.index.reading import missing
from citespan.qa.collections import feedback_of
from citespan.qa.collections.feedback import counted
from citespan.qa.composition import Say, build_decision, build_reader, open_corpus
from citespan.qa.errors import ConfigError
from citespan.qa.settings.overrides import collection_settings
from citespan.qa.settings.sections import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Facts by name, problems that were repaired, and problems that remain."""

    facts: dict[str, str]
    repaired: list[str]
    problems: list[str]


def examine(settings: Settings, say: Say = lambda _: None) -> Report:
    """Check resolved settings, model files and stored data.

    Opening the stored data repairs the files that are derived from it.

    Raises:
        CollectionNotFound: no collection has the name in the settings.
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
        if server := settings.server():
            facts["store"] = str(server)
        build_reader(settings)
        build_decision(settings)
        facts["evidence model"] = settings.evidence.model
        facts["readers of files"] = "; ".join(missing()) or "isolated"
        facts |= _examine_corpus(settings, say, repaired, problems)
    except (StoreError, ConfigError) as error:
        problems.append(str(error))
    try:
        facts |= _examine_jobs(settings.data_path(), settings.server(), repaired, problems)
    except StoreError as error:
        problems.append(str(error))
    try:
        with feedback_of(settings) as place:
            labels = counted(place)
        if labels:
            parts = (f"{count} {state}" for state, count in sorted(labels.items()))
            facts["labels of answers"] = "; ".join(parts)
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
        repaired.extend(
            f"the chunks of document {one!r} were damaged" for one in corpus.health.mend()
        )
        repaired.extend(corpus.health.compare())
        problems.extend(corpus.health.check())
        facts["nearest vectors"] = _examine_vectors(corpus)
        facts["deleted documents"] = _examine_deleted(corpus.health, repaired, problems)
    return facts


def _examine_vectors(corpus: Corpus) -> str:
    """Describe the vector index: its kind, its recall on a sample, and its size."""
    found = corpus.health.measure_vectors()
    if not found.vectors:
        return str(found.kind)
    size = f"{found.bytes_per_million / 1e6:,.0f} MB a million chunks"
    return f"{found.kind}; recall@10 {found.recall:.3f}; {size}"


def _examine_jobs(
    folder: Path, server: CatalogueServer | None, repaired: list[str], problems: list[str]
) -> dict[str, str]:
    """Count the jobs of the data folder, or of the server, by state, across all collections."""
    try:
        found = _jobs_of(folder, server)
    except JobsDamaged:
        repaired.extend(set_aside(folder))
        found = check_jobs(folder)
    problems.extend(found.problems)
    parts = [f"{count} {state}" for state, count in found.states.items()]
    if found.states.keys() & {"queued", "running", "failed"}:
        parts.append("`citespan serve` continues the unfinished ones")
    if found.leftovers:
        parts.append(f"`citespan serve` will remove {found.leftovers} leftover files in jobs/")
    return {"jobs": "; ".join(parts) or "none"}


def _jobs_of(folder: Path, server: CatalogueServer | None) -> JobsReport:
    if server is None:
        return check_jobs(folder)
    from citespan.index.shared import check_shared_jobs  # its driver is an extra

    return check_shared_jobs(server)


def _examine_deleted(health: Health, repaired: list[str], problems: list[str]) -> str:
    """Count the deleted documents, and report what is left of them."""
    if chunks := health.compact():
        repaired.append(f"files of the index still held traces of {chunks} deleted chunks")
    deleted = health.deleted()
    if left := health.leftovers():
        problems.extend(left)
        return str(deleted)
    if chunks := health.uncompacted():  # another process writes, so this one must not repair
        return (
            f"{deleted}; files of the index hold only single words, or rounded vectors, of {chunks}"
            " of their chunks"
        )
    return f"{deleted}; the catalogue, the vectors and the words hold nothing of them"
