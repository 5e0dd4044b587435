"""What comes is not what was announced, or not in time: who waits is told another day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.network.snapshot import ChannelView
from ovunque.orders import awaiting, events, store
from ovunque.orders.awaiting import Lacking
from ovunque.orders.listing import list_by_id
from ovunque.orders.model import Order, OrderLine
from ovunque.orders.rules import LATE_AGAIN, slips
from ovunque.orders.store.dating import list_told_late
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock import expecting


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRequest:
    """Items of which something else comes than before."""

    skus: Sequence[str]
    snapshot: Snapshot


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[str, ...]:
    """Items that were to come by now: a day that has passed is no day to expect anything on."""
    return expecting.list_past_skus(tx, now.date(), limit)


def date_again(tx: Tx, by: Actor, request: DateRequest, now: datetime) -> int:
    """The days of all who wait for these items, by what comes now; returns how many orders moved.

    By promised day, then in the order of placing: who was promised first keeps the first units.
    """
    line_ids = expecting.list_waiting(tx, request.skus)
    order_ids = sorted(store.list_orders_of_lines(tx, line_ids))
    journal.lock(tx, order_ids)
    orders = awaiting.waiting_longest(list_by_id(tx, order_ids), set(line_ids))
    views = request.snapshot.network.channel_of
    lacking = [each for order in orders for each in _lacking(order, set(line_ids), views)]
    days = awaiting.promise_ahead(tx, request.snapshot, lacking, now, anew=True)
    asked = {each.line_id for each in lacking}
    moved = [(order, found) for order in orders if (found := [*_moved(order, asked, days)])]
    if not moved:
        return 0
    told = [(order.channel_id, line) for order, found in moved for line in found]
    store.save_waiting(tx, [line for _, line in told])
    facts = list(_news(tx, moved, now))
    facts += awaiting.wait(tx, told)
    journal.record(tx, facts, by=by.name, at=now)
    return len(moved)


def _news(
    tx: Tx, moved: Sequence[tuple[Order, Sequence[OrderLine]]], now: datetime
) -> Iterable[Fact]:
    """That goods are late is told when it begins, and again each week: not every morning."""
    late = {order.id: _late(order, lines, now) for order, lines in moved}
    named = [id_ for id_, line_ids in late.items() if line_ids]
    known = list_told_late(tx, named, now - LATE_AGAIN) if named else frozenset()
    for order, lines in moved:
        told = [line for line in lines if line.id not in late[order.id] & known]
        if told:
            yield events.expected(order, told, late[order.id])


def _late(order: Order, lines: Sequence[OrderLine], now: datetime) -> frozenset[UUID]:
    """Those that should have come, and are expected today because nothing better is known."""
    days = {line.id: line.expected_on for line in order.lines}
    return frozenset(
        line.id for line in lines if slips(days[line.id], line.expected_on, now.date())
    )


def _lacking(
    order: Order, line_ids: set[UUID], views: Mapping[UUID, ChannelView]
) -> Iterable[Lacking]:
    """Its lines that were back-ordered; what is unplaced was promised no day."""
    view = views.get(order.channel_id)
    for line in order.lines if view else ():
        if view and line.id in line_ids and line.backordered:
            yield Lacking(line_id=line.id, sku=line.sku, units=line.backordered, channel=view)


def _moved(order: Order, asked: set[UUID], days: Mapping[UUID, date]) -> Iterable[OrderLine]:
    for line in order.lines:
        if line.id in asked and line.expected_on != days.get(line.id):
            yield replace(line, expected_on=days.get(line.id))
