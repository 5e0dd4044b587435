"""The real PostgreSQL through one connection, which fails where a run wants it to.

Every commit is a boundary with a number. What happens there is decided by `Moments`: nothing, a
crash before it (nothing has happened), a crash after it (it has, and nobody knows), a connection
that is lost at it, a transaction that is told to start again.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import psycopg
from psycopg import errors, pq
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus
from tests.storms.weather import Fault, Weather

from ovunque.platform.database import Database, Link, Tx, service_conninfo

# Each statement is planned once for a connection: there are few rows, and runs are short.
PLANNED_ONCE = "-c plan_cache_mode=force_generic_plan"
STATEMENTS_MAX = 1_000  # That a connection keeps: psycopg's hundred are fewer than the house has.
FORGET = b"reset all; select pg_advisory_unlock_all(); unlisten *"
LOST = "the connection was lost"
WRITES = re.compile(r"\b(?:insert\s+into|update(?!\s+of\b)|delete\s+from|copy)\s+(\w+)")


class Crash(BaseException):
    """The process is gone. No `except Exception` may catch it: nothing runs in a dead process."""


class Moments:
    """Where something may go wrong; here nothing does, and boundaries are counted."""

    def __init__(self) -> None:
        self.boundaries = 0
        self.reached: list[str] = []
        self.step = ""  # What is being done, for the names of boundaries.
        self.written: set[str] = set()  # Tables, since somebody looked.

    def statement(self, connection: "SimConnection") -> None:
        """Before each statement."""

    def before_commit(self, connection: "SimConnection") -> None:
        if self.step:  # Not while the stage is set.
            self.boundaries += 1
            self.reached.append(self.step)

    def after_commit(self, connection: "SimConnection") -> None:
        """It is done."""


class Stormy(Moments):
    """Struck by the weather of a run."""

    def __init__(self, weather: Weather) -> None:
        super().__init__()
        self._weather = weather

    def statement(self, connection: "SimConnection") -> None:
        if self._weather.strikes(Fault.DROPPED):
            lose(connection)

    def before_commit(self, connection: "SimConnection") -> None:
        super().before_commit(connection)
        if self._weather.strikes(Fault.CRASH_BEFORE):
            raise Crash
        if self._weather.strikes(Fault.DEADLOCK):
            raise errors.DeadlockDetected("told to start again")

    def after_commit(self, connection: "SimConnection") -> None:
        if self._weather.strikes(Fault.CRASH_AFTER):
            raise Crash
        if self._weather.strikes(Fault.UNKNOWN):
            lose(connection)


Blow = tuple[int, bool]  # So many boundaries on, counted from the start or from the one before.


class CrashAt(Moments):
    """One crash at one boundary, on one side of it; perhaps another while it is made good."""

    def __init__(self, boundary: int, *, after: bool, then: Blow | None = None) -> None:
        super().__init__()
        self._blows = [(boundary, after)]
        if then is not None:
            self._blows.append((boundary + then[0], then[1]))
        self.struck = 0

    def before_commit(self, connection: "SimConnection") -> None:
        super().before_commit(connection)
        self._strike(after=False)

    def after_commit(self, connection: "SimConnection") -> None:
        self._strike(after=True)

    def _strike(self, *, after: bool) -> None:
        if self.step and (self.boundaries, after) in self._blows[self.struck : self.struck + 1]:
            self.struck += 1
            raise Crash


def lose(connection: "SimConnection") -> None:
    connection.break_off()
    raise psycopg.OperationalError(LOST)


class SimConnection(Link):
    """A connection whose outermost transactions and statements meet their moments."""

    moments: Moments
    successor: "SimConnection | None" = None
    lost = False  # In a transaction that is about to be undone.
    ending = False  # Its commit is on its way, in a pipeline.

    def break_off(self) -> None:
        """Closed, and undone what was not committed.

        The session of the server serves whoever connects next, and remembers nothing but its plans:
        to plan every statement anew is much of the server's work. Inside of a transaction the
        driver undoes it first, and nobody is answered any more; in a pipeline the session ends, as
        there may be answers on their way.
        """
        if self._pipeline is not None:
            self.close()
        elif self.info.transaction_status == TransactionStatus.IDLE:
            self.hand_on()
        else:
            self.lost = True

    def hand_on(self) -> None:
        """The session to a successor; this connection is closed."""
        session = self.pgconn
        session.exec_(FORGET)
        self.pgconn = closed_session()
        self.successor = SimConnection(session).ready(self.moments)
        self.successor._prepared = self._prepared
        self.successor._adapters = self._adapters

    def ready(self, moments: Moments) -> "SimConnection":
        self.autocommit = True
        self.prepare_threshold = 0
        self.prepared_max = STATEMENTS_MAX
        self.moments = moments
        return self

    @contextmanager
    def transaction(
        self, savepoint_name: str | None = None, force_rollback: bool = False
    ) -> Iterator[psycopg.Transaction]:
        if self.info.transaction_status != TransactionStatus.IDLE:
            with super().transaction(savepoint_name, force_rollback) as inner:
                yield inner
            return
        try:
            with super().transaction(savepoint_name, force_rollback) as outer:
                yield outer
                self.refuse_if_lost()
                self.moments.before_commit(self)
        finally:
            if self.lost:
                self.hand_on()
        self.moments.after_commit(self)

    @contextmanager
    def pipeline(self) -> Iterator[psycopg.Pipeline]:
        try:
            with super().pipeline() as inner:
                yield inner
        finally:
            ending, self.ending = self.ending, False
        if ending:
            self.moments.after_commit(self)

    def refuse_if_lost(self) -> None:
        if self.lost:
            raise psycopg.OperationalError(LOST)

    def execute(self, query: Any, *args: Any, **named: Any) -> Any:
        self.refuse_if_lost()
        if query == "commit":
            self.moments.before_commit(self)
            self.ending = True
        elif query != "rollback":  # Whatever strikes there hides what struck before.
            self.moments.statement(self)
        told = super().execute(query, *args, **named)
        if told.rowcount != 0 or not says_how_many(query):
            self.moments.written |= tables_written(query)
        return told


_inside: dict[str, SimConnection] = {}  # Sessions that wait for the next run, by database.
_outside: dict[str, SimConnection] = {}


def leave(url: str) -> None:
    """The last run in this database is over."""
    for parked in (_inside, _outside):
        if url in parked:
            parked.pop(url).close()


def closed_session() -> pq.abc.PGconn:
    session = pq.PGconn.connect_start(b"host=/nowhere")
    session.finish()
    return session


@cache
def says_how_many(sql: str) -> bool:
    """Whether the rows that a statement is said to have touched are all that it may have written.

    In a pipeline nothing is said yet, which is no nought.
    """
    return sql.lstrip().startswith(("insert", "update", "delete")) and len(tables_written(sql)) == 1


@cache
def tables_written(sql: str) -> frozenset[str]:
    """The tables that a statement may write into."""
    return frozenset(WRITES.findall(sql))


class SimDatabase(Database):
    """The database of a run: the real one, with one connection instead of a pool.

    Whoever only looks from outside has a second one, at which nothing goes wrong.
    """

    def __init__(self, url: str, moments: Moments) -> None:
        self.url = url
        given = make_conninfo(url, options=PLANNED_ONCE)
        self.conninfo = service_conninfo(given)
        self.moments = moments
        self._one: SimConnection | None = None
        self._outside: SimConnection | None = None

    @contextmanager
    def _connection(self, _: float | None = None, /) -> Iterator[Tx]:
        connection = self.connect()
        status = connection.info.transaction_status
        assert status == TransactionStatus.IDLE, "a transaction within a transaction"
        yield connection

    def connect(self) -> Tx:
        while self._one is not None and self._one.closed:
            self._one = self._one.successor
        if self._one is None:
            parked = _inside.pop(self.url, None)
            self._one = (parked or SimConnection.connect(self.conninfo)).ready(self.moments)
        return self._one

    def open(self) -> None:
        self.connect()

    def close(self) -> None:
        """What its sessions have planned serves the next run in this database."""
        for each, parked in ((self._one, _inside), (self._outside, _outside)):
            if each is None or each.closed:
                continue
            if each.info.transaction_status == TransactionStatus.IDLE:
                each.pgconn.exec_(FORGET)
                parked[self.url] = each
            else:
                each.close()

    def look(self, sql: str, *args: Any, **named: Any) -> list[tuple[Any, ...]]:
        """What an observer outside of the house sees: nothing goes wrong for them."""
        if self._outside is None:
            parked = _outside.pop(self.url, None)
            self._outside = parked or SimConnection.connect(self.conninfo).ready(Moments())
        rows: list[tuple[Any, ...]] = self._outside.execute(sql, args or named or None).fetchall()
        return rows
