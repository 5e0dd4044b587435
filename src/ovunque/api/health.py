"""Is it alive, is it ready: what load balancers and supervisors ask."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import anyio
import anyio.to_thread
import psycopg

from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Database, Tx
from ovunque.platform.migrating import pending

WRITE_SECONDS_MAX = 0.3


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `detail` says what is wrong, without secrets."""

    name: str
    ok: bool
    detail: str = ""


Check = Callable[[], Finding]


@dataclass(slots=True)
class Health:
    """What readiness depends on besides the database; `closing` is set before a shutdown."""

    checks: list[Check] = field(default_factory=list)
    closing: bool = False
    _one: anyio.CapacityLimiter | None = None

    async def examine(self, database: Database, now: datetime) -> list[Finding]:
        """All findings, the database's within its time."""
        if self.closing:
            return [Finding("running", ok=False, detail="shutting down")]
        return [await self._write(database, now), *(check() for check in self.checks)]

    async def _write(self, database: Database, now: datetime) -> Finding:
        # One probe at a time: with a database that hangs, they must not use up the threads.
        self._one = self._one or anyio.CapacityLimiter(1)
        probe = anyio.to_thread.run_sync(
            lambda: write(database, now), abandon_on_cancel=True, limiter=self._one
        )
        try:
            return await asyncio.wait_for(probe, WRITE_SECONDS_MAX)
        except TimeoutError:
            slow = f"no write within {WRITE_SECONDS_MAX * 1000:.0f} ms"
            return Finding("database", ok=False, detail=slow)


def write(database: Database, now: datetime) -> Finding:
    """Whether the database takes a write and has the schema of this version."""
    try:
        missing = database.transact(lambda tx: beat(tx, now))
    except (Refusal, psycopg.Error):
        return Finding("database", ok=False, detail="cannot be written")
    if missing:
        return Finding("database", ok=False, detail=f"lacks {', '.join(missing)}")
    return Finding("database", ok=True)


def beat(tx: Tx, now: datetime) -> tuple[str, ...]:
    tx.execute("update heartbeat set at = %(now)s", {"now": now})
    return pending(tx)
