"""Jobs: done when due, withdrawn until begun, and set aside when they do not succeed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs
from tests.factories import NOW

from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Database, Tx
from ovunque.platform.embedded import Cluster
from ovunque.platform.jobs import (
    ATTEMPTS_MAX,
    BACKOFF_FIRST,
    BACKOFF_MAX,
    LEASE,
    Job,
    Runner,
    Work,
    backoff,
    enqueue,
    finish,
    lease,
    park,
    retry,
    run_due,
    withdraw,
)
from ovunque.platform.migrating import migrate

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[Database]:
    cluster.ensure_database("jobs")
    migrate(cluster.url("jobs"))
    with Database(cluster.url("jobs")) as opened:
        yield opened


@pytest.fixture
def database(shared: Database) -> Database:
    """A database without jobs."""
    shared.transact(lambda tx: tx.execute("delete from job"))
    return shared


class WorkerKilled(BaseException):
    """What a worker sees of its own end: nothing below `BaseException` is caught."""


def add(database: Database, key: str, kind: str = "label.buy", due_at: datetime = NOW) -> None:
    database.transact(lambda tx: enqueue(tx, key=key, kind=kind, due_at=due_at, body={"of": key}))


def take(database: Database, now: datetime = NOW, jobs_max: int = 10) -> list[Job]:
    return list(database.transact(lambda tx: lease(tx, now, jobs_max)))


def keys(jobs: list[Job]) -> list[str]:
    return [job.key for job in jobs]


def states(database: Database) -> dict[str, tuple[str, int, str | None]]:
    rows = database.read(
        lambda tx: tx.execute("select key, state, attempts, reason from job").fetchall()
    )
    return {key: (state, attempts, reason) for key, state, attempts, reason in rows}


def working(**runners: Runner) -> Work:
    """Runners by the last word of their kind: `buy` runs `label.buy`."""
    return Work(
        runners={f"label.{name}": runner for name, runner in runners.items()}, jitter=lambda: 0.5
    )


def run_all(database: Database, work: Work, now: datetime) -> int:
    """All that is due at a moment, as a worker does it; how many."""
    return next(done for done in count() if not run_due(database, work, now))


class Runs:
    """A runner that remembers what it ran, and does what its kind of day brings."""

    def __init__(self, then: Callable[[Job], None] = lambda _: None) -> None:
        self.then = then
        self.jobs: list[Job] = []

    def __call__(self, _: Database, job: Job, now: datetime) -> None:
        self.jobs.append(job)
        self.then(job)


def fail(job: Job) -> None:
    raise ValueError(f"the carrier said no to {job.key}\nand a lot more")


def mumble(_: Job) -> None:
    raise AssertionError


def kill(job: Job) -> None:
    if job.key == "killer":
        raise WorkerKilled


def test_the_same_key_is_one_job(database: Database) -> None:
    add(database, "a", due_at=NOW)
    add(database, "a", kind="label.void", due_at=NOW - HOUR)

    assert [(job.key, job.kind, job.due_at) for job in take(database)] == [("a", "label.buy", NOW)]


def test_a_job_is_enqueued_with_its_cause_or_not_at_all(database: Database) -> None:
    def work(tx: Tx) -> None:
        enqueue(tx, key="a", kind="label.buy", due_at=NOW, body={})
        raise Refusal("invalid")

    with pytest.raises(Refusal):
        database.transact(work)
    assert states(database) == {}


def test_what_waits_can_be_withdrawn_and_what_has_begun_cannot(database: Database) -> None:
    def taken_back(key: str) -> bool:
        return database.transact(lambda tx: withdraw(tx, key))

    add(database, "a")
    assert (taken_back("a"), taken_back("a"), taken_back("no such")) == (True, False, False)

    add(database, "b")
    (job,) = take(database)
    assert not taken_back("b"), "it runs"
    database.transact(lambda tx: retry(tx, job, NOW + HOUR))
    assert not taken_back("b"), "its first run may have had its effect"
    assert list(states(database)) == ["b"]


def test_a_job_is_due_at_its_moment_by_the_time_it_is_told(database: Database) -> None:
    add(database, "later", due_at=NOW + HOUR)
    add(database, "b")
    add(database, "a")

    assert take(database, NOW - SECOND) == []
    assert keys(take(database, NOW)) == ["a", "b"]
    assert keys(take(database, NOW + SECOND)) == []
    assert keys(take(database, NOW + HOUR)) == ["a", "b", "later"]


def test_the_longest_due_comes_first_however_the_rows_are_found(database: Database) -> None:
    for nth in range(5):
        add(database, f"{nth}", due_at=NOW - nth * SECOND)

    with database.connect() as tx:
        tx.execute("set enable_indexscan = off")
        tx.execute("set enable_bitmapscan = off")
        taken = [keys(list(lease(tx, NOW, jobs_max=2))) for _ in range(3)]

    assert taken == [["4", "3"], ["2", "1"], ["0"]]


def test_two_workers_never_get_the_same_job(database: Database) -> None:
    for nth in range(100):
        add(database, f"{nth:02}")
    together = Barrier(2)

    def work(_: int) -> list[str]:
        together.wait(10)
        taken: list[str] = []
        while jobs := take(database, jobs_max=3):
            taken += keys(jobs)
        return taken

    with ThreadPoolExecutor(2) as workers:
        one, other = workers.map(work, range(2))
    assert sorted(one + other) == [f"{nth:02}" for nth in range(100)]


def test_a_worker_passes_over_what_another_one_is_just_taking(database: Database) -> None:
    add(database, "a")
    add(database, "b")

    with database.connect() as other, other.transaction():
        assert keys(list(lease(other, NOW, 1))) == ["a"]
        assert keys(take(database)) == ["b"]


def test_a_lease_ends_and_its_job_is_taken_up_by_another(database: Database) -> None:
    add(database, "a")

    assert [job.attempts for job in take(database)] == [1]
    assert take(database, NOW + LEASE - SECOND) == []
    assert [job.attempts for job in take(database, NOW + LEASE)] == [2]


LATE: dict[str, Callable[[Tx, Job], None]] = {
    "finish": finish,
    "retry": lambda tx, job: retry(tx, job, NOW),
    "park": lambda tx, job: park(tx, job, "too late"),
}


@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
def test_who_comes_back_after_his_lease_decides_nothing_any_more(
    database: Database, late: Callable[[Tx, Job], None]
) -> None:
    add(database, "a")
    (slow,) = take(database)
    (again,) = take(database, NOW + LEASE)

    database.transact(lambda tx: late(tx, slow))

    assert states(database) == {"a": ("waiting", 2, None)}
    assert take(database, NOW + LEASE) == [], "the second run holds it"
    database.transact(lambda tx: finish(tx, again))
    assert states(database) == {}


def test_what_is_done_is_gone(database: Database) -> None:
    add(database, "a")
    add(database, "b")
    runs = Runs()

    assert run_all(database, working(buy=runs), NOW) == 2
    assert [(job.key, job.body, job.attempts) for job in runs.jobs] == [
        ("a", {"of": "a"}, 1),
        ("b", {"of": "b"}, 1),
    ]
    assert states(database) == {}


def test_a_job_that_fails_runs_again_later_until_it_is_set_aside(database: Database) -> None:
    add(database, "a")
    runs = Runs(fail)
    now = NOW

    with capture_logs():
        for attempt in range(1, ATTEMPTS_MAX + 1):
            assert run_all(database, working(buy=runs), now) == 1
            assert run_all(database, working(buy=runs), now) == 0, "not at once"
            now += backoff(attempt, 0.5)
        assert run_all(database, working(buy=runs), now + HOUR) == 0

    assert [job.attempts for job in runs.jobs] == list(range(1, ATTEMPTS_MAX + 1))
    assert states(database) == {"a": ("parked", ATTEMPTS_MAX, "the carrier said no to a")}


def test_a_kind_that_somebody_is_patient_with_is_tried_as_often_as_they_say(
    database: Database,
) -> None:
    add(database, "a")
    work = replace(working(buy=Runs(mumble)), patience={"label.buy": ATTEMPTS_MAX + 2})
    with capture_logs():
        ran = sum(run_all(database, work, NOW + each * 6 * HOUR) for each in range(20))

    assert ran == ATTEMPTS_MAX + 2
    assert states(database) == {"a": ("parked", ATTEMPTS_MAX + 2, "AssertionError")}


def test_a_job_that_kills_its_worker_is_set_aside_and_takes_nobody_with_it(
    database: Database,
) -> None:
    """Attempts are counted before a job runs: a killed worker has no time to count."""
    for key in ("before", "killer", "victim"):
        add(database, key, due_at=NOW if key != "before" else NOW - SECOND)
    runs = Runs(kill)
    now = NOW

    for _ in range(ATTEMPTS_MAX):
        with pytest.raises(WorkerKilled):
            run_all(database, working(buy=runs), now)
        run_all(database, working(buy=runs), now)  # The next worker, while the lease still holds.
        now += LEASE
    assert run_all(database, working(buy=runs), now) == 1

    assert keys(runs.jobs).count("killer") == ATTEMPTS_MAX
    assert keys(runs.jobs).count("before") == keys(runs.jobs).count("victim") == 1
    assert states(database) == {"killer": ("parked", ATTEMPTS_MAX + 1, "too many attempts")}


def test_a_kind_that_nobody_knows_is_set_aside(database: Database) -> None:
    add(database, "a", kind="label.eat")
    add(database, "b")

    assert run_all(database, working(buy=Runs()), NOW) == 2
    assert states(database) == {"a": ("parked", 1, "nobody knows label.eat")}


def test_a_job_runs_at_the_time_its_worker_is_told(database: Database) -> None:
    told: list[datetime] = []
    add(database, "a", due_at=NOW + HOUR)
    work = Work(runners={"label.buy": lambda _, __, now: told.append(now)}, jitter=lambda: 0)

    assert run_all(database, work, NOW) == 0
    assert run_all(database, work, NOW + 2 * HOUR) == 1
    assert told == [NOW + 2 * HOUR]


@given(st.integers(1, 1_000), st.floats(0, 1))
def test_a_retry_waits_ever_longer_up_to_a_bound(attempts: int, jitter: float) -> None:
    waiting = backoff(attempts, jitter)

    assert BACKOFF_FIRST / 2 <= waiting <= BACKOFF_MAX
    assert backoff(attempts, 0) * 2 == backoff(attempts, 1)
    assert backoff(attempts + 1, jitter) >= waiting
    assert backoff(1, 1) == BACKOFF_FIRST
