"""The work of an edited order: planned anew where it goes elsewhere, and for units that are new.

What nobody has taken on yet is planned together with them, so that it goes in one parcel if it can.
The stock is claimed in one move, or nothing happens at all.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.catalog.listing import list_components
from ovunque.customers.listing import list_contacts
from ovunque.delivery.rules.instants import minutes_of
from ovunque.fulfillment.model import Fulfillment, FulfillmentState
from ovunque.fulfillment.relieving import relieve
from ovunque.kernel.freezing import frozen
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.network.snapshot import ChannelView
from ovunque.orders import pledging, replanning, resourcing, rules, store
from ovunque.orders.drafting import home_available
from ovunque.orders.looking import look
from ovunque.orders.model import Order, OrderLine
from ovunque.orders.model.editing import Amendment
from ovunque.orders.replanning import Hope, Waiting
from ovunque.orders.rules import editing
from ovunque.orders.store import editing as edits
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.promise.keeping import promise_anew
from ovunque.promise.model import KeptPromise, Standing
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import events as stock_events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Move, Short

LOOKS_MAX = 3  # At stock that others take meanwhile; after the first claim its levels are held.


@frozen
class Rerouting:
    """An order whose deliveries are written as they go now, and what of it is new."""

    order: Order
    amended: Amendment
    arrive_by: datetime | None  # Later than promised, up to here, is agreed.
    snapshot: Snapshot
    new_id: NewId

    @property
    def moved(self) -> frozenset[int]:
        return frozenset(nth for nth, each in self.amended.targets.items() if each.is_moved)

    @property
    def channel(self) -> ChannelView:
        return self.snapshot.network.channel_of[self.order.channel_id]

    def first_of(self, delivery: int) -> int:
        """The first change that means something of a delivery."""
        lines = (*self.order.lines, *self.amended.lines)
        mine = [
            self.amended.causes[each.id]
            for each in lines
            if each.id in self.amended.causes and each.delivery == delivery
        ]
        target = self.amended.targets.get(delivery)
        return min([*mine, *([target.change] if target else [])])

    def cause_of(self, line_id: UUID) -> int:
        """The change that asks for something of a line that cannot be had."""
        lines = (*self.order.lines, *self.amended.lines)
        line = next(each for each in lines if each.id == line_id)
        if line.delivery in self.moved:
            return self.amended.targets[line.delivery].change
        return self.amended.causes[line_id]


def reroute(tx: Tx, by: Actor, asked: Rerouting, now: datetime) -> list[Fact]:
    """New work where it is needed, and promises that fit; refused where nobody can serve it."""
    waiting = _waiting(tx, asked)
    if not waiting.wants:
        promise_anew(tx, [*_promises(tx, asked, None)])
        return []
    lines = _with_home(tx, asked, now)
    hope, facts = _claim(tx, asked, waiting, now)
    if lines:
        store.add_lines(tx, asked.order, lines)
    edits.save_more(tx, asked.amended.more)
    facts += relieve(tx, by, [work for work in waiting.works if work.resource_at is None], now)
    facts += resourcing.write(tx, [hope], now)
    promise_anew(tx, [*_promises(tx, asked, hope)])
    return facts


def _waiting(tx: Tx, asked: Rerouting) -> Waiting:
    """What is to be planned: work that goes elsewhere, new units, and what could go with them."""
    order, amended = asked.order, asked.amended
    lines = (*order.lines, *amended.lines)
    grown = {line.delivery for line in lines if line.id in amended.causes}
    works = tuple(
        work
        for work in order.fulfillments
        if work.is_live
        and (work.delivery in asked.moved or (work.delivery in grown and _may_grow(work)))
    )
    components = list_components(tx, {line.sku for line in lines if line.id in amended.causes})
    more = editing.wants_more(order, amended, components)
    return Waiting(
        order=order, works=works, wants=editing.together((*rules.wants(order, works), *more))
    )


def _may_grow(work: Fulfillment) -> bool:
    """Whether it is only planned: nobody was asked, and no person chose its place."""
    return work.state == FulfillmentState.PLANNED and not work.by_hand


def _with_home(tx: Tx, asked: Rerouting, now: datetime) -> tuple[OrderLine, ...]:
    """The new lines, with what the home pool alone could have promised of each."""
    lines, snapshot = asked.amended.lines, asked.snapshot
    if not lines:
        return ()
    parts = snapshot.catalog.stocked([line.sku for line in lines])
    channel = asked.channel
    found = look(tx, snapshot, parts, now).totals(parts, channel, channel.home_pool)
    home = dict(zip(parts, found, strict=True))
    return tuple(
        replace(line, home_available=home_available(line.sku, snapshot.catalog, home))
        for line in lines
    )


def _claim(tx: Tx, asked: Rerouting, waiting: Waiting, now: datetime) -> tuple[Hope, list[Fact]]:
    """The plan that could be claimed, on what is really there, and what that did to the stock."""
    for _ in range(LOOKS_MAX):
        hope = replanning.hope_with_its_own(tx, waiting, asked.snapshot, asked.new_id, now)
        _refuse_unserved(asked, hope)
        _refuse_late(asked, hope)
        move = Move(
            gives=waiting.reservations,
            plans=(hope.reservations,),
            channel_id=asked.order.channel_id,
        )
        claimed = claim(tx, [move], now)
        if not isinstance(claimed.outcomes[0], Short):
            return hope, stock_events.claimed(claimed.levels, claimed.expired)
    raise Refusal("busy")


def _refuse_unserved(asked: Rerouting, hope: Hope) -> None:
    lines = {line.id: line for line in (*asked.order.lines, *asked.amended.lines)}
    missing = dict(hope.given_up)
    for work in hope.works:
        if work.resource_at is not None:  # A part of a set that nobody has for this address.
            missing |= {row.line_id: row.quantity for row in work.lines}
    if not missing:
        return
    faults = [
        Fault(
            f"/changes/{asked.cause_of(line_id)}",
            "cannot_deliver" if lines[line_id].delivery in asked.moved else "out_of_stock",
            f"{lines[line_id].sku}: {units} cannot be had like this.",
        )
        for line_id, units in missing.items()
    ]
    short = faults[0].detail.removesuffix(".")
    if all(each.code == "cannot_deliver" for each in faults):
        raise Refusal("cannot_deliver", errors=tuple(faults))
    raise Refusal("out_of_stock", errors=tuple(faults), short=short)


def _refuse_late(asked: Rerouting, hope: Hope) -> None:
    """What arrives later than the customer knows needs their word."""
    for promise in asked.order.promises:
        arrival = arrival_of(hope, promise.delivery)
        agreed = max(promise.told, asked.arrive_by or promise.told)
        if promise.outcome is None and arrival is not None and arrival > agreed:
            detail = f"{arrival.isoformat()} instead of {promise.told.isoformat()}."
            pointer = f"/changes/{asked.first_of(promise.delivery)}"
            fault = Fault(pointer, "promise_later", detail)
            raise Refusal("promise_later", errors=(fault,), detail=detail, arrives_at=arrival)


def arrival_of(hope: Hope, delivery: int) -> datetime | None:
    """When the last of the new work of a delivery is there."""
    moments = [w.arrives_at for w in hope.works if w.delivery == delivery and w.arrives_at]
    return max(moments, default=None)


def _promises(tx: Tx, asked: Rerouting, hope: Hope | None) -> Iterator[KeptPromise]:
    """What was promised of deliveries that go otherwise, or arrive later than was known."""
    order = asked.order
    contacts = list_contacts(tx, [each.contact_id for each in order.deliveries if each.contact_id])
    for promise in order.promises:
        target = asked.amended.targets.get(promise.delivery)
        arrival = arrival_of(hope, promise.delivery) if hope else None
        later = arrival is not None and arrival > promise.told
        if promise.outcome is not None or not (target or later):
            continue
        after = promise
        if target is not None:
            there = replanning.destination_of(order, promise.delivery, contacts)
            after = replace(
                after,
                service=target.delivery.service,
                destination=pledging.destination_of(there),
            )
        if hope is not None and arrival is not None and later:
            after = _later(after, hope, arrival)
        yield after


def _later(promise: KeptPromise, hope: Hope, arrival: datetime) -> KeptPromise:
    """The promise of another day: a new one, of which nothing is late yet."""
    nths = sorted({want.delivery for want in hope.waiting.wants})
    plan = hope.plans[nths.index(promise.delivery)]
    return replace(
        promise,
        latest=arrival,
        basis=tuple(
            {
                "location": each.location_id,
                "carrier_service": each.carrier_service_id,
                "leaves": minutes_of(each.leaves_at),
            }
            for each in plan.shipments
        ),
        standing=Standing.ON_TRACK,
        revised=None,
        revised_at=None,
        at_risk_at=None,
        late_at=None,
    )
