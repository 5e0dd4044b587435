"""Delivery in memory: what it costs and how long it takes from our locations to an address."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery import rules, store
from ovunque.delivery.model import CarrierService, Lane, ServiceKey, VolumeCap, Zone, ZoneArea
from ovunque.delivery.rules.arrival import Timetable
from ovunque.delivery.rules.bands import Bands, Later, bands_on, price_row
from ovunque.delivery.rules.days import NOTHING_LEARNED, Days, Learned, exactly, told
from ovunque.delivery.rules.emissions import Chain, FactorBook, chain_of, counter_chain
from ovunque.delivery.rules.footprint import Chains, chains_of
from ovunque.delivery.store import drafting as drafting_store
from ovunque.delivery.store import learning as days_store
from ovunque.delivery.timing import (
    NO_LOAD,
    NONE_FULL,
    Errand,
    Full,
    Load,
    Origin,
    Reach,
    Reaches,
    full_of,
    origins_of,
    timetable_of,
)
from ovunque.network.snapshot import NetworkView
from ovunque.platform.database import Tx

COLUMNS_MAX = 512  # Some 100 kB each with 500 locations.
POSTAL_CODES_MAX = 65_536
NOWHERE = UUID(int=0)  # The zone of an address where nobody delivers.

K = TypeVar("K")
V = TypeVar("V")
S = TypeVar("S", bound=np.generic)
H = TypeVar("H", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """One column for each location and service that can bring a parcel to an address.

    Sorted by (location code, carrier, service). `price_cents[c, b]` is the price of a parcel
    of at most `weight_edges_g[b]`. The arrays are shared: nobody writes to them.
    """

    location: NDArray[np.int16]  # [C] positions
    service: NDArray[np.int16]  # [C] rows of `services`
    services: tuple[CarrierService, ...]
    service_ids: tuple[UUID, ...]  # [C]
    confidence_ppm: int
    reach: NDArray[np.int64]  # [C] rows of `reaches`
    reaches: tuple[Reach, ...]
    weight_edges_g: NDArray[np.int64]  # [B] ascending
    price_cents: NDArray[np.int64]  # [C, B]
    later_cents: tuple[tuple[int, NDArray[np.int64]], ...]  # From a day on, where prices change.
    timetable: NDArray[np.int64]  # [C] rows of `timetables`
    timetables: tuple[Timetable, ...]
    chains: Chains


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """A lane as columns need it."""

    service: int
    from_id: UUID  # The zone it comes from.
    contract: Days  # As the carrier tells it.
    transit_days: int
    bands: Bands
    later: Later = ()  # By the first day on which they count.


Way = tuple[int, Route]  # A position, and a lane from there.


class Memory(Generic[K, V]):
    """The newest answers, a bounded number of them."""

    def __init__(self, size_max: int) -> None:
        self._size_max = size_max
        self._answers: dict[K, V] = {}
        self._lock = Lock()
        self.get = self._answers.get

    def put(self, key: K, answer: V) -> V:
        with self._lock:
            if len(self._answers) >= self._size_max:
                del self._answers[next(iter(self._answers))]
            self._answers[key] = answer
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """What the carriers told us, ordered for looking up."""

    services: tuple[CarrierService, ...]  # By (carrier, service).
    areas: Mapping[str, Sequence[tuple[ZoneArea, UUID]]]  # By country, the most precise first.
    routes: Mapping[tuple[UUID, UUID], Sequence[Route]]  # By zones, in the order of services.
    postal_length: int  # No bound is longer.
    factors: FactorBook
    zone_codes: Mapping[UUID, str]
    learned: Learned
    caps: Mapping[UUID, Mapping[str, int]]  # Parcels a day by service, and by location's code.


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """One network as delivery sees it, by position, and the columns asked for so far."""

    network: NetworkView
    load: Load
    full: Full
    origins: tuple[Origin, ...]
    columns: Memory[tuple[object, ...], Columns]


class DeliveryView:
    """An immutable value, swapped whole; it remembers what it answered."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._zones = Memory[tuple[str, str], UUID](POSTAL_CODES_MAX)
        self._outlook: Outlook | None = None

    @property
    def services(self) -> tuple[CarrierService, ...]:
        """All of them, by (carrier, service)."""
        return self._tables.services

    def zone_code(self, zone_id: UUID) -> str:
        return self._tables.zone_codes[zone_id]

    def contract_days(self, service_id: UUID, from_id: UUID, to_id: UUID) -> int:
        """Days in transit as the carrier's table says; of a lane that is gone: none."""
        routes = self._tables.routes.get((from_id, to_id), ())
        days = (r.transit_days for r in routes if self.services[r.service].id == service_id)
        return next(days, 0)

    def zone_of(self, country: str, postal_code: str) -> UUID | None:
        """The zone of an address; None where nobody delivers.

        Of several areas the one with the longest bound wins, then the lower zone code.
        """
        head = rules.normal_postal(postal_code)[: self._tables.postal_length]
        key = (country, head)
        found = self._zones.get(key)
        if found is None:
            areas = self._tables.areas.get(country, ())
            inside = (id_ for area, id_ in areas if rules.contains(area, head))
            found = self._zones.put(key, next(inside, NOWHERE))
        return None if found is NOWHERE else found

    def columns(self, errand: Errand, outlook: Outlook, positions: NDArray[np.int16]) -> Columns:
        """All ways of bringing a parcel to an address from the locations at some positions."""
        assert positions.dtype == np.int16, "the bytes of positions are a key"
        zone_id = self.zone_of(errand.country, errand.postal_code)
        if zone_id is None:
            return self._build([], (), errand, Reaches(NOTHING_LEARNED, errand, ""))
        to = errand.to and errand.to.id
        key = (
            errand.service,
            errand.country,
            errand.confidence_ppm,
            to,
            zone_id,
            positions.tobytes(),
        )
        found = outlook.columns.get(key)
        if found is None:
            origins = [(at, outlook.origins[at]) for at in positions.tolist()]
            ways = self._ways(errand.carriage, zone_id, origins)
            zone = self._tables.zone_codes[zone_id]
            reaches = Reaches(self._tables.learned, errand, zone)
            return outlook.columns.put(key, self._build(ways, outlook.origins, errand, reaches))
        return found

    @property
    def counts_packaging(self) -> bool:
        return self._tables.factors.has_packaging

    @property
    def has_caps(self) -> bool:
        return bool(self._tables.caps)

    def full_of(
        self, leaving: Mapping[tuple[UUID, UUID], int], network: NetworkView
    ) -> dict[tuple[UUID, UUID], int]:
        """How many visits are full, by service and location, with so much waiting for them."""
        return full_of(self._tables.caps, leaving, network)

    def seen_from(
        self, network: NetworkView, load: Load = NO_LOAD, full: Full = NONE_FULL
    ) -> Outlook:
        """A network as seen from here; another one than before is looked at afresh."""
        outlook = self._outlook
        seen = (network, load, full)
        if outlook is None or any(
            one is not other
            for one, other in zip(seen, (outlook.network, outlook.load, outlook.full), strict=True)
        ):
            origins = origins_of(network, load, self.zone_of, full)
            outlook = self._outlook = Outlook(network, load, full, origins, Memory(COLUMNS_MAX))
        return outlook

    def timetable(self, errand: Errand, origin: Origin, service_id: UUID) -> Timetable | None:
        """How parcels of one service travel from a location; None: it carries nothing there."""
        zone_id = self.zone_of(errand.country, errand.postal_code)
        if zone_id is None or origin.zone_id is None:
            return None
        routes = self._tables.routes.get((origin.zone_id, zone_id), ())
        route = next((r for r in routes if self.services[r.service].id == service_id), None)
        if route is None:
            return None
        reaches = Reaches(self._tables.learned, errand, self.zone_code(zone_id))
        from_zone = self.zone_code(origin.zone_id)
        reach = reaches.of(origin, service_id, from_zone, route.contract)
        return timetable_of(origin, self.services[route.service], errand, reach.days)

    def _ways(
        self, promise: str, zone_id: UUID, origins: Iterable[tuple[int, Origin]]
    ) -> list[tuple[int, Route]]:
        """Pairs of position and route, in the order of columns."""
        services, routes = self._tables.services, self._tables.routes
        ways: list[tuple[int, Route]] = []
        for at, origin in sorted(origins, key=lambda each: each[1].rank):
            if origin.zone_id is None:
                continue
            for route in routes.get((origin.zone_id, zone_id), ()):
                service = services[route.service]
                if service.promise == promise and service.picks_up_in(origin.country):
                    ways.append((at, route))
        return ways

    def chain(self, service_id: UUID | None, country: str) -> Chain:
        """How a service moves what it picks up in a country; none: over the counter."""
        if service_id is None:
            return self.counter(country)
        service = next(each for each in self.services if each.id == service_id)
        return chain_of(service, self._tables.factors, country)

    def counter(self, country: str) -> Chain:
        """The emissions of what is handed over at a counter in a country."""
        return counter_chain(self._tables.factors, country)

    def _build(
        self, ways: Sequence[Way], origins: Sequence[Origin], errand: Errand, reaches: Reaches
    ) -> Columns:
        services, zones = self._tables.services, self._tables.zone_codes
        distinct = {route: row for row, route in enumerate(dict.fromkeys(r for _, r in ways))}
        days = sorted({day for route in distinct for day, _ in route.later})
        edges = sorted(
            {
                edge
                for each in distinct
                for day in (0, *days)
                for edge, _ in bands_on(each.bands, each.later, day)
            }
        )
        row = [distinct[route] for _, route in ways]

        def prices(day: int) -> NDArray[np.int64]:
            rows = [price_row(bands_on(route.bands, route.later, day), edges) for route in distinct]
            return still(np.array(rows, np.int64).reshape(len(distinct), len(edges))[row])

        found = [
            reaches.of(
                origins[at], services[route.service].id, zones[route.from_id], route.contract
            )
            for at, route in ways
        ]
        timetables, timetable = numbered(
            timetable_of(origins[at], services[route.service], errand, reach.days)
            for (at, route), reach in zip(ways, found, strict=True)
        )
        reached, reach = numbered(found)
        moved, chain = numbered((route.service, origins[at].country) for at, route in ways)
        return Columns(
            location=still(np.array([at for at, _ in ways], np.int16)),
            service=still(np.array([route.service for _, route in ways], np.int16)),
            services=services,
            service_ids=tuple(services[route.service].id for _, route in ways),
            confidence_ppm=reaches.confidence_ppm,
            reach=still(reach),
            reaches=reached,
            weight_edges_g=still(np.array(edges, np.int64)),
            price_cents=prices(0),
            later_cents=tuple((day, prices(day)) for day in days),
            timetable=still(timetable),
            timetables=timetables,
            chains=chains_of(
                [chain_of(services[row], self._tables.factors, country) for row, country in moved],
                chain,
            ),
        )


def numbered(values: Iterable[H]) -> tuple[tuple[H, ...], NDArray[np.int64]]:
    """The distinct values, and for each value the row of its own."""
    rows: dict[H, int] = {}
    row = [rows.setdefault(value, len(rows)) for value in values]
    return tuple(rows), np.array(row, np.int64)


def still(array: NDArray[S]) -> NDArray[S]:
    """The same array, which nobody changes by accident."""
    array.flags.writeable = False
    return array


def load(tx: Tx) -> DeliveryView:
    """Delivery as it stands."""
    lanes = store.list_all_lanes(tx)  # First: whatever a lane names is there to be read then.
    services, zones = store.list_all_services(tx), store.list_all_zones(tx)
    areas = areas_by_country(zones)
    tables = Tables(
        factors=FactorBook(store.list_factors(tx)),
        zone_codes={each.id: each.code for each in zones},
        learned=days_store.find_learned(tx),
        caps=caps_by_id(services, drafting_store.list_caps(tx)),
        services=services,
        areas=areas,
        routes=routes_by_zones(services, zones, lanes),
        postal_length=max(
            (rules.precision(area) for group in areas.values() for area, _ in group), default=0
        ),
    )
    return DeliveryView(tables)


def caps_by_id(
    services: Iterable[CarrierService], caps: Mapping[ServiceKey, Sequence[VolumeCap]]
) -> dict[UUID, dict[str, int]]:
    """Parcels a day by location's code, of services that have such caps."""
    return {
        each.id: {cap.location: cap.parcels_per_day_max for cap in caps[each.key]}
        for each in services
        if each.key in caps
    }


def contract_of(lane: Lane) -> Days:
    """How long a lane takes, as far as the carrier tells it."""
    chances_ppm = lane.transit_chances_ppm
    return told(chances_ppm) if chances_ppm else exactly(lane.transit_days)


def areas_by_country(zones: Iterable[Zone]) -> dict[str, list[tuple[ZoneArea, UUID]]]:
    """All areas, the most precise first; zones come sorted by code, and sorting keeps that."""
    areas: dict[str, list[tuple[ZoneArea, UUID]]] = {}
    for zone in zones:
        for area in zone.areas:
            areas.setdefault(area.country, []).append((area, zone.id))
    for group in areas.values():
        group.sort(key=lambda each: -rules.precision(each[0]))
    return areas


def routes_by_zones(
    services: Sequence[CarrierService], zones: Iterable[Zone], lanes: Iterable[Lane]
) -> dict[tuple[UUID, UUID], list[Route]]:
    """All lanes by the zones they join, in the order of services."""
    row_of = {service.key: row for row, service in enumerate(services)}
    zone_ids = {zone.code: zone.id for zone in zones}
    routes: dict[tuple[UUID, UUID], list[Route]] = {}
    for lane in lanes:
        row = row_of[lane.service_key]
        service = services[row]
        later = tuple(
            (day.toordinal(), rules.carried(service, lane, day)) for day in rules.turning_days(lane)
        )
        ends = (zone_ids[lane.from_zone], zone_ids[lane.to_zone])
        routes.setdefault(ends, []).append(
            Route(
                row,
                ends[0],
                contract_of(lane),
                lane.transit_days,
                rules.carried(service, lane),
                later,
            )
        )
    for group in routes.values():
        group.sort(key=lambda route: route.service)
    return routes
