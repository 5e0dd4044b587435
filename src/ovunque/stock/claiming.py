"""The one function that claims stock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Later, Tx
from ovunque.stock import rules, store
from ovunque.stock.guarding import ask_rules, guarding_of
from ovunque.stock.model import Ask, Ending, Outcome, StockLevel, Taken
from ovunque.stock.opening import name_shortages
from ovunque.stock.rules.protection import Rule
from ovunque.stock.store import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One outcome for each ask, and the levels that changed, for the caller's fact.

    `expired` are holds whose time was over, given back in passing: they belong to nobody.
    """

    outcomes: tuple[Outcome, ...]
    levels: tuple[StockLevel, ...]
    expired: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What some asks may touch, locked and looked up: it is on its way."""

    levels: Later[tuple[StockLevel, ...]]
    standing: Later[tuple[Standing, ...]]
    guards: Later[tuple[Rule, ...]]


def reach(tx: Tx, asks: Sequence[Ask], now: datetime) -> Reach:
    """Lock in key order whatever these asks may touch, without waiting for it."""
    keys = sorted({each.key for ask in asks for plan in (ask.gives, *ask.plans) for each in plan})
    gives = [each.id for ask in asks for each in ask.gives]
    return Reach(
        levels=store.lock_levels_later(tx, keys),
        standing=store.list_standing(tx, gives, rules.wanted(asks) if gives else keys, now),
        guards=ask_rules(tx, {key.sku for key in keys}, now),
    )


def claim(tx: Tx, asks: Sequence[Ask], now: datetime, reached: Reach | None = None) -> Claimed:
    """Take, give back and move units in the order of arrival: one outcome per ask.

    Nothing else writes reservations or `reserved`. The caller holds the timeline rows of its
    orders, and records the outcomes; locks are taken in key order over the whole batch, here or
    by what was `reached` before, for these asks and maybe others.
    """
    reached = reached or reach(tx, asks, now)
    levels, found = reached.levels(), reached.standing()
    guarding = guarding_of(tx, reached.guards(), levels, now)

    overdue, asks = sort_out(asks, found)
    everything = [*overdue, *asks]
    standing = {each.reservation.id for each in found}
    outcomes = rules.decide(levels, standing, everything, guarding)

    taken = [
        (each, ask.channel_id)
        for ask, outcome in zip(everything, outcomes, strict=True)
        if isinstance(outcome, Taken)
        for each in outcome.plan
    ]
    given = rules.endings(everything, outcomes)
    mine = outcomes[len(overdue) :]
    if not taken and not given:
        return Claimed(outcomes=mine, levels=())
    changes = rules.changes([outcome for outcome in outcomes if isinstance(outcome, Taken)])
    store.save_claims(tx, taken=taken, given=given, changes=changes)
    changed = rules.changed(levels, changes)
    if any(level.free < 0 for level in levels):
        name_shortages(tx, changed, now)  # What is given back to a short level heals it.
    expired = tuple(id_ for id_, ending in given.items() if ending == Ending.EXPIRED)
    return Claimed(outcomes=mine, levels=changed, expired=expired)


def sort_out(asks: Iterable[Ask], found: Sequence[Standing]) -> tuple[list[Ask], list[Ask]]:
    """What expires first, and then what was asked, each for the channel it stands for.

    A hold whose time is over is nobody's, swept or not: who gives it back has nothing to give.
    """
    channel_of = {each.reservation.id: each.channel_id for each in found}
    overdue = [
        Ask(gives=(each.reservation,), becomes=Ending.EXPIRED, channel_id=each.channel_id)
        for each in found
        if each.is_overdue
    ]
    told = []
    for ask in asks:
        if ask.channel_id is None and ask.gives:
            channels = (channel_of[each.id] for each in ask.gives if each.id in channel_of)
            told.append(replace(ask, channel_id=next(channels, None)))
        else:
            told.append(ask)
    return overdue, told
