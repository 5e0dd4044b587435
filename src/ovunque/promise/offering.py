"""A plan becomes an option: when all of it is there, what the customer pays, what drives it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.rules.arrival import instant_of, minutes_of
from ovunque.delivery.rules.days import PPM
from ovunque.delivery.timing import Reach
from ovunque.network.snapshot import ChannelView
from ovunque.promise.model import (
    EVERYWHERE,
    Basis,
    CartLine,
    OfferedParcel,
    Option,
    PriceBook,
    PromiseRequest,
)
from ovunque.promise.rules.front import Point
from ovunque.promise.rules.waiting import Part, Ride, drivers, together
from ovunque.sourcing.explaining import Sight
from ovunque.sourcing.model import Demand, Destination
from ovunque.sourcing.planning import Shelf
from ovunque.sourcing.rules.scoring import parcel_cents, weight_of
from ovunque.sourcing.snapshot import Snapshot

DELIVERED_OVER = timedelta(hours=10)  # Of a day: carriers promise no hour.

Lines = Sequence[tuple[int, CartLine]]  # With their places in the cart.


Key = tuple[tuple[int, int], ...]  # Lines by their places, with their quantities.


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One cart being quoted, on the stock that is shown; what is the same by every way is kept."""

    snapshot: Snapshot
    shelf: Shelf
    channel: ChannelView
    prices: PriceBook
    request: PromiseRequest
    now: datetime
    demands: dict[Key, tuple[Demand, ...]] = field(default_factory=dict)
    enough: dict[Key, NDArray[np.bool_]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """Some lines of it on their way to one destination."""

    asking: Asking
    sight: Sight
    destination: Destination
    lines: Lines


def offer(offering: Offering, point: Point) -> Option:
    """A plan as the customer is told of it."""
    asking, sight, destination = offering.asking, offering.sight, offering.destination
    columns = [each.column for each in point.parcels]
    parcels = _parcels(sight, point)
    latest = instant_of(point.arrives if len(columns) == 1 else _together(sight, columns))
    collected = destination.location_id is not None
    counted: Counter[str] = Counter()
    for _, line in offering.lines:
        counted[line.sku] += line.quantity
    return Option(
        service=destination.service,
        location_id=destination.location_id,
        address=None if collected else asking.request.address,
        lines=tuple(sorted(counted.items())),
        parcels=parcels,
        earliest=latest if collected else min(latest, _earliest(sight, columns)),
        latest=latest,
        order_by=instant_of(min([sight.ways.order_by.item(each) for each in columns])),
        customer_price=asking.prices.of(
            asking.request.channel,
            destination.service,
            zone_of(asking.snapshot, destination),
            worth(asking, offering.lines),
        ),
        confidence_ppm=sight.lanes.travel.confidence_ppm,
        drivers=tuple(drivers([_part(each) for each in parcels])) if len(parcels) > 1 else (),
    )


def zone_of(snapshot: Snapshot, destination: Destination) -> str:
    """The zone by which a customer pays; what is fetched is priced alike everywhere."""
    if destination.country is None:
        return EVERYWHERE
    zone = snapshot.delivery.zone_of(destination.country, destination.postal_code or "")
    return EVERYWHERE if zone is None else snapshot.delivery.zone_code(zone)


def worth(asking: Asking, lines: Lines) -> int:
    """The goods at their list prices, in the smallest units of money."""
    items = asking.snapshot.catalog.items
    return sum((items[line.sku].price_cents or 0) * line.quantity for _, line in lines)


def _together(sight: Sight, columns: Sequence[int]) -> int:
    """When the last of several parcels is there, each a ride of its own."""
    travel, ways = sight.lanes.travel, sight.ways
    rides: dict[tuple[int, int], Ride] = {}
    for column in columns:
        lane = ways.lane.item(column)
        timetable, reach = travel.timetable.item(lane), travel.reaches[travel.reach.item(lane)]
        if reach.reached[reach.days] < PPM:  # What is certain changes nothing.
            key = (ways.columns.location.item(column), timetable)
            rides[key] = Ride(
                travel.timetables[timetable], ways.leaves.item(column), reach.reached, reach.days
            )
    latest = max(ways.columns.arrives.item(column) for column in columns)
    if len(rides) < 2:
        return latest
    return max(latest, together([*rides.values()], travel.confidence_ppm))


def _earliest(sight: Sight, columns: Sequence[int]) -> datetime:
    """Before that, not all of it is there but by luck."""
    travel, ways = sight.lanes.travel, sight.ways
    moments = []
    for column in columns:
        lane = ways.lane.item(column)
        reach, leaves = travel.reaches[travel.reach.item(lane)], ways.leaves.item(column)
        arrives = ways.columns.arrives.item(column)
        if reach.earliest < reach.days:
            ride = Ride(
                travel.timetables[travel.timetable.item(lane)], leaves, reach.reached, reach.days
            )
            arrives = ride.arrives(reach.earliest)
        moments.append(max(instant_of(leaves), instant_of(arrives) - DELIVERED_OVER))
    return max(moments)


def _parcels(sight: Sight, point: Point) -> tuple[OfferedParcel, ...]:
    lanes = [sight.ways.lane.item(each.column) for each in point.parcels]
    grams = [point.grams]
    if len(lanes) > 1:
        grams = [
            sight.footprint.grams_at(lane, weight_of(sight.problem, each))
            for lane, each in zip(lanes, point.parcels, strict=True)
        ]
    tariff, travel = sight.lanes.tariff, sight.lanes.travel
    cents = [point.cents]
    if len(lanes) > 1:
        cents = [parcel_cents(sight.problem, each) for each in point.parcels]
    return tuple(
        OfferedParcel(
            location_id=tariff.location_ids[lane],
            carrier_service_id=tariff.service_ids[lane],
            units=tuple((sight.skus[pick.item], pick.quantity) for pick in each.picks),
            ready_at=instant_of(sight.ways.leaves.item(each.column)),
            arrives_at=instant_of(sight.problem.columns.arrives.item(each.column)),
            cost_cents=paid,
            emissions_g=emitted,
            basis=_basis(
                travel.reaches[travel.reach.item(lane)], sight.ways.leaves.item(each.column)
            ),
        )
        for each, lane, emitted, paid in zip(point.parcels, lanes, grams, cents, strict=True)
    )


def _basis(reach: Reach, leaves: int) -> Basis:
    return Basis(reach.level, reach.weight, reach.days, leaves)


def _part(parcel: OfferedParcel) -> Part:
    return Part(
        skus=frozenset(sku for sku, _ in parcel.units),
        arrives=minutes_of(parcel.arrives_at),
        cents=parcel.cost_cents,
        grams=parcel.emissions_g,
    )


def unbeaten(options: Sequence[Option]) -> list[Option]:
    """Those that no other beats, now that it is known how long all their parcels take."""
    if len(options) == 1:
        return [*options]
    figures = [(each.latest, each.cost_cents, each.emissions_g) for each in options]
    return [
        option
        for nth, option in enumerate(options)
        if not any(
            _beats(figures[at], figures[nth]) and (figures[at] != figures[nth] or at < nth)
            for at in range(len(options))
            if at != nth
        )
    ]


def _beats(one: tuple[datetime, int, int], other: tuple[datetime, int, int]) -> bool:
    return one[0] <= other[0] and one[1] <= other[1] and one[2] <= other[2]
