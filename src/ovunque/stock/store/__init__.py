"""The stock room's SQL."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import lt
from typing import Any
from uuid import UUID

from ovunque.platform.database import NEVER, Later, Tx
from ovunque.platform.row_types import Rows, RowType
from ovunque.stock.model import Ending, Key, Reservation, StockLevel

LEVEL_KEYS = RowType("level_key_row", "location_id uuid, sku text")
LEVEL_CHANGES = RowType("level_change_row", "location_id uuid, units int, sku text")
RESERVATIONS = RowType(
    "reservation_row",
    "id uuid, line_id uuid, location_id uuid, quantity int, sku text, order_id uuid?, "
    "channel_id uuid?, hold_id uuid?, expires_at timestamptz?",
)


def levels_of(rows: Iterable[Sequence[Any]]) -> tuple[StockLevel, ...]:
    return tuple(_level(Key(sku, location_id), figures) for sku, location_id, *figures in rows)


def _level(key: Key, figures: Sequence[int]) -> StockLevel:
    on_hand, unavailable, reserved, version = figures
    return StockLevel(
        key=key, on_hand=on_hand, unavailable=unavailable, reserved=reserved, version=version
    )


def columns_of(keys: Iterable[Key]) -> dict[str, list[object]]:
    named = list(keys)
    return {
        "skus": [key.sku for key in named],
        "location_ids": [key.location_id for key in named],
    }


def lock_levels(tx: Tx, keys: Sequence[Key]) -> tuple[StockLevel, ...]:
    """The levels that exist, locked in key order: two carts never wait for each other in a ring."""
    return lock_levels_later(tx, keys)()


def lock_levels_later(tx: Tx, keys: Sequence[Key]) -> Later[tuple[StockLevel, ...]]:
    """The same, without waiting for the locks."""
    assert all(map(lt, keys, keys[1:])), "keys come sorted and once"
    rows = tx.execute(
        """
        select nth, level.on_hand, level.unavailable, level.reserved, level.version
          from unnest(%(keys)s::level_key_row[]) with ordinality as asked (location_id, sku, nth)
          join stock_level as level using (sku, location_id)
         order by level.sku, level.location_id
           for update of level
        """,
        {"keys": _keys(keys)},
    )
    return lambda: tuple([_level(keys[nth - 1], told) for nth, *told in rows.fetchall()])


def list_levels_of(tx: Tx, skus: Sequence[str]) -> tuple[StockLevel, ...]:
    """Every level of some items as they stand now, unlocked."""
    return levels_of(
        tx.execute(
            """
            select sku, location_id, on_hand, unavailable, reserved, version
              from stock_level where sku = any(%(skus)s::text[])
            """,
            {"skus": list(skus)},
        )
    )


def list_levels(
    tx: Tx, *, sku: str | None, location_id: UUID | None, after: Key | None, limit: int
) -> tuple[StockLevel, ...]:
    """Levels in key order, of one item, of one location, or all."""
    return levels_of(
        tx.execute(
            """
            select sku, location_id, on_hand, unavailable, reserved, version
              from stock_level
             where (%(sku)s::text is null or sku = %(sku)s::text)
               and (%(at)s::uuid is null or location_id = %(at)s::uuid)
               and (%(after_sku)s::text is null
                    or (sku, location_id) > (%(after_sku)s::text, %(after_at)s::uuid))
             order by sku, location_id
             limit %(limit)s
            """,
            {
                "sku": sku,
                "at": location_id,
                "after_sku": after.sku if after else None,
                "after_at": after.location_id if after else None,
                "limit": limit,
            },
        )
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """A reservation as it stands, and for which channel; overdue: its time is over."""

    reservation: Reservation
    channel_id: UUID | None
    is_overdue: bool


def list_standing(
    tx: Tx, reservation_ids: Sequence[UUID], keys: Iterable[Key], now: datetime
) -> Later[tuple[Standing, ...]]:
    """Those reservations that have not ended, and all of these levels whose time is over.

    Read under the locks of their levels. Of a state it is said what it is not: else a plan might
    find the few that are asked for by the index of all that stands.
    """
    rows = tx.execute(
        """
        select own.id, own.order_id, own.line_id, own.sku, own.location_id, own.quantity,
               own.expires_at, own.channel_id, own.state = 'held' and own.expires_at <= %(now)s
          from unnest(%(ids)s::uuid[]) as asked (id) join reservation as own using (id)
         where own.state not in ('consumed', 'released', 'expired')
        union
        select held.id, held.order_id, held.line_id, held.sku, held.location_id, held.quantity,
               held.expires_at, held.channel_id, true
          from unnest(%(keys)s::level_key_row[]) as level
          join reservation as held using (sku, location_id)
         where held.state = 'held' and held.expires_at <= %(now)s
        """,
        {"ids": list(reservation_ids), "now": now, "keys": _keys(keys)},
    )
    return lambda: tuple(_standing(*row) for row in rows)


def _standing(*row: Any) -> Standing:
    id_, order_id, line_id, sku, location_id, quantity, expires_at, channel_id, overdue = row
    reservation = Reservation(
        id=id_,
        order_id=order_id,
        line_id=line_id,
        key=Key(sku, location_id),
        quantity=quantity,
        expires_at=expires_at,
    )
    return Standing(reservation, channel_id, overdue)


def save_claims(
    tx: Tx,
    *,
    taken: Sequence[tuple[Reservation, UUID | None]],
    given: Mapping[UUID, Ending],
    changes: Mapping[Key, int],
) -> None:
    """Write reservations and levels in one statement.

    The claim was decided under the lock; the last condition decides again. Fewer rows than
    levels would mean that a level was oversold: two locks on a door.
    """
    tx.execute(
        """
        with claims as (
          insert into reservation (id, order_id, line_id, sku, location_id, quantity, state,
                                   expires_at, channel_id, hold_id)
          select id, order_id, line_id, sku, location_id, quantity,
                 case when expires_at is null then 'allocated' else 'held' end, expires_at,
                 channel_id, hold_id
            from unnest(%(taken)s::reservation_row[])
        ), given as (
          update reservation set state = ended.state
            from unnest(%(given)s::uuid[], %(endings)s::text[]) as ended (id, state)
           where reservation.id = ended.id
             and reservation.state not in ('consumed', 'released', 'expired')
        ), changed as (
          update stock_level as level
             set reserved = level.reserved + change.units, version = level.version + 1
            from unnest(%(changes)s::level_change_row[]) as change
           where (level.sku, level.location_id) = (change.sku, change.location_id)
             and (change.units <= 0
                  or level.on_hand - level.unavailable - level.reserved >= change.units)
          returning 1
        )
        select insist(count(*) = %(count)s, 'a level was claimed beyond what was free', %(code)s)
          from changed
        """,
        {
            "count": len(changes),
            "code": NEVER,
            "taken": RESERVATIONS(_reservation_row(*each) for each in taken),
            "given": list(given),
            "endings": list(given.values()),
            "changes": LEVEL_CHANGES(
                (key.location_id, units, key.sku) for key, units in changes.items()
            ),
        },
    )


def _reservation_row(each: Reservation, channel_id: UUID | None) -> tuple[object, ...]:
    return (
        each.id,
        each.line_id,
        each.key.location_id,
        each.quantity,
        each.key.sku,
        each.order_id,
        channel_id,
        each.hold_id,
        each.expires_at,
    )


def add_missing_levels(tx: Tx, keys: Iterable[Key]) -> None:
    """Levels that do not exist yet start at nothing, as of the newest count of their location.

    The baseline of such a level has no source: a count of the same moment that names it is newer.
    """
    tx.execute(
        """
        insert into stock_level (sku, location_id, on_hand, baseline_as_of, baseline_lag_s,
                                 baseline_skew_s)
        select asked.sku, asked.location_id, 0, coalesce(newest.as_of, '-infinity'),
               coalesce(newest.lag_s, 0), coalesce(newest.skew_s, 0)
          from unnest(%(keys)s::level_key_row[]) as asked
          left join stock_complete as newest using (location_id)
         order by asked.sku collate "C", asked.location_id
            on conflict do nothing
        """,
        {"keys": _keys(keys)},
    )


def lock_counted(tx: Tx, keys: Iterable[Key]) -> tuple[int, bool]:
    """Lock the levels that are counted, in key order; how many there are, and if any is short."""
    row = tx.execute(
        """
        with locked as (
          select level.on_hand - level.unavailable - level.reserved as free
            from unnest(%(keys)s::level_key_row[]) as asked
            join stock_level as level using (sku, location_id)
           order by level.sku, level.location_id
             for update of level
        )
        select count(*), coalesce(bool_or(free < 0), false) from locked
        """,
        {"keys": _keys(keys)},
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def _keys(keys: Iterable[Key]) -> Rows:
    return LEVEL_KEYS((key.location_id, key.sku) for key in keys)


def save_shortages(tx: Tx, levels: Sequence[StockLevel], now: datetime) -> tuple[Key, ...]:
    """Name the gap of every level that is short, and close what has healed; returns the short."""
    short = [level for level in levels if level.free < 0]
    healed = [level.key for level in levels if level.free >= 0]
    tx.execute(
        """
        delete from shortage
         using unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as healed (sku, location_id)
         where (shortage.sku, shortage.location_id) = (healed.sku, healed.location_id)
        """,
        columns_of(healed),
    )
    if not short:
        return ()
    tx.execute(
        """
        insert into shortage (sku, location_id, units, opened_at)
        select sku, location_id, units, %(now)s
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[], %(units)s::int[])
               as gap (sku, location_id, units)
            on conflict (sku, location_id) do update set units = excluded.units
        """,
        {
            **columns_of(level.key for level in short),
            "units": [-level.free for level in short],
            "now": now,
        },
    )
    return tuple(level.key for level in short)


def list_holds(tx: Tx, keys: Iterable[Key]) -> dict[Key, tuple[Reservation, ...]]:
    """The timed holds on some levels, the newest first; read under their locks."""
    rows = tx.execute(
        """
        select id, order_id, line_id, sku, location_id, quantity, expires_at
          from reservation
          join unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as asked (sku, location_id)
               using (sku, location_id)
         where state = 'held'
         order by id desc
        """,
        columns_of(keys),
    )
    found: dict[Key, tuple[Reservation, ...]] = {}
    for id_, order_id, line_id, sku, at, quantity, expires_at in rows:
        hold = Reservation(
            id=id_,
            order_id=order_id,
            line_id=line_id,
            key=Key(sku, at),
            quantity=quantity,
            expires_at=expires_at,
        )
        found[hold.key] = (*found.get(hold.key, ()), hold)
    return found


def list_shortages(tx: Tx, limit: int) -> dict[Key, int]:
    rows = tx.execute(
        """
        select sku, location_id, units from shortage
         order by opened_at, sku, location_id limit %(limit)s
        """,
        {"limit": limit},
    )
    return {Key(sku, at): units for sku, at, units in rows}
