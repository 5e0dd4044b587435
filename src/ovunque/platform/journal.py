"""The spine: what happened, to what, by whom, when. Timeline, audit trail, outbox and feed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.kernel.freezing import frozen
from ovunque.kernel.refusal import Refusal
from ovunque.platform import tracing
from ovunque.platform.copying import copy
from ovunque.platform.database import Tx, document
from ovunque.platform.row_types import RowType

FACTS = RowType(
    "fact_row",
    "at timestamptz, kind text, actor text, subject text, body jsonb, order_id uuid?",
)
CHANNEL = "journal"  # NOTIFY only wakes: every reader also polls, and is correct without it.
POSITION_MAX = 10**18 - 1  # As many digits as a cursor's text may have.


@frozen
class Fact:
    """A change of state. A fact of an order carries the order's id and takes its next number."""

    kind: str
    subject: str
    body: Mapping[str, Any]
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the journal; `epoch` rises when a restore makes transaction ids start afresh."""

    epoch: int
    writer: int
    position: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.writer}.{self.position}"


@frozen
class Entry:
    """A row of the journal as readers get it."""

    cursor: Cursor
    at: datetime
    kind: str
    actor: str
    order_id: UUID | None
    order_seq: int | None
    subject: str
    body: Mapping[str, Any]


def parse_cursor(text: str) -> Cursor:
    """The cursor behind its opaque text; refused as `cursor_invalid` when it is none of ours."""
    parts = text.split(".")
    if len(parts) != 3 or not all(p.isascii() and p.isdigit() and len(p) < 19 for p in parts):
        raise Refusal("cursor_invalid")
    return Cursor(*map(int, parts))


def lock(tx: Tx, order_ids: Iterable[UUID]) -> None:
    """Hold the orders' timelines until the end of the transaction, in id order.

    Whoever changes an order, its fulfillments or its reservations holds its timeline first.
    """
    wanted = sorted(set(order_ids))
    rows = tx.execute(
        "select order_id from timeline where order_id = any(%(ids)s::uuid[]) "
        "order by order_id for update",
        {"ids": wanted},
    ).fetchall()
    if len(rows) != len(wanted):
        raise Refusal("not_found", what="order")


def begin(tx: Tx, told: Sequence[tuple[str, Fact]], *, at: datetime) -> None:
    """Write the first fact of each new order, by its actor, and facts of other things beside."""
    tx.execute(
        """
        with told as (
          select * from unnest(%(rows)s::fact_row[])
        ), begun as (
          insert into timeline (order_id, last_seq)
          select order_id, 1 from told where order_id is not null
        ), written as (
          insert into journal (epoch, at, kind, actor, order_id, order_seq, subject, body)
          select (select epoch from journal_epoch), at, kind, actor, order_id,
                 case when order_id is not null then 1 end, subject, body
            from told
        )
        select pg_notify('journal', '')
        """,
        {"rows": FACTS(_row(fact, by, at) for by, fact in told)},
    )


def record(tx: Tx, facts: Sequence[Fact], *, by: str, at: datetime) -> None:
    """Write facts in the transaction that made them true, and wake the readers.

    An order's facts take its next numbers; its timeline must be held (`lock`).
    """
    if not facts:
        return
    tx.execute(
        """
        with told as (
          select *, row_number() over (partition by order_id order by nth)::int as step
            from unnest(%(rows)s::fact_row[]) with ordinality
                 as told (at, kind, actor, subject, body, order_id, nth)
        ), numbered as (
          update timeline
             set last_seq = timeline.last_seq + counted.steps
            from (select order_id, count(*)::int as steps from told
                   where order_id is not null group by order_id) as counted
           where timeline.order_id = counted.order_id
          returning timeline.order_id, timeline.last_seq - counted.steps as before
        )
        insert into journal (epoch, at, kind, actor, order_id, order_seq, subject, body)
        select (select epoch from journal_epoch), told.at, told.kind, told.actor, told.order_id,
               numbered.before + told.step, told.subject, told.body
          from told left join numbered using (order_id)
         order by told.nth
        """,
        {"rows": FACTS(_row(fact, by, at) for fact in facts)},
    )
    wake(tx)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A fact as it is written, or of a past that was computed elsewhere."""

    at: datetime
    actor: str
    kind: str
    subject: str
    body: str  # As JSON: there are many, and nobody looks into them before they are written.
    order_id: UUID | None = None
    order_seq: int | None = None  # In its order's story.


def spell(fact: Fact, *, by: str, at: datetime, order_seq: int | None) -> Told:
    """A fact of the past as it is written; `order_seq` counts up within its order's story."""
    assert (fact.order_id is None) == (order_seq is None)
    return Told(
        at=at,
        actor=by,
        kind=fact.kind,
        subject=fact.subject,
        body=document(fact.body),
        order_id=fact.order_id,
        order_seq=order_seq,
    )


def write(tx: Tx, fact: Told) -> None:
    """Write one fact that is of no order and was spelled already, and wake the readers."""
    assert fact.order_id is None
    tx.execute(
        """
        insert into journal (epoch, at, kind, actor, subject, body)
        select epoch, %(at)s, %(kind)s, %(actor)s, %(subject)s, %(body)s::jsonb from journal_epoch
        """,
        {
            "at": fact.at,
            "kind": fact.kind,
            "actor": fact.actor,
            "subject": fact.subject,
            "body": fact.body,
        },
    )
    wake(tx)


def restore(tx: Tx, facts: Iterable[Told], last_seqs: Mapping[UUID, int]) -> int:
    """Write whole stories, in the order in which they were told; returns how many facts."""
    row = tx.execute("select epoch from journal_epoch").fetchone()
    assert row is not None
    epoch = row[0]
    copy(tx, "timeline (order_id, last_seq)", last_seqs.items())
    written = copy(
        tx,
        "journal (epoch, at, kind, actor, order_id, order_seq, subject, body)",
        ((epoch, f.at, f.kind, f.actor, f.order_id, f.order_seq, f.subject, f.body) for f in facts),
    )
    wake(tx)
    return written


def wake(tx: Tx) -> None:
    """Tell readers that there is something new: once for each transaction, never for each row."""
    tx.execute("select pg_notify('journal', '')")


def _row(fact: Fact, by: str, at: datetime) -> tuple[object, ...]:
    trace = tracing.here()  # Who reads the fact goes on from there.
    body = {**fact.body, "trace": trace} if trace else fact.body
    return at, fact.kind, by, fact.subject, body, fact.order_id


def end(tx: Tx) -> Cursor:
    """The place behind all that is settled now: where a reader without a history starts."""
    row = tx.execute(
        "select epoch, pg_snapshot_xmin(pg_current_snapshot())::text::bigint from journal_epoch"
    ).fetchone()
    assert row is not None
    return Cursor(row[0], row[1] - 1, POSITION_MAX)


def read(tx: Tx, after: Cursor, rows_max: int, unread: Sequence[str] = ()) -> tuple[Entry, ...]:
    """What follows a cursor, oldest first, up to the horizon.

    Sequence order is not commit order: a row whose writer is still at work, or came before a
    writer still at work, is not shown yet, so that no reader ever passes a row unseen. The
    bodies of `unread` kinds come empty, for readers that need not look into them.
    """
    entries = _read_epoch(tx, after, rows_max, unread)
    if entries or not _has_ended(tx, after.epoch):
        return entries
    return read(tx, Cursor(after.epoch + 1, 0, 0), rows_max, unread)


def _has_ended(tx: Tx, epoch: int) -> bool:
    row = tx.execute("select epoch > %(epoch)s from journal_epoch", {"epoch": epoch}).fetchone()
    assert row is not None
    return bool(row[0])


def _read_epoch(tx: Tx, after: Cursor, rows_max: int, unread: Sequence[str]) -> tuple[Entry, ...]:
    """What follows a cursor in its epoch; one that has ended has no writer at work any more."""
    rows = tx.execute(
        """
        select epoch, writer, position, at, kind, actor, order_id, order_seq, subject,
               case when kind <> all(%(unread)s::text[]) then body end
          from journal
         where epoch = %(epoch)s
           and (writer, position) > (%(writer)s::text::xid8, %(position)s)
           and writer < case when %(epoch)s = (select epoch from journal_epoch)
                             then pg_snapshot_xmin(pg_current_snapshot())
                             else '18446744073709551615'::xid8 end
         order by writer, position
         limit %(rows_max)s
        """,
        {
            "epoch": after.epoch,
            "writer": str(after.writer),
            "position": after.position,
            "rows_max": rows_max,
            "unread": list(unread),
        },
    ).fetchall()
    return tuple([_entry(*row) for row in rows])


def list_of_order(tx: Tx, order_id: UUID) -> tuple[Entry, ...]:
    """The story of one order."""
    rows = tx.execute(
        """
        select epoch, writer, position, at, kind, actor, order_id, order_seq, subject, body
          from journal where order_id = %(order_id)s order by order_seq
        """,
        {"order_id": order_id},
    )
    return tuple(_entry(*row) for row in rows)


def _entry(epoch: int, writer: str, position: int, *told: Any) -> Entry:
    at, kind, actor, order_id, order_seq, subject, body = told
    return Entry(
        cursor=Cursor(epoch, int(writer), position),
        at=at,
        kind=kind,
        actor=actor,
        order_id=order_id,
        order_seq=order_seq,
        subject=subject,
        body=body or {},
    )


def lock_cursor(tx: Tx, subscriber: str) -> Cursor | None:
    """The place a subscriber has reached, held: one worker at a time. None: another one has it."""
    tx.execute(
        """
        insert into journal_cursor (subscriber, epoch, writer, position)
        select %(subscriber)s, 1, '0'::xid8, 0 on conflict do nothing
        """,
        {"subscriber": subscriber},
    )
    row = tx.execute(
        "select epoch, writer::text::bigint, position from journal_cursor "
        "where subscriber = %(subscriber)s for update skip locked",
        {"subscriber": subscriber},
    ).fetchone()
    return Cursor(*row) if row else None


def save_cursor(tx: Tx, subscriber: str, cursor: Cursor) -> None:
    """Move a subscriber's place, in the transaction of what it did with the facts."""
    tx.execute(
        """
        update journal_cursor
           set epoch = %(epoch)s, writer = %(writer)s::text::xid8, position = %(position)s
         where subscriber = %(subscriber)s
        """,
        {
            "subscriber": subscriber,
            "epoch": cursor.epoch,
            "writer": str(cursor.writer),
            "position": cursor.position,
        },
    )
