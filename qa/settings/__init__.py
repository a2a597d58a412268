"""Settings: from files, the environment and flags, and a collection's own."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.settings.access import AccessSettings
    from citespan.qa.settings.overrides import collection_settings
    from citespan.qa.settings.sections import (
        BUNDLED_EVIDENCE,
        DEFAULT,
        LEAST_CHUNK_TOKENS,
        RUNS,
        EvidenceSettings,
        LlmSettings,
        Settings,
    )

__all__ = (
    "AccessSettings",
    "BUNDLED_EVIDENCE",
    "DEFAULT",
    "EvidenceSettings",
    "LEAST_CHUNK_TOKENS",
    "LlmSettings",
    "RUNS",
    "Settings",
    "collection_settings",
)

__getattr__ = names_of(
    __name__,
    {
        "AccessSettings": "citespan.qa.settings.access",
        "BUNDLED_EVIDENCE": "citespan.qa.settings.sections",
        "DEFAULT": "citespan.qa.settings.sections",
        "EvidenceSettings": "citespan.qa.settings.sections",
        "LEAST_CHUNK_TOKENS": "citespan.qa.settings.sections",
        "LlmSettings": "citespan.qa.settings.sections",
        "RUNS": "citespan.qa.settings.sections",
        "Settings": "citespan.qa.settings.sections",
        "collection_settings": "citespan.qa.settings.overrides",
    },
)
