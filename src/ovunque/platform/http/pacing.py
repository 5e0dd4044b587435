"""Bounds on how much each asks of us: a bucket for everybody, emptied by the cost of a route.

Kept in this process alone, so that it costs an order less than a microsecond or two.
"""

from collections.abc import Callable, Hashable
from time import monotonic

OWNERS_MAX = 50_000


class Buckets:
    """So many units a second for each owner, and a burst of some seconds at once.

    One number is kept of each: the moment at which its bucket will be full again (GCRA).
    """

    def __init__(
        self, units_per_second: float, burst_seconds: float, now: Callable[[], float] = monotonic
    ) -> None:
        assert burst_seconds > 0, "a bucket without a burst lets nothing through"
        self._second_per_unit = 1 / units_per_second if units_per_second else 0.0
        self._burst = burst_seconds
        self._now = now
        self._full_at: dict[Hashable, float] = {}

    def take(self, owner: Hashable, units: int) -> bool:
        """Whether there was enough left; if not, nothing is taken."""
        now = self._now()
        full_at = max(self._full_at.get(owner, now), now) + units * self._second_per_unit
        if full_at - now > self._burst:
            return False
        if len(self._full_at) >= OWNERS_MAX:
            self._forget(now)
        self._full_at[owner] = full_at
        return True

    def give_back(self, owner: Hashable, units: int) -> None:
        """What was taken, and need not have been."""
        if owner in self._full_at:
            self._full_at[owner] -= units * self._second_per_unit

    def forgive(self, owner: Hashable) -> None:
        """Nothing is counted against this one any more."""
        self._full_at.pop(owner, None)

    def _forget(self, now: float) -> None:
        """Who has a full bucket is as good as unknown; strangers by the thousand all are."""
        left = {owner: at for owner, at in list(self._full_at.items()) if at > now}
        self._full_at = left if len(left) < OWNERS_MAX else {}
