"""Nobody came for goods: they are given back to sale, and the order does without them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import waiting
from ovunque.fulfillment.canceling import CancelWork, cancel_work
from ovunque.fulfillment.model import Event, Fulfillment
from ovunque.fulfillment.rules import travels
from ovunque.kernel.ids import NewId
from ovunque.orders import events, rules, store
from ovunque.orders.listing import list_by_id
from ovunque.orders.model import Order
from ovunque.platform import journal
from ovunque.platform.database import Tx

WAIT_FOR_THE_REST = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireRequest:
    order_ids: Sequence[UUID]
    new_id: NewId


def expire(tx: Tx, by: Actor, request: ExpireRequest, now: datetime) -> int:
    """End what is overdue; returns how much work that was.

    Somebody comes once for all of a delivery: as long as a part of it is on its way, what is
    there waits.
    """
    journal.lock(tx, request.order_ids)
    done = 0
    for order in list_by_id(tx, request.order_ids):
        for delivery in order.deliveries:
            works = [w for w in order.fulfillments if w.is_live and w.delivery == delivery.nth]
            due = [work for work in works if waiting.is_due(work, now)]
            if not due:
                continue
            done += len(due)
            if _waits_for_more(order, works, due):
                waiting.put_off(tx, due, now + WAIT_FOR_THE_REST)
            else:
                _end(tx, by, (order, due), request, now)
    return done


def _waits_for_more(order: Order, works: Sequence[Fulfillment], due: Sequence[Fulfillment]) -> bool:
    ids = {work.id for work in due}
    lines = {row.line_id for work in due for row in work.lines}
    coming = any(work.id not in ids and work.state not in rules.ENDED for work in works)
    unserved = any(line.waiting for line in order.lines if line.id in lines)
    return coming or unserved or rules.given_up(order, due) is None


def _end(
    tx: Tx,
    by: Actor,
    ending: tuple[Order, Sequence[Fulfillment]],
    request: ExpireRequest,
    now: datetime,
) -> None:
    order, due = ending
    here = [work for work in due if not travels(work)]
    came = [work for work in due if travels(work)]
    units = rules.given_up(order, due)
    assert units is not None, "what would leave half a set waits"
    if here:
        asked = CancelWork(
            works=here,
            reservation_ids=frozenset(row.reservation_id for work in here for row in work.lines),
            reason="uncollected",
            pickup_code="",
            new_id=request.new_id,
            event=Event.EXPIRE,
        )
        cancel_work(tx, by, asked, now)
    facts = waiting.leave_here(tx, came, now) if came else []
    store.save_canceled(tx, units)
    journal.record(tx, [events.uncollected(order, units), *facts], by=by.name, at=now)
