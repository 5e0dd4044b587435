"""A location says no: why decides what becomes of the stock; the units are sourced again."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.closing import find_open
from ovunque.fulfillment.excluding import exclude
from ovunque.fulfillment.holding import hold_offered, step_on
from ovunque.fulfillment.model import (
    Event,
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    OfferState,
    Reason,
)
from ovunque.fulfillment.passing_on import Passing, pass_on
from ovunque.fulfillment.store import offering as store
from ovunque.fulfillment.store import picking as picking_store
from ovunque.fulfillment.withdrawing import to_put_back
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
    location_id: UUID | None = None  # Who says no, where it is said for them.


def reject(tx: Tx, by: Actor, request: RejectRequest, now: datetime) -> Fulfillment:
    """The fulfillment waits to be sourced again, and the stock is what the reason makes it.

    As long as others may still take it, it waits for them, and its units stand with one of them.
    """
    work = hold_offered(tx, by, request.fulfillment_id)
    if work.state == FulfillmentState.READY and not rules.travels(work):
        return _refuse(tx, by, work, request, now)
    if any(line.picked for line in work.lines):
        raise Refusal("already_picked")
    lines_meant(work, request.line_ids)
    place = by.location_id or request.location_id or work.location_id
    if work.state == FulfillmentState.OFFERED or place != work.location_id:
        return _turn_down(tx, by, work, request, (place, now))
    step = rules.go(work, Event.REJECT)
    step_on(tx, [step], now)
    facts = [events.told(events.REJECTED, work, [step], **_why(request.reason))]
    meant = lines_meant(work, request.line_ids)
    facts += put_out_of_sale(tx, work, meant, request.reason, now)
    journal.record(tx, facts, by=by.name, at=now)
    return replace(work, state=step.after, changed_at=now, resource_at=now)


def _refuse(
    tx: Tx, by: Actor, work: Fulfillment, request: RejectRequest, now: datetime
) -> Fulfillment:
    """Goods that a customer was told of are not handed over: they are put back, or not sound."""
    step = rules.go(work, Event.REFUSE)
    meant = lines_meant(work, request.line_ids)
    step_on(tx, [step], now)
    facts = [events.told(events.REJECTED, work, [step], **_why(request.reason), was_ready=True)]
    lost = meant if rules.EFFECTS[request.reason].unavailable else ()
    sound = replace(work, lines=tuple(line for line in work.lines if line not in lost))
    aside = [*to_put_back(sound), *_out_of_sale(tx, work, lost, request.reason, now)]
    picking_store.save_unpicked(tx, work.id)
    facts.append(stock_events.changed(set_aside(tx, aside, now)))
    journal.record(tx, facts, by=by.name, at=now)
    return replace(work, state=step.after, changed_at=now, resource_at=now)


def _why(reason: Reason) -> dict[str, object]:
    return {"reason": reason, "blame": rules.EFFECTS[reason].blame}


def _turn_down(
    tx: Tx, by: Actor, work: Fulfillment, request: RejectRequest, at: tuple[UUID, datetime]
) -> Fulfillment:
    """An offer is turned down; with the last one the work is."""
    place, now = at
    offers = store.list_offers(tx, [work.id])
    closed = replace(
        find_open(offers, place),
        state=OfferState.REJECTED,
        closed_at=now,
        closed_by=by.name,
        reason=request.reason.value,
    )
    store.save_closed(tx, [closed])
    (left,) = pass_on(tx, by, [Passing(work=work, offers=offers, closed=[closed])], now)
    step_on(tx, left.steps, now)
    there = replace(work, location_id=place)
    told = events.told(
        events.OFFER_REJECTED, there, left.steps, **_why(request.reason), **left.told
    )
    meant = lines_meant(work, request.line_ids)
    facts = [told, *left.facts, *put_out_of_sale(tx, there, meant, request.reason, now)]
    journal.record(tx, facts, by=by.name, at=now)
    if not left.steps:
        return left.work
    return replace(work, state=left.steps[0].after, changed_at=now, resource_at=now)


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
    levels = set_aside(tx, _out_of_sale(tx, work, lines, reason, now), now)
    return [stock_events.changed(levels)] if levels else []


def _out_of_sale(
    tx: Tx,
    work: Fulfillment,
    lines: Collection[FulfillmentLine],
    reason: Reason,
    now: datetime,
) -> list[Aside]:
    """What a reason puts out of sale, for the caller to do; the location is not asked for it."""
    exclude(tx, work, lines, reason, now)
    effect = rules.EFFECTS[reason]
    if effect.unavailable is None or not lines:
        return []
    if effect.unavailable == UnavailableReason.MISSING:
        picking_store.add_missing(tx, work, lines, now)
    return [
        Aside(
            key=Key(line.sku, work.location_id),
            reason=effect.unavailable,
            quantity=line.quantity,
            remainder=effect.remainder,
        )
        for line in lines
    ]
