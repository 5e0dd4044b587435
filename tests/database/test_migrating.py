"""Migrations: applied once, in order, whole or not at all, and never edited afterwards."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Database
from ovunque.platform.embedded import Cluster, wait_until
from ovunque.platform.migrating import LOCK, Migration, list_migrations, migrate, pending

SECONDS_MAX = 20
ONE = Migration("0001_one.sql", "create table one (id int); insert into one values (1)")
TWO = Migration("0002_two.sql", "create table two (id int); insert into one values (2)")
NAMES = tuple(each.name for each in list_migrations())


@pytest.fixture
def empty_url(cluster: Cluster) -> Iterator[str]:
    """A database without any table."""
    cluster.ensure_database("empty")
    yield cluster.url("empty")
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as owner:
        owner.execute("drop database empty with (force)")


def ids(url: str) -> list[int]:
    with psycopg.connect(url) as owner:
        return [row[0] for row in owner.execute("select id from one order by id")]


def test_no_two_files_have_the_same_number() -> None:
    numbers = [int(name.partition("_")[0]) for name in NAMES]

    assert numbers == sorted(set(numbers))


def test_what_is_missing_is_applied_once(empty_url: str) -> None:
    with psycopg.connect(empty_url) as owner:
        assert pending(owner) == NAMES

    assert migrate(empty_url) == NAMES
    assert migrate(empty_url) == ()

    with Database(empty_url) as database:
        assert database.read(pending) == ()


def test_a_newer_version_applies_what_came_on_top(empty_url: str) -> None:
    assert migrate(empty_url, (ONE,)) == ("0001_one.sql",)
    assert migrate(empty_url, (ONE, TWO)) == ("0002_two.sql",)
    assert ids(empty_url) == [1, 2]


def test_a_file_that_changed_after_it_was_applied_is_refused_by_its_name(empty_url: str) -> None:
    migrate(empty_url, (ONE,))
    edited = Migration(ONE.name, ONE.text + ";")

    with pytest.raises(Refusal, match="migration_changed") as refused:
        migrate(empty_url, (edited, TWO))

    assert refused.value.details == {"name": "0001_one.sql"}
    assert ids(empty_url) == [1], "and nothing behind it is applied"


def test_a_file_that_fails_leaves_nothing_of_itself(empty_url: str) -> None:
    broken = Migration("0002_broken.sql", "insert into one values (9); select 1 / 0")

    with pytest.raises(Refusal, match="migration_failed") as refused:
        migrate(empty_url, (ONE, broken, TWO))

    assert refused.value.details == {"name": "0002_broken.sql", "detail": "division by zero"}
    assert ids(empty_url) == [1]
    assert migrate(empty_url, (ONE, TWO)) == ("0002_two.sql",)


def test_two_who_migrate_at_once_apply_each_file_once(empty_url: str) -> None:
    """Both wait at the same door until it opens: neither looks before the other has finished."""
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted"

    with psycopg.connect(empty_url, autocommit=True) as owner, ThreadPoolExecutor(2) as both:
        owner.execute("select pg_advisory_lock(%s)", [LOCK])
        runs = [both.submit(migrate, empty_url, (ONE, TWO)) for _ in range(2)]
        met = wait_until(lambda: owner.execute(waiting).fetchone() == (2,), SECONDS_MAX)
        owner.execute("select pg_advisory_unlock(%s)", [LOCK])
        names = [name for run in runs for name in run.result(SECONDS_MAX)]

    assert met
    assert sorted(names) == [ONE.name, TWO.name]
    assert ids(empty_url) == [1, 2]


@pytest.mark.parametrize(
    "change",
    [
        "delete from migration where name = '0002_access.sql'",
        "update migration set checksum = '' where name = '0002_access.sql'",
    ],
    ids=["missing", "in another form"],
)
def test_whoever_serves_sees_what_is_pending(database_url: str, change: str) -> None:
    with psycopg.connect(database_url) as owner:
        owner.execute(change.encode())

    with Database(database_url) as database:
        assert database.read(pending) == ("0002_access.sql",)


def test_a_migration_gives_way_to_who_reads(database_url: str) -> None:
    """Who waits for a table keeps others from it: it waits in short turns, and is done at last."""
    wanted = Migration("9000_more.sql", "alter table item add column more int")
    with (
        psycopg.connect(database_url) as reader,
        psycopg.connect(database_url, autocommit=True) as other,
        ThreadPoolExecutor(1) as aside,
    ):
        reader.execute("select count(*) from item")
        other.execute("set lock_timeout = '2s'")
        migrating = aside.submit(migrate, database_url, (wanted,))
        assert wait_until(lambda: is_waiting(other), seconds=20)

        other.execute("select count(*) from item")  # Behind the migration, which gives way.

        reader.rollback()
        assert migrating.result(60) == (wanted.name,)


def is_waiting(watcher: psycopg.Connection) -> bool:
    row = watcher.execute(
        "select count(*) from pg_locks where not granted and relation = 'item'::regclass"
    ).fetchone()
    return row is not None and row[0] > 0
