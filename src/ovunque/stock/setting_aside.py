"""Units that lie there and cannot be sold: damaged, missing, picked and not put back."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from ovunque.platform.database import Tx
from ovunque.stock import rules, store
from ovunque.stock.model import Aside, Key, StockLevel
from ovunque.stock.store import setting_aside as aside_store


def set_aside(tx: Tx, asides: Sequence[Aside], now: datetime) -> tuple[StockLevel, ...]:
    """Take units out of sale; returns the levels that changed, for the caller's fact.

    Reserved units may be among them: their level is short then, until they are sourced again.
    """
    levels = {level.key: level for level in store.lock_levels(tx, sorted({a.key for a in asides}))}
    free = {key: level.free for key, level in levels.items()}
    more: Counter[tuple[Key, str]] = Counter()
    for aside in asides:
        units = rules.units_aside(aside, free[aside.key])
        free[aside.key] -= units
        more[aside.key, aside.reason] += units
    if not more:
        return ()
    changed = aside_store.save_aside(tx, more)
    store.save_shortages(tx, changed, now)
    return changed
