"""What becomes of goods that a store sets aside for a visit."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from ovunque.fulfillment.model.reserving import (
    ReservedLine,
    StoreReservation,
    StoreReservationState,
    Visited,
)
from ovunque.kernel.refusal import Refusal

S = StoreReservationState

ANSWER_MINUTES = 60  # Of opening hours: then nobody has looked, and the customer must know.
STANDS_FOR = timedelta(hours=24)
STANDS_AFTER_ARRIVAL = timedelta(hours=2)  # Who said when is waited for so long.
STANDS_MAX = timedelta(days=7)
REMIND_BEFORE = timedelta(hours=3)

TRANSITIONS = MappingProxyType(
    {
        S.REQUESTED: frozenset({S.SET_ASIDE, S.DECLINED, S.CANCELED}),
        S.SET_ASIDE: frozenset({S.VISITED, S.EXPIRED, S.CANCELED}),
        S.VISITED: frozenset({S.BOUGHT, S.PARTLY_BOUGHT, S.NOT_BOUGHT}),
        **dict.fromkeys(
            (S.DECLINED, S.BOUGHT, S.PARTLY_BOUGHT, S.NOT_BOUGHT, S.EXPIRED, S.CANCELED),
            frozenset[StoreReservationState](),
        ),
    }
)


def next_states(kept: StoreReservation, *states: StoreReservationState) -> list[str]:
    """The way through some states, for the journal; refused where one cannot follow."""
    way = [kept.state]
    for state in states:
        if state not in TRANSITIONS[way[-1]]:
            raise Refusal("transition_refused", state=way[-1].value, event=state.value)
        way.append(state)
    return [each.value for each in way]


def stands_until(comes_at: datetime | None, now: datetime) -> datetime:
    """How long goods wait, from the moment in which they are set aside."""
    usual = now + STANDS_FOR
    if comes_at is None:
        return usual
    return min(max(usual, comes_at + STANDS_AFTER_ARRIVAL), now + STANDS_MAX)


def find(kept: StoreReservation, found: Mapping[str, int] | None) -> tuple[ReservedLine, ...]:
    """Its lines with what somebody found of each; nothing named: all of it."""
    if found is None:
        return tuple(replace(line, found=line.quantity) for line in kept.lines)
    _check(found, {line.sku: line.quantity for line in kept.lines})
    return tuple(replace(line, found=found.get(line.sku, 0)) for line in kept.lines)


def buy(kept: StoreReservation, bought: Mapping[str, int] | None) -> Visited:
    """What a visit comes to; nothing named: all that was set aside is bought."""
    aside = {line.sku: line.found or 0 for line in kept.lines}
    told = aside if bought is None else bought
    _check(told, aside)
    total = sum(told.values())
    state = S.PARTLY_BOUGHT if total else S.NOT_BOUGHT
    if total and total == sum(aside.values()):
        state = S.BOUGHT
    lines = tuple(replace(line, bought=told.get(line.sku, 0)) for line in kept.lines)
    return Visited(lines=lines, state=state)


def _check(told: Mapping[str, int], most: Mapping[str, int]) -> None:
    for sku, count in told.items():
        if count > most.get(sku, 0):
            raise Refusal("not_reserved", left=most.get(sku, 0))
