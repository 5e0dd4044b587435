"""What movements tell about who buys where, and what units are worth by it."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from math import log
from uuid import UUID

from ovunque.platform.database import Tx, document
from ovunque.stock.model import Key
from ovunque.stock.model.valuing import Comes, Seen, WalkIns, Worth

COLUMNS = "sku, location_id, price_cents, margin_cents, rate_e6, days, comes"
DAY_SECONDS = 86_400


def count_walk_ins(tx: Tx, since: datetime, now: datetime, half_life: int) -> WalkIns:
    """Units sold by tills since then: by item and by location."""
    rows = tx.execute(
        """
        select sku, location_id,
               sum(-quantity * power(0.5::float8, extract(epoch from %(now)s - occurred_at)::float8
                                                  / %(half_life_seconds)s))::float8
          from stock_movement
         where kind = 'sold_in_store' and occurred_at > %(since)s and occurred_at <= %(now)s
         group by sku, location_id
        """,
        _ages(since, now, half_life),
    ).fetchall()
    by_sku: dict[str, float] = {}
    by_location: dict[UUID, float] = {}
    for sku, location_id, units in rows:
        by_sku[sku] = by_sku.get(sku, 0.0) + units
        by_location[location_id] = by_location.get(location_id, 0.0) + units
    days = _days(half_life) * (1 - _fade(now - since, half_life))
    return WalkIns(by_sku=by_sku, by_location=by_location, days=days)


def list_seen(
    tx: Tx, skus: Sequence[str], since: datetime, now: datetime, half_life: int
) -> tuple[Seen, ...]:
    """For every level of these items what it sold, and on how many days it could.

    What lay there is told backwards from what lies there now, movement by movement.
    """
    rows = tx.execute(
        """
        with level as (
          select sku, location_id, on_hand from stock_level where sku = any(%(skus)s::text[])
        ), walked as (
          select sku, location_id, movement.kind, movement.quantity,
                 level.on_hand - sum(movement.quantity) over later + movement.quantity as after,
                 level.on_hand - sum(movement.quantity) over later as before,
                 lead(movement.id) over later is null as is_first,
                 power(0.5::float8, extract(epoch from %(now)s - movement.occurred_at)::float8
                                    / %(half_life_seconds)s) as fade,
                 lag(movement.occurred_at) over later as until
            from level join stock_movement as movement using (sku, location_id)
           where movement.occurred_at > %(since)s and movement.occurred_at <= %(now)s
          window later as (partition by sku, location_id
                           order by movement.occurred_at desc, movement.source, movement.id)
        ), told as (
          select walked.*,
                 case when until is null then 1
                      else power(0.5::float8, extract(epoch from %(now)s - until)::float8
                                              / %(half_life_seconds)s) end as until_fade
            from walked
        ), seen as (
          select sku, location_id,
                 sum(case when kind = 'sold_in_store' then -quantity * fade else 0 end) as sold,
                 sum(case when after > 0 then until_fade - fade else 0 end
                     + case when is_first and before > 0 then fade - %(since_fade)s
                            else 0 end) as days
            from told
           group by sku, location_id
        )
        select level.sku, level.location_id, coalesce(seen.sold, 0)::float8,
               coalesce(seen.days, case when level.on_hand > 0
                                        then 1 - %(since_fade)s else 0 end)::float8
          from level left join seen using (sku, location_id)
         order by level.sku, level.location_id
        """,
        {"skus": list(skus), **_ages(since, now, half_life)},
    )
    full = _days(half_life)
    return tuple(
        Seen(key=Key(sku, at), sold=sold, days=days * full) for sku, at, sold, days in rows
    )


def _fade(age: timedelta, half_life: int) -> float:
    """How much counts what is so long ago."""
    return float(0.5 ** (age / timedelta(days=half_life)))


def _days(half_life: int) -> float:
    """What all days since ever count together."""
    return half_life / log(2)


def _ages(since: datetime, now: datetime, half_life: int) -> dict[str, object]:
    return {
        "since": since,
        "now": now,
        "since_fade": _fade(now - since, half_life),
        "half_life_seconds": half_life * DAY_SECONDS,
    }


def list_next_arrivals(tx: Tx, skus: Sequence[str], today: date) -> dict[Key, date]:
    """The day on which more is announced, for levels where something is."""
    rows = tx.execute(
        """
        select sku, location_id, min(due_on) from stock_coming
         where sku = any(%(skus)s::text[]) and due_on >= %(today)s
         group by sku, location_id
        """,
        {"skus": list(skus), "today": today},
    )
    return {Key(sku, at): due_on for sku, at, due_on in rows}


def count_arrival_days(tx: Tx, since: datetime, now: datetime) -> dict[UUID, int]:
    """On how many days something came, by location."""
    rows = tx.execute(
        """
        select location_id, count(distinct date_trunc('day', occurred_at, 'UTC'))
          from stock_movement
         where kind = 'received' and occurred_at > %(since)s and occurred_at <= %(now)s
         group by location_id
        """,
        {"since": since, "now": now},
    )
    return dict(rows.fetchall())


def list_worth(
    tx: Tx, skus: Collection[str] | None, rows_max: int | None = None
) -> Iterable[Worth]:
    """What is known, of some items or of all."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from unit_worth
         where %(skus)s::text[] is null or sku = any(%(skus)s::text[])
         order by sku, location_id
         limit %(rows_max)s
        """,
        {"skus": None if skus is None else list(skus), "rows_max": rows_max},
    )
    for sku, at, price_cents, margin_cents, rate_e6, days, comes in rows:
        yield Worth(
            key=Key(sku, at),
            price_cents=price_cents,
            margin_cents=margin_cents,
            rate_e6=rate_e6,
            days=days,
            comes=Comes(comes),
        )


def save_worth(tx: Tx, skus: Sequence[str], found: Iterable[Worth], now: datetime) -> list[str]:
    """What these items are worth from now on; returns those that changed."""
    rows = tx.execute(
        """
        with told as (
          select * from json_to_recordset(%(rows)s)
              as told (sku text, location_id uuid, price_cents int, margin_cents int,
                       rate_e6 bigint, days int, comes text)
        ), gone as (
          delete from unit_worth as known
           where sku = any(%(skus)s::text[])
             and not exists (select from told where (told.sku, told.location_id)
                                                  = (known.sku, known.location_id))
          returning sku
        ), saved as (
          insert into unit_worth as known
                 (sku, location_id, price_cents, margin_cents, rate_e6, days, comes, learned_at)
          select sku, location_id, price_cents, margin_cents, rate_e6, days, comes, %(now)s
            from told
           order by sku collate "C", location_id
          on conflict (sku, location_id) do update
             set price_cents = excluded.price_cents, margin_cents = excluded.margin_cents,
                 rate_e6 = excluded.rate_e6, days = excluded.days, comes = excluded.comes,
                 learned_at = excluded.learned_at
           where (known.price_cents, known.margin_cents, known.rate_e6, known.days, known.comes)
                 is distinct from (excluded.price_cents, excluded.margin_cents, excluded.rate_e6,
                                   excluded.days, excluded.comes)
          returning sku
        )
        select distinct sku from (select sku from gone union all select sku from saved) as changed
         order by sku
        """,
        {
            "skus": list(skus),
            "now": now,
            "rows": document([_row(each) for each in found]),
        },
    )
    return [sku for (sku,) in rows]


def _row(worth: Worth) -> dict[str, object]:
    return {
        "sku": worth.key.sku,
        "location_id": worth.key.location_id,
        "price_cents": worth.price_cents,
        "margin_cents": worth.margin_cents,
        "rate_e6": worth.rate_e6,
        "days": worth.days,
        "comes": worth.comes,
    }
