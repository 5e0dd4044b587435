"""The composition root of the process that works in the background: jobs when they are due."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from threading import Event

import psycopg
import structlog

from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.platform import clock, idempotency, jobs
from ovunque.platform.database import Database, first_line
from ovunque.platform.jobs import Job, Runner, Work

POLL_SECONDS = 0.2
KEYS_KEPT = timedelta(days=30)
KEYS_AT_ONCE_MAX = 10_000
HOURLY = timedelta(hours=1)

log = structlog.get_logger()


def forget_keys(database: Database, _: Job, now: datetime) -> None:
    """Drop the answers to keys that nobody will send again."""
    database.transact(lambda tx: idempotency.forget(tx, now - KEYS_KEPT, KEYS_AT_ONCE_MAX))


def check_invariants(database: Database, _: Job, __: datetime) -> None:
    """Look whether everything that is always true is true."""
    for violation in check_now(database):
        log.error("invariant.violated", invariant=violation.invariant, examples=violation.examples)


SCHEDULES: Mapping[str, Runner] = {
    "idempotency.forget": forget_keys,
    "invariants.check": check_invariants,
}


def hourly(kind: str, run: Runner) -> Runner:
    """A job that enqueues its next before it runs: a crash never ends a schedule."""

    def run_and_go_on(database: Database, job: Job, now: datetime) -> None:
        enqueue_hourly(database, kind, now + HOURLY)
        run(database, job, now)

    return run_and_go_on


def enqueue_hourly(database: Database, kind: str, due_at: datetime) -> None:
    key = f"{kind}-{due_at:%Y%m%d%H}"
    database.transact(lambda tx: jobs.enqueue(tx, key=key, kind=kind, due_at=due_at, body={}))


def run(database: Database, ending: Event) -> None:
    """Run jobs until the end is asked for; a database that is away is waited for."""
    runners = {kind: hourly(kind, each) for kind, each in SCHEDULES.items()}
    work = Work(runners=runners, jitter=clock.jitter)
    for kind in SCHEDULES:
        enqueue_hourly(database, kind, clock.now())
    while not ending.is_set():
        try:
            taken = jobs.run_due(database, work, clock.now())
        except (psycopg.OperationalError, Refusal) as error:
            log.warning("worker.database", error=first_line(error))
            taken = 0
        if not taken:
            ending.wait(POLL_SECONDS)
