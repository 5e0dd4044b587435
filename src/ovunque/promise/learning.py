"""Parcels of promised orders teach how long things take; promises teach how sure we may be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.delivery.rules.arrival import Trip
from ovunque.delivery.rules.days import PPM, Level, asked_ppm
from ovunque.delivery.rules.instants import minutes_of
from ovunque.delivery.rules.learning import Seen, adapt, learn_handling, learn_transit
from ovunque.delivery.snapshot import DeliveryView
from ovunque.delivery.teaching import list_levels, set_levels, teach
from ovunque.delivery.timing import Origin, trip_of
from ovunque.fulfillment.listing import list_rides
from ovunque.fulfillment.model import Ride
from ovunque.network.snapshot import NetworkView
from ovunque.platform.database import Tx
from ovunque.promise import store
from ovunque.promise.model import KeptPromise

LEARNED_FROM = timedelta(days=120)
RIDES_MAX = 100_000
WEEK = timedelta(days=7)
SCORED_FROM, SCORED_TO = timedelta(days=56), timedelta(days=7)  # Ago, of the promises that count.
DAYS_MAX = 90


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """Where parcels travel."""

    delivery: DeliveryView
    network: NetworkView


def learn(tx: Tx, by: Actor, ground: Ground, now: datetime) -> None:
    """Distributions from all parcels that count, and once a week the level of each service."""
    rides = list_rides(tx, now - LEARNED_FROM, RIDES_MAX)
    order_ids = sorted({each.order_id for each in rides})
    promises = {(each.order_id, each.delivery): each for each in store.list_promises(tx, order_ids)}
    promised = [
        (ride, promises[ride.order_id, ride.delivery])
        for ride in rides
        if (ride.order_id, ride.delivery) in promises
    ]
    known = Known(ground, now)
    seen = [each for ride, promise in promised for each in known.transit(ride, promise)]
    missed = [each for ride, promise in promised for each in known.handling(ride, promise)]
    today = now.date()
    if seen or missed:
        teach(tx, by, learn_transit(seen, today), learn_handling(missed, today), now)
    _adapt(tx, now)


def _adapt(tx: Tx, now: datetime) -> None:
    """The level of a service follows the promises of the last weeks that were due."""
    levels = list_levels(tx)
    moved: dict[str, int] = {}
    for each in store.list_due_by_service(tx, now - SCORED_FROM, now - SCORED_TO):
        wanted = PPM - asked_ppm(each.key)
        late_ppm, since = levels.get(each.key, (wanted, now - WEEK))
        if since <= now - WEEK:
            moved[each.key] = adapt(late_ppm, wanted, each.due, each.late)
    if moved:
        set_levels(tx, moved, now)


class Known:
    """Parcels in days of work, as distributions count them."""

    def __init__(self, ground: Ground, now: datetime) -> None:
        self._ground, self._now = ground, now
        self._services = {each.id: each for each in ground.delivery.services}
        self._origins = ground.delivery.seen_from(ground.network).origins

    def transit(self, ride: Ride, promise: KeptPromise) -> Iterator[Seen]:
        """The days on which its carrier worked since it was handed over, to where it went."""
        country, _, postal_code = promise.destination.partition(" ")
        zone_id = self._ground.delivery.zone_of(country, postal_code)
        service, origin = self._services.get(ride.carrier_service_id), self._origin(ride)
        if zone_id is None or service is None or origin is None or origin.zone_id is None:
            return
        trip = trip_of(service, origin, country)
        begins = ride.handed_over_at.astimezone(origin.diary.zone).date()
        ends = (ride.delivered_at or self._now).astimezone(trip.zone).date()
        to, from_ = self._ground.delivery.zone_code(zone_id), origin.zone_id
        yield Seen(
            days=worked(trip, begins, ends),
            arrived=ride.delivered_at is not None,
            on=begins,
            contract=self._ground.delivery.contract_days(service.id, from_, zone_id),
            service_id=service.id,
            ends={
                Level.LANE: (origin.code, to),
                Level.ZONES: (self._ground.delivery.zone_code(from_), to),
                Level.COUNTRIES: (origin.country, country),
            },
        )

    def handling(self, ride: Ride, promise: KeptPromise) -> Iterator[tuple[UUID, int, bool, date]]:
        """How many of the carrier's visits it missed that its plan had counted on."""
        service, origin = self._services.get(ride.carrier_service_id), self._origin(ride)
        planned = _leaves(ride, promise.basis)
        if service is None or origin is None or planned is None:
            return
        diary = origin.diary
        day, last = diary.day_of(planned), diary.day_of(minutes_of(ride.handed_over_at))
        trip = Trip(
            origin=origin.country,
            destination=origin.country,
            days=frozenset(service.pickup_days),
            zone=diary.zone,
        )
        yield origin.id, worked(trip, day, last), True, last

    def _origin(self, ride: Ride) -> Origin | None:
        at = self._ground.network.position_of.get(ride.location_id)
        return None if at is None else self._origins[at]


def _leaves(ride: Ride, basis: Sequence[Mapping[str, object]]) -> int | None:
    """When its plan said that it leaves."""
    for each in basis:
        if each["location"] == str(ride.location_id) and isinstance(each.get("leaves"), int):
            return int(str(each["leaves"]))
    return None


def worked(trip: Trip, begins: date, ends: date) -> int:
    """The days after the first one, up to the last, on which the carrier works."""
    span = min((ends - begins).days, DAYS_MAX)
    return sum(trip.works(begins + timedelta(days=nth)) for nth in range(1, span + 1))
