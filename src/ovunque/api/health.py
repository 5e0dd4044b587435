"""Is it alive, is it ready: what load balancers and supervisors ask."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import anyio
import anyio.to_thread

from ovunque.platform.database import Database
from ovunque.platform.http.readiness import why_not_ready


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `detail` says what is wrong, without secrets."""

    name: str
    ok: bool
    detail: str = ""


Check = Callable[[], Finding]

FREE_SHARE_MIN = 0.1
FREE_BYTES_ENOUGH = 5 * 1024**3  # A tenth of a large disk is more than we need.


def disk_space(folder: Path) -> Finding:
    """Whether there is room where files arrive, and where the database that comes along lives."""
    there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    total, _, free = shutil.disk_usage(there)
    enough = free >= min(FREE_SHARE_MIN * total, FREE_BYTES_ENOUGH)
    return Finding("disk", ok=enough, detail=f"{free // 1024**2} MB free")


@dataclass(slots=True)
class Health:
    """What readiness depends on besides the database; `closing` is set before a shutdown."""

    checks: list[Check] = field(default_factory=list)
    closing: bool = False
    write_seconds_max: float = 0.3
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
            why_not_ready, database, now, abandon_on_cancel=True, limiter=self._one
        )
        try:
            detail = await asyncio.wait_for(probe, self.write_seconds_max)
        except TimeoutError:
            detail = f"no write within {self.write_seconds_max * 1000:.0f} ms"
        return Finding("database", ok=not detail, detail=detail)
