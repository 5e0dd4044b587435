"""What a customer waits for: the last of several parcels, with the confidence of all together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.rules.arrival import Timetable, arrival
from ovunque.delivery.rules.days import PPM

DAYS_MORE_MAX = 60  # Beyond the slowest parcel alone.


@dataclass(frozen=True, slots=True, eq=False)
class Ride:
    """One parcel on its way; those of one location and carrier travel together."""

    timetable: Timetable
    leaves: int
    reached: NDArray[np.int64]  # [D] parts of a million, within so many days.
    days: int  # That it is promised in by itself.

    def arrives(self, days: int) -> int:
        return arrival(self.timetable, self.leaves, days)

    def chance(self, by: int) -> float:
        """That it is there by then."""
        days = self.days
        while days + 1 < len(self.reached) and self.arrives(days + 1) <= by:
            days += 1
        return self.reached.item(days) / PPM


def together(rides: Sequence[Ride], confidence_ppm: int) -> int:
    """When all are there with a confidence: the chances multiply, so it may be later than each."""
    latest = max(each.arrives(each.days) for each in rides)
    for more in range(1, DAYS_MORE_MAX):
        if float(np.prod([each.chance(latest) for each in rides])) * PPM >= confidence_ppm:
            break
        latest = max(latest, min(each.arrives(each.days + more) for each in rides))
    return latest


@dataclass(frozen=True, slots=True)
class Part:
    """A parcel of an option in figures: which items, when, for what."""

    skus: frozenset[str]
    arrives: int
    cents: int
    grams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """An item that decides: without it, the same plan is so much sooner, cheaper, smaller."""

    sku: str
    minutes: int
    parcels: int
    cents: int
    grams: int


def drivers(parts: Sequence[Part]) -> Iterable[Driver]:
    """Items that travel alone and make a parcel more, or the wait longer."""
    if len(parts) < 2:
        return
    latest = max(each.arrives for each in parts)
    for sku in sorted({sku for each in parts for sku in each.skus}):
        alone = [each for each in parts if each.skus == {sku}]
        rest = [each for each in parts if each not in alone]
        if alone and rest:
            yield Driver(
                sku=sku,
                minutes=latest - max(each.arrives for each in rest),
                parcels=len(alone),
                cents=sum(each.cents for each in alone),
                grams=sum(each.grams for each in alone),
            )
