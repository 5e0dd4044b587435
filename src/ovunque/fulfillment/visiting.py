"""The customer has come, or does not come any more: what is not bought is on sale again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events
from ovunque.fulfillment.model.reserving import StoreReservation, StoreReservationState
from ovunque.fulfillment.rules import reserving as rules
from ovunque.fulfillment.setting_aside import changed, lock
from ovunque.fulfillment.store import reserving as store
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact
from ovunque.stock.claiming import claim
from ovunque.stock.model import Aside, Key, Move, StockLevel, Taken, UnavailableReason
from ovunque.stock.setting_aside import set_aside

S = StoreReservationState


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRequest:
    """What was bought by item; none named: all that was set aside."""

    reservation_id: UUID
    bought: Mapping[str, int] | None = None


def conclude_visit(tx: Tx, by: Actor, request: VisitRequest, now: datetime) -> StoreReservation:
    """What is bought waits for the till's word, once; the rest is on sale again at once."""
    kept = lock(tx, by, request.reservation_id)
    rules.next_states(kept, S.VISITED)
    seen = rules.buy(kept, request.bought)
    units = {line.sku: line.bought or 0 for line in seen.lines}
    levels = give_back(tx, [kept], now)
    sold = set_aside(tx, _sold(kept, units), now)
    after = replace(kept, state=seen.state, changed_at=now, lines=seen.lines)
    store.save_reservation(tx, after)
    bought = {sku: count for sku, count in units.items() if count}
    told = events.reserved(after, rules.next_states(kept, S.VISITED, seen.state), bought=bought)
    journal.record(tx, [told, *changed(levels, sold)], by=by.name, at=now)
    return after


def _sold(kept: StoreReservation, units: Mapping[str, int]) -> list[Aside]:
    """What was bought: the till may have told of it by now, but not before it was set aside."""
    bought = asides(kept, units, UnavailableReason.AWAITING_TILL)
    return [replace(each, sold_since=kept.changed_at) for each in bought]


def cancel(tx: Tx, by: Actor, reservation_id: UUID, now: datetime) -> StoreReservation:
    """The customer does not come: what was set aside goes back to its shelf."""
    kept = lock(tx, by, reservation_id)
    rules.next_states(kept, S.CANCELED)
    return end(tx, by, [kept], now, S.CANCELED)[0]


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Those whose time is over."""
    return store.list_due(tx, now, limit)


def expire(tx: Tx, by: Actor, ids: Sequence[UUID], now: datetime) -> int:
    """End what is overdue: nobody looked for it in time, or nobody came for it."""
    due = [each for each in store.lock_reservations(tx, ids) if _is_due(each, now)]
    asked = [each for each in due if each.state == S.REQUESTED]
    aside = [each for each in due if each.state == S.SET_ASIDE]
    end(tx, by, asked, now, S.DECLINED)
    end(tx, by, aside, now, S.EXPIRED)
    return len(due)


def _is_due(kept: StoreReservation, now: datetime) -> bool:
    return kept.state.is_open and (kept.stands_until or kept.answer_by) <= now


def list_to_remind(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Those that end soon."""
    return store.list_to_remind(tx, now, rules.REMIND_BEFORE, limit)


def remind(tx: Tx, by: Actor, ids: Sequence[UUID], now: datetime) -> int:
    """Say once, for whoever tells customers, that their time is nearly over."""
    ending = [
        each
        for each in store.lock_reservations(tx, ids)
        if each.state == S.SET_ASIDE and each.reminded_at is None
    ]
    for each in ending:
        store.save_reservation(tx, replace(each, reminded_at=now))
    facts = [events.reserved(each, [], kind=events.RESERVATION_ENDING) for each in ending]
    journal.record(tx, facts, by=by.name, at=now)
    return len(ending)


def end(
    tx: Tx,
    by: Actor,
    kept: Sequence[StoreReservation],
    now: datetime,
    state: StoreReservationState,
) -> list[StoreReservation]:
    """Give all back at once, so that levels are locked in one order; what lay aside is put back."""
    if not kept:
        return []
    levels = give_back(tx, kept, now)
    lying = [
        aside
        for each in kept
        if each.state == S.SET_ASIDE
        for aside in asides(
            each, {e.key.sku: e.quantity for e in each.reservations}, UnavailableReason.PUT_BACK
        )
    ]
    back = set_aside(tx, lying, now)
    reason = "timeout" if state == S.DECLINED else None
    after = [replace(each, state=state, changed_at=now, reason=reason) for each in kept]
    for each in after:
        store.save_reservation(tx, each)
    facts: list[Fact] = [
        events.reserved(each, [before.state.value, state.value])
        for before, each in zip(kept, after, strict=True)
    ]
    journal.record(tx, [*facts, *changed(levels, back)], by=by.name, at=now)
    return after


def give_back(tx: Tx, kept: Sequence[StoreReservation], now: datetime) -> tuple[StockLevel, ...]:
    claimed = claim(tx, [Move(gives=each.reservations) for each in kept], now)
    assert all(isinstance(each, Taken) for each in claimed.outcomes), "what is open is reserved"
    return claimed.levels


def asides(
    kept: StoreReservation, units: Mapping[str, int], reason: UnavailableReason
) -> list[Aside]:
    return [
        Aside(key=Key(sku, kept.location_id), reason=reason, quantity=count)
        for sku, count in sorted(units.items())
        if count
    ]
