"""A location says no: why decides what becomes of the stock; the units are sourced again."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.accepting import find_open
from ovunque.fulfillment.holding import hold, step_on
from ovunque.fulfillment.model import (
    Event,
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    OfferState,
    Reason,
)
from ovunque.fulfillment.store import offering as store
from ovunque.fulfillment.store import picking as picking_store
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.stock import events as stock_events
from ovunque.stock.model import Aside, Key, UnavailableReason
from ovunque.stock.setting_aside import set_aside


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectRequest:
    fulfillment_id: UUID
    reason: Reason
    line_ids: Collection[UUID] | None = None  # Of which the reason is true; None: of all.


def reject(tx: Tx, by: Actor, request: RejectRequest, now: datetime) -> Fulfillment:
    """The fulfillment waits to be sourced again, and the stock is what the reason makes it."""
    work = hold(tx, by, request.fulfillment_id)
    if any(line.picked for line in work.lines):
        raise Refusal("already_picked")
    meant = lines_meant(work, request.line_ids)
    step = rules.go(work, Event.REJECT)
    kind = events.REJECTED
    if work.state == FulfillmentState.OFFERED:
        kind = events.OFFER_REJECTED
        offer = find_open(store.list_offers(tx, [work.id]))
        closed = replace(
            offer,
            state=OfferState.REJECTED,
            closed_at=now,
            closed_by=by.name,
            reason=request.reason.value,
        )
        store.save_closed(tx, [closed])
    step_on(tx, [step], now)
    reason = {"reason": request.reason, "blame": rules.EFFECTS[request.reason].blame}
    facts = [events.told(kind, work, [step], **reason)]
    facts += put_out_of_sale(tx, work, meant, request.reason, now)
    journal.record(tx, facts, by=by.name, at=now)
    return replace(work, state=step.after, changed_at=now, resource_at=now)


def lines_meant(
    work: Fulfillment, line_ids: Collection[UUID] | None
) -> tuple[FulfillmentLine, ...]:
    """The lines that a reason is about; refused when one is not of this fulfillment."""
    if line_ids is None:
        return tuple(work.lines)
    if not set(line_ids) <= {line.line_id for line in work.lines}:
        raise Refusal("not_found", what="line")
    return tuple(line for line in work.lines if line.line_id in line_ids)


def put_out_of_sale(
    tx: Tx,
    work: Fulfillment,
    lines: Collection[FulfillmentLine],
    reason: Reason,
    now: datetime,
) -> list[Fact]:
    """What a reason means for the stock of some lines, done, and the fact that tells it."""
    effect = rules.EFFECTS[reason]
    if effect.unavailable is None or not lines:
        return []
    if effect.unavailable == UnavailableReason.MISSING:
        picking_store.add_missing(tx, work, lines, now)
    levels = set_aside(
        tx,
        [
            Aside(
                key=Key(line.sku, work.location_id),
                reason=effect.unavailable,
                quantity=line.quantity,
                remainder=effect.remainder,
            )
            for line in lines
        ],
        now,
    )
    return [stock_events.changed(levels)] if levels else []
