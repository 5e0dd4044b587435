"""Follows the journal in a thread: a notification wakes it, a short poll makes it certain."""

from collections.abc import Callable, Sequence
from threading import Condition, Event, Thread
from time import monotonic

import psycopg
import structlog

from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Database, Tx, first_line
from ovunque.platform.journal import CHANNEL, Cursor, Entry
from ovunque.platform.telemetry import SNAPSHOT_LAG_SECONDS

ROWS_MAX = 500
# A commit notifies us; but what waits behind a transaction that is then undone is told by nobody.
# So we look often as long as there was something lately, and seldom where nothing happens.
POLL_SECONDS = 0.05
QUIET_POLL_SECONDS = 0.5
QUIET_AFTER_SECONDS = 3.0
PACE_SECONDS = 0.01  # Between two reads that found something.
# A rush is taken in by handfuls: every process reads all of it, and what it remembers of the stock
# is computed anew each time.
RUSH_ROWS_PER_SECOND = 1_500
RUSH_PACE_SECONDS = 0.04
RECONNECT_SECONDS = 0.5

log = structlog.get_logger()


class Follower:
    """Hands every settled journal row to `apply`, in order, from a cursor on.

    The bodies of `unread` kinds come empty.
    """

    def __init__(
        self,
        database: Database,
        start: Cursor,
        apply: Callable[[Sequence[Entry]], None],
        unread: Sequence[str] = (),
    ) -> None:
        self._unread = unread
        self._database = database
        self._cursor = start
        self._apply = apply
        self._ending = Event()
        self._thread = Thread(target=self._run, name="follower", daemon=True)
        self._caught_up = self._stirred = monotonic()
        self._moved = Condition()

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        self._stir()
        self._thread.join()

    def wait_for_now(self, seconds: float) -> bool:
        """Wait, no longer than that, until what is committed by now is taken over."""
        since = monotonic()
        self._stir(seconds)
        left = max(0.0, since + seconds - monotonic())
        with self._moved:
            return self._moved.wait_for(lambda: self._caught_up >= since, left)

    def _stir(self, seconds: float | None = None) -> None:
        """It may be waiting for somebody to commit."""
        self._database.try_read(lambda tx: tx.execute(f"notify {CHANNEL}"), seconds)

    @property
    def caught_up(self) -> float:
        """The moment, by the monotonic clock, up to which nothing is known to be missing."""
        return self._caught_up

    @property
    def lag_seconds(self) -> float:
        return monotonic() - self._caught_up

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                with self._database.connect() as connection:
                    connection.execute(f"listen {CHANNEL}")
                    self._follow(connection)
            except (psycopg.OperationalError, Refusal) as error:
                log.warning("follower.lost", error=first_line(error))
                SNAPSHOT_LAG_SECONDS.set(self.lag_seconds)
                self._ending.wait(RECONNECT_SECONDS)

    def _follow(self, connection: Tx) -> None:
        looked = monotonic()
        while not self._ending.is_set():
            before, looked = looked, monotonic()
            if found := self.catch_up(connection):
                self._stirred = monotonic()
                is_rush = found >= RUSH_ROWS_PER_SECOND * (looked - before)
                self._ending.wait(RUSH_PACE_SECONDS if is_rush else PACE_SECONDS)
            is_quiet = monotonic() - self._stirred > QUIET_AFTER_SECONDS
            poll = QUIET_POLL_SECONDS if is_quiet else POLL_SECONDS
            for _ in connection.notifies(timeout=poll, stop_after=1):
                self._stirred = monotonic()

    def catch_up(self, connection: Tx) -> int:
        """Take over everything that is settled by now; returns how many rows that were."""
        found = 0
        while True:
            began = monotonic()
            entries = journal.read(connection, self._cursor, ROWS_MAX, self._unread)
            found += len(entries)
            if entries:
                self._apply(entries)
                self._cursor = entries[-1].cursor
            if len(entries) < ROWS_MAX:
                with self._moved:
                    self._caught_up = began
                    self._moved.notify_all()
                SNAPSHOT_LAG_SECONDS.set(self.lag_seconds)
                return found
            if self._ending.is_set():  # With a steady stream of facts there would be no end.
                return found
