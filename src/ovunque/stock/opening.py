"""Somebody is sent to count, and the journal says why."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from ovunque.access.model import SYSTEM, Actor
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events, store
from ovunque.stock.model import Key, StockLevel
from ovunque.stock.model.feeding import TaskReason
from ovunque.stock.store.asking import add_tasks


def open_tasks(
    tx: Tx, keys: Iterable[Key], reason: TaskReason, now: datetime, by: Actor | None = None
) -> tuple[Key, ...]:
    """Have some levels counted, by a person or because the stock came to it; returns the new."""
    new = add_tasks(tx, sorted({*keys}), reason, now, by.name if by else None)
    facts = events.counts_opened(new, reason)
    journal.record(tx, facts, by=(by or SYSTEM).name, at=now)
    return new


def name_shortages(tx: Tx, levels: Sequence[StockLevel], now: datetime) -> None:
    """Name the gap of every level that is short, which somebody counts; close what has healed."""
    short = store.save_shortages(tx, levels, now)
    if short:
        open_tasks(tx, short, TaskReason.SHORTAGE, now)
