"""What each development article may be used for, by its name alone. Pure."""

import zlib
from typing import Literal

Part = Literal["train", "calibrate", "report"]


def role(document_id: str) -> Part:
    """Whether the questions about a SQuAD development article train, choose or report.

    They are the only unanswerable questions at hand that people wrote to mislead (Rajpurkar et al.
    2018); what they taught is measured on articles that neither training nor thresholds have seen.
    The third round was given five of the ten articles that had reported the second: four to train,
    one to choose.
    """
    if zlib.crc32(f"decide:{document_id}".encode()) % 2:
        third: tuple[Part, ...] = ("train", "report", "calibrate", "report")
        return third[zlib.crc32(f"third:{document_id}".encode()) % len(third)]
    return "train" if zlib.crc32(f"teach:{document_id}".encode()) % 3 else "calibrate"
