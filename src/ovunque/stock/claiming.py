"""The one function that claims stock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ovunque.platform.database import Tx
from ovunque.stock import rules, store
from ovunque.stock.model import Ask, Outcome, StockLevel, Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One outcome for each ask, and the levels that changed, for the caller's fact."""

    outcomes: tuple[Outcome, ...]
    levels: tuple[StockLevel, ...]


def claim(tx: Tx, asks: Sequence[Ask], now: datetime) -> Claimed:
    """Take, give back and move units in the order of arrival: one outcome per ask.

    Nothing else writes reservations or `reserved`. The caller holds the timeline rows of its
    orders, and records the outcomes; locks are taken in key order over the whole batch.
    """
    keys = {each.key for ask in asks for plan in (ask.gives, *ask.plans) for each in plan}
    levels = store.lock_levels(tx, sorted(keys))
    standing = store.list_standing(tx, [each.id for ask in asks for each in ask.gives])

    outcomes = rules.decide(levels, standing, asks)

    done = [outcome for outcome in outcomes if isinstance(outcome, Taken)]
    taken = tuple(each for outcome in done for each in outcome.plan)
    given = rules.endings(asks, outcomes)
    if not taken and not given:
        return Claimed(outcomes=outcomes, levels=())
    changed = store.save_claims(tx, taken=taken, given=given, changes=rules.changes(done))
    if any(level.free < 0 for level in levels):
        store.save_shortages(tx, changed, now)  # What is given back to a short level heals it.
    return Claimed(outcomes=outcomes, levels=changed)
