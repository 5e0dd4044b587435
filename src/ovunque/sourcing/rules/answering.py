"""How likely a location takes what it is offered: by weekday and hour, as far as it was learned.

Counts are shrunk twice: an hour of a location to the location's own mean, and that to the mean of
the whole network, each as if ten more offers had been answered like the wider mean. What is longer
ago counts half after every four weeks.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

PPM = 1_000_000
PRIOR = 10  # Offers that a wider mean counts.
USUAL_PPM = 800_000  # Of a network that has answered nothing yet.
MILLI = 1_000
WEEKS_HALF = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Offers of one hour of the week, in local time, so many weeks ago: asked, and taken."""

    location_id: UUID
    hour: int  # 0 is Monday's midnight.
    weeks_ago: int
    asked: int
    taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """The same with what is longer ago forgotten, in thousandths of an offer."""

    location_id: UUID
    hour: int
    asked_milli: int
    taken_milli: int


def weight_milli(weeks_ago: int) -> int:
    """What an offer counts that was answered so many weeks ago."""
    return round(MILLI * math.exp2(-weeks_ago / WEEKS_HALF))


def habits(told: Iterable[Answered]) -> tuple[Habit, ...]:
    """What was told, summed up by location and hour."""
    asked: Counter[tuple[UUID, int]] = Counter()
    taken: Counter[tuple[UUID, int]] = Counter()
    for each in told:
        weight = weight_milli(each.weeks_ago)
        asked[each.location_id, each.hour] += each.asked * weight
        taken[each.location_id, each.hour] += each.taken * weight
    return tuple(
        Habit(location_id=key[0], hour=key[1], asked_milli=units, taken_milli=taken[key])
        for key, units in sorted(asked.items())
        if units
    )


def shrunk_ppm(asked_milli: int, taken_milli: int, mean_ppm: int) -> int:
    """The share that was taken, as if ten more had been answered like the mean."""
    prior = PRIOR * MILLI
    return (taken_milli * PPM + prior * mean_ppm) // (asked_milli + prior)


class Chances:
    """How likely each location takes an offer at an hour."""

    def __init__(self, known: Iterable[Habit] = ()) -> None:
        asked: Counter[UUID] = Counter()
        taken: Counter[UUID] = Counter()
        self._cells: dict[tuple[UUID, int], Habit] = {}
        for each in known:
            self._cells[each.location_id, each.hour] = each
            asked[each.location_id] += each.asked_milli
            taken[each.location_id] += each.taken_milli
        self.mean_ppm = shrunk_ppm(asked.total(), taken.total(), USUAL_PPM)
        self._means: Mapping[UUID, int] = {
            id_: shrunk_ppm(units, taken[id_], self.mean_ppm) for id_, units in asked.items()
        }

    def of(self, location_id: UUID) -> int:
        """In parts of a million, whatever the hour."""
        return self._means.get(location_id, self.mean_ppm)

    def at(self, location_id: UUID, local: datetime) -> int:
        """In parts of a million, at an hour of the location's own time."""
        mean = self.of(location_id)
        cell = self._cells.get((location_id, hour_of(local)))
        return mean if cell is None else shrunk_ppm(cell.asked_milli, cell.taken_milli, mean)


def hour_of(local: datetime) -> int:
    """The hour of the week, from Monday's midnight."""
    return local.weekday() * 24 + local.hour
