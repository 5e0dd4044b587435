"""Another item goes instead of what is not found: it is reserved in the same write."""

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
from ovunque.fulfillment.store import planning
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events as stock_events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Move, Short


@dataclass(frozen=True, slots=True, kw_only=True)
class InsteadRequest:
    """Units that are missing, and the item that goes instead, under an order line of its own."""

    fulfillment_id: UUID
    missing: Wanted
    reason: Reason
    instead: str
    line_id: UUID
    new_id: NewId


def put_instead(tx: Tx, by: Actor, request: InsteadRequest, now: datetime) -> Fulfillment:
    """The work with the other item to pick; refused when that is not free here either."""
    work = hold(tx, by, request.fulfillment_id)
    step = rules.go(work, Event.PICK)
    missing = rules.take_units(work.lines, request.missing, rules.to_pick)
    if isinstance(missing, Unfit):
        raise Refusal("not_to_pick", left=missing.left)
    work, gone = cut(tx, work, missing, request.new_id, now)
    lost = tuple(line for line in work.lines if line.reservation_id in gone)
    kept = tuple(line for line in work.lines if line.reservation_id not in gone)
    other = FulfillmentLine(
        line_id=request.line_id,
        reservation_id=request.new_id(),
        sku=request.instead,
        quantity=request.missing.quantity,
    )
    after = replace(work, state=step.after, changed_at=now, lines=(*kept, other))
    gives = replace(work, lines=lost).reservations
    takes = replace(work, lines=(other,)).reservations
    claimed = claim(tx, [Move(gives=gives, plans=(takes,))], now)
    if isinstance(claimed.outcomes[0], Short):
        raise Refusal("substitute_gone", sku=request.instead)
    sibling = _given_up(tx, work, lost, request.new_id(), now)
    store.save_split(tx, work.id, (), [other])
    step_on(tx, [step], now)
    fact = events.told(
        events.SUBSTITUTED,
        work,
        [step],
        line=request.missing.line_id,
        sku=request.missing.sku,
        instead=request.instead,
        quantity=request.missing.quantity,
        reason=request.reason,
        blame=rules.EFFECTS[request.reason].blame,
        begun=sibling,
    )
    levels = stock_events.claimed(claimed.levels, claimed.expired)
    facts = [fact, *levels, *put_out_of_sale(tx, work, lost, request.reason, now)]
    journal.record(tx, facts, by=by.name, at=now)
    return after


def _given_up(
    tx: Tx, work: Fulfillment, lost: tuple[FulfillmentLine, ...], id_: UUID, now: datetime
) -> Fulfillment:
    """What is not found, canceled: nobody looks for it elsewhere."""
    sibling = replace(
        work,
        id=id_,
        state=FulfillmentState.CANCELED,
        changed_at=now,
        resource_at=None,
        arrives_at=None,
        cost_cents=None,
        emissions_g=None,
        lines=(),
    )
    planning.add_fulfillments(tx, [sibling])
    ids = [line.reservation_id for line in lost]
    store.save_moved_lines(tx, ids, start=work.id, end=sibling.id)
    return sibling
