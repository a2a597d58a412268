"""What a run must reach to pass. Pure."""

from collections.abc import Mapping

from evals.runner import Metrics

SEED_GATE: Mapping[str, float] = {
    "pointer_validity": 1.0,
    "evidence_overlap": 0.92,
    "right_abstention_off_topic": 1.0,
}


def failures(metrics: Metrics, gate: Mapping[str, float]) -> list[str]:
    """Every metric that is below its gate, in words; empty if the run passes."""
    found: list[str] = []
    for name, least in gate.items():
        value = getattr(metrics, name)
        if value is None or value < least:
            found.append(f"{name} is {value}, at least {least} is needed")
    return found
