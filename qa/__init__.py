"""Questions in, cited answers out."""

from qa.build import open_corpus, open_service, seeds_folder
from qa.cite import Citation
from qa.service import Service
from qa.settings import Settings, load_settings
from qa.types import Abstention, Answer, Mode, Reason, Segment, Status, Support

__all__ = (
    "Abstention",
    "Answer",
    "Citation",
    "Mode",
    "Reason",
    "Segment",
    "Service",
    "Settings",
    "Status",
    "Support",
    "load_settings",
    "open_corpus",
    "open_service",
    "seeds_folder",
)
