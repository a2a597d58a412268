"""Which development articles thresholds are chosen on; the others are for reporting. Pure."""

import zlib


def decides(document_id: str) -> bool:
    """Whether an article takes part in choosing, by its name alone."""
    return zlib.crc32(f"decide:{document_id}".encode()) % 2 == 0
