"""An order is kept back until somebody has looked at it: for fraud, its payment, its address.

Its stock stays reserved. Nobody is asked to do its work, and who has not begun it is relieved of
it; what was begun goes on until it is canceled.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import keeping_back
from ovunque.fulfillment.model.keeping_back import HoldReason, OrderHold
from ovunque.kernel.refusal import Refusal
from ovunque.orders import events, rules
from ovunque.orders.listing import find_order
from ovunque.orders.model import Order
from ovunque.platform import journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldBackRequest:
    order_id: UUID
    reason: HoldReason
    owner: str


def hold_back(tx: Tx, by: Actor, request: HoldBackRequest, now: datetime) -> Order:
    """The order as it stands then; twice is as once. Refused when nothing of it is left here."""
    journal.lock(tx, [request.order_id])
    order = find_order(tx, request.order_id)
    if not rules.canceled_units(order, rules.to_cancel(order)):
        raise Refusal("nothing_to_hold", status=order.status.value)
    hold = OrderHold(
        order_id=order.id,
        reason=request.reason,
        owner=request.owner,
        held_at=now,
        held_by=by.name,
    )
    if not keeping_back.keep_back(tx, hold):
        return order
    facts = [events.held(order, hold)]
    facts += keeping_back.stand_down(tx, by, order.fulfillments, now)
    journal.record(tx, facts, by=by.name, at=now)
    return find_order(tx, order.id)


def release(tx: Tx, by: Actor, request: tuple[UUID, HoldReason | None], now: datetime) -> Order:
    """The order that goes on, unless another reason still keeps it back."""
    order_id, reason = request
    journal.lock(tx, [order_id])
    order = find_order(tx, order_id)
    holds = keeping_back.release(tx, by, (order.id, reason), now)
    if not holds:
        raise Refusal("nothing_held")
    journal.record(tx, [events.released(order, each) for each in holds], by=by.name, at=now)
    return find_order(tx, order.id)
