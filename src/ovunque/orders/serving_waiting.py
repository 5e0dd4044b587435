"""Goods have come: who waits for them is served, by promised day, then by the order of placing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.catalog.listing import list_components
from ovunque.fulfillment import planning
from ovunque.kernel.ids import NewId
from ovunque.orders import awaiting, events, replanning, rules, store
from ovunque.orders.listing import list_by_id
from ovunque.orders.model import Order
from ovunque.orders.replanning import Hope, Waiting
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.promise.keeping import look_again
from ovunque.sourcing.explaining import body_of, remember
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import events as stock_events
from ovunque.stock import expecting
from ovunque.stock.claiming import claim
from ovunque.stock.model import Ask, Short

LOOK_AGAIN = timedelta(minutes=1)  # At units that are free, and not for these lines.

Components = Mapping[str, tuple[tuple[str, int], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeRequest:
    """Orders that may be served now, and what is known of the world."""

    order_ids: Sequence[UUID]
    snapshot: Snapshot
    new_id: NewId


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with lines that wait for items of which some are free, the first to serve first."""
    line_ids = expecting.list_servable(tx, now, limit)
    return store.list_orders_of_lines(tx, line_ids)


def serve_waiting(tx: Tx, by: Actor, request: ServeRequest, now: datetime) -> int:
    """Reserve what has come for whom it was promised to; returns how many orders got some."""
    journal.lock(tx, request.order_ids)
    orders = list_by_id(tx, request.order_ids)
    line_ids = {line.id for order in orders for line in order.lines if line.waiting}
    parts = list_components(tx, {line.sku for order in orders for line in order.lines})
    waiting = [
        found
        for order in awaiting.waiting_longest(orders, line_ids)
        if (found := waits_for(order, parts)).wants
    ]
    if not waiting:
        return 0
    world = replanning.world_of(tx, request.snapshot, waiting, now)
    hopes = [replanning.hope(each, world, request.new_id, now) for each in waiting]
    able = [hope for hope in hopes if hope.works]
    asks = [
        Ask(plans=(hope.reservations,), channel_id=hope.waiting.order.channel_id) for hope in able
    ]
    claimed = claim(tx, asks, now)
    outcomes = zip(able, claimed.outcomes, strict=True)
    done = [hope for hope, outcome in outcomes if not isinstance(outcome, Short)]
    got = {hope.waiting.order.id for hope in done}
    expecting.postpone(
        tx,
        [w.line_id for h in hopes if h.waiting.order.id not in got for w in h.waiting.wants],
        _next_look(request.snapshot, now),
    )
    facts = write_served(tx, done, now)
    facts += stock_events.claimed(claimed.levels, claimed.expired)
    if facts:
        journal.record(tx, facts, by=by.name, at=now)
    return len(done)


def _next_look(snapshot: Snapshot, now: datetime) -> datetime:
    """After a while, or when something begins to be sold."""
    turn = snapshot.kept.book.next_turn(now)
    return min(now + LOOK_AGAIN, turn) if turn else now + LOOK_AGAIN


def waits_for(order: Order, parts: Components) -> Waiting:
    """What an order waits for, as it would be sourced."""
    wants = tuple(
        rules.Want(
            key=line.id,
            line_id=line.id,
            delivery=line.delivery,
            sku=sku,
            quantity=units * line.waiting,
            set_of=units,
            is_whole=True,
        )
        for line in order.lines
        if line.waiting
        for sku, units in parts.get(line.sku) or ((line.sku, 1),)
    )
    return Waiting(order=order, works=(), wants=wants)


def write_served(tx: Tx, done: Sequence[Hope], now: datetime) -> list[Fact]:
    """New work, why it is there, and what lines wait for from now on."""
    planning.plan_work(tx, [work for hope in done for work in hope.works])
    remember(tx, [plan.record.candidates for hope in done for plan in hope.plans])
    store.add_decisions(
        tx,
        [
            {
                "order_id": hope.waiting.order.id,
                "decided_at": now,
                "body": body_of(hope.plans, excluded=sorted(map(str, hope.excluded))),
            }
            for hope in done
        ],
    )
    look_again(tx, [hope.waiting.order.id for hope in done])
    facts: list[Fact] = []
    lines = []
    for hope in done:
        units = _served(hope)
        after = awaiting.served(hope.waiting.order, units)
        store.save_waiting(tx, [line for _, line in after])
        lines += after
        facts.append(events.served(hope.waiting.order, units, hope.works))
    return facts + awaiting.wait(tx, lines)


def _served(hope: Hope) -> dict[UUID, int]:
    """Units of each line that have a place now."""
    waiting = {want.line_id for want in hope.waiting.wants}
    left = {
        line.id: line.waiting - hope.given_up.get(line.id, 0)
        for line in hope.waiting.order.lines
        if line.id in waiting
    }
    return {id_: units for id_, units in left.items() if units}
