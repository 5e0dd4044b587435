"""An order is canceled as far as its units have not left yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment.canceling import CancelWork, cancel_work
from ovunque.fulfillment.keeping_back import release
from ovunque.fulfillment.model import Fulfillment
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders import awaiting, consulting, events, rules, store
from ovunque.orders.listing import find_order
from ovunque.orders.model import CancelReason, Order, OrderLine
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequest:
    order_id: UUID
    reason: CancelReason
    pickup_code: str  # Drawn by the caller; used if the rest of a collection is ready now.
    new_id: NewId


def cancel(tx: Tx, by: Actor, request: CancelRequest, now: datetime) -> Order:
    """The order as it stands then; refused when all of it has left, or was canceled before."""
    journal.lock(tx, [request.order_id])
    order = find_order(tx, request.order_id)
    ids = rules.to_cancel(order)
    units = rules.canceled_units(order, ids)
    if not units:
        raise Refusal("nothing_to_cancel", status=order.status.value)
    lines = [line for line in order.lines if line.id in units]
    asked = GiveUp(
        works=[work for work in order.fulfillments if work.is_live],
        reservation_ids=ids,
        units=units,
        lines=[replace(each, unplaced=0, backordered=0, expected_on=None) for each in lines],
        reason=request.reason,
        pickup_code=request.pickup_code,
        new_id=request.new_id,
    )
    waiting = give_up(tx, by, order, asked, now)
    facts = [events.canceled(order, units, request.reason), *waiting]
    consulting.stop_asking(tx, by, order, now)
    facts += [events.released(order, each) for each in release(tx, by, (order.id, None), now)]
    journal.record(tx, facts, by=by.name, at=now)
    return find_order(tx, order.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Units of an order that nobody wants any more: some of its work, and what waits."""

    works: Sequence[Fulfillment]  # Read under the order's lock.
    reservation_ids: frozenset[UUID]
    units: Mapping[UUID, int]  # By line.
    lines: Sequence[OrderLine]  # Of these, with what of them goes on waiting.
    reason: str
    pickup_code: str
    new_id: NewId


def give_up(tx: Tx, by: Actor, order: Order, request: GiveUp, now: datetime) -> list[Fact]:
    """They are canceled with their work; the facts are of what waits less now.

    The caller holds the order, and tells why.
    """
    if request.reservation_ids:
        work = CancelWork(
            works=request.works,
            reservation_ids=request.reservation_ids,
            reason=request.reason,
            pickup_code=request.pickup_code,
            new_id=request.new_id,
        )
        cancel_work(tx, by, work, now)
    store.save_canceled(tx, request.units)
    store.save_waiting(tx, [line for line in request.lines if line.waiting])
    waited = {line.id for line in order.lines if line.waiting}
    return awaiting.wait(
        tx, [(order.channel_id, line) for line in request.lines if line.id in waited]
    )
