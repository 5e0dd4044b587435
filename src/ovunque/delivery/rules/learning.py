"""What parcels teach about days: distributions, the nearest that enough parcels tell of.

Parcels on their way count as well (Kaplan-Meier): the late ones are among them, and whoever learns
of delivered parcels alone believes too well of carriers. Old parcels count less.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.rules.days import DAYS_LONGEST, PPM, Chances, Days, Level, exactly

ENOUGH = 80  # Parcels before a level speaks for itself.
PRIOR_WEIGHT = 30  # Parcels that the level above counts like.
TRANSIT_HALF_LIFE = 30  # Days.
HANDLING_HALF_LIFE = 14
LATE_LEAST_PPM, LATE_MOST_PPM = 4_000, 500_000
STEP_PERCENT = 30  # Of what a level is off, weekly.
DUE_ENOUGH = 150  # Promises before a level is moved.

TransitKey = tuple[UUID, Level, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One parcel: its days until it arrived, or so far, by whom and between which ends."""

    days: int
    arrived: bool
    on: date  # Handed over.
    contract: int  # Days that its carrier had promised.
    service_id: UUID
    ends: Mapping[Level, tuple[str, str]]


def curve(days: Sequence[int], arrived: Sequence[bool], weights: Sequence[float]) -> Chances:
    """The chance of each number of days; what is on its way has told that it takes longer."""
    age, here, weight = np.array(days), np.array(arrived, bool), np.array(weights, float)
    last = min(int(age.max()), DAYS_LONGEST - 2)
    age = np.minimum(age, last)
    ended = np.bincount(age[here], weight[here], minlength=last + 1)
    at_risk = np.bincount(age, weight, minlength=last + 1)[::-1].cumsum()[::-1]
    alive = np.cumprod(1 - np.divide(ended, at_risk, out=np.zeros(last + 1), where=at_risk > 0))
    return -np.diff(np.concatenate([[1.0], alive, [0.0]]))  # Who never arrived is a day later.


def forgotten(on: date, today: date, half_life: int) -> float:
    """How much something of that day still counts."""
    return float(0.5 ** ((today - on).days / half_life))


def learn_transit(seen: Iterable[Seen], today: date) -> dict[TransitKey, Days]:
    """The distributions of all levels that enough parcels tell of, each leaning on the next."""
    groups: dict[TransitKey, list[Seen]] = defaultdict(list)
    for each in seen:
        for level, (origin, destination) in each.ends.items():
            groups[each.service_id, level, origin, destination].append(each)
    learned: dict[TransitKey, Days] = {}
    for level in (Level.COUNTRIES, Level.ZONES, Level.LANE):
        for key, parcels in groups.items():
            if key[1] == level:
                days = _learn(level, parcels, _parent(parcels, level, learned), today)
                learned |= {key: days} if days else {}
    return learned


def _parent(parcels: Sequence[Seen], level: Level, learned: Mapping[TransitKey, Days]) -> Chances:
    """What the level above says of these parcels; above all levels stands the contract."""
    above = {Level.LANE: (Level.ZONES, Level.COUNTRIES), Level.ZONES: (Level.COUNTRIES,)}
    first = parcels[0]
    for higher in above.get(level, ()):
        found = learned.get((first.service_id, higher, *first.ends[higher]))
        if found is not None:
            return found.chances
    return blend([(1.0, exactly(each.contract).chances) for each in parcels])


def _learn(level: Level, parcels: Sequence[Seen], parent: Chances, today: date) -> Days | None:
    weights = [forgotten(each.on, today, TRANSIT_HALF_LIFE) for each in parcels]
    total = sum(weights)
    if total < ENOUGH:
        return None
    own = curve([each.days for each in parcels], [each.arrived for each in parcels], weights)
    chances = blend([(total, own), (PRIOR_WEIGHT, parent)])
    return Days(chances, level, round(total))


def blend(parts: Sequence[tuple[float, NDArray[np.float64]]]) -> Chances:
    """Distributions, each counting as much as its weight."""
    longest = max(len(chances) for _, chances in parts)
    mixed = np.zeros(longest)
    for weight, chances in parts:
        mixed[: len(chances)] += weight * chances
    mixed /= mixed.sum()
    return mixed


def learn_handling(seen: Iterable[tuple[UUID, int, bool, date]], today: date) -> dict[UUID, Days]:
    """How many pickups each location misses: by its work orders, the waiting ones included."""
    groups: dict[UUID, list[tuple[int, bool, date]]] = defaultdict(list)
    for location_id, missed, gone, on in seen:
        groups[location_id].append((missed, gone, on))
    learned = {}
    for location_id, works in groups.items():
        weights = [forgotten(on, today, HANDLING_HALF_LIFE) for *_, on in works]
        own = curve([days for days, *_ in works], [gone for _, gone, _ in works], weights)
        chances = blend([(sum(weights), own), (PRIOR_WEIGHT, exactly(0).chances)])
        learned[location_id] = Days(chances, Level.LANE, round(sum(weights)))
    return learned


def adapt(late_ppm: int, wanted_ppm: int, due: int, broken: int) -> int:
    """The level for the next week, after so many of the promises that were due were broken."""
    if due < DUE_ENOUGH:
        return late_ppm
    moved = late_ppm + STEP_PERCENT * (wanted_ppm - broken * PPM // due) // 100
    return min(max(moved, LATE_LEAST_PPM), LATE_MOST_PPM)
