"""Work for later, in our own small table: time is an argument, so it can be simulated and undone.

Enqueueing and withdrawing are part of the caller's transaction. Attempts are counted before a
job runs, so a job that kills its worker is parked like one that raises.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog

from ovunque.platform.database import Database, Tx, first_line
from ovunque.platform.telemetry import JOBS_RUN

ATTEMPTS_MAX = 12
BACKOFF_FIRST = timedelta(seconds=2)
BACKOFF_MAX = timedelta(hours=6)
LEASE = timedelta(minutes=5)
REASON_LENGTH_MAX = 500

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    key: str
    kind: str
    body: Mapping[str, Any]
    due_at: datetime
    attempts: int


Runner = Callable[[Database, Job, datetime], None]


def enqueue(tx: Tx, *, key: str, kind: str, due_at: datetime, body: Mapping[str, Any]) -> None:
    """Have it done once due; a key that waits already is left as it is."""
    tx.execute(
        """
        insert into job (key, kind, body, due_at) values (%(key)s, %(kind)s, %(body)s, %(due_at)s)
        on conflict (key) do nothing
        """,
        {
            "key": key,
            "kind": kind,
            "body": msgspec.json.encode(body).decode(),
            "due_at": due_at,
        },
    )


def withdraw(tx: Tx, key: str) -> bool:
    """Take it back; False when it has begun or is done."""
    done = tx.execute(
        "delete from job where key = %(key)s and attempts = 0 and leased_until is null",
        {"key": key},
    )
    return done.rowcount == 1


def lease(tx: Tx, now: datetime, jobs_max: int) -> tuple[Job, ...]:
    """The jobs that are due, each counted and held for a while against other workers."""
    rows = tx.execute(
        """
        with due as (
          select key from job
           where state = 'waiting' and due_at <= %(now)s
             and (leased_until is null or leased_until <= %(now)s)
           order by due_at, key
           limit %(jobs_max)s
             for update skip locked
        )
        update job set attempts = job.attempts + 1, leased_until = %(until)s
          from due where job.key = due.key
        returning job.key, job.kind, job.body, job.due_at, job.attempts
        """,
        {"now": now, "until": now + LEASE, "jobs_max": jobs_max},
    ).fetchall()
    jobs = (
        Job(key=key, kind=kind, body=body, due_at=due_at, attempts=attempts)
        for key, kind, body, due_at, attempts in rows
    )
    return tuple(sorted(jobs, key=lambda job: (job.due_at, job.key)))


def finish(tx: Tx, job: Job) -> None:
    """Done for good. Like `retry` and `park`, it is for the run that counted last.

    A worker that comes back after its lease finds its job in other hands, and changes nothing.
    """
    tx.execute(
        "delete from job where key = %(key)s and attempts = %(attempts)s",
        {"key": job.key, "attempts": job.attempts},
    )


def retry(tx: Tx, job: Job, due_at: datetime, reason: str = "") -> None:
    tx.execute(
        "update job set due_at = %(due_at)s, leased_until = null, reason = %(reason)s "
        "where key = %(key)s and attempts = %(attempts)s",
        {
            "key": job.key,
            "attempts": job.attempts,
            "due_at": due_at,
            "reason": reason[:REASON_LENGTH_MAX] or None,
        },
    )


def hurry(tx: Tx, key: str, now: datetime) -> bool:
    """Have a job that failed tried again at once, parked or not; False when it runs just now.

    Its attempts begin anew, but it is never again the first one: its effect may be there already.
    """
    done = tx.execute(
        """
        update job set state = 'waiting', reason = null, due_at = %(now)s, leased_until = null,
                       attempts = least(attempts, 1)
         where key = %(key)s and coalesce(leased_until, %(now)s) <= %(now)s
        """,
        {"key": key, "now": now},
    )
    return done.rowcount == 1


def revive(tx: Tx, key: str, due_at: datetime) -> None:
    """Have a parked job tried again once due; one that is not parked is left as it is."""
    tx.execute(
        """
        update job set state = 'waiting', reason = null, due_at = %(due_at)s, attempts = 1
         where key = %(key)s and state = 'parked'
        """,
        {"key": key, "due_at": due_at},
    )


def drop(tx: Tx, key: str) -> None:
    """Nothing is left to do, though it failed before; one that runs just now ends by itself."""
    tx.execute("delete from job where key = %(key)s and leased_until is null", {"key": key})


def list_reasons(tx: Tx, keys: Sequence[str]) -> dict[str, str]:
    """Why some jobs failed last, by key; those that have not failed are left out."""
    rows = tx.execute(
        "select key, reason from job where key = any(%(keys)s::text[]) and reason is not null",
        {"keys": list(keys)},
    )
    return dict(rows.fetchall())


def list_waiting(tx: Tx, keys: Sequence[str]) -> dict[str, datetime]:
    """When jobs are due that have not begun, by key; the others are left out."""
    rows = tx.execute(
        "select key, due_at from job where key = any(%(keys)s::text[]) "
        "and state = 'waiting' and attempts = 0",
        {"keys": list(keys)},
    )
    return dict(rows.fetchall())


def park(tx: Tx, job: Job, reason: str) -> None:
    """Set aside for a person: it does not run again by itself."""
    tx.execute(
        "update job set state = 'parked', reason = %(reason)s, leased_until = null "
        "where key = %(key)s and attempts = %(attempts)s",
        {"key": job.key, "attempts": job.attempts, "reason": reason[:REASON_LENGTH_MAX]},
    )


def backoff(attempts: int, jitter: float) -> timedelta:
    """How long to wait after a failure; `jitter` in 0..1 spreads those who failed together."""
    waiting = min(BACKOFF_MAX, BACKOFF_FIRST * (1 << min(attempts - 1, 30)))
    spread: timedelta = waiting * (0.5 + jitter / 2)
    return spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a worker needs to run jobs: what it knows to do, its chance, and its patience."""

    runners: Mapping[str, Runner]
    jitter: Callable[[], float]
    patience: Mapping[str, int] = field(default_factory=dict)  # Attempts, where not ATTEMPTS_MAX.

    def attempts_max(self, job: Job) -> int:
        return self.patience.get(job.kind, ATTEMPTS_MAX)


def run_due(database: Database, work: Work, now: datetime) -> int:
    """Run the job that has been due the longest; returns how many that were: one or none.

    Leased alone: a job that kills its worker must not count as an attempt of those behind it.
    """
    jobs = database.transact(lambda tx: lease(tx, now, jobs_max=1))
    for job in jobs:
        _run(database, work, job, now)
    return len(jobs)


def _run(database: Database, work: Work, job: Job, now: datetime) -> None:
    runner = work.runners.get(job.kind)
    if job.attempts > work.attempts_max(job) or runner is None:
        reason = f"nobody knows {job.kind}" if runner is None else "too many attempts"
        database.transact(lambda tx: park(tx, job, reason))
        JOBS_RUN.labels(job.kind, "parked").inc()
        return
    try:
        runner(database, job, now)
    except Exception as error:
        log.warning("job.failed", key=job.key, kind=job.kind, error=first_line(error))
        _postpone(database, work, job, error, now)
    else:
        JOBS_RUN.labels(job.kind, "done").inc()
        database.transact(lambda tx: finish(tx, job))


def _postpone(database: Database, work: Work, job: Job, error: Exception, now: datetime) -> None:
    if job.attempts >= work.attempts_max(job):
        database.transact(lambda tx: park(tx, job, first_line(error)))
        JOBS_RUN.labels(job.kind, "parked").inc()
        return
    again_at = now + backoff(job.attempts, work.jitter())
    database.transact(lambda tx: retry(tx, job, again_at, first_line(error)))
    JOBS_RUN.labels(job.kind, "retried").inc()
