"""Transactions: begun again when only the moment was wrong, in a role that owns nothing."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import psycopg
import pytest
from psycopg import errors
from tests.factories import NOW, TESTER

from ovunque.kernel.refusal import Refusal
from ovunque.platform import idempotency, jobs, journal
from ovunque.platform.database import (
    ATTEMPTS_MAX,
    LIMITS,
    PATIENCE,
    SYSTEM_ROLE,
    Database,
    DatabaseSizes,
    StartAgain,
    Tx,
    Writer,
    service_conninfo,
)
from ovunque.platform.embedded import Cluster
from ovunque.platform.idempotency import Answer, Key
from ovunque.platform.journal import Fact
from ovunque.platform.migrating import migrate

SECONDS_MAX = 20
NOWHERE = "postgresql:///shop?host=/no/such/folder"


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[Database]:
    cluster.ensure_database("transactions")
    migrate(cluster.url("transactions"))
    with Database(cluster.url("transactions")) as opened:
        yield opened


@pytest.fixture
def database(shared: Database) -> Database:
    """A database without jobs, facts and answers."""
    with psycopg.connect(shared.url) as owner:
        owner.execute("truncate job, journal, idempotency")
    return shared


def add_jobs(tx: Tx, *keys: str) -> None:
    for key in keys:
        jobs.enqueue(tx, key=key, kind="label.buy", due_at=NOW, body={})


def list_jobs(database: Database) -> list[str]:
    rows = database.read(lambda tx: tx.execute("select key from job order by key").fetchall())
    return [row[0] for row in rows]


def touch(tx: Tx, key: str) -> None:
    tx.execute("update job set attempts = attempts + 1 where key = %s", [key])


def touched(database: Database) -> int:
    row = database.read(lambda tx: tx.execute("select sum(attempts)::int from job").fetchone())
    assert row is not None
    return int(row[0])


def end_backend(url: str, tx: Tx) -> None:
    """What a crash, a failover or an administrator does to a connection."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("select pg_terminate_backend(%s, 5000)", [tx.info.backend_pid])


def test_a_deadlock_is_tried_again_and_both_get_through(database: Database) -> None:
    database.transact(lambda tx: add_jobs(tx, "a", "b"))
    together = Barrier(2)
    attempts: list[str] = []

    def work(tx: Tx, first: str, second: str) -> None:
        attempts.append(first)
        touch(tx, first)
        if attempts.count(first) == 1:
            together.wait(SECONDS_MAX)
        touch(tx, second)

    with ThreadPoolExecutor(2) as workers:
        done = [
            workers.submit(database.transact, lambda tx, pair=pair: work(tx, *pair))
            for pair in (("a", "b"), ("b", "a"))
        ]
        for each in done:
            each.result(SECONDS_MAX)

    assert len(attempts) >= 3, "one of them was the victim; more often where locks time out too"
    assert touched(database) == 4


def test_a_serialization_failure_is_tried_again(database: Database) -> None:
    database.transact(lambda tx: add_jobs(tx, "a"))
    attempts: list[int] = []

    def work(tx: Tx) -> None:
        tx.execute("set transaction isolation level repeatable read")
        tx.execute("select from job")
        attempts.append(1)
        if len(attempts) == 1:
            database.transact(lambda other: touch(other, "a"))
        touch(tx, "a")

    database.transact(work)

    assert (len(attempts), touched(database)) == (2, 2)


def test_a_lock_that_somebody_else_held_is_tried_again(database: Database) -> None:
    database.transact(lambda tx: add_jobs(tx, "a"))
    attempts: list[int] = []

    with database.connect() as holder:
        holder.execute("begin")
        touch(holder, "a")

        def work(tx: Tx) -> None:
            if attempts:
                holder.execute("commit")
            attempts.append(1)
            tx.execute("select from job for update nowait")
            touch(tx, "a")

        database.transact(work)

    assert (len(attempts), touched(database)) == (2, 2)


def test_what_goes_wrong_every_time_is_given_up(database: Database) -> None:
    attempts: list[int] = []

    def work(tx: Tx) -> None:
        attempts.append(1)
        add_jobs(tx, f"{len(attempts)}")
        raise StartAgain

    with pytest.raises(StartAgain):
        database.transact(work)
    assert (len(attempts), list_jobs(database)) == (ATTEMPTS_MAX, [])


@pytest.mark.parametrize("error", [Refusal("invalid"), ValueError(), errors.UniqueViolation()])
def test_a_refusal_or_a_mistake_undoes_all_and_is_not_repeated(
    database: Database, error: Exception
) -> None:
    attempts: list[int] = []

    def work(tx: Tx) -> None:
        attempts.append(1)
        add_jobs(tx, "a")
        raise error

    with pytest.raises(type(error)):
        database.transact(work)
    assert (len(attempts), list_jobs(database)) == (1, [])


def test_what_was_planned_outlives_a_refusal(database: Database) -> None:
    """A shop that is sold out refuses all day: it does not plan every statement anew."""

    def refuse(tx: Tx) -> None:
        with pytest.raises(StartAgain), tx.transaction():
            raise StartAgain
        raise Refusal("invalid")

    def planned(tx: Tx) -> Sequence[object]:
        tx.execute("select from job")
        asked = "select prepare_time from pg_prepared_statements where statement ~ 'from job'"
        return tx.execute(asked, prepare=False).fetchall()

    with database.connect() as connection:
        connection.prepare_threshold = 0
        before = planned(connection)
        with pytest.raises(Refusal), connection.transaction():
            refuse(connection)
        assert (len(before), planned(connection)) == (1, before)


def test_a_part_can_be_undone_and_the_rest_stays(database: Database) -> None:
    def part(tx: Tx) -> None:
        with tx.transaction():
            add_jobs(tx, "inner")
            tx.execute("insert into job (key) values ('inner')")

    def work(tx: Tx) -> None:
        add_jobs(tx, "before")
        with pytest.raises(errors.IntegrityError):
            part(tx)
        add_jobs(tx, "behind")

    database.transact(work)

    assert list_jobs(database) == ["before", "behind"]


FORBIDDEN = {
    "a new table": "create table mine ()",
    "a new schema": "create schema mine",
    "a new column": "alter table job add column mine int",
    "no table": "drop table job",
    "no trigger": "alter table stock_level disable trigger stock_level_short",
    "no triggers at all": "set session_replication_role = replica",
    "a role": "create role mine",
    "another history": "insert into migration values ('0000_mine.sql', '')",
    "a program": "copy job to program 'true'",
}


def may(tx: Tx, statement: str) -> bool:
    try:
        tx.execute(statement.encode())
    except errors.InsufficientPrivilege:
        return False
    return True


def test_whoever_serves_requests_owns_nothing(database: Database) -> None:
    with database.connect() as tx:
        who = tx.execute(
            """
            select current_user, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
                   (select count(*) from pg_class where relowner = pg_roles.oid)
              from pg_roles where rolname = current_user
            """
        ).fetchone()
        # It passes by row security: that wall is for the role of stores, which it is not.
        assert who == (SYSTEM_ROLE, False, True, False, False, 0)
        assert [what for what, text in FORBIDDEN.items() if may(tx, text)] == []


def show_limits(tx: Tx) -> dict[str, str]:
    rows = tx.execute(
        "select name, current_setting(name) from unnest(%s::text[]) as name", [[*LIMITS]]
    )
    return dict(rows.fetchall())


def test_nobody_waits_for_long(database: Database) -> None:
    assert database.transact(show_limits) == LIMITS
    with database.connect() as own:
        assert show_limits(own) == LIMITS
        assert PATIENCE.items() <= own.info.get_parameters().items()


def test_what_an_address_says_itself_is_kept() -> None:
    told = service_conninfo("postgresql://h/shop?connect_timeout=9&options=-c%20geqo%3Doff")

    assert "connect_timeout=9" in told
    assert "-c geqo=off -c role=ovunque_system" in told
    with pytest.raises(Refusal, match="setting_invalid"):
        service_conninfo("postgresql://h/shop?no_such=1")


def test_when_all_connections_are_taken_the_next_one_is_told_so(database: Database) -> None:
    sizes = DatabaseSizes(connections_max=1, wait_seconds_max=0.1)
    with Database(database.url, sizes) as narrow:
        with pytest.raises(Refusal, match="busy"):
            narrow.transact(lambda _: narrow.transact(list_nothing))
        assert narrow.transact(list_nothing) == 0


def list_nothing(tx: Tx) -> int:
    return tx.execute("select from job").rowcount


UNREACHABLE: dict[str, Callable[[Database], object]] = {
    "open": Database.open,
    "connect": Database.connect,
}


@pytest.mark.parametrize("reach", UNREACHABLE.values(), ids=UNREACHABLE)
def test_a_server_that_is_not_there_is_one_sentence(reach: Callable[[Database], object]) -> None:
    database = Database(NOWHERE, DatabaseSizes(open_seconds_max=0.3))

    with pytest.raises(Refusal, match="database_unreachable") as refused:
        reach(database)
    assert "/no/such/folder" in refused.value.details["detail"]
    assert "\n" not in refused.value.details["detail"]


def test_a_lost_connection_is_replaced(database: Database) -> None:
    with Database(database.url, DatabaseSizes(connections_max=1)) as narrow:
        narrow.read(lambda tx: end_backend(database.url, tx))
        with pytest.raises(psycopg.OperationalError):
            narrow.transact(list_nothing)
        assert narrow.transact(list_nothing) == 0


def nothing(_: Tx) -> None:
    """No trouble at all."""


@dataclass
class Till:
    """Work under a key: it leaves one fact, whatever happens to its first attempt."""

    before: Callable[[Tx], None] = nothing
    behind: Callable[[Tx], None] = nothing
    attempts: int = 0

    def __call__(self, tx: Tx) -> bytes:
        self.attempts += 1
        known = idempotency.list_answers(tx, [KEY]).get(KEY)
        if isinstance(known, Answer):
            return known.body
        if self.attempts == 1:
            self.before(tx)
        sell(tx)
        if self.attempts == 1:
            self.behind(tx)
        return b"sold"


KEY = Key(TESTER.client_id, "cart-1", idempotency.digest("POST", "/v1/orders", {}))


def sell(tx: Tx) -> None:
    fact = Fact(kind="order.placed", subject="cart-1", body={})
    journal.record(tx, [fact], by="tester", at=NOW)
    idempotency.add_answers(tx, [(KEY, Answer(201, b"sold"))], NOW)


def facts(database: Database) -> int:
    return database.read(lambda tx: tx.execute("select from journal").rowcount)


def test_a_writer_repeats_what_was_cut_off(database: Database) -> None:
    till = Till(behind=lambda tx: end_backend(database.url, tx))
    writer = Writer(database)

    assert writer.transact(till) == b"sold"
    writer.close()

    assert (till.attempts, facts(database)) == (2, 1)


def test_a_commit_whose_answer_was_lost_is_done_once(database: Database) -> None:
    """Done or not? The same is committed by another hand, and ours hears nothing any more."""

    def commit_unheard(tx: Tx) -> None:
        database.transact(sell)
        end_backend(database.url, tx)

    till = Till(before=commit_unheard)
    writer = Writer(database)

    assert writer.transact(till) == b"sold"
    writer.close()

    assert (till.attempts, facts(database)) == (2, 1)


def test_two_who_work_under_one_key_leave_one_effect(database: Database) -> None:
    together = Barrier(2)
    tills = [Till(before=lambda _: meet(together)) for _ in range(2)]

    with ThreadPoolExecutor(2) as workers:
        answers = list(workers.map(database.transact, tills))

    assert answers == [b"sold", b"sold"]
    assert (sum(till.attempts for till in tills), facts(database)) == (3, 1)


def meet(together: Barrier) -> None:
    together.wait(SECONDS_MAX)


def test_a_writer_reads_by_keys_what_was_empty_when_it_planned(database: Database) -> None:
    with psycopg.connect(database.url, autocommit=True) as owner:
        owner.execute("vacuum analyze timeline")  # Now the server knows that there is nothing.
    writer = Writer(database)

    plan = writer.transact(
        lambda tx: tx.execute(
            "explain select from unnest(array[%s::uuid]) as asked (order_id) "
            "join timeline using (order_id)",
            [TESTER.client_id],
        ).fetchall()
    )
    writer.close()

    assert "Index Only Scan using timeline_pkey" in str(plan)


def test_a_writer_gives_up_on_a_server_that_is_gone() -> None:
    writer = Writer(Database(NOWHERE))

    with pytest.raises(Refusal, match="database_unreachable"):
        writer.transact(list_nothing)
