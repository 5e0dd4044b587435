"""SQL of seals: digests of journal rows are drawn where the rows are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ovunque.platform.database import Tx
from ovunque.platform.journal import Cursor
from ovunque.platform.sealing.model import Root, Seal

# Lengths first: nobody moves a letter from one field into the next.
DIGEST = """sha256(convert_to(concat(
  epoch, ' ', writer, ' ', position, ' ', extract(epoch from at), ' ', order_id, ' ', order_seq,
  ' ', length(kind), ' ', length(actor), ' ', length(subject), ' ', kind, actor, subject, body::text
), 'UTF8'))"""
SETTLED = "writer < pg_snapshot_xmin(pg_current_snapshot())"


def draw(tx: Tx, after: Cursor, rows_max: int) -> tuple[int, bytes, Cursor]:
    """How many settled rows follow in the cursor's epoch, their digests, and where they end."""
    row = tx.execute(
        f"""
        select count(*), string_agg(digest, ''::bytea order by writer, position),
               (array_agg(writer::text::bigint order by writer desc, position desc))[1],
               (array_agg(position order by writer desc, position desc))[1]
          from (select writer, position, {DIGEST} as digest
                  from journal
                 where epoch = %(epoch)s
                   and (writer, position) > (%(writer)s::text::xid8, %(position)s)
                   and (epoch < (select epoch from journal_epoch) or {SETTLED})
                 order by writer, position
                 limit %(rows_max)s) as told
        """,
        {**_place(after), "rows_max": rows_max},
    ).fetchone()
    assert row is not None
    rows, digests, writer, position = row
    if not rows:
        return 0, b"", after
    return rows, bytes(digests), Cursor(after.epoch, writer, position)


def has_ended(tx: Tx, epoch: int) -> bool:
    """Whether a restore has begun another epoch since."""
    row = tx.execute("select epoch > %(epoch)s from journal_epoch", {"epoch": epoch}).fetchone()
    assert row is not None
    return bool(row[0])


def digests_between(tx: Tx, after: Cursor, until: Cursor) -> bytes:
    """The digests of all rows of an epoch behind one place up to another."""
    row = tx.execute(
        f"""
        select string_agg({DIGEST}, ''::bytea order by writer, position)
          from journal
         where epoch = %(epoch)s
           and (writer, position) > (%(writer)s::text::xid8, %(position)s)
           and (writer, position) <= (%(last_writer)s::text::xid8, %(last_position)s)
        """,
        _range(after, until),
    ).fetchone()
    assert row is not None
    return bytes(row[0] or b"")


def list_rows(tx: Tx, after: Cursor, until: Cursor) -> tuple[tuple[Cursor, str, bytes], ...]:
    """The same rows one by one: place, what it is about, digest."""
    rows = tx.execute(
        f"""
        select epoch, writer::text::bigint, position, kind || ' ' || subject, {DIGEST}
          from journal
         where epoch = %(epoch)s
           and (writer, position) > (%(writer)s::text::xid8, %(position)s)
           and (writer, position) <= (%(last_writer)s::text::xid8, %(last_position)s)
         order by writer, position
        """,
        _range(after, until),
    )
    return tuple((Cursor(e, w, p), subject, bytes(digest)) for e, w, p, subject, digest in rows)


def _place(cursor: Cursor) -> dict[str, Any]:
    return {"epoch": cursor.epoch, "writer": str(cursor.writer), "position": cursor.position}


def _range(after: Cursor, until: Cursor) -> dict[str, Any]:
    """Behind `after` when that is in the same epoch, else from the epoch's beginning."""
    begin = after if after.epoch == until.epoch else Cursor(until.epoch, 0, 0)
    last = {"last_writer": str(until.writer), "last_position": until.position}
    return _place(begin) | last


COLUMNS = "nth, epoch, writer::text::bigint, position, rows, marks, hash, at"


def find_last(tx: Tx) -> Seal | None:
    row = tx.execute(f"select {COLUMNS} from seal order by nth desc limit 1").fetchone()
    return _seal(row) if row else None


def list_seals(tx: Tx, after: int, limit: int) -> tuple[Seal, ...]:
    rows = tx.execute(
        f"select {COLUMNS} from seal where nth > %(after)s order by nth limit %(limit)s",
        {"after": after, "limit": limit},
    )
    return tuple(map(_seal, rows))


def _seal(row: Sequence[Any]) -> Seal:
    nth, epoch, writer, position, rows, marks, sha256, at = row
    end = Cursor(epoch, writer, position)
    return Seal(nth=nth, end=end, rows=rows, marks=bytes(marks), hash=bytes(sha256), at=at)


def add_seal(tx: Tx, seal: Seal) -> None:
    tx.execute(
        """
        insert into seal (nth, epoch, writer, position, rows, marks, hash, at)
        values (%(nth)s, %(epoch)s, %(writer)s::text::xid8, %(position)s, %(rows)s, %(marks)s,
                %(hash)s, %(at)s)
        """,
        {
            **_place(seal.end),
            "nth": seal.nth,
            "rows": seal.rows,
            "marks": seal.marks,
            "hash": seal.hash,
            "at": seal.at,
        },
    )


def find_last_root(tx: Tx) -> tuple[int, datetime] | None:
    """Up to where the chain was signed, and when."""
    row = tx.execute("select nth, at from seal_root order by nth desc limit 1").fetchone()
    return (row[0], row[1]) if row else None


def add_root(tx: Tx, root: Root) -> None:
    tx.execute(
        """
        insert into seal_root (nth, signer, signature, at)
        values (%(nth)s, %(signer)s, %(signature)s, %(at)s)
        """,
        {"nth": root.nth, "signer": root.signer, "signature": root.signature, "at": root.at},
    )


def list_roots(tx: Tx) -> tuple[Root, ...]:
    """What was signed, with the chain as it stands now."""
    rows = tx.execute(
        """
        select root.nth, seal.hash, root.signer, root.signature, root.at
          from seal_root as root join seal using (nth) order by root.nth
        """
    )
    return tuple(
        Root(nth=nth, hash=bytes(sha256), signer=signer, signature=bytes(signature), at=at)
        for nth, sha256, signer, signature, at in rows
    )


def count_behind(tx: Tx, after: Cursor) -> int:
    """Rows that nothing vouches for yet."""
    row = tx.execute(
        """
        select count(*) from journal
         where (epoch, writer, position) > (%(epoch)s, %(writer)s::text::xid8, %(position)s)
        """,
        _place(after),
    ).fetchone()
    assert row is not None
    return int(row[0])
