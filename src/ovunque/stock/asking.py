"""Somebody is sent to count: because the stock came to it, or because a person wants to know."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events
from ovunque.stock.model import Key
from ovunque.stock.model.feeding import CountTask, TaskOutcome, TaskReason, TaskState
from ovunque.stock.opening import open_tasks
from ovunque.stock.store import asking as store

TASKS_MAX = 1_000
WAITING = (TaskState.OPEN, TaskState.ASSIGNED)


def ask_for_counts(tx: Tx, by: Actor, keys: Sequence[Key], now: datetime) -> tuple[Key, ...]:
    """Have some levels counted; returns those for which nobody had asked yet."""
    assert len(keys) <= TASKS_MAX
    _refuse_strangers(by, keys)
    return open_tasks(tx, by, keys, TaskReason.ASKED, now)


def dismiss_task(tx: Tx, by: Actor, key: Key, now: datetime) -> None:
    """A person says that this need not be counted; a shortage asks again when it grows."""
    _refuse_strangers(by, [key])
    if not store.save_closed(tx, [key], TaskOutcome.DISMISSED, by.name, now):
        raise Refusal("not_found", what="open count task")
    journal.record(tx, [events.count_dismissed(key)], by=by.name, at=now)


def assign_task(tx: Tx, by: Actor, key: Key, to: str | None, now: datetime) -> None:
    """Somebody takes a count on, or is named for it, or gives it back; whoever counts, it is done.

    It is a word among colleagues, no lock: another who stands before the shelf may count it.
    """
    _refuse_strangers(by, [key])
    if not store.save_assigned(tx, key, to, now):
        raise Refusal("not_found", what="open count task")
    journal.record(tx, [events.count_assigned(key, to)], by=by.name, at=now)


def list_tasks(
    tx: Tx,
    *,
    location_id: UUID | None,
    states: Collection[TaskState],
    after: tuple[datetime, Key] | None,
    limit: int,
) -> tuple[CountTask, ...]:
    """Count tasks of a location or of all, the longest waiting first."""
    return store.list_tasks(tx, location_id=location_id, states=states, after=after, limit=limit)


def count_waiting(tx: Tx, location_id: UUID | None) -> int:
    """How many tasks wait, at a location or at all."""
    return store.count_waiting(tx, location_id)


def list_settled(tx: Tx, location_id: UUID | None, limit: int) -> tuple[CountTask, ...]:
    """What became of tasks lately, at a location or at all."""
    return store.list_settled(tx, location_id, limit)


def _refuse_strangers(by: Actor, keys: Sequence[Key]) -> None:
    if by.location_id is not None and any(key.location_id != by.location_id for key in keys):
        raise Refusal("not_found", what="location")
