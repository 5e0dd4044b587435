"""A commit whose wait for the standby is broken off is not taken for one that was made."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from tests.factories import NOW, TESTER

from ovunque.platform import idempotency, jobs
from ovunque.platform.database import CommitUnknownError, Database, Tx, Writer
from ovunque.platform.embedded import Cluster, throwaway, wait_until
from ovunque.platform.idempotency import Answer, Key
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import read_settings

SECONDS_MAX = 20
DATABASE = "replicated"
WAITERS = "select pid from pg_stat_activity where wait_event = 'SyncRep'"
KEY = Key(TESTER.client_id, "cart-1", idempotency.digest("POST", "/v1/orders", {}))
SOLD = Answer(201, b"sold")


@pytest.fixture(scope="module")
def replicated() -> Iterator[Cluster]:
    with throwaway(read_settings().pg_bin, durable=True) as cluster:
        cluster.ensure_database(DATABASE)
        migrate(cluster.url(DATABASE))
        yield cluster


@pytest.fixture
def database(replicated: Cluster) -> Iterator[Database]:
    """A database whose only synchronous standby is gone."""
    ask(replicated, "truncate job, idempotency")
    want_standby(replicated, "gone")
    with Database(replicated.url(DATABASE)) as opened:
        yield opened
        want_standby(replicated, "")


def ask(cluster: Cluster, *statements: str) -> list[Any]:
    with psycopg.connect(cluster.url(DATABASE), autocommit=True) as owner:
        owner.execute("set synchronous_commit = local")
        done = [owner.execute(each.encode()) for each in statements]
        return [row[0] for row in done[-1]] if done[-1].description else []


def want_standby(cluster: Cluster, name: str) -> None:
    set_names = f"alter system set synchronous_standby_names = '{name}'"
    ask(cluster, set_names, "select pg_reload_conf()")
    shown = "show synchronous_standby_names"
    assert wait_until(lambda: ask(cluster, shown) == [name], SECONDS_MAX)


def waiters(cluster: Cluster) -> list[int]:
    assert wait_until(lambda: bool(ask(cluster, WAITERS)), SECONDS_MAX)
    return ask(cluster, WAITERS)


def break_off(cluster: Cluster) -> None:
    """What an impatient operator does, or PostgreSQL when the client is gone."""
    for pid in waiters(cluster):
        ask(cluster, f"select pg_cancel_backend({pid})")


def sell(tx: Tx) -> bytes:
    known = idempotency.list_answers(tx, [KEY]).get(KEY)
    if isinstance(known, Answer):
        return known.body
    idempotency.add_answers(tx, [(KEY, SOLD)], NOW)
    return SOLD.body


def apart(work: Callable[[], object]) -> "Future[object]":
    pool = ThreadPoolExecutor(1)
    running = pool.submit(work)
    pool.shutdown(wait=False)
    return running


def test_what_only_this_server_has_is_not_told_as_done(
    replicated: Cluster, database: Database
) -> None:
    selling = apart(lambda: database.transact(sell))
    break_off(replicated)
    with pytest.raises(CommitUnknownError):
        selling.result(SECONDS_MAX)

    again = apart(lambda: database.transact(sell))  # It is there, and only reads.
    assert len(waiters(replicated)) == 1
    assert not again.done()
    want_standby(replicated, "")
    assert again.result(SECONDS_MAX) == b"sold"


def test_a_writer_asks_again_until_the_standby_has_it(
    replicated: Cluster, database: Database
) -> None:
    attempts: list[int] = []

    def work(tx: Tx) -> int:
        attempts.append(1)
        if len(attempts) == 1:
            jobs.enqueue(tx, key="a", kind="label.buy", due_at=NOW, body={})
        row = tx.execute("select count(*) from job").fetchone()
        assert row is not None
        return int(row[0])

    writer = Writer(database)
    working = apart(lambda: writer.transact(work))
    break_off(replicated)
    assert wait_until(lambda: len(attempts) == 2, SECONDS_MAX)
    assert len(waiters(replicated)) == 1
    assert not working.done()
    want_standby(replicated, "")

    assert working.result(SECONDS_MAX) == 1
    assert len(attempts) == 2
    writer.close()
