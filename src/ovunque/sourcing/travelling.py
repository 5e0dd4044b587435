"""What possible parcels cost and how they travel, lane by lane."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from ovunque.delivery.rules.arrival import Passage, Timetable, if_begun, passage
from ovunque.delivery.rules.days import NONE_MISSED, reach
from ovunque.delivery.rules.diary import NEVER
from ovunque.delivery.rules.footprint import Chains, Footprint, footprint, joined
from ovunque.delivery.rules.places import Place
from ovunque.delivery.timing import Reach
from ovunque.sourcing.handing_over import Counter
from ovunque.sourcing.model import BIG, Ints, two_cheapest

PARCEL_WEIGHT_MAX_G = 1_000_000  # what a customer may carry away


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tariff:
    """What parcels cost, lane by lane."""

    location: Ints
    location_ids: tuple[UUID, ...]
    service_ids: tuple[UUID | None, ...]
    pick_cents: Ints
    edges_g: Ints
    parcel_cents: Ints
    two_parcels_cents: int
    later: tuple[tuple[int, Ints], ...] = ()  # Parcels' prices from a day on, where they change.

    def cents_on(self, day: Ints) -> Ints:
        """[B + 1, C] the prices of parcels that leave on these days, lane by lane."""
        cents = self.parcel_cents
        for first, later in self.later:
            cents = np.where(day >= first, later, cents)
        return cents


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Travel:
    """How goods travel, lane by lane."""

    timetable: Ints
    timetables: tuple[Timetable, ...]
    counters: tuple[Counter, ...]  # Rows beyond the timetables: handed over at a counter.
    reach: Ints
    reaches: tuple[Reach, ...]
    confidence_ppm: int
    chains: Chains
    inbound_m: Ints

    def days(self, passages: Sequence[Passage]) -> Ints:
        """The days on which they leave, by the clocks of the places."""
        days = [0] * len(passages)
        for nth, (timetable, each) in enumerate(zip(self.timetables, passages, strict=False)):
            if each.leaves < NEVER:
                days[nth] = timetable.diary.day_of(each.leaves).toordinal()
        return np.array(days, np.int64)

    def passages(self, now: int) -> list[Passage]:
        return [
            *(passage(each, now) for each in self.timetables),
            *(each.passage(now) for each in self.counters),
        ]

    def sooner(self, now: int) -> dict[int, Passage]:
        """By row, how parcels would travel if carriers that begin on a later day came already."""
        found = ((row, if_begun(each, now)) for row, each in enumerate(self.timetables))
        return {row: each for row, each in found if each is not None}

    def footprint(self, place: Place, location: Ints) -> Footprint:
        distance = place.distance_m[location]
        if self.counters:
            distance = np.where(self.timetable < len(self.timetables), distance, 0)
        return footprint(self.chains, distance, self.inbound_m, place.settlement)


HERE = Reach(reach(NONE_MISSED, NONE_MISSED), 0, 0, NONE_MISSED.level, 0)

Road = tuple[Tariff, Travel]
Later = tuple[tuple[int, Ints], ...]


def two_least(cents: Ints, later: Later, location: Ints) -> int:
    """What two parcels cost at least, on whatever day they leave."""
    return two_cheapest(np.minimum.reduce([cents, *(each for _, each in later)]), location)


def beside(sent: Road, own: Road) -> Road:
    """What is brought to a location, and what lies there: one table."""
    (tariff, travel), (here, there) = sent, own
    count = len(here.location)
    heaviest = int(tariff.edges_g.max(initial=PARCEL_WEIGHT_MAX_G - 1)) + 1
    heavy = np.full(len(tariff.location), BIG, np.int64)
    mine = np.repeat(here.parcel_cents[:1], len(tariff.parcel_cents) + 1, axis=0)
    mine[-1] = BIG
    location = np.append(tariff.location, here.location)

    def joint(sent_cents: Ints) -> Ints:
        prices = np.vstack([sent_cents[:-1], heavy, heavy])
        return np.ascontiguousarray(np.hstack([prices, mine]))

    both, later = joint(tariff.parcel_cents), tuple((d, joint(each)) for d, each in tariff.later)
    return Tariff(
        location=location,
        location_ids=(*tariff.location_ids, *here.location_ids),
        service_ids=(*tariff.service_ids, *here.service_ids),
        pick_cents=np.append(tariff.pick_cents, here.pick_cents),
        edges_g=np.append(tariff.edges_g, heaviest),
        parcel_cents=both,
        two_parcels_cents=two_least(both, later, location),
        later=later,
    ), Travel(
        timetable=np.append(travel.timetable, np.full(count, len(travel.timetables))),
        timetables=travel.timetables,
        counters=there.counters,
        reach=np.append(travel.reach, np.full(count, len(travel.reaches))),
        reaches=(*travel.reaches, HERE),
        confidence_ppm=travel.confidence_ppm,
        chains=joined(travel.chains, there.chains),
        inbound_m=np.append(travel.inbound_m, there.inbound_m),
    )
