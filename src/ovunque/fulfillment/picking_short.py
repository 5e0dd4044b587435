"""Fewer units than asked for: what was found goes on, the rest is sourced again elsewhere."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold, step_on
from ovunque.fulfillment.model import (
    Event,
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    Reason,
    Unfit,
    Wanted,
)
from ovunque.fulfillment.rejecting import put_out_of_sale
from ovunque.fulfillment.splitting import cut
from ovunque.fulfillment.store import picking as store
from ovunque.fulfillment.store import planning as planning_store
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortRequest:
    fulfillment_id: UUID
    missing: Wanted
    reason: Reason
    pickup_code: str  # Drawn by the caller; used if the rest of a collection is ready now.
    new_id: NewId


def pick_short(tx: Tx, by: Actor, request: ShortRequest, now: datetime) -> Fulfillment:
    """The fulfillment without what is missing; if nothing else was asked for it is rejected."""
    work = hold(tx, by, request.fulfillment_id)
    rules.go(work, Event.PICK)
    missing = rules.take_units(work.lines, request.missing, rules.to_pick)
    if isinstance(missing, Unfit):
        raise Refusal("not_to_pick", left=missing.left)
    work, gone = cut(tx, work, missing, request.new_id, now)
    lost = tuple(line for line in work.lines if line.reservation_id in gone)
    kept = tuple(line for line in work.lines if line.reservation_id not in gone)
    if not kept:
        step, sibling = rules.go(work, Event.REJECT), None
    else:
        step = rules.go(work, Event.PICK, *rules.after_picking(work, kept))
        sibling = split_off(tx, work, lost, request.new_id(), now)
    step_on(tx, [step], now)
    code = None
    if step.after == FulfillmentState.READY:
        code = request.pickup_code
        store.save_pickup_code(tx, work.id, code, now)
    fact = events.told(
        events.SHORT,
        work,
        [step],
        line=request.missing.line_id,
        sku=request.missing.sku,
        quantity=request.missing.quantity,
        reason=request.reason,
        blame=rules.EFFECTS[request.reason].blame,
        begun=sibling,
    )
    facts = [fact, *put_out_of_sale(tx, work, lost, request.reason, now)]
    journal.record(tx, facts, by=by.name, at=now)
    return replace(work, state=step.after, changed_at=now, lines=kept or lost, pickup_code=code)


def split_off(
    tx: Tx, work: Fulfillment, lines: Collection[FulfillmentLine], id_: UUID, now: datetime
) -> Fulfillment:
    """A sibling with these lines, at the same location, waiting to be sourced again."""
    sibling = replace(
        work,
        id=id_,
        state=FulfillmentState.REJECTED,
        planned_at=now,
        changed_at=now,
        resource_at=now,
        arrives_at=None,
        cost_cents=None,
        emissions_g=None,
        lines=(),
    )
    planning_store.add_fulfillments(tx, [sibling])
    ids = [line.reservation_id for line in lines]
    store.save_moved_lines(tx, ids, start=work.id, end=id_)
    return replace(sibling, lines=tuple(lines))
