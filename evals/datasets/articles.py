"""The use of each development article, by its name only. Pure."""

import zlib
from typing import Literal

Part = Literal["train", "calibrate", "report"]


def role(document_id: str) -> Part:
    """Return whether the questions about a SQuAD development article train, choose or report.

    They are the only available unanswerable questions that people wrote to mislead (Rajpurkar et
    al. 2018). Their effect is measured on articles that neither training nor thresholds have seen.
    The third round was given five of the ten articles that had reported the second: four to train,
    one to choose.
    """
    if zlib.crc32(f"decide:{document_id}".encode()) % 2:
        third: tuple[Part, ...] = ("train", "report", "calibrate", "report")
        return third[zlib.crc32(f"third:{document_id}".encode()) % len(third)]
    return "train" if zlib.crc32(f"teach:{document_id}".encode()) % 3 else "calibrate"
