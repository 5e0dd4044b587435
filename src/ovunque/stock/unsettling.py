"""What a feed settled beside its numbers is open again when the feed is taken back.

Who counts the shelf sees what became of missing units, and that somebody was to count them. If the
count was none, they are missing as before, and are to be counted; what the feed itself had somebody
sent for is not. A unit that somebody accounted for since, or saw, is left as it is.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events, rules
from ovunque.stock.model import Key, StockLevel, UnavailableReason
from ovunque.stock.model.feeding import Restored, TaskChange, Without
from ovunque.stock.store import accounting
from ovunque.stock.store import setting_aside as aside_store
from ovunque.stock.store import unsettling as store
from ovunque.stock.store.setting_aside import Name
from ovunque.stock.store.unsettling import Aside, Raised


@dataclass(frozen=True, slots=True)
class Open:
    """What waits to be settled on some levels."""

    asides: Mapping[Name, Aside]
    tasks: Mapping[Key, datetime]


def look(tx: Tx, keys: Sequence[Key]) -> Open:
    return Open(store.list_asides(tx, keys), store.list_open_tasks(tx, keys))


def note_settled(tx: Tx, feed_id: UUID, keys: Sequence[Key], before: Open, now: datetime) -> None:
    """Keep what a feed has settled of what was open before it."""
    after = look(tx, keys)
    settled = {
        name: Aside(aside.quantity - left, aside.since)
        for name, aside in before.asides.items()
        if (left := after.asides[name].quantity if name in after.asides else 0) < aside.quantity
    }
    raised = dict(after.tasks.items() - before.tasks.items())
    ended = dict(before.tasks.items() - after.tasks.items())
    if settled:
        store.add_asides(tx, feed_id, settled, now)
    if raised:
        store.add_tasks(tx, feed_id, raised, now, is_raised=True)
    if ended:
        store.add_tasks(tx, feed_id, ended, now, is_raised=False)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What would be set aside again, and what accounts for the rest of it."""

    asides: Mapping[Name, Aside]
    accounted: Mapping[Name, int]  # Less than nothing.
    spent: Mapping[accounting.Name, int]


def list_unsettled(tx: Tx, feed_id: UUID, keys: Sequence[Key], gone: Collection[Key]) -> Unsettled:
    """The units that would be set aside again, of some levels.

    Not those that movements would have accounted for had the feed not come: each with the units
    that have accounted for nothing else.
    """
    found = store.list_settled_asides(tx, feed_id, keys, gone)
    if not found:
        return Unsettled({}, {}, {})
    units = {name: aside.quantity for name, aside in found.items()}
    told = store.list_accounting(tx, feed_id, keys)
    accounted, spent = rules.healed([movement for _, movement in told], units)
    return Unsettled(
        asides={
            name: aside._replace(quantity=left)
            for name, aside in found.items()
            if (left := aside.quantity + accounted.get(name, 0)) > 0
        },
        accounted=accounted,
        spent={name: units for (name, _), units in zip(told, spent, strict=True) if units},
    )


def unsettle(
    tx: Tx, feed_id: UUID, keys: Sequence[Key], gone: Mapping[Key, int | None], now: datetime
) -> tuple[StockLevel, ...]:
    """Set aside again what a feed had settled; returns the levels that changed. They are locked.

    `gone` are the levels that stand on the feed no longer; a number says of how many units at most.
    """
    left = dict(gone)
    units: dict[Name, int] = {}
    since: dict[Name, datetime] = {}
    found = list_unsettled(tx, feed_id, keys, gone)
    for name, aside in sorted(found.asides.items()):
        most = left.get(name[0])
        some = aside.quantity if most is None else min(most, aside.quantity)
        if some:
            units[name], since[name] = some, aside.since
        if most is not None:
            left[name[0]] = most - some
    if found.spent:
        accounting.add_accounted(tx, found.spent)
        store.save_unsettled(tx, feed_id, {name: -n for name, n in found.accounted.items()})
    if not units:
        return ()
    store.save_unsettled(tx, feed_id, units)
    return aside_store.save_aside(tx, units, now, since)


def reopen(
    tx: Tx, by: Actor, feed_id: UUID, told: tuple[Sequence[Key], Collection[Key]], now: datetime
) -> None:
    """Withdraw the tasks that the feed raised, and have counted what it had not counted."""
    keys, gone = told
    raised = store.list_raised(tx, feed_id, keys)
    idle = sorted(
        key
        for key, task in raised.items()
        if task.free >= 0 and not task.adjusted and not task.is_missing
    )
    if idle:
        store.save_withdrawn(tx, idle, by.name, now)
        journal.record(tx, events.counts_withdrawn(idle), by=by.name, at=now)
    ended = store.list_ended(tx, feed_id, keys, gone)
    if ended:
        store.save_open_again(tx, ended)
        journal.record(tx, events.counts_reopened(sorted(ended)), by=by.name, at=now)


def tell(tx: Tx, feed_id: UUID, levels: Sequence[Without]) -> tuple[Without, ...]:
    """Levels as they would be without a feed, with what would be open again of them."""
    keys = [each.key for each in levels if each.outcome in (Restored.PENDING, Restored.NEWER)]
    gone = [each.key for each in levels if each.outcome == Restored.PENDING]
    asides: dict[Key, dict[str, int]] = {}
    for (key, reason), aside in sorted(list_unsettled(tx, feed_id, keys, gone).asides.items()):
        asides.setdefault(key, {})[reason] = aside.quantity
    told = [replace(each, asides=asides.get(each.key, {})) for each in levels]
    raised = store.list_raised(tx, feed_id, keys)
    idle = {each.key for each in told if each.key in raised and _is_idle(each, raised[each.key])}
    changes = dict.fromkeys(store.list_ended(tx, feed_id, keys, gone), TaskChange.REOPENED)
    changes |= dict.fromkeys(idle, TaskChange.WITHDRAWN)
    return tuple(replace(each, task=changes.get(each.key)) for each in told)


def _is_idle(level: Without, task: Raised) -> bool:
    """Whether nothing would ask for a count of a level that is without a feed."""
    adjusted = level.adjusted if level.outcome == Restored.PENDING else task.adjusted
    free = task.free + level.without - level.on_hand - sum(level.asides.values())
    is_missing = task.is_missing or UnavailableReason.MISSING in level.asides
    return free >= 0 and not adjusted and not is_missing
