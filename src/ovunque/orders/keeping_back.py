"""An order is kept back until somebody has looked at it: for fraud, its payment, its address.

Its stock stays reserved. Nobody is asked to do its work, and who has not begun it is relieved of
it; whoever has begun it stops: what is picked stays where it is, and nothing of it leaves. A hold
may end by itself, and the order with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import keeping_back
from ovunque.fulfillment.model.keeping_back import HoldAsk, HoldReason, OnExpiry, OrderHold
from ovunque.fulfillment.rules import pickup_code
from ovunque.fulfillment.rules.keeping_back import hold_of, timer_faults
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders import events, rules
from ovunque.orders.canceling import CancelRequest, cancel
from ovunque.orders.listing import find_order, list_by_id
from ovunque.orders.model import CancelReason, Order
from ovunque.platform import journal
from ovunque.platform.database import Tx

list_due = keeping_back.list_due


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldBackRequest:
    order_id: UUID
    asked: HoldAsk


@dataclass(frozen=True, slots=True, kw_only=True)
class EndHoldsRequest:
    order_ids: Sequence[UUID]
    new_id: NewId


def hold_back(tx: Tx, by: Actor, request: HoldBackRequest, now: datetime) -> Order:
    """The order as it stands then; twice is as once. Refused when nothing of it is left here."""
    faults = tuple(timer_faults(request.asked, now))
    if faults:
        raise Refusal("invalid", errors=faults, detail=faults[0].detail)
    journal.lock(tx, [request.order_id])
    order = find_order(tx, request.order_id)
    if not rules.canceled_units(order, rules.to_cancel(order)):
        raise Refusal("nothing_to_hold", status=order.status.value)
    hold = hold_of(request.asked, order.id, by.name, now)
    if not keeping_back.keep_back(tx, hold):
        return order
    facts = [events.held(order, hold)]
    facts += keeping_back.stand_down(tx, by, order.fulfillments, now)
    journal.record(tx, facts, by=by.name, at=now)
    return find_order(tx, order.id)


def hold_placed(tx: Tx, by: Actor, order: Order, now: datetime) -> None:
    """Keep an order back from its first moment: nothing of it is offered to anybody."""
    for hold in order.holds:
        keeping_back.keep_back(tx, hold)
    facts = [events.held(order, hold) for hold in order.holds]
    journal.record(tx, facts, by=by.name, at=now)


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


def end_holds(tx: Tx, by: Actor, request: EndHoldsRequest, now: datetime) -> int:
    """Release what is over, and cancel the order where that was asked for; returns how many."""
    journal.lock(tx, request.order_ids)
    done = 0
    for order in list_by_id(tx, request.order_ids):
        over = [each for each in order.holds if each.is_over(now)]
        for each in over:
            keeping_back.release(tx, by, (order.id, each.reason), now)
        facts = [events.released(order, each, is_over=True) for each in over]
        journal.record(tx, facts, by=by.name, at=now)
        fatal = next((each for each in over if each.on_expiry == OnExpiry.CANCEL), None)
        if fatal is not None:
            _give_up(tx, by, (order, fatal), request.new_id, now)
        done += len(over)
    return done


def _give_up(
    tx: Tx, by: Actor, ending: tuple[Order, OrderHold], new_id: NewId, now: datetime
) -> None:
    """What has left meanwhile, because it was begun before, goes on."""
    order, hold = ending
    if not rules.canceled_units(order, rules.to_cancel(order)):
        return
    is_fraud = hold.reason == HoldReason.FRAUD
    request = CancelRequest(
        order_id=order.id,
        reason=CancelReason.FRAUD if is_fraud else CancelReason.OTHER,
        pickup_code=pickup_code(str(new_id())),
        new_id=new_id,
    )
    cancel(tx, by, request, now)
