"""Holds whose time is over give their units back, some at a time, and keep nobody waiting.

They are nobody's whether they were swept or not: there is no hurry. A level that somebody is at
work on is left for the next time; who claims units of it gives back what is overdue in passing.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Ask, Ending
from ovunque.stock.store import holding as store

CHUNK_MAX = 50  # Their levels are held meanwhile: an order that wants one waits so long.


def list_due(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Reservations whose time is over, read unlocked."""
    return store.list_due(tx, now, min(limit, CHUNK_MAX))


def expire(tx: Tx, by: Actor, reservation_ids: Sequence[UUID], now: datetime) -> int:
    """Give back what is overdue; who sweeps the same a moment later finds nothing."""
    found = store.list_held(tx, reservation_ids)
    idle = store.lock_idle(tx, sorted({each.key for each in found}))
    held = store.list_held(tx, reservation_ids)  # Under the locks: some may last longer by now.
    over = [each for each in held if each.expires_at is not None and each.expires_at <= now]
    due = tuple(each for each in over if each.key in idle)
    if not due:
        return 0
    claimed = claim(tx, [Ask(gives=due, becomes=Ending.EXPIRED)], now)
    facts = events.claimed(claimed.levels, claimed.expired)
    journal.record(tx, facts, by=by.name, at=now)
    return len(claimed.expired)
