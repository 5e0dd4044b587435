"""What a change of on-hand brings with it: adjustments, shortages, holds that give way, tasks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ovunque.access.model import SYSTEM
from ovunque.platform.database import Tx
from ovunque.stock import rules, store
from ovunque.stock.claiming import claim
from ovunque.stock.confirming import settle
from ovunque.stock.model import Ask, Key, Movement, MovementKind, StockLevel
from ovunque.stock.model.feeding import TaskReason
from ovunque.stock.opening import name_shortages, open_tasks
from ovunque.stock.store.counting import Adjusted, list_adjusted
from ovunque.stock.store.moving import add_movements

UNRECORDED = "unrecorded"  # The source and the reason of what never came and has left.
INSTANT = timedelta(milliseconds=1)


def balance(
    tx: Tx, changed: Sequence[StockLevel], was_short: bool, now: datetime
) -> tuple[StockLevel, ...]:
    """The levels that changed, each as it is in the end; all are locked.

    More units left than the books knew of: the difference is adjusted, and somebody counts. A level
    below what is reserved is short: timed holds give way, and a shortage names the rest.
    """
    newest = {level.key: level for level in changed}
    newest |= {level.key: level for level in _adjust(tx, sorted(newest), now)}
    if was_short or any(level.free < 0 for level in newest.values()):
        newest |= {level.key: level for level in _name_shortages(tx, list(newest.values()), now)}
    return tuple(newest[key] for key in sorted(newest))


def list_misadjusted(tx: Tx, keys: Sequence[Key]) -> tuple[StockLevel, ...]:
    """Those of some levels, locked, whose adjustments do not fit the count they stand on now."""
    wrong = _find_wrong(tx, keys)
    return store.lock_levels(tx, sorted(wrong)) if wrong else ()


def _adjust(tx: Tx, keys: Sequence[Key], now: datetime) -> tuple[StockLevel, ...]:
    """Nothing lies below nothing, and no adjustment outlives the message that explains it."""
    wrong = _find_wrong(tx, keys)
    if wrong and settle(tx, ((key, now) for key in wrong)):
        wrong = _find_wrong(tx, keys)
    if not wrong:
        return ()
    movements = [_adjustment(*wrong[key], now) for key in sorted(wrong)]
    _, levels = add_movements(tx, UNRECORDED, movements, now)
    more = [key for key in sorted(wrong) if wrong[key][1] > 0]
    open_tasks(tx, SYSTEM, more, TaskReason.UNRECORDED, now)
    return levels


def _find_wrong(tx: Tx, keys: Sequence[Key]) -> dict[Key, tuple[Adjusted, int]]:
    """Levels that lie below nothing, or were adjusted too much, and by how many units."""
    return {
        each.key: (each, units)
        for each in list_adjusted(tx, keys)
        if (units := rules.unrecorded(each.on_hand, each.adjusted))
    }


def _adjustment(level: Adjusted, units: int, now: datetime) -> Movement:
    """Behind the level's count, whose source knew nothing of it."""
    moment = max(now, level.counted_at + INSTANT) if level.counted_at else now
    return Movement(
        id=f"{level.key.location_id.hex} {level.version} {level.key.sku}",
        key=level.key,
        kind=MovementKind.ADJUSTED,
        quantity=units,
        occurred_at=moment,
        reason=UNRECORDED,
    )


def _name_shortages(tx: Tx, levels: Sequence[StockLevel], now: datetime) -> tuple[StockLevel, ...]:
    """Every level whose gap was or is to be named; returns those that a hold gave way on."""
    name_shortages(tx, levels, now)
    gaps = {level.key: -level.free for level in levels if level.free < 0}
    if not gaps:
        return ()
    holds = store.list_holds(tx, sorted(gaps))
    lost = tuple(hold for key in sorted(holds) for hold in rules.give_way(holds[key], gaps[key]))
    return claim(tx, [Ask(gives=lost)], now).levels if lost else ()
