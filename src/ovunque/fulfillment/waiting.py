"""Goods wait for who fetches them: some days, longer if a person says so, and not for ever."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold, step_on
from ovunque.fulfillment.model import Event, Fulfillment, FulfillmentState
from ovunque.fulfillment.model.waiting import PickupTerm
from ovunque.fulfillment.store import planning
from ovunque.fulfillment.store import waiting as store
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.stock import events as stock_events
from ovunque.stock.model import Aside, Key, Movement, MovementKind, UnavailableReason
from ovunque.stock.moving import book
from ovunque.stock.setting_aside import set_aside

LEFT_HERE = "ovunque.uncollected"  # The source of movements of goods that came and nobody fetched.
WAITS_MAX = timedelta(days=90)
REMIND_BEFORE = timedelta(days=1)  # The new end, where somebody has said that it waits longer.
ORDERS_MAX = 1  # An order's levels are locked in their order; those of several would not be.


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtendRequest:
    fulfillment_id: UUID
    days: int


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with goods that nobody has fetched in time."""
    return store.list_orders_to_expire(tx, now, min(limit, ORDERS_MAX))


def is_due(work: Fulfillment, now: datetime) -> bool:
    return (
        work.state == FulfillmentState.READY
        and rules.is_fetched(work)
        and work.collect_by is not None
        and work.collect_by <= now
    )


def list_to_remind(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with goods that do not wait much longer."""
    return store.list_orders_to_remind(tx, now, limit)


def remind(tx: Tx, by: Actor, order_ids: Sequence[UUID], now: datetime) -> int:
    """Say once, for whoever tells customers, that their time is nearly over."""
    journal.lock(tx, order_ids)
    ids = store.save_reminded(tx, order_ids, now)
    facts = [
        events.told(events.PICKUP_ENDING, work, collect_by=work.collect_by)
        for work in planning.list_by_id(tx, ids)
    ]
    journal.record(tx, facts, by=by.name, at=now)
    return len(ids)


def extend(tx: Tx, by: Actor, request: ExtendRequest, now: datetime) -> Fulfillment:
    """The goods wait some days longer; refused unless they wait, and for not too long."""
    work = hold(tx, by, request.fulfillment_id)
    if work.state != FulfillmentState.READY or work.collect_by is None:
        raise Refusal("transition_refused", state=work.state.value, event="extend")
    until = store.find_end(tx, work.id, max(work.collect_by, now), request.days)
    if until > now + WAITS_MAX:
        raise Refusal("waits_too_long", most=WAITS_MAX.days)
    store.save_collect_by(tx, [work.id], until, until - REMIND_BEFORE)
    fact = events.told(events.EXTENDED, work, collect_by=until)
    journal.record(tx, [fact], by=by.name, at=now)
    return replace(work, collect_by=until)


def put_off(tx: Tx, works: Sequence[Fulfillment], until: datetime) -> None:
    """They wait for the rest of their delivery, whose own end their customers are reminded of."""
    store.save_collect_by(tx, [work.id for work in works], until, None)


def leave_here(tx: Tx, works: Sequence[Fulfillment], now: datetime) -> list[Fact]:
    """What came from elsewhere and nobody fetched is the stock of the store where it lies.

    It was shipped, and is received: somebody has to put it on a shelf before it is sold.
    """
    steps = [rules.go(work, Event.EXPIRE) for work in works]
    step_on(tx, steps, now)
    facts = [
        events.told(events.UNCOLLECTED, work, [step])
        for work, step in zip(works, steps, strict=True)
    ]
    lying = [
        (line.reservation_id, Key(line.sku, work.collect_at), line.quantity)
        for work in works
        for line in work.lines
        if work.collect_at is not None
    ]
    movements = [
        Movement(
            id=str(id_), key=key, kind=MovementKind.RECEIVED, quantity=quantity, occurred_at=now
        )
        for id_, key, quantity in lying
    ]
    booked = book(tx, LEFT_HERE, movements, now)
    asides = [
        Aside(key=key, reason=UnavailableReason.PUT_BACK, quantity=quantity)
        for _, key, quantity in lying
    ]
    levels = {level.key: level for level in (*booked.levels, *set_aside(tx, asides, now))}
    return [*facts, stock_events.changed(list(levels.values()))]


def list_terms(tx: Tx) -> tuple[PickupTerm, ...]:
    """For how long goods wait, as somebody has said; what says most counts."""
    return store.list_terms(tx)


def set_term(tx: Tx, by: Actor, term: PickupTerm, now: datetime) -> None:
    """From now on goods wait so long; what waits already keeps its day."""
    store.save_term(tx, term)
    journal.record(tx, [_said(term, term.days)], by=by.name, at=now)


def take_back_term(
    tx: Tx, by: Actor, place: tuple[UUID | None, UUID | None], now: datetime
) -> None:
    """What is said more broadly counts again; by channel and location."""
    channel_id, location_id = place
    if store.remove_term(tx, channel_id, location_id):
        term = PickupTerm(channel_id=channel_id, location_id=location_id, days=0, remind_days=0)
        journal.record(tx, [_said(term, None)], by=by.name, at=now)


def _said(term: PickupTerm, days: int | None) -> Fact:
    body = {"channel": term.channel_id, "location": term.location_id, "days": days}
    return Fact(kind="pickup_term.changed", subject="pickup_term", body=body)
