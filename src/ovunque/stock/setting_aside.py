"""Units that lie there and cannot be sold: damaged, missing, picked and not put back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import SYSTEM, Actor
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx
from ovunque.stock import events, rules, store
from ovunque.stock.model import Aside, Key, StockLevel, UnavailableReason
from ovunque.stock.model.feeding import TaskReason
from ovunque.stock.opening import name_shortages, open_tasks
from ovunque.stock.store import setting_aside as aside_store
from ovunque.stock.store.accounting import (
    Name,
    add_accounted,
    list_spare_sales,
    remove_accounted,
)

PUT_BACKS_MAX = 200
ACCOUNTED_KEPT = timedelta(days=90)  # Longer than a feed is taken back, or a visit lasts.
FORGOTTEN_AT_ONCE = 10_000


def set_aside(tx: Tx, asides: Sequence[Aside], now: datetime) -> tuple[StockLevel, ...]:
    """Take units out of sale; returns the levels that changed, for the caller's fact.

    Reserved units may be among them: their level is short then, until they are sourced again.
    """
    levels = {level.key: level for level in store.lock_levels(tx, sorted({a.key for a in asides}))}
    free = {key: level.free for key, level in levels.items()}
    more: Counter[tuple[Key, str]] = Counter()
    told = _account(tx, asides, now)
    for aside in asides:
        units = rules.units_aside(aside, free[aside.key])
        if aside.key in told:
            units -= told[aside.key]
            if not units:
                continue
        free[aside.key] -= units
        more[aside.key, aside.reason] += units
    if not more:
        return ()
    changed = aside_store.save_aside(tx, more, now)
    name_shortages(tx, changed, now)
    missing = {key for key, reason in more if reason == UnavailableReason.MISSING}
    open_tasks(tx, SYSTEM, missing, TaskReason.SHORT_PICK, now)
    return changed


def _account(tx: Tx, asides: Sequence[Aside], now: datetime) -> dict[Key, int]:
    """How many of the units that were sold tills have told of already: nobody waits for those.

    Of older sales nobody knows any more for what they have accounted.
    """
    known = now - ACCOUNTED_KEPT
    since = {each.key: max(each.sold_since, known) for each in asides if each.sold_since}
    if not since:
        return {}
    left = {each.key: each.quantity for each in asides if each.sold_since is not None}
    spent: dict[Name, int] = {}
    told: Counter[Key] = Counter()
    for name, key, units in list_spare_sales(tx, since):
        if some := min(units, left[key]):
            spent[name] = some
            told[key] += some
            left[key] -= some
    if spent:
        add_accounted(tx, spent)
    return dict(told)


def forget_accounted(database: Database, _: object, now: datetime) -> None:
    """Forget for what movements of long ago accounted: a job of the worker."""
    before = now - ACCOUNTED_KEPT
    while database.transact(lambda tx: remove_accounted(tx, before, FORGOTTEN_AT_ONCE)):
        pass


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBackRequest:
    """Units that were picked for nobody, and lie on their shelf again."""

    key: Key
    quantity: int


def list_to_put_back(tx: Tx, location_id: UUID) -> list[tuple[str, int]]:
    """What lies in a location's back room for nobody: items and their units, longest first."""
    reason = UnavailableReason.PUT_BACK
    return aside_store.list_of_reason(tx, location_id, reason, PUT_BACKS_MAX)


def list_asides(tx: Tx, key: Key) -> dict[str, int]:
    """What of a level is out of sale, by reason."""
    found = aside_store.list_aside(tx, [key])
    return {reason: units for (_, reason), units in sorted(found.items())}


def list_asides_of(tx: Tx, keys: Sequence[Key]) -> dict[Key, dict[UnavailableReason, int]]:
    """The same of many levels; of most nothing is."""
    told: dict[Key, dict[UnavailableReason, int]] = {}
    for (key, reason), units in sorted(aside_store.list_aside(tx, keys).items()):
        told.setdefault(key, {})[UnavailableReason(reason)] = units
    return told


def put_back(tx: Tx, by: Actor, request: PutBackRequest, now: datetime) -> StockLevel:
    """The level with these units back on sale; refused when fewer wait to be put back."""
    (before,) = store.lock_levels(tx, [request.key]) or (None,)
    name = request.key, UnavailableReason.PUT_BACK
    waiting = aside_store.list_aside(tx, [request.key]).get(name, 0)
    if before is None or waiting < request.quantity:
        raise Refusal("not_to_put_back", left=waiting)
    (level,) = aside_store.save_aside(tx, {name: -request.quantity}, now)
    name_shortages(tx, [level], now)
    journal.record(tx, [events.changed([level])], by=by.name, at=now)
    return level


@dataclass(frozen=True, slots=True, kw_only=True)
class AsideRequest:
    """Units that a person takes out of sale, or puts back on sale."""

    key: Key
    reason: UnavailableReason
    quantity: int


def keep_aside(tx: Tx, by: Actor, request: AsideRequest, now: datetime) -> StockLevel:
    """The level without these units on sale; refused when fewer lie there that are on sale."""
    (before,) = store.lock_levels(tx, [request.key]) or (None,)
    left = before.on_hand - before.unavailable if before else 0
    if left < request.quantity:
        raise Refusal("not_to_set_aside", left=max(0, left))
    aside = Aside(key=request.key, reason=request.reason, quantity=request.quantity)
    (level,) = set_aside(tx, [aside], now)
    journal.record(tx, [events.changed([level])], by=by.name, at=now)
    return level


def clear(tx: Tx, by: Actor, request: AsideRequest, now: datetime) -> StockLevel:
    """The level with these units on sale again; refused when fewer are aside for this reason."""
    (before,) = store.lock_levels(tx, [request.key]) or (None,)
    name = request.key, request.reason
    aside = aside_store.list_aside(tx, [request.key]).get(name, 0)
    if before is None or aside < request.quantity:
        raise Refusal("not_set_aside", left=aside)
    (level,) = aside_store.save_aside(tx, {name: -request.quantity}, now)
    name_shortages(tx, [level], now)
    journal.record(tx, [events.changed([level])], by=by.name, at=now)
    return level
