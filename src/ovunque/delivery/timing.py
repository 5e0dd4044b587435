"""When our locations work and how long they take: what timetables are made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.model import CarrierService, Promise
from ovunque.delivery.rules.arrival import ALWAYS, WEEKDAYS, Shelf, Timetable, Trip
from ovunque.delivery.rules.days import NONE_MISSED, Days, Learned, Level, reach, within
from ovunque.delivery.rules.diary import Diary
from ovunque.delivery.rules.places import zone_of_country
from ovunque.kernel.spans import DAY_MINUTES
from ovunque.network.model import Location, Spans
from ovunque.network.snapshot import NetworkView

Load = Mapping[UUID, int]  # Minutes of work that lie before each location.

NO_LOAD: Load = {}
Full = Mapping[tuple[UUID, UUID], int]  # Visits that are full, by service and location.

NONE_FULL: Full = {}
EARLIEST_PPM = 50_000
LOAD_STEP = 120  # Minutes.
HOUR_MINUTES = 60


def load_of(network: NetworkView, waiting: Mapping[UUID, int]) -> dict[UUID, int]:
    """How long the work before each location takes it, in working minutes.

    So many orders as it does in a day take a day's hours; as it does in an hour, an hour. Told in
    steps, so that what was reckoned
    with it before holds for a while; what its usual time covers anyway is left out.
    """
    load = {}
    known = {id_: at for id_, at in network.position_of.items() if id_ in waiting}
    for location_id, at in known.items():
        location, orders = network.locations[at], waiting[location_id]
        week = network.hours.get(location.code)
        minutes = _minutes_a_day(week.week) if week else DAY_MINUTES
        work = work_of(location, orders, minutes)
        least = min(location.handling_minutes, location.express_minutes)
        if work > (least if location.capacity_per_hour else location.handling_minutes):
            load[location_id] = -(-work // LOAD_STEP) * LOAD_STEP
    return load


def work_of(location: Location, orders: int, minutes_a_day: int) -> int:
    """How many working minutes so many orders take; nothing where no capacity is told."""
    day = location.capacity_per_day and orders * minutes_a_day // location.capacity_per_day
    hour = location.capacity_per_hour and orders * HOUR_MINUTES // location.capacity_per_hour
    return max(day, hour)


def _minutes_a_day(week: Sequence[Spans]) -> int:
    """Of the days on which people work, in the mean."""
    days = [sum(closes - opens for opens, closes in spans) for spans in week if spans]
    return sum(days) // len(days) if days else 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origin:
    """A location as columns need it; `rank` is its place in the order of codes."""

    id: UUID
    code: str
    country: str
    zone_id: UUID | None
    rank: int
    diary: Diary
    work_minutes: int  # What an order takes; where more work waits, what that takes.
    express_minutes: int  # The same of what cannot wait.
    express_within: int  # What is not ready by then is no express any more.
    full: Mapping[UUID, int] = field(default_factory=dict)  # Visits that are full, by service.


def full_of(
    caps: Mapping[UUID, Mapping[str, int]],
    leaving: Mapping[tuple[UUID, UUID], int],
    network: NetworkView,
) -> dict[tuple[UUID, UUID], int]:
    """How many visits of a service are full, by what waits for it and what it takes in a day.

    What waits everywhere fills the cap of all locations together; `caps` name locations by code,
    and all of them by nothing.
    """
    everywhere: dict[UUID, int] = {}
    for (service_id, _), count in leaving.items():
        everywhere[service_id] = everywhere.get(service_id, 0) + count
    full: dict[tuple[UUID, UUID], int] = {}
    for service_id, by_code in caps.items():
        together = everywhere.get(service_id, 0) // by_code[""] if "" in by_code else 0
        for each in network.locations:
            here = leaving.get((service_id, each.id), 0)
            alone = here // by_code[each.code] if each.code in by_code else 0
            if visits := max(together, alone):
                full[service_id, each.id] = visits
    return full


def origins_of(
    network: NetworkView,
    load: Load,
    zone_of: Callable[[str, str], UUID | None],
    full: Full = NONE_FULL,
) -> tuple[Origin, ...]:
    """All locations by position; those with the same hours share a diary."""
    visits: dict[UUID, dict[UUID, int]] = {}
    for (service_id, location_id), count in full.items():
        visits.setdefault(location_id, {})[service_id] = count
    ranks = {code: rank for rank, code in enumerate(sorted(network.by_code))}
    diaries: dict[object, Diary] = {}
    return tuple(
        Origin(
            id=each.id,
            code=each.code,
            country=each.country,
            zone_id=zone_of(each.country, each.postal_code),
            rank=ranks[each.code],
            diary=_diary(network, each, diaries),
            work_minutes=max(each.handling_minutes, load.get(each.id, 0)),
            express_minutes=max(
                min(each.handling_minutes, each.express_minutes), load.get(each.id, 0)
            ),
            express_within=each.express_minutes,
            full=visits.get(each.id, {}),
        )
        for each in network.locations
    )


def _diary(network: NetworkView, location: Location, diaries: dict[object, Diary]) -> Diary:
    told, closures = network.hours.get(location.code), network.closures.get(location.code, {})
    week = told.week if told else ()
    key = (location.time_zone, location.country, week, tuple(closures.items()))
    diary = diaries.get(key)
    if diary is None:
        diary = diaries[key] = Diary(location.time_zone, location.country, week, closures)
    return diary


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """The chance to be there within so many days, and what it rests on."""

    reached: NDArray[np.int64]  # [D] parts of a million
    earliest: int  # Days; what comes before is luck.
    days: int  # At the confidence that is asked.
    level: Level
    weight: int  # Parcels that it was learned from.


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A service to an address, promised with some confidence; none said: the service's own."""

    service: str
    country: str
    postal_code: str
    confidence_ppm: int | None = None
    to: Origin | None = None  # Where it is fetched, if it does not go to a door.

    @property
    def carriage(self) -> str:
        """By which of the carriers' services: who fetches it has it brought as to any door."""
        return self.service if self.to is None else Promise.HOME


class Reaches:
    """How many days parcels take to one zone of a country, by what was learned of them."""

    def __init__(self, learned: Learned, errand: Errand, zone: str) -> None:
        self._learned = learned
        self._country, self._zone = errand.country, zone
        self.confidence_ppm = errand.confidence_ppm or learned.confidence_ppm(errand.service)
        self._known: dict[tuple[Days, Days], Reach] = {}

    def of(self, origin: Origin, service_id: UUID, from_zone: str, contract: Days) -> Reach:
        """The nearest that is known: of the lane, its zones, its countries, else the contract."""
        handling = self._learned.handling.get(origin.id, NONE_MISSED)
        ends = (
            (Level.LANE, origin.code, self._zone),
            (Level.ZONES, from_zone, self._zone),
            (Level.COUNTRIES, origin.country, self._country),
        )
        found = (self._learned.transit.get((service_id, *each)) for each in ends)
        transit = next((each for each in found if each is not None), None) or contract
        key = (handling, transit)
        return self._known.get(key) or self._known.setdefault(key, self._reach(*key))

    def _reach(self, handling: Days, transit: Days) -> Reach:
        reached = reach(handling, transit)
        return Reach(
            reached=reached,
            earliest=within(reached, EARLIEST_PPM),
            days=within(reached, self.confidence_ppm, transit.weight),
            level=transit.level,
            weight=transit.weight,
        )


def trip_of(service: CarrierService, origin: Origin, country: str) -> Trip:
    """The days on which a service moves parcels from a location to a country."""
    usual = WEEKDAYS | set(service.pickup_days)
    return Trip(
        origin=origin.country,
        destination=country,
        days=frozenset(service.delivery_days) or usual,
        zone=zone_of_country(country) or origin.diary.zone,
    )


def timetable_of(origin: Origin, service: CarrierService, errand: Errand, days: int) -> Timetable:
    """When parcels of a service leave a location and arrive where they go."""
    to = errand.to
    return Timetable(
        shelf=None if to is None else Shelf(to.diary, to.work_minutes),
        diary=origin.diary,
        work_minutes=origin.work_minutes,
        cutoff=service.cutoff,
        pickup_days=service.pickup_days,
        trip=trip_of(service, origin, errand.country),
        days=days,
        full=origin.full.get(service.id, 0),
        valid=(service.valid_from or ALWAYS[0], service.valid_until or ALWAYS[1]),
    )
