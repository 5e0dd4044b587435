"""Transfers and their lines."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.platform.database import Tx, document
from ovunque.stock.model.feeding import Transfer, TransferFilter, TransferLine, TransferState

COLUMNS = """
  id, external_id, from_id, to_id, state, expected_at, planned_at, planned_by, dispatched_at,
  closed_at
"""
MINE = """
  (%(mine)s::uuid is null or from_id = %(mine)s::uuid or to_id = %(mine)s::uuid)
"""


def add_transfer(tx: Tx, transfer: Transfer) -> bool:
    """False when its sender's name for it is taken."""
    added = tx.execute(
        """
        insert into transfer (id, external_id, from_id, to_id, state, expected_at, planned_at,
                              planned_by)
        values (%(id)s, %(external_id)s, %(from_id)s, %(to_id)s, %(state)s, %(expected_at)s,
                %(planned_at)s, %(planned_by)s)
        on conflict (external_id) do nothing
        """,
        {
            "id": transfer.id,
            "external_id": transfer.external_id,
            "from_id": transfer.from_id,
            "to_id": transfer.to_id,
            "state": transfer.state,
            "expected_at": transfer.expected_at,
            "planned_at": transfer.planned_at,
            "planned_by": transfer.planned_by,
        },
    )
    if added.rowcount:
        save_lines(tx, transfer)
    return added.rowcount == 1


def save_lines(tx: Tx, transfer: Transfer) -> None:
    tx.execute(
        """
        insert into transfer_line as line (transfer_id, sku, planned, dispatched, received, missing)
        select %(id)s, sku, planned, dispatched, received, missing
          from json_to_recordset(%(lines)s)
            as told (sku text, planned int, dispatched int, received int, missing int)
            on conflict (transfer_id, sku) do update
           set dispatched = excluded.dispatched, received = excluded.received,
               missing = excluded.missing
        """,
        {"id": transfer.id, "lines": document(transfer.lines)},
    )


def save_transfer(tx: Tx, transfer: Transfer) -> None:
    """Where it has come to, with its lines."""
    tx.execute(
        """
        update transfer
           set state = %(state)s, dispatched_at = %(dispatched_at)s, closed_at = %(closed_at)s,
               expected_at = %(expected_at)s
         where id = %(id)s
        """,
        {
            "id": transfer.id,
            "state": transfer.state,
            "dispatched_at": transfer.dispatched_at,
            "closed_at": transfer.closed_at,
            "expected_at": transfer.expected_at,
        },
    )
    save_lines(tx, transfer)


def lock_transfer(tx: Tx, by: Actor, transfer_id: UUID) -> Transfer | None:
    """A transfer; None for a stranger's, as for one that is not there."""
    rows = tx.execute(
        f"select {COLUMNS} from transfer where id = %(id)s and {MINE} for update",
        {"id": transfer_id, "mine": by.location_id},
    ).fetchall()
    return next(iter(_transfers(tx, rows)), None)


def find_transfer(tx: Tx, by: Actor, transfer_id: UUID) -> Transfer | None:
    rows = tx.execute(
        f"select {COLUMNS} from transfer where id = %(id)s and {MINE}",
        {"id": transfer_id, "mine": by.location_id},
    ).fetchall()
    return next(iter(_transfers(tx, rows)), None)


def list_transfers(
    tx: Tx, by: Actor, wanted: TransferFilter, page: tuple[UUID | None, int]
) -> tuple[Transfer, ...]:
    """Transfers that are wanted, newest first."""
    before, limit = page
    rows = tx.execute(
        f"""
        select {COLUMNS} from transfer
         where {MINE}
           and (%(at)s::uuid is null or from_id = %(at)s::uuid or to_id = %(at)s::uuid)
           and (%(state)s::text is null or state = %(state)s::text)
           and (%(before)s::uuid is null or id < %(before)s::uuid)
           and (%(q)s::text is null or strpos(lower(external_id), lower(%(q)s::text)) > 0
                or exists (select from transfer_line as line
                            where line.transfer_id = transfer.id
                              and strpos(lower(line.sku), lower(%(q)s::text)) > 0))
         order by id desc
         limit %(limit)s
        """,
        {
            "mine": by.location_id,
            "at": wanted.location_id,
            "state": wanted.state,
            "q": wanted.q,
            "before": before,
            "limit": limit,
        },
    ).fetchall()
    return _transfers(tx, rows)


def _transfers(tx: Tx, rows: Sequence[Sequence[Any]]) -> tuple[Transfer, ...]:
    lines = _lines(tx, [row[0] for row in rows])
    return tuple(_transfer(row, lines.get(row[0], ())) for row in rows)


def _transfer(row: Sequence[Any], lines: Iterable[TransferLine]) -> Transfer:
    id_, external_id, from_id, to_id, state, expected_at, planned_at, planned_by, *at = row
    return Transfer(
        id=id_,
        external_id=external_id,
        from_id=from_id,
        to_id=to_id,
        state=TransferState(state),
        expected_at=expected_at,
        planned_at=planned_at,
        planned_by=planned_by,
        lines=tuple(lines),
        dispatched_at=at[0],
        closed_at=at[1],
    )


def _lines(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[TransferLine]]:
    found: dict[UUID, list[TransferLine]] = {}
    for id_, sku, planned, dispatched, received, missing in tx.execute(
        """
        select transfer_id, sku, planned, dispatched, received, missing
          from transfer_line where transfer_id = any(%(ids)s::uuid[]) order by transfer_id, sku
        """,
        {"ids": list(ids)},
    ):
        line = TransferLine(
            sku=sku, planned=planned, dispatched=dispatched, received=received, missing=missing
        )
        found.setdefault(id_, []).append(line)
    return found
