"""The intake's own connection: what it was left in never reaches the next batch."""

import os
import socket
from contextlib import suppress

import psycopg
import pytest
from psycopg import errors
from psycopg._preparing import PrepareManager

from ovunque.platform import jobs
from ovunque.platform.clock import now
from ovunque.platform.database import NEVER, Database, Tx, Writer

PREPARED_AFTER = PrepareManager.prepare_threshold or 0


def test_a_connection_that_stays_in_a_pipeline_is_left(database: Database) -> None:
    """Cut off in the middle, it looks whole, and refuses everything from then on."""
    attempts: list[Tx] = []

    def work(tx: Tx) -> str:
        attempts.append(tx)
        if len(attempts) == 1:
            tx.pgconn.enter_pipeline_mode()
            tx.pgconn.send_query_params(b"select 1", None)
            raise psycopg.OperationalError("cut off")
        return "done"

    writer = Writer(database)
    assert writer.transact(work) == "done"
    assert writer.transact(work) == "done"
    writer.close()

    first, second, third = attempts
    assert first.closed
    assert second is third, "a whole one is kept"


def test_what_broke_off_before_it_was_prepared_is_prepared_again(database: Database) -> None:
    """The driver counts what it sends, also behind what fails: the server did not listen to it."""
    writer = Writer(database)

    def work(tx: Tx, fails: bool) -> int:
        if fails:
            tx.execute("select insist(false, 'not so', %s)", [NEVER])
        return len(tx.execute("select from generate_series(1, 3)").fetchall())

    for _ in range(PREPARED_AFTER):
        assert writer.transact(lambda tx: work(tx, fails=False)) == 3
    with pytest.raises(errors.AssertFailure, match="not so"):
        writer.transact(lambda tx: work(tx, fails=True))
    assert writer.transact(lambda tx: work(tx, fails=False)) == 3
    writer.close()


def test_what_was_undone_is_not_taken_for_done(database: Database) -> None:
    writer = Writer(database)

    def work(tx: Tx) -> None:
        jobs.enqueue(tx, key="a", kind="label.buy", due_at=now(), body={})
        with suppress(psycopg.Error):
            tx.execute("select 1 / 0").fetchall()

    with pytest.raises(psycopg.Error):
        writer.transact(work)
    writer.close()
    kept = database.read(lambda tx: tx.execute("select from job").rowcount)
    assert kept == 0


def test_a_whole_batch_finds_room_on_its_way(database: Database) -> None:
    """With the system's own room a writer would wait for the server amid its words."""
    seen: list[int] = []

    def look(tx: Tx) -> None:
        with socket.socket(fileno=os.dup(tx.fileno())) as line:
            seen.append(line.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF))

    writer = Writer(database)
    writer.transact(look)
    writer.close()
    database.read(look)
    assert seen[0] > seen[1]
