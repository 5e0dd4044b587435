"""Following the journal: everything that is settled, in order, through every interruption."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from time import monotonic

import psycopg
import pytest
from structlog.testing import capture_logs
from tests.factories import NOW

from ovunque.kernel.refusal import Refusal
from ovunque.platform import following as following_module
from ovunque.platform import journal
from ovunque.platform.database import Database, DatabaseSizes, Tx
from ovunque.platform.embedded import wait_until
from ovunque.platform.following import Follower
from ovunque.platform.journal import Cursor, Entry, Fact

BEGINNING = Cursor(1, 0, 0)
SECONDS_MAX = 20
Apply = Callable[[Sequence[Entry]], None]


class Seen:
    """What a follower was handed."""

    def __init__(self) -> None:
        self.subjects: list[str] = []

    def __call__(self, entries: Sequence[Entry]) -> None:
        self.subjects += [entry.subject for entry in entries]

    def all(self, *subjects: str) -> bool:
        return wait_until(lambda: self.subjects == list(subjects), SECONDS_MAX)


@contextmanager
def following(database: Database, apply: Apply, start: Cursor = BEGINNING) -> Iterator[Follower]:
    follower = Follower(database, start, apply)
    follower.start()
    try:
        yield follower
    finally:
        follower.close()


def tell(tx: Tx, *subjects: str) -> None:
    facts = [Fact(kind="thing.changed", subject=each, body={}) for each in subjects]
    journal.record(tx, facts, by="tester", at=NOW)


def end_followers(database_url: str) -> int:
    """End every connection that listens, as a restart of the server does."""
    with psycopg.connect(database_url, autocommit=True) as owner:
        return owner.execute(
            """
            select pg_terminate_backend(pid, 5000) from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid()
               and query like '%from journal%'
            """
        ).rowcount


def test_a_follower_sees_what_others_commit(database: Database) -> None:
    database.transact(lambda tx: tell(tx, "before"))
    with following(database, seen := Seen()):
        assert seen.all("before")
        database.transact(lambda tx: tell(tx, "one", "two"))
        assert seen.all("before", "one", "two")


def test_a_follower_that_looks_seldom_is_woken_by_a_commit_and_by_its_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following_module, "QUIET_AFTER_SECONDS", -1.0)
    monkeypatch.setattr(following_module, "QUIET_POLL_SECONDS", 60.0 * SECONDS_MAX)
    with following(database, seen := Seen()):
        database.transact(lambda tx: tell(tx, "one"))
        assert seen.all("one")
        database.transact(lambda tx: tell(tx, "two"))
        assert seen.all("one", "two")


def test_a_follower_starts_where_it_is_told(database: Database) -> None:
    database.transact(lambda tx: tell(tx, "before"))
    start = database.read(journal.end)
    with following(database, seen := Seen(), start):
        database.transact(lambda tx: tell(tx, "behind"))
        assert seen.all("behind")


def test_a_follower_passes_nobody_who_is_slow(database: Database) -> None:
    """What was written first comes first, though it was committed last."""
    with database.connect() as slow, database.connect() as reader:
        follower = Follower(database, BEGINNING, seen := Seen())
        with slow.transaction():
            tell(slow, "slow")
            database.transact(lambda tx: tell(tx, "fast"))
            follower.catch_up(reader)
            assert seen.subjects == []
        follower.catch_up(reader)
        assert seen.subjects == ["slow", "fast"]


def test_a_follower_goes_on_after_its_connection_was_lost(
    database: Database, database_url: str
) -> None:
    with capture_logs() as logs, following(database, seen := Seen()):
        database.transact(lambda tx: tell(tx, "one"))
        assert seen.all("one")

        assert end_followers(database_url) == 1
        database.transact(lambda tx: tell(tx, "two"))
        assert seen.all("one", "two")

    assert [each["event"] for each in logs] == ["follower.lost"]


def test_what_could_not_be_taken_over_comes_again(database: Database) -> None:
    """A busy pool, a lost connection: the same rows are handed over once more."""
    seen = Seen()
    trouble: list[Exception] = [Refusal("busy"), psycopg.OperationalError("gone")]

    def apply(entries: Sequence[Entry]) -> None:
        if trouble:
            raise trouble.pop()
        seen(entries)

    with capture_logs(), following(database, apply) as follower:
        database.transact(lambda tx: tell(tx, "one", "two"))
        assert seen.all("one", "two")
        assert wait_until(lambda: follower.lag_seconds < 1, SECONDS_MAX)


def test_a_follower_knows_how_far_behind_it_is(database: Database) -> None:
    follower = Follower(database, BEGINNING, Seen())
    with database.connect() as reader:
        began = monotonic()
        assert wait_until(lambda: follower.lag_seconds > 0.05, SECONDS_MAX)
        follower.catch_up(reader)
        assert follower.lag_seconds < monotonic() - began


def closes_promptly(follower: Follower) -> bool:
    began = monotonic()
    follower.close()
    return monotonic() - began < 2


def test_a_follower_closes_promptly(database: Database) -> None:
    with following(database, seen := Seen()) as follower:
        database.transact(lambda tx: tell(tx, "one"))
        assert seen.all("one")
        assert closes_promptly(follower)


def test_a_follower_closes_promptly_without_a_server() -> None:
    nowhere = Database("postgresql:///shop?host=/no/such/folder")
    with capture_logs() as logs, following(nowhere, Seen()) as follower:
        assert wait_until(lambda: len(logs) > 0, SECONDS_MAX)
        assert closes_promptly(follower)


def test_a_follower_that_cannot_keep_up_closes_promptly(database: Database) -> None:
    """Each row it takes over brings a new one: there is no end to what it has to read."""
    taken: list[str] = []

    def apply(entries: Sequence[Entry]) -> None:
        taken.extend(entry.subject for entry in entries)
        if len(taken) < 5_000:
            database.transact(lambda tx: tell(tx, f"{len(taken)}"))

    database.transact(lambda tx: tell(tx, "first"))
    with following(database, apply) as follower:
        assert wait_until(lambda: len(taken) > 10, SECONDS_MAX)
        assert closes_promptly(follower)
    assert len(taken) < 5_000


def test_who_waits_for_now_waits_no_longer_than_asked_when_all_connections_are_taken(
    database_url: str,
) -> None:
    taken, free = Event(), Event()
    with Database(database_url, DatabaseSizes(connections_max=1, wait_seconds_max=60)) as narrow:

        def take(_: Tx) -> None:
            taken.set()
            free.wait(SECONDS_MAX)

        with ThreadPoolExecutor(1) as other:
            other.submit(narrow.read, take)
            assert taken.wait(SECONDS_MAX)
            follower = Follower(narrow, BEGINNING, Seen())
            began = monotonic()
            assert not follower.wait_for_now(0.2)
            assert monotonic() - began < SECONDS_MAX / 2
            free.set()
