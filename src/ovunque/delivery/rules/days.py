"""How many days things take: chances by number of days, what they rest on, and their quantiles.

Handling and transit are convolved: adding their quantiles would promise later than is true.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

PPM = 1_000_000
DAYS_LONGEST = 100
LEVEL_PPM = {"express": 950_000, "collect": 950_000, "express_collect": 950_000}
USUAL_PPM = 900_000  # The confidence of all other services.

Chances = NDArray[np.float64]


class Level(StrEnum):
    """What a distribution was learned from, the nearest first."""

    LANE = "lane"  # This location to that zone, by this service.
    ZONES = "zones"
    COUNTRIES = "countries"
    CONTRACT = "contract"  # Nothing was learned: what the carrier says.


@dataclass(frozen=True, slots=True, eq=False)
class Days:
    """The chance of each number of days; `weight` is how many parcels it was learned from."""

    chances: Chances
    level: Level
    weight: int = 0


@cache
def exactly(days: int) -> Days:
    """What a contract says, taken at its word."""
    chances = np.zeros(days + 1)
    chances[days] = 1.0
    return Days(chances, Level.CONTRACT)


@cache
def told(chances_ppm: tuple[int, ...]) -> Days:
    """What a contract says in chances by number of days."""
    return Days(np.array(chances_ppm, float) / sum(chances_ppm), Level.CONTRACT)


NONE_MISSED = exactly(0)


def reach(handling: Days, transit: Days) -> NDArray[np.int64]:
    """The chance, in parts of a million, to be there within 0, 1, 2 … days."""
    both = np.convolve(handling.chances, transit.chances)
    return np.minimum(np.rint(np.cumsum(both) * PPM).astype(np.int64), PPM)


def within(reached: NDArray[np.int64], confidence_ppm: int, weight: int = 0) -> int:
    """The first number of days that is enough with a confidence; else the last one there is.

    Learned from few parcels, a little more is asked: the next one may be the worst of all.
    """
    if weight:
        confidence_ppm += PPM // (weight + 1)
    return min(int(np.searchsorted(reached, confidence_ppm)), len(reached) - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """All that was learned of days; what was not is as the contract says."""

    handling: Mapping[UUID, Days]  # By location id.
    transit: Mapping[tuple[UUID, Level, str, str], Days]  # By carrier service id, and both ends.
    late_ppm: Mapping[str, int]  # By service: how often it may be late, where that was moved.

    def confidence_ppm(self, service: str) -> int:
        """The level at which quantiles are taken for a service."""
        late = self.late_ppm.get(service)
        return asked_ppm(service) if late is None else PPM - late


def asked_ppm(service: str) -> int:
    """The confidence that a service is promised with."""
    return LEVEL_PPM.get(service, USUAL_PPM)


NOTHING_LEARNED = Learned(handling={}, transit={}, late_ppm={})
