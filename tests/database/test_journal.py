"""The journal: stories without gaps, and readers that never pass a row unseen."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from random import Random
from threading import Barrier
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import NOW

from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform import jobs, journal
from ovunque.platform.database import Database, DatabaseSizes, Tx
from ovunque.platform.embedded import Cluster, wait_until
from ovunque.platform.journal import CHANNEL, Cursor, Entry, Fact, parse_cursor
from ovunque.platform.migrating import migrate

BEGINNING = Cursor(1, 0, 0)
SECONDS_MAX = 10


@pytest.fixture(scope="module")
def shared(cluster: Cluster) -> Iterator[Database]:
    cluster.ensure_database("journal")
    migrate(cluster.url("journal"))
    with Database(cluster.url("journal"), DatabaseSizes(connections_max=12)) as opened:
        yield opened


@pytest.fixture
def database(shared: Database) -> Database:
    """A database in which nothing has happened yet."""
    with psycopg.connect(shared.url) as owner:
        owner.execute("truncate journal, timeline, journal_cursor, job")
        owner.execute("update journal_epoch set epoch = 1")
    return shared


def fact(subject: str = "", order_id: UUID | None = None) -> Fact:
    return Fact(kind="thing.changed", subject=subject, body={}, order_id=order_id)


def begin(database: Database, *order_ids: UUID) -> None:
    told = [("tester", fact(order_id=order_id)) for order_id in order_ids]
    database.transact(lambda tx: journal.begin(tx, told, at=NOW))


def tell(tx: Tx, *subjects: str, order_id: UUID | None = None) -> None:
    journal.record(tx, [fact(each, order_id) for each in subjects], by="tester", at=NOW)


def story(database: Database, order_id: UUID) -> list[tuple[int | None, str]]:
    entries = database.read(lambda tx: journal.list_of_order(tx, order_id))
    return [(entry.order_seq, entry.subject) for entry in entries]


def read_all(tx: Tx, after: Cursor = BEGINNING, rows_max: int = 100) -> list[Entry]:
    found: list[Entry] = []
    while entries := journal.read(tx, after, rows_max):
        found += entries
        after = entries[-1].cursor
    return found


def test_the_story_of_an_order_has_no_gaps_whoever_writes_it(
    database: Database, new_id: NewId
) -> None:
    """Eight writers, each fourth transaction undone: what is undone takes no number."""
    orders = [new_id() for _ in range(3)]
    begin(database, *orders)

    def work(turn: int) -> int:
        told = Random(turn).sample(orders, 2)

        def write(tx: Tx) -> None:
            journal.lock(tx, told)
            facts = [fact(f"{turn}-{nth}", order) for nth in range(2) for order in told]
            journal.record(tx, facts, by="tester", at=NOW)
            if turn % 4 == 0:
                raise Refusal("invalid")

        try:
            database.transact(write)
        except Refusal:
            return 0
        return 4

    with ThreadPoolExecutor(8) as writers:
        written = sum(writers.map(work, range(80)))

    told = {order: story(database, order) for order in orders}
    assert sum(map(len, told.values())) == written + len(orders)
    for rows in told.values():
        assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
        assert [text[-2:] for _, text in rows[1:]] == ["-0", "-1"] * (len(rows) // 2)


def test_a_fact_of_an_order_without_a_story_is_not_written(
    database: Database, new_id: NewId
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        database.transact(lambda tx: tell(tx, "lost", order_id=new_id()))


def test_an_order_that_does_not_exist_is_not_found(database: Database, new_id: NewId) -> None:
    known = new_id()
    begin(database, known)

    database.transact(lambda tx: journal.lock(tx, [known, known]))
    for asked in (new_id(), known), (new_id(),):
        with pytest.raises(Refusal, match="not_found"), database.connect() as tx:
            journal.lock(tx, asked)


def is_held(tx: Tx, order_id: UUID) -> bool:
    row = tx.execute(
        "select from timeline where order_id = %s for update skip locked", [order_id]
    ).fetchone()
    return row is None


def test_timelines_are_locked_in_the_order_of_their_ids(database: Database, new_id: NewId) -> None:
    """Whoever waits for one holds those before it, and none behind it."""
    low, middle, high = (new_id() for _ in range(3))
    begin(database, high, middle, low)  # As they lie in the table: the other way round.

    def lock_all(tx: Tx) -> None:
        journal.lock(tx, [middle, high, low])

    with database.connect() as holder, ThreadPoolExecutor(1) as other:
        with holder.transaction():
            journal.lock(holder, [middle])
            waiting = other.submit(database.transact, lock_all)
            assert wait_until(lambda: database.read(lambda tx: is_held(tx, low)), SECONDS_MAX)
            assert not database.read(lambda tx: is_held(tx, high))
        waiting.result(SECONDS_MAX)


def test_two_who_lock_the_same_orders_never_wait_for_each_other_in_a_ring(
    database: Database, new_id: NewId
) -> None:
    orders = [new_id() for _ in range(20)]
    begin(database, *Random(7).sample(orders, len(orders)))
    together = Barrier(2)

    def work(asked: Sequence[UUID]) -> None:
        with database.connect() as tx:  # Bare: `transact` would try a deadlock again.
            for _ in range(50):
                together.wait(SECONDS_MAX)
                with tx.transaction():
                    journal.lock(tx, asked)

    with ThreadPoolExecutor(2) as workers:
        for done in [workers.submit(work, orders), workers.submit(work, orders[::-1])]:
            done.result(SECONDS_MAX * 2)


class Race:
    """Writers whose transactions stay open for a while, and two readers between them.

    One reader remembers the pair (writer, position), the other the position alone.
    """

    WRITERS, ROWS, HELD, LOOKS = 40, 2_000, 0.4, 0.5

    def __init__(self, database: Database, stack: ExitStack, seed: int) -> None:
        self.rng = Random(seed)
        self.writers = [stack.enter_context(database.connect()) for _ in range(self.WRITERS)]
        self.reader = stack.enter_context(database.connect())
        self.open: list[psycopg.Connection] = []
        self.written: list[str] = []
        self.by_pair: list[Entry] = []
        self.by_position: list[tuple[int, str]] = []

    def run(self) -> None:
        while len(self.written) < self.ROWS or self.open:
            if self.open and (self.rng.random() < self.HELD or len(self.written) >= self.ROWS):
                self.open.pop(self.rng.randrange(len(self.open))).execute("commit")
            else:
                self.write(self.rng.choice(self.writers))
            if self.rng.random() < self.LOOKS:
                self.read()
        self.read()

    def write(self, writer: psycopg.Connection) -> None:
        """Begin a transaction, or go on with one that others have overtaken meanwhile."""
        if writer not in self.open:
            writer.execute("begin")
            self.open.append(writer)
        told = [f"{len(self.written) + nth}" for nth in range(self.rng.randint(1, 5))]
        tell(writer, *told)
        self.written += told

    def read(self) -> None:
        rows_max = self.rng.randint(1, 50)
        after = self.by_pair[-1].cursor if self.by_pair else BEGINNING
        self.by_pair += read_all(self.reader, after, rows_max)
        last = self.by_position[-1][0] if self.by_position else 0
        self.by_position += self.reader.execute(
            "select position, subject from journal where position > %s order by position", [last]
        ).fetchall()


def test_a_reader_by_writer_and_position_loses_nothing(database: Database) -> None:
    with ExitStack() as stack:
        race = Race(database, stack, seed=1)
        race.run()

    seen = [entry.subject for entry in race.by_pair]
    assert sorted(seen) == sorted(race.written)
    cursors = [entry.cursor for entry in race.by_pair]
    assert cursors == sorted(cursors)

    lost = len(race.written) - len(race.by_position)
    print(f"by position alone {lost} of {len(race.written)} rows were lost")
    assert lost > len(race.written) // 10


def test_a_row_waits_for_whoever_may_still_write_before_it(database: Database) -> None:
    with database.connect() as slow, database.connect() as reader:
        with slow.transaction():
            tell(slow, "slow")
            database.transact(lambda tx: tell(tx, "fast"))
            assert read_all(reader) == []
            place = journal.end(reader)
        assert [entry.subject for entry in read_all(reader)] == ["slow", "fast"]
        assert [entry.subject for entry in read_all(reader, place)] == ["slow", "fast"]
        assert read_all(reader, journal.end(reader)) == []


def test_a_new_epoch_is_read_although_its_transactions_count_afresh(database: Database) -> None:
    """A dump restored into another cluster: old rows carry writers far ahead of its counter."""
    with psycopg.connect(database.url) as owner:
        owner.execute(
            """
            insert into journal (epoch, writer, at, kind, actor, subject, body)
            select 1, writer::text::xid8, %s, 'thing.changed', 'tester', writer::text, '{}'
              from unnest(array[900000000, 900000001, 900000002]) as writer
            """,
            [NOW],
        )
        owner.execute("update journal_epoch set epoch = 2")
    database.transact(lambda tx: tell(tx, "new"))

    def subjects(after: Cursor, rows_max: int) -> list[str]:
        return [e.subject for e in database.read(lambda tx: read_all(tx, after, rows_max))]

    old = ["900000000", "900000001", "900000002"]
    assert subjects(BEGINNING, 2) == subjects(BEGINNING, 100) == [*old, "new"]
    assert subjects(Cursor(1, 900000001, journal.POSITION_MAX), 100) == [old[2], "new"]
    assert subjects(Cursor(1, 900000009, 0), 100) == ["new"]
    assert subjects(database.read(journal.end), 100) == []


def test_one_worker_at_a_time_follows_for_a_subscriber(database: Database) -> None:
    assert database.transact(lambda tx: journal.lock_cursor(tx, "mail")) == BEGINNING

    with database.connect() as first, first.transaction():
        assert journal.lock_cursor(first, "mail") == BEGINNING
        assert database.transact(lambda tx: journal.lock_cursor(tx, "mail")) is None
        assert database.transact(lambda tx: journal.lock_cursor(tx, "figures")) == BEGINNING

    assert database.transact(lambda tx: journal.lock_cursor(tx, "mail")) == BEGINNING


def test_a_cursor_moves_with_what_was_done_or_not_at_all(database: Database) -> None:
    database.transact(lambda tx: tell(tx, "one", "two"))

    def follow(tx: Tx, crash: bool) -> None:
        place = journal.lock_cursor(tx, "mail")
        assert place is not None
        for entry in journal.read(tx, place, 10):
            jobs.enqueue(tx, key=entry.subject, kind="mail.send", due_at=NOW, body={})
            journal.save_cursor(tx, "mail", entry.cursor)
        if crash:
            raise Refusal("busy")

    def state() -> tuple[int, Cursor | None]:
        mails = database.read(lambda tx: tx.execute("select from job").rowcount)
        return mails, database.transact(lambda tx: journal.lock_cursor(tx, "mail"))

    with pytest.raises(Refusal):
        database.transact(lambda tx: follow(tx, crash=True))
    assert state() == (0, BEGINNING)

    last = database.read(read_all)[-1].cursor
    for _ in range(2):
        database.transact(lambda tx: follow(tx, crash=False))
        assert state() == (2, last)


numbers = st.integers(0, journal.POSITION_MAX)


@given(st.builds(Cursor, numbers, numbers, numbers))
def test_a_cursor_is_read_back(cursor: Cursor) -> None:
    assert parse_cursor(str(cursor)) == cursor


def test_the_end_of_the_journal_is_a_cursor_that_clients_can_send_back(database: Database) -> None:
    place = database.read(journal.end)

    assert parse_cursor(str(place)) == place


HOSTILE = {
    "nothing": "",
    "dots": "..",
    "two parts": "1.2",
    "four parts": "1.2.3.4",
    "a sign": "1.-2.3",
    "a plus": "+1.2.3",
    "a blank": "1. 2.3",
    "a line end": "1.2.3\n",
    "an underscore": "1_0.2.3",
    "another script": "١.٢.٣",
    "a superscript": "1.2.²",
    "hexadecimal": "0x1.2.3",
    "an exponent": "1e3.2.3",
    "a NUL": "1.2.3\x00",
    "SQL": "1.2.3'; drop table journal; --",
    "too large": f"1.2.{10**18}",
    "beyond all transaction ids": f"1.{2**64}.0",
    "beyond what Python converts": "1.2." + "9" * 5_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_cursor_that_is_none_of_ours_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="cursor_invalid"):
        parse_cursor(text)


HISTORY = {"journal": "subject", "stock_movement": "source", "stock_counted": "source"}


def test_what_happened_cannot_be_changed_by_those_who_serve(database: Database) -> None:
    for table, column in HISTORY.items():
        for statement in (
            f"update {table} set {column} = ''",
            f"delete from {table}",
            f"truncate {table}",
        ):
            with database.connect() as tx, pytest.raises(psycopg.errors.InsufficientPrivilege):
                tx.execute(statement.encode())


@pytest.fixture
def listener(database: Database) -> Iterator[psycopg.Connection]:
    with database.connect() as connection:
        connection.execute(f"listen {CHANNEL}")
        yield connection


def test_readers_are_woken_once_for_each_transaction(
    database: Database, listener: psycopg.Connection, new_id: NewId
) -> None:
    order = new_id()

    def write(tx: Tx) -> None:
        journal.begin(tx, [("tester", fact(order_id=order))], at=NOW)
        tell(tx, "one", "two")
        tell(tx, "three", order_id=order)

    def write_nothing(tx: Tx) -> None:
        tell(tx)

    def undo(tx: Tx) -> None:
        tell(tx, "gone")
        raise Refusal("invalid")

    for _ in range(2):
        database.transact(write_nothing)
        with pytest.raises(Refusal):
            database.transact(undo)
        database.transact(lambda tx: tell(tx, "again"))
    database.transact(write)
    database.read(lambda tx: tx.execute("select pg_notify('journal', 'that is all')"))

    heard = []
    for notice in listener.notifies(timeout=SECONDS_MAX):
        heard.append(notice.payload)
        if notice.payload:
            break
    assert heard == ["", "", "", "that is all"]
