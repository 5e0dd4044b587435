"""Movements: what came and went, each booked once whatever happens to its message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ovunque.access.model import Actor
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events, rules, store
from ovunque.stock.counting import refuse_faults
from ovunque.stock.model import Movement

MOVEMENTS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How many movements were booked now, and how many had been before."""

    booked: int
    known: int


def move(tx: Tx, by: Actor, source: str, movements: Sequence[Movement], now: datetime) -> Moved:
    """Book movements of a source; one that a count already contains changes no level."""
    assert len(movements) <= MOVEMENTS_MAX
    refuse_faults([rules.check_movement(each, now) for each in movements])
    once = tuple({each.id: each for each in reversed(movements)}.values())
    keys = sorted({each.key for each in once})
    store.add_missing_levels(tx, keys)
    before = store.lock_levels(tx, keys)
    new, levels = store.add_movements(tx, source, once, now)
    if levels:
        if any(level.free < 0 for level in (*before, *levels)):
            store.save_shortages(tx, levels, now)
        journal.record(tx, [events.changed(levels)], by=by.name, at=now)
    return Moved(booked=len(new), known=len(movements) - len(new))
