"""Question answering over your documents; every sentence cites the characters that support it."""

from typing import TYPE_CHECKING

from citespan.lazy import names_of

if TYPE_CHECKING:
    from citespan.qa.citation import Citation
    from citespan.qa.composition.services import open_service
    from citespan.qa.service import Service
    from citespan.qa.settings.sections import Settings, load_settings
    from citespan.qa.types import Answer, Mode, Reason, Segment, Status

__all__ = (
    "Answer",
    "Citation",
    "Mode",
    "Reason",
    "Segment",
    "Service",
    "Settings",
    "Status",
    "load_settings",
    "open_service",
)

__getattr__ = names_of(
    __name__,
    {
        "Answer": "citespan.qa.types",
        "Citation": "citespan.qa.citation",
        "Mode": "citespan.qa.types",
        "Reason": "citespan.qa.types",
        "Segment": "citespan.qa.types",
        "Service": "citespan.qa.service",
        "Settings": "citespan.qa.settings.sections",
        "Status": "citespan.qa.types",
        "load_settings": "citespan.qa.settings.sections",
        "open_service": "citespan.qa.composition.services",
    },
)
