"""Figures and their ratios to a baseline. Pure, but for the actions that the caller passes."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A measured value and its baseline; both are medians over the repeats.

    spread, times_spread: least and most over the repeats.
    baseline, baseline_value: the name of the baseline, and its value in the same unit.
    times_baseline: the median of the ratios of each repeat, value over baseline. Above 1 is better
        if the unit is a rate, worse otherwise.
    """

    name: str
    value: float
    unit: str
    spread: tuple[float, float]
    baseline: str
    baseline_value: float
    times_baseline: float
    times_spread: tuple[float, float]

    @property
    def is_better(self) -> bool:
        """Whether citespan does better than the baseline."""
        return self.times_baseline > 1 if self.unit.endswith("/s") else self.times_baseline < 1


def figure(
    name: str, unit: str, mine: Sequence[float], baseline: str, theirs: Sequence[float]
) -> Figure:
    """Return the figure of repeats that were measured in pairs.

    Args:
        name: of the measurement.
        unit: of both; rates end in "/s".
        mine: one value a repeat.
        baseline: the name of the system that `theirs` are of.
        theirs: one value a repeat, each above 0.

    Raises:
        ValueError: the two are not of the same repeats, or a baseline is not above 0.
    """
    if len(mine) != len(theirs) or not mine:
        raise ValueError(f"{name}: {len(mine)} values, {len(theirs)} of the baseline")
    if min(theirs) <= 0:
        raise ValueError(f"{name}: the baseline {baseline!r} is {min(theirs)}")
    times = [a / b for a, b in zip(mine, theirs, strict=True)]
    return Figure(
        name=name,
        value=_rounded(median(mine)),
        unit=unit,
        spread=_spread(mine),
        baseline=baseline,
        baseline_value=_rounded(median(theirs)),
        times_baseline=_rounded(median(times)),
        times_spread=_spread(times),
    )


def interleaved(actions: Mapping[str, Callable[[], T]], repeats: int) -> dict[str, list[T]]:
    """Return each action's results, one for each repeat.

    The order rotates: A B C, then B C A, then C A B. Other load on the machine then affects all
    actions alike.
    """
    names = list(actions)
    results: dict[str, list[T]] = {name: [] for name in names}
    for repeat in range(repeats):
        first = repeat % len(names)
        for name in names[first:] + names[:first]:
            results[name].append(actions[name]())
    return results


def _spread(values: Sequence[float]) -> tuple[float, float]:
    return _rounded(min(values)), _rounded(max(values))


def _rounded(value: float) -> float:
    """Return the value rounded to four significant digits, whole numbers in full."""
    return float(round(value)) if abs(value) >= 1000 else float(f"{value:.4g}")
