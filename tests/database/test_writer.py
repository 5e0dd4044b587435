"""The intake's own connection: what it was left in never reaches the next batch."""

import psycopg

from ovunque.platform.database import Database, Tx, Writer


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
