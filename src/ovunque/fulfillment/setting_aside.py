"""A store looks for what a visitor wants: found and set aside, in part, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events
from ovunque.fulfillment.model import Reason
from ovunque.fulfillment.model.reserving import StoreReservation, StoreReservationState
from ovunque.fulfillment.rules import EFFECTS
from ovunque.fulfillment.rules import reserving as rules
from ovunque.fulfillment.store import reserving as store
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events as stock_events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Aside, Key, Move, StockLevel, Taken
from ovunque.stock.setting_aside import set_aside

S = StoreReservationState


@dataclass(frozen=True, slots=True, kw_only=True)
class AsideRequest:
    """What was found by item, none named: all; why the rest was not, and where it waits."""

    reservation_id: UUID
    found: Mapping[str, int] | None = None
    reason: Reason = Reason.NOT_FOUND
    shelf: str | None = None
    new_id: NewId


def keep_for_visit(tx: Tx, by: Actor, request: AsideRequest, now: datetime) -> StoreReservation:
    """What was found waits for the customer; if that is nothing, the store has declined."""
    kept = lock(tx, by, request.reservation_id)
    rules.next_states(kept, S.SET_ASIDE)
    lines = tuple(
        replace(line, reservation_id=request.new_id())
        if line.found not in (0, line.quantity)
        else line
        for line in rules.find(kept, request.found)
    )
    found = replace(kept, lines=lines)
    state = S.SET_ASIDE if found.reservations else S.DECLINED
    after = replace(
        found,
        state=state,
        changed_at=now,
        shelf=request.shelf,
        stands_until=rules.stands_until(kept.comes_at, now) if state == S.SET_ASIDE else None,
        reason=None if state == S.SET_ASIDE else request.reason.value,
    )
    return conclude(tx, by, Conclusion(before=kept, after=after, reason=request.reason), now)


def decline(
    tx: Tx, by: Actor, reservation_id: UUID, reason: Reason, now: datetime
) -> StoreReservation:
    """The store says no: why decides what becomes of the stock, as for any work."""
    kept = lock(tx, by, reservation_id)
    rules.next_states(kept, S.DECLINED)
    lines = tuple(replace(line, found=0) for line in kept.lines)
    after = replace(kept, state=S.DECLINED, changed_at=now, lines=lines, reason=reason.value)
    return conclude(tx, by, Conclusion(before=kept, after=after, reason=reason), now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """A reservation before and after somebody looked for its units; why some were not found."""

    before: StoreReservation
    after: StoreReservation
    reason: Reason


def conclude(tx: Tx, by: Actor, told: Conclusion, now: datetime) -> StoreReservation:
    """Give back what is not kept any more, with what its reason says about the stock."""
    before, after = told.before, told.after
    held = {each.id for each in after.reservations}
    known = {each.id for each in before.reservations}
    gives = tuple(each for each in before.reservations if each.id not in held)
    takes = tuple(each for each in after.reservations if each.id not in known)
    claimed = claim(tx, [Move(gives=gives, plans=(takes,))], now)
    assert isinstance(claimed.outcomes[0], Taken), "who keeps less than they have is never refused"
    effect = EFFECTS[told.reason]
    missing = [
        Aside(
            key=Key(line.sku, after.location_id),
            reason=effect.unavailable,
            # Given back a moment ago, they are among the free ones, if none of these is sure.
            quantity=0 if effect.remainder else line.quantity - (line.found or 0),
            remainder=effect.remainder,
        )
        for line in after.lines
        if effect.unavailable is not None and line.quantity > (line.found or 0)
    ]
    aside = set_aside(tx, missing, now) if missing else ()
    store.save_reservation(tx, after)
    more = {} if after.reason is None else {"reason": after.reason}
    facts = [events.reserved(after, [before.state.value, after.state.value], **more)]
    facts += changed(claimed.levels, aside)
    journal.record(tx, facts, by=by.name, at=now)
    return after


def changed(*levels: tuple[StockLevel, ...]) -> list[journal.Fact]:
    """The one fact of a transaction's levels, each as it is in the end."""
    newest = {level.key: level for each in levels for level in each}
    return [stock_events.changed(list(newest.values()))] if newest else []


def lock(tx: Tx, by: Actor, reservation_id: UUID) -> StoreReservation:
    """The reservation, and nobody else changes it until we are done; a stranger's is not found."""
    kept = store.lock_reservation(tx, by, reservation_id)
    if kept is None:
        raise Refusal("not_found", what="store reservation")
    return kept
