"""Connections and transactions: `database.transact(work)` at the edge, `tx` everywhere below."""

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Self, TypeVar
from uuid import UUID

import msgspec
import psycopg
from psycopg import Connection, errors, pq, sql
from psycopg._preparing import Key, Prepare, PrepareManager
from psycopg._queries import PostgresQuery
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import Diagnostic
from psycopg.rows import RowFactory, TupleRow, tuple_row
from psycopg_pool import ConnectionPool, PoolTimeout

from ovunque.kernel.refusal import Refusal
from ovunque.platform.row_types import learn_types
from ovunque.platform.telemetry import COMMITS_UNKNOWN, POOL_REFUSED, POOL_SECONDS

assert pq.__impl__ != "python", "the compiled driver is installed with psycopg[binary]"

Tx = Connection[TupleRow]
T = TypeVar("T")
Later = Callable[[], T]  # What a statement on its way will have found: on a pipeline nobody waits.

SYSTEM_ROLE = "ovunque_system"
STORE_ROLE = "ovunque_store"  # Reads only, and of one location.
ATTEMPTS_MAX = 5

# Bounded waiting for whoever serves a request; jobs and migrations set their own.
LIMITS = {
    "statement_timeout": "10s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "5s",
}
# A partitioned client must not keep its locks: keepalives alone do not see data in flight.
PATIENCE = {
    "connect_timeout": "3",
    "tcp_user_timeout": "5000",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
}

# How a statement that insists on something says what is wrong when it is not so.
ONLY_THE_MOMENT = "40001"  # As a serialization failure: it may begin anew at once.
NEVER = "P0004"  # As a failed assertion.


class CommitUnknownError(psycopg.OperationalError):
    """Committed here, but the wait for the standby was broken off: a failover may lose it."""


class StartAgain(Exception):  # noqa: N818 - what is wrong is only the moment
    """Raised by work that finds its premises gone: undone, it may begin anew at once."""


RETRIED = (
    StartAgain,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.LockNotAvailable,
)

# A writer looks rows up by their keys. A plan made while a table was nearly empty would read all of
# it, and all that it grows to, until the server takes its statistics anew.
BY_KEYS = "select " + ", ".join(
    f"set_config('enable_{way}', 'off', false)"
    for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "material")
)

ROOM_BYTES = 4 * 2**20  # As far as the system lets us.

# Where PostgreSQL says so, in whatever language: as a warning beside its success.
STANDBY_WAIT = "SyncRepWaitForLSN"

OPEN = {pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR}

_json = msgspec.json.Encoder()


class KeptPlans(PrepareManager):
    """What a connection has prepared outlives what is undone.

    The driver forgets it all at each rollback, since the table that a statement names may be
    another one afterwards. A service makes no tables but temporary ones of one shape, and refuses
    often: each refusal had every statement of its connection parsed and planned anew.
    """

    def clear(self) -> bool:
        return False

    def maybe_add_to_cache(self, query: PostgresQuery, prep: Prepare, name: bytes) -> Key | None:
        """As the driver does it, which leaves it to `clear` to forget what was never prepared.

        With a key it looks at the answer: a pipeline that broke off before was not listened to.
        """
        key = super().maybe_add_to_cache(query, prep, name)
        return self.key(query) if prep is Prepare.SHOULD else key


class Link(Connection[TupleRow]):
    """A connection that does not take a broken-off wait for the standby for success."""

    unknown = False

    def __init__(self, session: pq.abc.PGconn, row_factory: RowFactory[Any] = tuple_row) -> None:
        super().__init__(session, row_factory)
        self._prepared = KeptPlans()
        self.add_notice_handler(self.note)

    @classmethod
    def connect(cls, conninfo: str = "", *, autocommit: bool = False, **how: Any) -> Self:
        """As any connection, one that knows the types of rows on their way."""
        connection = super().connect(conninfo, autocommit=True, **how)
        learn_types(connection)
        connection.autocommit = autocommit
        return connection

    def note(self, told: Diagnostic) -> None:
        self.unknown = self.unknown or told.source_function == STANDBY_WAIT


@contextmanager
def committed(connection: Tx, *, again: bool = False) -> Iterator[Tx]:
    """A transaction; `CommitUnknownError` when it ended without what it was to wait for.

    One that is made again may find itself done, and waits until that is certain.
    """
    with connection.transaction():
        if again:
            confirm(connection)
        yield connection
    refuse_unknown(connection)


@contextmanager
def sent_with_its_end(connection: Tx, *, again: bool = False) -> Iterator[Tx]:
    """The same on a pipeline: begin and commit travel with the statements, waited for by nobody.

    What a statement has to complain of comes to whoever waits for one, at the end at the latest.
    Nobody can look at what was written before it is committed: a statement looks itself (`insist`).
    """
    try:
        with connection.pipeline():
            connection.execute("begin", prepare=False)
            if again:
                confirm(connection)
            yield connection
            connection.execute("commit", prepare=False)
    except BaseException:
        if connection.pgconn.transaction_status in OPEN:
            connection.execute("rollback")
        raise
    refuse_unknown(connection)


def refuse_unknown(connection: Tx) -> None:
    if isinstance(connection, Link) and connection.unknown:
        connection.unknown = False
        COMMITS_UNKNOWN.inc()
        raise CommitUnknownError("the wait for the standby was broken off")


def confirm(tx: Tx) -> None:
    """Make this commit wait for the standby, and with it for all that it has read.

    What was committed here but not there looks like any other row: who repeats what it says must
    not say it sooner.
    """
    tx.execute("select pg_logical_emit_message(true, 'ovunque', '')")


def is_away(error: Exception) -> bool:
    """Nothing is wrong with the work: the database is gone, ends, or has no room to write."""
    if isinstance(error, Refusal):
        return error.code == "database_unreachable"
    return isinstance(error, psycopg.OperationalError) and not isinstance(
        error, (*RETRIED, errors.QueryCanceled)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSizes:
    connections_max: int = 8
    wait_seconds_max: float = 2.0
    open_seconds_max: float = 10.0


class Database:
    """A pool of connections that serve requests: they own nothing and wait for nothing long."""

    def __init__(self, url: str, sizes: DatabaseSizes | None = None) -> None:
        sizes = sizes or DatabaseSizes()
        self.url = url
        self._open_seconds_max = sizes.open_seconds_max
        self.conninfo = service_conninfo(url)
        self._pool = ConnectionPool(
            self.conninfo,
            connection_class=Link,
            min_size=1,
            max_size=sizes.connections_max,
            timeout=sizes.wait_seconds_max,
            kwargs={"autocommit": True},
            open=False,
            name="ovunque",
        )

    def __enter__(self) -> "Database":
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Connect, or say in one sentence why not."""
        try:
            self._pool.open(wait=True, timeout=self._open_seconds_max)
        except PoolTimeout:
            raise Refusal("database_unreachable", detail=why_unreachable(self.conninfo)) from None

    def close(self) -> None:
        self._pool.close()

    def transact(self, work: Callable[[Tx], T]) -> T:
        """Run work in one transaction; a deadlock or serialization failure starts it again."""
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                with self._connection() as connection, committed(connection):
                    return work(connection)
            except RETRIED:
                if attempt == ATTEMPTS_MAX:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def read(self, work: Callable[[Tx], T], seconds: float | None = None) -> T:
        """Run single reading statements without a transaction around them.

        So many seconds it waits for a connection; not told, as long as everybody.
        """
        with self._connection(seconds) as connection:
            return work(connection)

    def read_at(self, location_id: UUID, work: Callable[[Tx], T]) -> T:
        """Read for who works at one location: the work of others is not there, whatever is asked.

        Role and location end with the transaction: the next one on this connection has neither.
        """
        with self._connection() as connection, connection.transaction():
            connection.execute(
                "select set_config('role', %(role)s, true), "
                "set_config('ovunque.location', %(location)s, true)",
                {"role": STORE_ROLE, "location": str(location_id)},
            )
            return work(connection)

    def try_read(self, work: Callable[[Tx], T], seconds: float | None = None) -> T | None:
        """The same for whoever can do without: nothing when the database does not answer."""
        try:
            return self.read(work, seconds)
        except (psycopg.Error, Refusal):
            return None

    @contextmanager
    def _connection(self, seconds: float | None = None, /) -> Iterator[Tx]:
        asked = perf_counter()
        try:
            with self._pool.connection(seconds) as connection:
                POOL_SECONDS.observe(perf_counter() - asked)
                yield connection
        except PoolTimeout:
            POOL_REFUSED.inc()
            raise Refusal("busy") from None

    @contextmanager
    def one_moment(self, views: int) -> Iterator[tuple[Tx, ...]]:
        """Transactions that only read and see one moment, for as many threads; none is a pool's."""
        with ExitStack() as stack:
            found = tuple(stack.enter_context(self.connect()) for _ in range(views))
            moment = None
            for view in found:
                view.execute("begin isolation level repeatable read, read only")
                if moment is None:
                    moment = view.execute("select pg_export_snapshot()").fetchone()
                else:
                    view.execute(sql.SQL("set transaction snapshot {}").format(*moment))
            yield found

    def connect(self) -> Tx:
        """A connection of one's own, for a writer thread or a listener."""
        return connect(self.conninfo)


class Writer:
    """One connection of its own that repeats its work after a deadlock or a lost connection.

    What work executes travels without waiting, from its begin to its commit.

    A connection lost at COMMIT leaves it unknown whether the work was done: only work that finds
    out by itself, by keys it has claimed, may be given to a writer.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Tx | None = None

    def transact(self, work: Callable[[Tx], T]) -> T:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                connection = self._open()
                with sent_with_its_end(connection, again=attempt > 1):
                    return work(connection)
            except (*RETRIED, psycopg.OperationalError, errors.UniqueViolation):
                if attempt == ATTEMPTS_MAX:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _open(self) -> Tx:
        if self._connection is not None and not is_at_rest(self._connection):
            self.close()
            self._connection = None
        if self._connection is None:
            self._connection = self._database.connect()
            self._connection.execute(BY_KEYS)
            widen(self._connection)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


def widen(connection: Tx) -> None:
    """Room for a whole batch on its way to a server on this machine.

    Without it a writer waits for the server in the middle of its words. Over a wire the system
    itself makes room as it is needed.
    """
    with socket.socket(fileno=os.dup(connection.fileno())) as line:
        if line.family == socket.AF_UNIX:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM_BYTES)


def is_at_rest(connection: Tx) -> bool:
    """Whether nothing is left of what was done before.

    A pipeline that is cut off may stay one for ever, on a connection that looks whole.
    """
    server = connection.pgconn
    return (
        server.status == pq.ConnStatus.OK
        and server.pipeline_status == pq.PipelineStatus.OFF
        and server.transaction_status == pq.TransactionStatus.IDLE
    )


def connect(conninfo: str) -> Tx:
    try:
        return Link.connect(conninfo, autocommit=True)
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        raise Refusal("database_unreachable", detail=first_line(error)) from None


def service_conninfo(url: str, role: str = SYSTEM_ROLE) -> str:
    """How a service connects: in a role that owns nothing, with bounded waiting."""
    try:
        given: dict[str, Any] = dict(conninfo_to_dict(url))
    except psycopg.ProgrammingError as error:
        raise Refusal("setting_invalid", name="DATABASE_URL", detail=first_line(error)) from None
    options = " ".join(f"-c {name}={value}" for name, value in {"role": role, **LIMITS}.items())
    merged = f"{given.pop('options', '') or ''} {options}".strip()
    return make_conninfo(**{**PATIENCE, **given}, options=merged)


def why_unreachable(conninfo: str) -> str:
    try:
        psycopg.connect(conninfo).close()
    except psycopg.OperationalError as error:
        return first_line(error)
    return "the server answers now; try again"


def first_line(error: Exception) -> str:
    """What went wrong, in a line; the kind of an error that says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def document(rows: Sequence[Any] | Mapping[str, Any]) -> str:
    """Wide rows as one JSON document for `json_to_recordset`: half the client's work of arrays."""
    return _json.encode(rows).decode()
