"""The possible parcels of a channel to a destination: their prices, times and emissions."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import numpy as np

from ovunque.delivery.locating import Atlas
from ovunque.delivery.model import Settlement
from ovunque.delivery.rules.arrival import Passage, Timetable, passage
from ovunque.delivery.rules.days import NONE_MISSED, asked_ppm, reach
from ovunque.delivery.rules.diary import NEVER, Diary
from ovunque.delivery.rules.footprint import Chains, Footprint, chains_of, footprint
from ovunque.delivery.rules.places import Place
from ovunque.delivery.snapshot import DeliveryView, Memory
from ovunque.delivery.timing import NO_LOAD, Errand, Load, Origin, Reach
from ovunque.network.model import Capability, LocationState
from ovunque.network.snapshot import ChannelView, NetworkView
from ovunque.sourcing.model import (
    Candidates,
    Columns,
    Destination,
    Ints,
    Reason,
    parcel_prices,
    two_cheapest,
)

LANES_MAX = 4_096  # destinations x pools remembered; the oldest go first
FOOTPRINT_BYTES_MAX = 64 << 20  # of all that are remembered
BYTES_PER_LOCATION = 2 * 6 * 8  # of one footprint: two services, six numbers
PARCEL_WEIGHT_MAX_G = 1_000_000  # what a customer may carry away
NO_END = 1 << 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ways:
    """The columns as they are now, sorted by arrival; the same until a carrier has left."""

    columns: Columns
    lane: Ints  # [C] row of the lanes, for each column
    leaves: Ints  # [C]
    order_by: Ints  # [C] the last minute in which this arrival can be had
    since: int
    until: int


class Lanes:
    """Possible parcels by (location code, carrier, service): what no hour changes."""

    def __init__(self, tariff: "Tariff", travel: "Travel", candidates: Candidates) -> None:
        self.tariff = tariff
        self.travel = travel
        self.candidates = candidates
        self.candidate = _rows_of(candidates.location_ids, tariff.location_ids)
        self.service = _rows_of(candidates.service_ids, tariff.service_ids)
        self._ways: Ways | None = None

    def at(self, now: int) -> Ways:
        """The columns for whoever orders in this minute."""
        ways = self._ways
        if ways is None or not ways.since <= now <= ways.until:
            ways = self._ways = self._arranged(now)
        return ways

    def _arranged(self, now: int) -> Ways:
        passages = self.travel.passages(now)
        row = self.travel.timetable
        arrives = _column([each.arrives for each in passages], row)
        lane = np.argsort(arrives, kind="stable")
        lane = lane[arrives[lane] < NEVER]
        tariff = self.tariff
        return Ways(
            columns=Columns(
                location=tariff.location[lane],
                arrives=arrives[lane],
                pick_cents=tariff.pick_cents[lane],
                edges=tuple(tariff.edges_g.tolist()),
                edges_g=tariff.edges_g,
                parcel_cents=np.ascontiguousarray(tariff.parcel_cents[:, lane]),
                number=np.arange(len(lane)),
                two_parcels_cents=tariff.two_parcels_cents,
            ),
            lane=lane,
            leaves=_column([each.leaves for each in passages], row)[lane],
            order_by=_column([each.order_by for each in passages], row)[lane],
            since=now,
            until=min((each.order_by for each in passages), default=NO_END),
        )


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Travel:
    """How parcels travel, lane by lane; without timetables they are handed over at a counter."""

    timetable: Ints
    timetables: tuple[Timetable, ...]
    counters: tuple["Counter", ...]  # Instead of timetables.
    reach: Ints
    reaches: tuple[Reach, ...]
    confidence_ppm: int
    chains: Chains
    inbound_m: Ints

    def passages(self, now: int) -> list[Passage]:
        return [
            *(passage(each, now) for each in self.timetables),
            *(each.passage(now) for each in self.counters),
        ]

    def footprint(self, place: Place, location: Ints) -> Footprint:
        distance = place.distance_m[location]
        if self.counters:
            distance = np.zeros_like(distance)
        return footprint(self.chains, distance, self.inbound_m, place.settlement)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counter:
    """Where customers fetch their goods, while people work there."""

    diary: Diary
    work_minutes: int

    def passage(self, now: int) -> Passage:
        ready = self.diary.after(now, self.work_minutes)
        return Passage(max(now, self.diary.before(ready, self.work_minutes)), ready, ready)


HERE = Reach(reach(NONE_MISSED, NONE_MISSED), 0, 0, NONE_MISSED.level, 0)


class LaneBook:
    """Lanes by pool, service and destination zone, built when first asked for."""

    def __init__(self, network: NetworkView, delivery: DeliveryView, load: Load = NO_LOAD) -> None:
        self._network = network
        self._delivery = delivery
        self._outlook = delivery.seen_from(network, load)
        self._atlas = Atlas(network)
        self._known = Memory[tuple[object, ...], Lanes](LANES_MAX)
        remembered = FOOTPRINT_BYTES_MAX // BYTES_PER_LOCATION // (1 + len(network.locations))
        self._footprints = Memory[tuple[Lanes, Place], Footprint](remembered)
        self._here = Place(np.zeros(len(network.locations), np.int64), Settlement.URBAN)

    def to(self, channel: ChannelView, destination: Destination) -> Lanes:
        """Every possible parcel for a destination; none when nobody delivers there."""
        place = destination.location_id
        if place is None:
            assert destination.country is not None
            place = self._delivery.zone_of(destination.country, destination.postal_code or "")
        pool = channel.channel.pool  # Channels may share one.
        key = (pool, destination.service, place, destination.country, destination.confidence_ppm)
        return self._known.get(key) or self._known.put(key, self._build(channel, destination))

    def origin(self, location_id: UUID) -> Origin:
        """When a location works and how long it takes."""
        return self._outlook.origins[self._network.position_of[location_id]]

    def place(self, destination: Destination) -> Place:
        """Where a destination lies."""
        if destination.location_id is not None:
            return self._here
        return self._atlas.place(
            destination.country or "", destination.postal_code or "", destination.at_e6
        )

    def footprint(self, lanes: Lanes, destination: Destination) -> Footprint:
        """The emissions of each lane to a destination."""
        key = (lanes, self.place(destination))
        return self._footprints.get(key) or self._footprints.put(
            key, lanes.travel.footprint(key[1], lanes.tariff.location)
        )

    def _build(self, channel: ChannelView, destination: Destination) -> Lanes:
        if destination.location_id is not None:
            return self._counter(channel, destination)
        errand = Errand(
            service=destination.service,
            country=destination.country or "",
            postal_code=destination.postal_code or "",
            confidence_ppm=destination.confidence_ppm,
        )
        columns = self._delivery.columns(errand, self._outlook, channel.shipping)
        location = columns.location.astype(np.int64)
        tariff = self._tariff(
            location, columns.service_ids, columns.weight_edges_g, columns.price_cents
        )
        travel = Travel(
            timetable=columns.timetable,
            timetables=columns.timetables,
            counters=(),
            reach=columns.reach,
            reaches=columns.reaches,
            confidence_ppm=columns.confidence_ppm,
            chains=columns.chains,
            inbound_m=self._atlas.inbound_m[location],
        )
        return Lanes(tariff, travel, self._candidates(channel.pool.tolist(), tariff))

    def _counter(self, channel: ChannelView, destination: Destination) -> Lanes:
        """Handing over at a counter: the store's own stock, no carrier, no tariff."""
        assert destination.location_id is not None
        position = self._network.position_of.get(destination.location_id, -1)
        mine = [position] if position in channel.pool.tolist() else []
        open_ = [each for each in mine if self._out(each, Capability.COLLECT) is None]
        location = np.array(open_, np.int64)
        edges, prices = np.array([PARCEL_WEIGHT_MAX_G]), np.zeros((len(location), 1), np.int64)
        tariff = self._tariff(location, (None,) * len(location), edges, prices)
        places = [self._network.locations[each] for each in open_]
        rows = np.zeros(len(location), np.int64)
        travel = Travel(
            timetable=rows,
            timetables=(),
            counters=tuple(_counter(self._outlook.origins[each]) for each in open_),
            reach=rows,
            reaches=(HERE,),
            confidence_ppm=destination.confidence_ppm or asked_ppm(destination.service),
            chains=chains_of([self._delivery.counter(each.country) for each in places], rows),
            inbound_m=self._atlas.inbound_m[location],
        )
        return Lanes(tariff, travel, self._candidates(mine, tariff, Capability.COLLECT))

    def _tariff(
        self,
        location: Ints,
        service_ids: tuple[UUID | None, ...],
        edges_g: Ints,
        price_cents: Ints,
    ) -> Tariff:
        prices = parcel_prices(price_cents, self._of(location, "handling_cents"))
        return Tariff(
            location=location,
            location_ids=tuple(self._network.locations[at].id for at in location),
            service_ids=service_ids,
            pick_cents=self._of(location, "pick_cents"),
            edges_g=edges_g,
            parcel_cents=prices,
            two_parcels_cents=two_cheapest(prices, location),
        )

    def _candidates(
        self, pool: list[int], tariff: Tariff, needed: Capability = Capability.SHIP_FROM
    ) -> Candidates:
        """All of the pool, and why some are out whatever is ordered."""
        reached = set(tariff.location.tolist())
        reasons = [
            self._out(at, needed) or (Reason.OUTRANKED if at in reached else Reason.NO_LANE)
            for at in pool
        ]
        location_ids = tuple(self._network.locations[at].id for at in pool)
        service_ids = tuple(dict.fromkeys(tariff.service_ids))
        named = ",".join(map(str, (*location_ids, "by", *service_ids)))
        return Candidates(
            digest=sha256(named.encode()).hexdigest()[:32],
            location_ids=location_ids,
            service_ids=service_ids,
            reasons=np.array(reasons, np.uint8),
        )

    def _out(self, position: int, needed: Capability) -> Reason | None:
        location = self._network.locations[position]
        if location.state != LocationState.OPEN:
            return Reason.NOT_OPEN
        return None if needed in location.capabilities else Reason.NO_CAPABILITY

    def _of(self, location: Ints, field: str) -> Ints:
        values = [getattr(self._network.locations[position], field) for position in location]
        return np.array(values, np.int64)


def _counter(origin: Origin) -> Counter:
    return Counter(diary=origin.diary, work_minutes=origin.work_minutes)


def _rows_of(known: Iterable[UUID | None], asked: Iterable[UUID | None]) -> Ints:
    """For each that is asked its row among the known ones."""
    rows = {each: row for row, each in enumerate(known)}
    return np.array([rows[each] for each in asked], np.int64)


def _column(values: list[int], rows: Ints) -> Ints:
    return np.array(values, np.int64)[rows]
