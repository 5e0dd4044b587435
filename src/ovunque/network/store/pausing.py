"""SQL of pauses."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from ovunque.platform.database import Tx


def list_to_resume(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Paused locations whose time has come, the longest waiting first."""
    rows = tx.execute(
        """
        select id from location
         where paused_until <= %(now)s
         order by paused_until, id limit %(limit)s
        """,
        {"now": now, "limit": limit},
    )
    return tuple(row[0] for row in rows)


def save_open(tx: Tx, location_ids: Collection[UUID], now: datetime) -> list[str]:
    """Open those that are still due, locked in code order; returns their codes."""
    rows = tx.execute(
        """
        with due as (
          select id from location
           where id = any(%(ids)s::uuid[]) and paused_until <= %(now)s
           order by code
             for no key update
        )
        update location
           set state = 'open', paused_until = null, pause_reason = null,
               version = location.version + 1
          from due where location.id = due.id
        returning location.code
        """,
        {"ids": list(location_ids), "now": now},
    )
    return sorted(row[0] for row in rows)
