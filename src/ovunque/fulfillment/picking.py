"""Units are taken from the shelf, scan by scan."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold, refuse_held, step_on
from ovunque.fulfillment.model import Event, Fulfillment, FulfillmentState, Unfit, Wanted
from ovunque.fulfillment.store import picking as store
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class PickRequest:
    fulfillment_id: UUID
    picked: Wanted
    pickup_code: str  # Drawn by the caller; used if this pick makes a collection ready.


def pick(tx: Tx, by: Actor, request: PickRequest, now: datetime) -> Fulfillment:
    """The fulfillment with these units picked; the last one makes it picked, or ready to fetch."""
    work = hold(tx, by, request.fulfillment_id)
    rules.go(work, Event.PICK)
    refuse_held(tx, [work.order_id])
    taken = rules.take_units(work.lines, request.picked, rules.to_pick)
    if isinstance(taken, Unfit):
        raise Refusal("not_to_pick", left=taken.left)
    store.save_picked(tx, work.id, taken, now)
    lines = tuple(
        replace(line, picked=line.picked + taken.get(line.reservation_id, 0)) for line in work.lines
    )
    step = rules.go(work, Event.PICK, *rules.after_picking(work, lines))
    step_on(tx, [step], now)
    code = None
    if step.after == FulfillmentState.READY:
        code = request.pickup_code
        store.save_pickup_code(tx, work.id, code, now)
    fact = events.told(
        events.KINDS_OF_PICKS[step.after],
        work,
        [step],
        line=request.picked.line_id,
        sku=request.picked.sku,
        quantity=request.picked.quantity,
    )
    journal.record(tx, [fact], by=by.name, at=now)
    return replace(work, state=step.after, changed_at=now, lines=lines, pickup_code=code)
