"""Rows by the hundred thousand: COPY, for what was computed elsewhere and is written once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, LiteralString
from uuid import UUID

from ovunque.platform.database import Tx

ROWS_AT_ONCE = 5_000
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy(tx: Tx, into: LiteralString, rows: Iterable[Sequence[Any]]) -> int:
    """Append rows to a table, given as `table (column, ...)`; returns how many."""
    table, _, columns = into.partition(" ")
    if not is_walled(tx, table):
        return pour(tx, into, rows)
    # PostgreSQL copies into no table whose rows it has to judge: they come by a table beside it.
    tx.execute(
        f"create temporary table beside_{table} on commit drop as "
        f"select {columns[1:-1]} from {table} with no data".encode()
    )
    count = pour(tx, f"beside_{table} {columns}", rows)
    tx.execute(f"insert into {into} select * from beside_{table}".encode())
    tx.execute(f"drop table beside_{table}".encode())
    return count


def is_walled(tx: Tx, table: LiteralString) -> bool:
    """Whether policies judge what this role writes: not where it may go round them."""
    row = tx.execute("select row_security_active(%(table)s)", {"table": table}).fetchone()
    return row is not None and bool(row[0])


def pour(tx: Tx, into: LiteralString, rows: Iterable[Sequence[Any]]) -> int:
    count = 0
    left = iter(rows)
    with tx.cursor().copy(f"copy {into} from stdin") as pipe:
        while chunk := [*islice(left, ROWS_AT_ONCE)]:
            lines = ["\t".join([*map(cell, row)]) for row in chunk]
            pipe.write("\n".join(lines) + "\n")
            count += len(chunk)
    return count


def cell(value: Any) -> str:
    """A value as COPY reads it in its text format."""
    if isinstance(value, str):
        return value.translate(ESCAPES) if needs_escape(value) else value
    if value is None:
        return "\\N"
    if isinstance(value, (int, UUID)):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    assert isinstance(value, bytes), f"{type(value)} is not copied"
    return f"\\\\x{value.hex()}"


def needs_escape(text: str) -> bool:
    return not text.isprintable() or "\\" in text
