"""What has to be counted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.stock.model import Key
from ovunque.stock.model.feeding import CountTask, TaskOutcome, TaskReason, TaskState
from ovunque.stock.store import columns_of


def add_tasks(
    tx: Tx, keys: Iterable[Key], reason: TaskReason, now: datetime, actor: str | None = None
) -> tuple[Key, ...]:
    """Have some levels counted; returns those for which nobody had asked yet."""
    rows = tx.execute(
        """
        insert into stock_count_task (sku, location_id, opened_at, reason, opened_by)
        select sku, location_id, %(now)s, %(reason)s, %(by)s
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
         order by sku collate "C", location_id
            on conflict do nothing
        returning sku, location_id
        """,
        {"reason": reason, "now": now, "by": actor, **columns_of(keys)},
    ).fetchall()
    return tuple(Key(*row) for row in rows)


def save_closed(
    tx: Tx, keys: Iterable[Key], outcome: TaskOutcome, actor: str, now: datetime
) -> tuple[Key, ...]:
    """Nobody has to count these any more; returns those that somebody had to."""
    rows = tx.execute(
        """
        update stock_count_task as task
           set closed_at = %(now)s, closed_by = %(by)s, outcome = %(outcome)s
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
         where (task.sku, task.location_id) = (asked.sku, asked.location_id)
           and task.closed_at is null
        returning task.sku, task.location_id
        """,
        {"outcome": outcome, "by": actor, "now": now, **columns_of(keys)},
    ).fetchall()
    return tuple(sorted(Key(*row) for row in rows))


def save_counted(
    tx: Tx, counted: Mapping[Key, datetime], actor: str, now: datetime
) -> tuple[Key, ...]:
    """Whoever saw the shelf has done what was to be counted then; returns the levels of that.

    What was missed, or asked, after that moment still has to be counted; a gap that this very count
    has shown has not.
    """
    rows = tx.execute(
        """
        update stock_count_task as task
           set closed_at = %(now)s, closed_by = %(by)s, outcome = %(outcome)s
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[], %(as_ofs)s::timestamptz[])
               as told (sku, location_id, as_of)
         where (task.sku, task.location_id) = (told.sku, told.location_id)
           and task.closed_at is null
           and (task.opened_at <= told.as_of
                or (task.opened_at = %(now)s and task.reason = 'shortage'))
           and not exists (
             select from stock_unavailable as aside
              where (aside.sku, aside.location_id) = (told.sku, told.location_id)
                and aside.reason = 'missing' and aside.since > told.as_of)
        returning task.sku, task.location_id
        """,
        {
            "now": now,
            "by": actor,
            "outcome": TaskOutcome.COUNTED,
            "as_ofs": list(counted.values()),
            **columns_of(counted),
        },
    ).fetchall()
    return tuple(sorted(Key(*row) for row in rows))


def save_assigned(tx: Tx, key: Key, to: str | None, now: datetime) -> bool:
    """Whose task it is from now on, or nobody's; False when nobody has to count."""
    done = tx.execute(
        """
        update stock_count_task
           set assigned_to = %(to)s, assigned_at = case when %(to)s::text is null
                                                       then null else %(now)s::timestamptz end
         where (sku, location_id) = (%(sku)s, %(location_id)s) and closed_at is null
        """,
        {"to": to, "now": now, "sku": key.sku, "location_id": key.location_id},
    )
    return done.rowcount > 0


def list_tasks(
    tx: Tx,
    *,
    location_id: UUID | None,
    states: Collection[TaskState],
    after: tuple[datetime, Key] | None,
    limit: int,
) -> tuple[CountTask, ...]:
    """Tasks, the longest waiting first."""
    at, key = after or (None, None)
    rows = tx.execute(
        """
        select sku, location_id, reason, opened_at, opened_by, assigned_to, assigned_at,
               closed_at, closed_by, outcome
          from stock_count_task
         where (%(location_id)s::uuid is null or location_id = %(location_id)s::uuid)
           and case when closed_at is not null then 'done'
                    when assigned_to is not null then 'assigned' else 'open' end
               = any(%(states)s::text[])
           and (%(at)s::timestamptz is null
                or (opened_at, sku, location_id)
                   > (%(at)s::timestamptz, %(sku)s::text, %(after_at)s::uuid))
         order by opened_at, sku, location_id
         limit %(limit)s
        """,
        {
            "location_id": location_id,
            "states": list(states),
            "at": at,
            "sku": key.sku if key else None,
            "after_at": key.location_id if key else None,
            "limit": limit,
        },
    )
    return tuple(_task(row) for row in rows)


def count_waiting(tx: Tx, location_id: UUID | None) -> int:
    """How many tasks nobody has settled yet, at a location or at all."""
    row = tx.execute(
        """
        select count(*) from stock_count_task
         where closed_at is null
           and (%(location_id)s::uuid is null or location_id = %(location_id)s::uuid)
        """,
        {"location_id": location_id},
    ).fetchone()
    assert row is not None
    found: int = row[0]
    return found


def list_settled(tx: Tx, location_id: UUID | None, limit: int) -> tuple[CountTask, ...]:
    """Tasks that were counted or dismissed, the latest first."""
    rows = tx.execute(
        """
        select sku, location_id, reason, opened_at, opened_by, assigned_to, assigned_at,
               closed_at, closed_by, outcome
          from stock_count_task
         where closed_at is not null
           and (%(location_id)s::uuid is null or location_id = %(location_id)s::uuid)
         order by closed_at desc, sku, location_id
         limit %(limit)s
        """,
        {"location_id": location_id, "limit": limit},
    )
    return tuple(_task(row) for row in rows)


def _task(row: Sequence[Any]) -> CountTask:
    sku, at, reason, opened_at, opened_by, to, assigned_at, closed_at, closed_by, outcome = row
    return CountTask(
        key=Key(sku, at),
        reason=TaskReason(reason),
        opened_at=opened_at,
        opened_by=opened_by,
        assigned_to=to,
        assigned_at=assigned_at,
        closed_at=closed_at,
        closed_by=closed_by,
        outcome=TaskOutcome(outcome) if outcome else None,
    )
