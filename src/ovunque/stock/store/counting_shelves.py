"""Counts of shelves and their scans."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.platform.database import Tx
from ovunque.stock.model import Key
from ovunque.stock.model.counting_shelves import (
    ShelfCount,
    ShelfCountItem,
    ShelfCountKind,
    ShelfCountOutcome,
    ShelfCountState,
    ShelfScan,
)
from ovunque.stock.store import columns_of

COLUMNS = "id, location_id, kind, begun_at, begun_by, closed_at, closed_by, outcome"


def add_count(tx: Tx, count: ShelfCount) -> None:
    tx.execute(
        """
        with one as (
          insert into shelf_count (id, location_id, kind, begun_at, begun_by)
          values (%(id)s, %(location_id)s, %(kind)s, %(begun_at)s, %(begun_by)s)
        )
        insert into shelf_count_item (count_id, sku)
        select %(id)s, sku from unnest(%(skus)s::text[]) as asked (sku)
        """,
        {
            "id": count.id,
            "location_id": count.location_id,
            "kind": count.kind,
            "begun_at": count.begun_at,
            "begun_by": count.begun_by,
            "skus": [each.sku for each in count.items],
        },
    )


def find_count(tx: Tx, count_id: UUID) -> ShelfCount | None:
    row = tx.execute(f"select {COLUMNS} from shelf_count where id = %s", [count_id]).fetchone()
    return _count(tx, row) if row else None


def lock_count(tx: Tx, count_id: UUID) -> ShelfCount | None:
    """The count, which nobody else changes until the end of the transaction."""
    row = tx.execute(
        f"select {COLUMNS} from shelf_count where id = %s for update", [count_id]
    ).fetchone()
    return _count(tx, row) if row else None


def list_open(tx: Tx, location_id: UUID) -> tuple[ShelfCount, ...]:
    """The counts that somebody has begun at a location, the oldest first; without their scans."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from shelf_count
         where location_id = %s and closed_at is null order by begun_at, id
        """,
        [location_id],
    )
    return tuple(_bare(row) for row in rows)


def list_counts(
    tx: Tx,
    *,
    location_id: UUID | None,
    state: ShelfCountState | None,
    before: UUID | None,
    limit: int,
) -> tuple[ShelfCount, ...]:
    """Counts as they stand, the newest first; without their items and scans."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from shelf_count
         where (%(location_id)s::uuid is null or location_id = %(location_id)s::uuid)
           and (%(state)s::text is null or coalesce(outcome, 'open') = %(state)s::text)
           and (%(before)s::uuid is null or id < %(before)s::uuid)
         order by id desc
         limit %(limit)s
        """,
        {"location_id": location_id, "state": state, "before": before, "limit": limit},
    )
    return tuple(_bare(row) for row in rows)


def _count(tx: Tx, row: Sequence[Any]) -> ShelfCount:
    bare = _bare(row)
    items = tx.execute(
        "select sku, counted, expected from shelf_count_item where count_id = %s order by sku",
        [bare.id],
    )
    scans = tx.execute(
        """
        select id, at, by, code, sku, quantity, taken_back_at, settled_by
          from shelf_count_scan where count_id = %s order by at, id
        """,
        [bare.id],
    )
    return _bare(
        row,
        [ShelfCountItem(sku=sku, counted=n, expected=of) for sku, n, of in items],
        [_scan(each) for each in scans],
    )


def _bare(
    row: Sequence[Any],
    items: Sequence[ShelfCountItem] = (),
    scans: Sequence[ShelfScan] = (),
) -> ShelfCount:
    id_, location_id, kind, begun_at, begun_by, closed_at, closed_by, outcome = row
    return ShelfCount(
        id=id_,
        location_id=location_id,
        kind=ShelfCountKind(kind),
        begun_at=begun_at,
        begun_by=begun_by,
        items=tuple(items),
        scans=tuple(scans),
        closed_at=closed_at,
        closed_by=closed_by,
        outcome=ShelfCountOutcome(outcome) if outcome else None,
    )


def _scan(row: Sequence[Any]) -> ShelfScan:
    id_, at, by, code, sku, quantity, taken_back_at, settled_by = row
    return ShelfScan(
        id=id_,
        at=at,
        by=by,
        code=code,
        sku=sku,
        quantity=quantity,
        taken_back_at=taken_back_at,
        settled_by=settled_by,
    )


def add_scan(tx: Tx, count_id: UUID, scan: ShelfScan) -> None:
    tx.execute(
        """
        insert into shelf_count_scan (count_id, id, at, by, code, sku, quantity)
        values (%(count_id)s, %(id)s, %(at)s, %(by)s, %(code)s, %(sku)s, %(quantity)s)
        """,
        {
            "count_id": count_id,
            "id": scan.id,
            "at": scan.at,
            "by": scan.by,
            "code": scan.code,
            "sku": scan.sku,
            "quantity": scan.quantity,
        },
    )


def save_taken_back(tx: Tx, count_id: UUID, scan_id: UUID, now: datetime) -> bool:
    done = tx.execute(
        """
        update shelf_count_scan set taken_back_at = %(now)s
         where count_id = %(count_id)s and id = %(id)s and taken_back_at is null
        """,
        {"count_id": count_id, "id": scan_id, "now": now},
    )
    return done.rowcount == 1


def save_settled(tx: Tx, count_id: UUID, code: str, sku: str | None, actor: str) -> int:
    """All open scans of a code are of this item, or of none of ours; how many those are."""
    done = tx.execute(
        """
        update shelf_count_scan set sku = %(sku)s, settled_by = %(by)s
         where count_id = %(count_id)s and code = %(code)s
           and sku is null and settled_by is null and taken_back_at is null
        """,
        {"count_id": count_id, "code": code, "sku": sku, "by": actor},
    )
    return done.rowcount


def save_closed(tx: Tx, count: ShelfCount, found: Iterable[ShelfCountItem]) -> None:
    """Nobody scans into it any more; what was booked of it stays beside it."""
    items = list(found)
    tx.execute(
        """
        with one as (
          update shelf_count set closed_at = %(at)s, closed_by = %(by)s, outcome = %(outcome)s
           where id = %(id)s
        )
        insert into shelf_count_item (count_id, sku, counted, expected)
        select %(id)s, told.* from unnest(%(skus)s::text[], %(counted)s::int[], %(expected)s::int[])
               as told (sku, counted, expected)
            on conflict (count_id, sku) do update
           set counted = excluded.counted, expected = excluded.expected
        """,
        {
            "id": count.id,
            "at": count.closed_at,
            "by": count.closed_by,
            "outcome": count.outcome,
            "skus": [each.sku for each in items],
            "counted": [each.counted for each in items],
            "expected": [each.expected for each in items],
        },
    )


def list_left(
    tx: Tx, spans: Mapping[Key, tuple[datetime, datetime]]
) -> Mapping[Key, tuple[tuple[datetime, int], ...]]:
    """Units that left some shelves each within a time, as tills and others told, in its order.

    Not those that left by our own orders: they were off their shelf before.
    """
    rows = tx.execute(
        """
        select moved.sku, moved.location_id, moved.occurred_at, -moved.quantity
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[], %(firsts)s::timestamptz[],
                      %(lasts)s::timestamptz[]) as asked (sku, location_id, first, last)
          join stock_movement as moved using (sku, location_id)
         where moved.quantity < 0 and moved.source not in ('ovunque', 'unrecorded')
           and moved.occurred_at > asked.first and moved.occurred_at <= asked.last
         order by moved.occurred_at, moved.source, moved.id
        """,
        {
            **columns_of(list(spans)),
            "firsts": [first for first, _ in spans.values()],
            "lasts": [last for _, last in spans.values()],
        },
    )
    found: dict[Key, tuple[tuple[datetime, int], ...]] = {}
    for sku, at, moment, units in rows:
        key = Key(sku, at)
        found[key] = (*found.get(key, ()), (moment, units))
    return found
