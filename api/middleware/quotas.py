"""Quotas: how much each caller may use in a window of time."""

import math
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from citespan.api.errors.types import QuotaExceeded
from citespan.qa.errors import ConfigError

_MOST_CALLERS = 10_000  # whose use is remembered; of more, those that came last
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_POLICY = re.compile(r"([1-9][0-9]{0,14})/(second|minute|hour|day)")


class QuotaUnit(StrEnum):
    """What a quota counts."""

    REQUESTS = "requests"
    QUESTIONS = "questions"
    TOKENS = "tokens"
    DOCUMENTS = "documents"
    BYTES = "bytes"


# As the draft's registry names units; it has none for the others.
_UNITS = {QuotaUnit.REQUESTS: ';qu="requests"', QuotaUnit.BYTES: ';qu="content-bytes"'}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaPolicy:
    """A quota of one unit in a window of `window_s` seconds; `name` is unit and window."""

    unit: QuotaUnit
    name: str
    quota: int
    window_s: int


@dataclass(slots=True)
class _Window:
    """The window of a caller that runs now; it begins with the first use after the last one."""

    ends_s: float
    used: int = 0


class Quotas:
    """The use of all callers, in memory: a restart forgets it. Safe for many threads.

    Args:
        policies: the quotas; without any, nothing is counted.
        clock: returns seconds.
    """

    def __init__(
        self, policies: Sequence[QuotaPolicy] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.policies = tuple(policies)
        self.clock = clock
        self.lock = threading.Lock()
        self.refused = dict.fromkeys(QuotaUnit, 0)
        self._windows: OrderedDict[str, dict[str, _Window]] = OrderedDict()

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> "Quotas":
        """Read quotas from settings by unit, such as `100/minute, 5000/day`.

        Raises:
            ConfigError: one of them is not written so.
        """
        return cls([one for unit in QuotaUnit for one in _policies(unit, settings.get(unit, ""))])

    @property
    def callers(self) -> int:
        """The callers whose use is remembered."""
        return len(self._windows)

    def account(self, caller: str) -> "Account":
        """Return the account of a caller."""
        return Account(self, caller)

    def windows(self, caller: str) -> dict[str, _Window]:
        """Return the running windows of a caller, by policy; the caller of this holds `lock`."""
        found = self._windows.setdefault(caller, {})
        self._windows.move_to_end(caller)
        if len(self._windows) > _MOST_CALLERS:
            self._windows.popitem(last=False)
        now_s = self.clock()
        for policy in self.policies:
            if policy.name not in found or found[policy.name].ends_s <= now_s:
                found[policy.name] = _Window(now_s + policy.window_s)
        return found


class Account:
    """What one caller has used."""

    def __init__(self, quotas: Quotas, caller: str) -> None:
        self.caller = caller
        self._quotas = quotas

    def take(self, unit: QuotaUnit, amount: int = 1) -> None:
        """Use an amount, if all quotas of the unit have room for it.

        Raises:
            QuotaExceeded: a quota has no room; nothing is used.
        """
        self._use(unit, amount, needed=amount)

    def check(self, unit: QuotaUnit) -> None:
        """Raise QuotaExceeded if nothing is left of a quota of the unit."""
        self._use(unit, 0, needed=1)

    def spend(self, unit: QuotaUnit, amount: int) -> None:
        """Count what has been used already, even beyond a quota."""
        self._use(unit, amount, needed=0)

    def headers(self) -> dict[str, str]:
        """Return RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers-11)."""
        quotas = self._quotas
        if not quotas.policies:
            return {}
        with quotas.lock:
            windows, now_s = quotas.windows(self.caller), quotas.clock()
            left = [
                f'"{one.name}";r={max(0, one.quota - windows[one.name].used)}'
                f";t={math.ceil(windows[one.name].ends_s - now_s)}"
                for one in quotas.policies
            ]
        rules = [
            f'"{one.name}";q={one.quota}{_UNITS.get(one.unit, "")};w={one.window_s}'
            for one in quotas.policies
        ]
        return {"ratelimit-policy": ", ".join(rules), "ratelimit": ", ".join(left)}

    def _use(self, unit: QuotaUnit, amount: int, *, needed: int) -> None:
        quotas = self._quotas
        policies = [one for one in quotas.policies if one.unit is unit]
        if not policies:
            return
        with quotas.lock:
            windows = quotas.windows(self.caller)
            for one in policies:
                if needed and windows[one.name].used + needed > one.quota:
                    quotas.refused[unit] += 1
                    wait_s = math.ceil(windows[one.name].ends_s - quotas.clock())
                    raise QuotaExceeded(one.name, one.quota, max(1, wait_s))
            for one in policies:
                windows[one.name].used += amount


def _policies(unit: QuotaUnit, written: str) -> list[QuotaPolicy]:
    found: list[QuotaPolicy] = []
    for one in written.replace(",", " ").split():
        parsed = _POLICY.fullmatch(one)
        if parsed is None:
            raise ConfigError(
                f"limits.{unit} has {one!r}; write a quota like 100/minute or 5000/day"
            )
        window_s = _SECONDS[parsed[2]]
        name = f"{unit}/{parsed[2]}"
        if name in {policy.name for policy in found}:
            raise ConfigError(f"limits.{unit} has two quotas per {parsed[2]}; keep the smaller one")
        found.append(QuotaPolicy(unit=unit, name=name, quota=int(parsed[1]), window_s=window_s))
    return found
