"""The options of a cart, from memory: how it could be had, when, for how much."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.model import Service
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.promise.guessing import guess, is_uncharted
from ovunque.promise.model import (
    Alternative,
    CartLine,
    Option,
    PriceBook,
    PromiseRequest,
    Quote,
)
from ovunque.promise.offering import Asking, Key, Lines, Offering, offer, unbeaten
from ovunque.promise.rules.front import extremes, front
from ovunque.promise.rules.picking import picks, with_badges
from ovunque.sourcing.foreseeing import promisable_by
from ovunque.sourcing.handing_over import SENT
from ovunque.sourcing.model import DeliveryNeed, Demand, Destination
from ovunque.sourcing.planning import Shelf, Wish, plan, see
from ovunque.sourcing.selling import reach_of, sold_from
from ovunque.sourcing.snapshot import Snapshot

VALID = timedelta(minutes=15)
SERVICES = tuple(Service)
USUAL = (
    Service.HOME,
    Service.EXPRESS,
    Service.COLLECT,
    Service.EXPRESS_COLLECT,
    Service.PICKUP_POINT,
)  # Looked at when none is named: what a customer could buy from where they are.
COUNTERS_MAX = 3  # Where a cart could be collected, when nobody says where.
RADIUS_M: Mapping[str, int] = {  # How far a customer goes for it at most, if nobody says where.
    Service.PICKUP_POINT: 20_000,
    Service.TAKE_AWAY: 10_000,
}
UNREACHED = {"not_deliverable"}
SENT_TO_MAX = 2  # Stores that have not all of it.
ALTERNATIVES_MAX = 5  # Of one line.


def quote(
    snapshot: Snapshot, shelf: Shelf, prices: PriceBook, request: PromiseRequest, now: datetime
) -> Quote:
    """Every way worth showing, and what stands in the way of the lines that have none.

    Refused when the channel or a place does not exist, or when nobody says where it goes.
    """
    asking = _asking(snapshot, shelf, prices, request, now)
    lines, unsold = _sold(asking)
    options: list[Option] = []
    if lines and (not unsold or request.allow_partial):
        for destination in _destinations(asking, lines):
            options += _options(asking, destination, lines)
    problems = (*unsold, *_uncovered(asking, lines, options))
    if not options and is_uncharted(asking) and {each.code for each in problems} == UNREACHED:
        guesses = tuple(guess(asking, lines))
        return Quote(expires_at=now + VALID, options=guesses, problems=problems)
    return Quote(
        expires_at=now + VALID,
        options=with_badges(options),
        problems=problems,
        alternatives=() if options else tuple(_alternatives(asking, lines)),
    )


def quote_carefully(
    snapshot: Snapshot, shelf: Shelf, prices: PriceBook, request: PromiseRequest, now: datetime
) -> Quote:
    """What may be said of a cart by what is too old to plan on: guesses, and never a plan."""
    asking = _asking(snapshot, shelf, prices, request, now)
    lines, unsold = _sold(asking)
    told = lines if not unsold or request.allow_partial else []
    options = tuple(guess(asking, told)) if told else ()
    return Quote(expires_at=now + VALID, options=options, problems=unsold)


def _asking(
    snapshot: Snapshot, shelf: Shelf, prices: PriceBook, request: PromiseRequest, now: datetime
) -> Asking:
    channel = snapshot.network.channels.get(request.channel)
    if channel is None:
        raise _invalid([Fault("/channel", "unknown_reference", "There is no such channel.")])
    faults = [*_faults(snapshot, request)]
    if faults:
        raise _invalid(faults)
    return Asking(
        snapshot=snapshot, shelf=shelf, channel=channel, prices=prices, request=request, now=now
    )


def _sold(asking: Asking) -> tuple[Lines, tuple[Fault, ...]]:
    """The lines that the channel sells, and what stands in the way of the others."""
    lines = [*enumerate(asking.request.lines)]
    unsold = {nth: fault for nth, line in lines for fault in _unsold(asking, nth, line)}
    return [each for each in lines if each[0] not in unsold], tuple(unsold.values())


def _invalid(faults: Sequence[Fault]) -> Refusal:
    return Refusal("invalid", errors=tuple(faults), detail=faults[0].detail)


def _faults(snapshot: Snapshot, request: PromiseRequest) -> Iterator[Fault]:
    for nth, code in enumerate(request.locations):
        if code not in snapshot.network.by_code:
            yield Fault(f"/locations/{nth}", "unknown_reference", "There is no such location.")
    named = {*request.services, *(line.service for line in request.lines)}
    travels = named & {Service.HOME, Service.EXPRESS}
    if request.address is None and travels:
        yield Fault("/destination", "missing", "Say where it goes.")
    elif request.address is None and not request.locations:
        yield Fault("/destination", "missing", "Say where it goes, or where it is collected.")


def _unsold(asking: Asking, nth: int, line: CartLine) -> Iterator[Fault]:
    item = asking.snapshot.catalog.items.get(line.sku)
    if item is None:
        yield Fault(f"/lines/{nth}/sku", "unknown_reference", "There is no such item.")
    elif not asking.channel.channel.lists(item.category):
        yield Fault(f"/lines/{nth}/sku", "not_listed", "This channel does not sell this item.")
    elif launch := sold_from(asking.snapshot, asking.channel, line.sku, asking.now):
        told = f"This item is sold from {launch.isoformat(timespec='seconds')}."
        yield Fault(f"/lines/{nth}/sku", "not_launched", told)


def _destinations(asking: Asking, lines: Lines) -> Iterator[Destination]:
    """Every service that is asked for, to the address or at a counter."""
    request = asking.request
    named = (line.service for _, line in lines if line.service)
    for service in request.services or dict.fromkeys((*USUAL, *named)):
        if Service(service).goes_to_an_address:
            if request.address is not None:
                yield _to(asking, service)
            continue
        mine = _for(lines, service)
        for location_id, is_sent in _counters(asking, service, mine) if mine else ():
            yield Destination(
                service=service,
                location_id=location_id,
                is_sent=is_sent,
                confidence_ppm=request.confidence_ppm,
            )


def _to(asking: Asking, service: str) -> Destination:
    address = asking.request.address
    assert address is not None
    return Destination(
        service=service,
        country=address.country,
        postal_code=address.postal_code,
        at_e6=address.at_e6,
        confidence_ppm=asking.request.confidence_ppm,
    )


def _for(lines: Lines, service: str) -> Lines:
    """The lines that may be had by a service."""
    return [(nth, line) for nth, line in lines if line.service in (None, service)]


def _counters(asking: Asking, service: str, lines: Lines) -> Iterator[tuple[UUID, bool]]:
    """Where it is asked for; else the nearest that have all of it, else the nearest to send it to.

    With each whether it has to be sent there.
    """
    network = asking.snapshot.network
    if asking.request.locations or asking.request.address is None:
        for code in asking.request.locations:
            location = network.by_code[code]
            lacks = not _enough(asking, lines).item(network.position_of[location.id])
            yield location.id, lacks and service in SENT
        return
    home, within_m = _to(asking, Service.HOME), RADIUS_M.get(service)
    near = asking.snapshot.lanes.near(asking.channel, home, service, within_m)
    if service == Service.PICKUP_POINT:
        yield from ((network.locations[at].id, True) for at in near.all[:COUNTERS_MAX].tolist())
        return
    able = near.pool[_enough(asking, lines)[near.pool]][:COUNTERS_MAX].tolist()
    yield from ((network.locations[at].id, False) for at in able)
    if not able and service in SENT:
        yield from ((network.locations[at].id, True) for at in near.all[:SENT_TO_MAX].tolist())


def _enough(asking: Asking, lines: Lines) -> NDArray[np.bool_]:
    """Which locations have all of it, by position."""
    key = _key(lines)
    found = asking.enough.get(key)
    if found is None:
        found = np.ones(len(asking.snapshot.network.locations), bool)
        for sku, units in _units(asking, lines).items():
            found &= asking.shelf.row(sku, asking.channel) >= units
        asking.enough[key] = found
    return found


def _key(lines: Lines) -> Key:
    return tuple([(nth, line.quantity) for nth, line in lines])


def _units(asking: Asking, lines: Lines) -> Counter[str]:
    """Units by sku, bundles taken apart."""
    units: Counter[str] = Counter()
    for demand in _demands(asking, lines):
        units[demand.sku] += demand.quantity
    return units


def _demands(asking: Asking, lines: Lines) -> tuple[Demand, ...]:
    key = _key(lines)
    return asking.demands.get(key) or asking.demands.setdefault(key, _demanded(asking, lines))


def _demanded(asking: Asking, lines: Lines) -> tuple[Demand, ...]:
    items = asking.snapshot.catalog.items
    return tuple(
        Demand(
            line_id=UUID(int=nth),
            sku=sku,
            quantity=line.quantity * units,
            weight_g=items[sku].weight_g,
            set_of=units,
        )
        for nth, line in lines
        for sku, units in items[line.sku].components or ((line.sku, 1),)
    )


def _options(asking: Asking, destination: Destination, lines: Lines) -> list[Option]:
    """The options of a service at a destination, for the lines that may be had by it."""
    mine = _for(lines, destination.service)
    if not mine:
        return []
    need = DeliveryNeed(destination=destination, demands=_demands(asking, mine))
    wish = Wish(channel=asking.channel, needs=(need,), whole=True, now=asking.now)
    sight = see(asking.snapshot, asking.shelf, wish, need)
    problem = replace(
        sight.problem, footprint=asking.snapshot.lanes.arranged(sight.footprint, sight.ways)
    )
    points = front(problem) if asking.request.full else extremes(problem)
    if points:
        shown = points if asking.request.full else picks(points)
        offering = Offering(asking=asking, sight=sight, destination=destination, lines=mine)
        return unbeaten([offer(offering, each) for each in shown])
    if not asking.request.allow_partial:
        return []
    fewer = _served(asking, replace(wish, whole=False), mine)
    return _options(asking, destination, fewer) if 0 < _count(fewer) < _count(mine) else []


def _count(lines: Lines) -> int:
    return sum(line.quantity for _, line in lines)


def _served(asking: Asking, wish: Wish, lines: Lines) -> Lines:
    """As much of the lines as can be had at once."""
    found = plan(asking.snapshot, asking.shelf, wish)
    assert found is not None, "who takes what can be had is never refused"
    missing = {
        supply.line_id.int: supply.quantity // demand.set_of
        for part in found
        for supply in part.unmet
        for demand in wish.needs[0].demands
        if (demand.line_id, demand.sku) == (supply.line_id, supply.sku)
    }
    fewer = [
        (nth, replace(line, quantity=line.quantity - missing.get(nth, 0))) for nth, line in lines
    ]
    return [(nth, line) for nth, line in fewer if line.quantity]


def _uncovered(asking: Asking, lines: Lines, options: Sequence[Option]) -> Iterator[Fault]:
    """For each line that no option brings in full: whether there is too little, or no way."""
    for nth, line in lines:
        most = max((dict(each.lines).get(line.sku, 0) for each in options), default=0)
        if most >= line.quantity:
            continue
        available = _available(asking, line)
        if available < line.quantity:
            detail = f"{line.sku}: {available} of {line.quantity} available"
            yield Fault(f"/lines/{nth}", "out_of_stock", detail)
        else:
            detail = f"{line.sku}: no location can bring it there like this"
            yield Fault(f"/lines/{nth}", "not_deliverable", detail)


def _available(asking: Asking, line: CartLine) -> int:
    """What the channel's whole pool has of an item; of a bundle, the scarcest part decides."""
    parts = asking.snapshot.catalog.items[line.sku].components or ((line.sku, 1),)
    channel, pool = asking.channel, asking.channel.pool
    return min(int(asking.shelf.row(sku, channel)[pool].sum()) // units for sku, units in parts)


def _alternatives(asking: Asking, lines: Lines) -> Iterator[Alternative]:
    """Of what there is too little of, when there is enough, and other sizes, colors, conditions.

    The others that the channel sells by now, of which there is most first.
    """
    items = asking.snapshot.catalog.items
    for nth, line in lines:
        if _available(asking, line) >= line.quantity:
            continue
        item = items[line.sku]
        if day := _expected(asking, line):
            yield Alternative(nth, line.sku, item.condition, line.quantity, day)
        others = [
            (_available(asking, replace(line, sku=each.sku)), each)
            for each in items.values()
            if each.product == item.product
            and each.sku != line.sku
            and _is_launched(asking, each.sku)
        ]
        enough = sorted(
            ((-units, each.sku, each.condition) for units, each in others if units >= line.quantity)
        )
        for units, sku, condition in enough[:ALTERNATIVES_MAX]:
            yield Alternative(nth, sku, condition, -units)


def _expected(asking: Asking, line: CartLine) -> date | None:
    """By when enough of an item may be promised on what comes."""
    snapshot = asking.snapshot
    reach = reach_of(asking.channel, snapshot.network, None)
    return promisable_by(snapshot, reach, line.sku, line.quantity, asking.now)


def _is_launched(asking: Asking, sku: str) -> bool:
    return sold_from(asking.snapshot, asking.channel, sku, asking.now) is None
