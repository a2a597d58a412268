"""The composition root: settings to models, corpora and services."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.composition.auditing import audit_log
    from citespan.qa.composition.cluster import open_cluster
    from citespan.qa.composition.models import (
        Say,
        build_decision,
        build_embedder,
        build_reader,
        evidence_folder,
    )
    from citespan.qa.composition.seed import seed_draft, seeds_folder
    from citespan.qa.composition.services import (
        build_endpoint,
        build_files,
        check_folder,
        open_corpus,
        open_for_questions,
        open_service,
        service_of,
    )
    from citespan.qa.composition.sources import build_outgoing, source_files

__all__ = (
    "Say",
    "audit_log",
    "build_decision",
    "build_embedder",
    "build_endpoint",
    "build_files",
    "build_outgoing",
    "build_reader",
    "check_folder",
    "evidence_folder",
    "open_cluster",
    "open_corpus",
    "open_for_questions",
    "open_service",
    "seed_draft",
    "seeds_folder",
    "service_of",
    "source_files",
)

__getattr__ = names_of(
    __name__,
    {
        "Say": "citespan.qa.composition.models",
        "audit_log": "citespan.qa.composition.auditing",
        "build_decision": "citespan.qa.composition.models",
        "build_embedder": "citespan.qa.composition.models",
        "build_endpoint": "citespan.qa.composition.services",
        "build_files": "citespan.qa.composition.services",
        "build_outgoing": "citespan.qa.composition.sources",
        "build_reader": "citespan.qa.composition.models",
        "check_folder": "citespan.qa.composition.services",
        "evidence_folder": "citespan.qa.composition.models",
        "open_cluster": "citespan.qa.composition.cluster",
        "open_corpus": "citespan.qa.composition.services",
        "open_for_questions": "citespan.qa.composition.services",
        "open_service": "citespan.qa.composition.services",
        "seed_draft": "citespan.qa.composition.seed",
        "seeds_folder": "citespan.qa.composition.seed",
        "service_of": "citespan.qa.composition.services",
        "source_files": "citespan.qa.composition.sources",
    },
)
