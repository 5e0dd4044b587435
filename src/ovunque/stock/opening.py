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
    tx: Tx, by: Actor, keys: Iterable[Key], reason: TaskReason, now: datetime
) -> tuple[Key, ...]:
    """Have some levels counted, by a person or because the stock came to it; returns the new."""
    asked_by = None if by == SYSTEM else by.name
    new = add_tasks(tx, sorted({*keys}), reason, now, asked_by)
    journal.record(tx, events.counts_opened(new, reason), by=by.name, at=now)
    return new


def name_shortages(tx: Tx, levels: Sequence[StockLevel], now: datetime) -> None:
    """Name the gap of every level that is short, which somebody counts; close what has healed."""
    short = store.save_shortages(tx, levels, now)
    if short:
        open_tasks(tx, SYSTEM, short, TaskReason.SHORTAGE, now)
