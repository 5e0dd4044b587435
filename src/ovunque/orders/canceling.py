"""An order is canceled as far as its units have not left yet."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment.canceling import CancelWork, cancel_work
from ovunque.fulfillment.keeping_back import release
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders import awaiting, consulting, events, rules, store
from ovunque.orders.listing import find_order
from ovunque.orders.model import CancelReason, Order
from ovunque.platform import journal
from ovunque.platform.database import Tx


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
    if ids:
        work = CancelWork(
            works=[work for work in order.fulfillments if work.is_live],
            reservation_ids=ids,
            reason=request.reason,
            pickup_code=request.pickup_code,
            new_id=request.new_id,
        )
        cancel_work(tx, by, work, now)
    store.save_canceled(tx, units)
    lines = [(order.channel_id, line) for line in order.lines if line.id in units and line.waiting]
    gone = [(at, replace(line, unplaced=0, backordered=0)) for at, line in lines]
    facts = [events.canceled(order, units, request.reason), *awaiting.wait(tx, gone)]
    consulting.stop_asking(tx, by, order, now)
    facts += [events.released(order, each) for each in release(tx, by, (order.id, None), now)]
    journal.record(tx, facts, by=by.name, at=now)
    return find_order(tx, order.id)
