"""The possible parcels of a channel to a destination: their prices, times and emissions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.locating import Atlas
from ovunque.delivery.model import Settlement
from ovunque.delivery.rules.arrival import Passage, Timetable
from ovunque.delivery.rules.days import asked_ppm
from ovunque.delivery.rules.diary import NEVER
from ovunque.delivery.rules.footprint import Footprint, chains_of
from ovunque.delivery.rules.places import Place
from ovunque.delivery.snapshot import DeliveryView, Memory
from ovunque.delivery.timing import NO_LOAD, NONE_FULL, Errand, Full, Load, Origin
from ovunque.kernel.spans import DAY_MINUTES
from ovunque.network.model import Capability, LocationState
from ovunque.network.snapshot import ChannelView, NetworkView, Positions, positions
from ovunque.sourcing.handing_over import (
    ITS_OWN_RADIUS,
    Near,
    counter_of,
    hands_over,
    is_sent,
    near,
)
from ovunque.sourcing.model import (
    Candidates,
    Columns,
    Destination,
    Ints,
    Reason,
    parcel_prices,
    two_cheapest,
)
from ovunque.sourcing.travelling import HERE, PARCEL_WEIGHT_MAX_G, Tariff, Travel, beside, two_least

LANES_MAX = 4_096  # destinations x pools remembered; the oldest go first
FOOTPRINT_BYTES_MAX = 64 << 20  # of all that are remembered, by lanes and by columns
BYTES_PER_LOCATION = 2 * 6 * 8  # of one footprint: two services, six numbers
NO_END = 1 << 60
BEGINS_WITHIN = 3 * DAY_MINUTES  # What a parcel waits at most for a carrier to begin.

Flags = NDArray[np.bool_]


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

    def __init__(self, tariff: Tariff, travel: Travel, candidates: Candidates) -> None:
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
        sooner = self.travel.sooner(now)
        able = arrives < NEVER
        if sooner:
            able &= ~self._waits(passages, sooner, able)
        lane = np.argsort(arrives, kind="stable")
        lane = lane[able[lane]]
        tariff = self.tariff
        cents = tariff.parcel_cents
        if tariff.later:
            cents = tariff.cents_on(self.travel.days(passages)[row])
        return Ways(
            columns=Columns(
                location=tariff.location[lane],
                arrives=arrives[lane],
                pick_cents=tariff.pick_cents[lane],
                edges=tuple(tariff.edges_g.tolist()),
                edges_g=tariff.edges_g,
                parcel_cents=np.ascontiguousarray(cents[:, lane]),
                number=np.arange(len(lane)),
                two_parcels_cents=tariff.two_parcels_cents,
            ),
            lane=lane,
            leaves=_column([each.leaves for each in passages], row)[lane],
            order_by=_column([each.order_by for each in passages], row)[lane],
            since=now,
            until=min((each.order_by for each in (*passages, *sooner.values())), default=NO_END),
        )

    def _waits(
        self, passages: Sequence[Passage], sooner: Mapping[int, Passage], able: Flags
    ) -> Flags:
        """[L]: parcels that would lie until their carrier begins, though another comes for them.

        Where no other comes they lie for some days, so that nothing is unsold between two carriers.
        """
        longer = np.zeros(len(passages), np.int64)
        for nth, each in sooner.items():
            longer[nth] = passages[nth].leaves - each.leaves
        longer, location = longer[self.travel.timetable], self.tariff.location
        served = np.isin(location, location[able & (longer <= 0)])
        waits: Flags = (longer > BEGINS_WITHIN) | ((longer > 0) & served)
        return waits


class LaneBook:
    """Lanes by pool, service and destination zone, built when first asked for."""

    def __init__(
        self,
        network: NetworkView,
        delivery: DeliveryView,
        load: Load = NO_LOAD,
        full: Full = NONE_FULL,
    ) -> None:
        self._network = network
        self._delivery = delivery
        self._outlook = delivery.seen_from(network, load, full)
        self._atlas = Atlas(network)
        self._known = Memory[tuple[object, ...], Lanes](LANES_MAX)
        remembered = FOOTPRINT_BYTES_MAX // BYTES_PER_LOCATION // (1 + len(network.locations))
        self._footprints = Memory[tuple[Lanes, Place], Footprint](remembered)
        self._sorted = Memory[tuple[Ways, Footprint], Footprint](remembered)
        self._near = Memory[tuple[ChannelView, Place, str, int | None], Near](remembered)
        self._handing_over: dict[str, Ints] = {}
        self._here = Place(np.zeros(len(network.locations), np.int64), Settlement.URBAN)

    def to(self, channel: ChannelView, destination: Destination) -> Lanes:
        """Every possible parcel for a destination; none when nobody delivers there."""
        place = destination.location_id
        if place is None:
            assert destination.country is not None
            place = self._delivery.zone_of(destination.country, destination.postal_code or "")
        pool = channel.channel.pool  # Channels may share one.
        key = (
            pool,
            channel.channel.confidence_percent_min,
            destination.service,
            place,
            destination.country,
            destination.confidence_ppm,
            destination.is_sent,
        )
        return self._known.get(key) or self._known.put(key, self._build(channel, destination))

    def origin(self, location_id: UUID) -> Origin:
        """When a location works and how long it takes."""
        return self._outlook.origins[self._network.position_of[location_id]]

    def timetable(self, origin: Origin, service_id: UUID, errand: Errand) -> Timetable | None:
        """How parcels of a carrier's service travel from a location, as it is known now."""
        return self._delivery.timetable(errand, origin, service_id)

    def place(self, destination: Destination) -> Place:
        """Where a destination lies."""
        if destination.location_id is not None:
            return self._place_of(destination)
        return self._atlas.place(
            destination.country or "", destination.postal_code or "", destination.at_e6
        )

    def handing_over(self, service: str) -> Ints:
        """The positions of locations where customers fetch goods of a service, by their codes."""
        found = self._handing_over.get(service)
        if found is None:
            found = self._handing_over[service] = self._hands_over(service)
        return found

    def _hands_over(self, service: str) -> Ints:
        codes = sorted(self._network.by_code.items())
        ids = (each.id for _, each in codes if hands_over(each, service) is None)
        return np.array([self._network.position_of[each] for each in ids], np.int64)

    def near(
        self, channel: ChannelView, home: Destination, service: str, within_m: int | None
    ) -> Near:
        """Where a customer may fetch goods of a service, within its radius, nearest first."""
        key = (channel, self.place(home), service, within_m)
        known = self._near.get(key)
        if known is None:
            able, distance = self.handing_over(service), key[1].distance_m
            within = self._network.express_radius_m if service in ITS_OWN_RADIUS else within_m
            known = self._near.put(key, near(channel, able, distance, within))
        return known

    def footprint(self, lanes: Lanes, destination: Destination) -> Footprint:
        """The emissions of each lane to a destination."""
        key = (lanes, self.place(destination))
        return self._footprints.get(key) or self._footprints.put(
            key, lanes.travel.footprint(key[1], lanes.tariff.location)
        )

    def arranged(self, footprint: Footprint, ways: Ways) -> Footprint:
        """The footprint of lanes as that of the columns, in their order."""
        key = ways, footprint
        return self._sorted.get(key) or self._sorted.put(key, footprint.take(ways.lane))

    def inbound_m(self, location_id: UUID) -> int:
        """How far what replaces its goods has to come."""
        return int(self._atlas.inbound_m[self._network.position_of[location_id]])

    def _place_of(self, destination: Destination) -> Place:
        assert destination.location_id is not None
        if not is_sent(destination):
            return self._here
        at = self._network.locations[self._network.position_of[destination.location_id]]
        return self._atlas.place(at.country, at.postal_code, (at.latitude_e6, at.longitude_e6))

    def _build(self, channel: ChannelView, destination: Destination) -> Lanes:
        if destination.location_id is None:
            return self._carried(
                channel,
                Errand(
                    service=destination.service,
                    country=destination.country or "",
                    postal_code=destination.postal_code or "",
                    confidence_ppm=destination.confidence_ppm,
                ),
            )
        own = self._counter(channel, destination)
        return self._sent(channel, destination, own) if is_sent(destination) else own

    def _carried(
        self, channel: ChannelView, errand: Errand, shipping: Positions | None = None
    ) -> Lanes:
        """What carriers bring."""
        origins = channel.shipping if shipping is None else shipping
        columns = self._delivery.columns(errand, self._outlook, origins)
        location, edges_g = columns.location.astype(np.int64), columns.weight_edges_g
        tariff = self._tariff(location, columns.service_ids, edges_g, columns.price_cents)
        if columns.later_cents:
            fixed = self._of(location, "handling_cents")
            told = ((day, parcel_prices(cents, fixed)) for day, cents in columns.later_cents)
            later = tuple(told)
            least = two_least(tariff.parcel_cents, later, location)
            tariff = replace(tariff, later=later, two_parcels_cents=least)
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

    def _sent(self, channel: ChannelView, destination: Destination, own: Lanes) -> Lanes:
        """To a location from all the others, beside what it has itself."""
        position = self._network.position_of.get(destination.location_id or channel.channel.id)
        place = None if position is None else self._network.locations[position]
        if place is None or hands_over(place, destination.service) is not None:
            return own
        errand = Errand(
            service=destination.service,
            country=place.country,
            postal_code=place.postal_code,
            confidence_ppm=destination.confidence_ppm,
            to=self._outlook.origins[position or 0],
        )
        others = positions(at for at in channel.shipping.tolist() if at != position)
        sent = self._carried(channel, errand, others)
        tariff, travel = beside((sent.tariff, sent.travel), (own.tariff, own.travel))
        return Lanes(tariff, travel, self._candidates(channel.pool.tolist(), tariff))

    def _counter(self, channel: ChannelView, destination: Destination) -> Lanes:
        """Handing over at a counter: the store's own stock, no carrier, no tariff."""
        assert destination.location_id is not None
        service = destination.service
        position = self._network.position_of.get(destination.location_id, -1)
        mine = [position] if position in channel.pool.tolist() else []
        open_ = [at for at in mine if hands_over(self._network.locations[at], service) is None]
        location = np.array(open_, np.int64)
        edges, prices = np.array([PARCEL_WEIGHT_MAX_G]), np.zeros((len(location), 1), np.int64)
        tariff = self._tariff(location, (None,) * len(location), edges, prices)
        places = [self._network.locations[each] for each in open_]
        rows = np.zeros(len(location), np.int64)
        travel = Travel(
            timetable=rows,
            timetables=(),
            counters=tuple(counter_of(self._outlook.origins[each], service) for each in open_),
            reach=rows,
            reaches=(HERE,),
            confidence_ppm=destination.confidence_ppm or asked_ppm(service),
            chains=chains_of([self._delivery.counter(each.country) for each in places], rows),
            inbound_m=self._atlas.inbound_m[location],
        )
        return Lanes(tariff, travel, self._candidates(mine, tariff, service))

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
            pick_cents=self._of(location, "pick_cents") + self._of(location, "unit_cents"),
            edges_g=edges_g,
            parcel_cents=prices,
            two_parcels_cents=two_cheapest(prices, location),
        )

    def _candidates(
        self, pool: list[int], tariff: Tariff, counter: str | None = None
    ) -> Candidates:
        """All of the pool, and why some are out whatever is ordered."""
        reached = set(tariff.location.tolist())
        reasons = [
            Reason.OUTRANKED if at in reached else self._out(at, counter) or Reason.NO_LANE
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

    def _out(self, position: int, counter: str | None) -> Reason | None:
        """Why nothing comes from there: it does not ship, or hand over at its counter."""
        location = self._network.locations[position]
        if counter is not None:
            return hands_over(location, counter)
        if location.state != LocationState.OPEN:
            return Reason.NOT_OPEN
        ships = Capability.SHIP_FROM in location.capabilities
        return None if ships else Reason.NO_CAPABILITY

    def _of(self, location: Ints, field: str) -> Ints:
        places = self._network.locations
        return np.array([getattr(places[at], field) for at in location], np.int64)


def _rows_of(known: Iterable[UUID | None], asked: Iterable[UUID | None]) -> Ints:
    """For each that is asked its row among the known ones."""
    rows = {each: row for row, each in enumerate(known)}
    return np.array([rows[each] for each in asked], np.int64)


def _column(values: list[int], rows: Ints) -> Ints:
    return np.array(values, np.int64)[rows]
