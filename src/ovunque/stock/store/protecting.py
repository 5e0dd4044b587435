"""Protections, and who has reserved what they are kept for."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from ovunque.platform.database import Later, Tx, document
from ovunque.stock.model import Key, ProtectionFilter
from ovunque.stock.rules.protection import Rule
from ovunque.stock.store import columns_of

RULE: LiteralString = """
select code, kind, coalesce(units, 0), coalesce(percent, 0), sku, product, category, location_id,
       "group", channel_ids, starts_at, ends_at
  from protection
"""
STANDING: LiteralString = """
select code, kind, units, percent, sku, product, category, location_id, "group", channel_ids,
       starts_at, ends_at, version
  from protection
"""


def _rules(rows: Iterable[Sequence[Any]]) -> tuple[Rule, ...]:
    return tuple(
        Rule(
            code=code,
            kind=kind,
            units=units,
            percent=percent,
            sku=sku,
            product=product,
            category=category,
            location_id=location_id,
            group=group,
            channel_ids=frozenset(channel_ids),
            starts_at=starts_at,
            ends_at=ends_at,
        )
        for (
            code,
            kind,
            units,
            percent,
            sku,
            product,
            category,
            location_id,
            group,
            channel_ids,
            starts_at,
            ends_at,
        ) in rows
    )


def list_rules_of(tx: Tx, skus: Collection[str], now: datetime) -> Later[tuple[Rule, ...]]:
    """The rules in force that may speak of some items."""
    statement = RULE + (
        """
         where (sku is null or sku = any(%(skus)s::text[]))
           and (kind = 'listing') <> ((starts_at is null or starts_at <= %(now)s)
                                      and (ends_at is null or ends_at > %(now)s))
         order by code
        """
    )
    found = tx.execute(statement, {"skus": list(skus), "now": now})
    return lambda: _rules(found)


def list_rules(tx: Tx) -> tuple[Rule, ...]:
    """All rules, whether they are in force or not."""
    return _rules(tx.execute(RULE + " order by code"))


def lock_protections(tx: Tx, codes: Collection[str]) -> list[dict[str, Any]]:
    """Those that exist, by our ids, locked in the order of their codes."""
    statement = STANDING + " where code = any(%(codes)s::text[]) order by code for no key update"
    return _rows(tx, statement, codes=list(codes))


def list_protections_of(tx: Tx, codes: Collection[str]) -> list[dict[str, Any]]:
    statement = STANDING + " where code = any(%(codes)s::text[]) order by code"
    return _rows(tx, statement, codes=list(codes))


def list_protections(
    tx: Tx, after: str, limit: int, asked: ProtectionFilter
) -> list[dict[str, Any]]:
    """Protections by our ids, in the order of their codes."""
    statement = STANDING + (
        """
         where code > %(after)s
           and (%(sku)s::text is null or sku = %(sku)s)
           and (%(kind)s::text is null or kind = %(kind)s)
           and (%(q)s::text is null or location_id = any(%(places)s::uuid[])
                or strpos(lower(concat_ws(chr(10), code, sku, product, category, "group")),
                          lower(%(q)s::text)) > 0)
         order by code limit %(limit)s
        """
    )
    values = {**asdict(asked), "places": list(asked.places)}
    return _rows(tx, statement, after=after, limit=limit, **values)


def _rows(tx: Tx, statement: LiteralString, **values: Any) -> list[dict[str, Any]]:
    found = tx.execute(statement, values)
    names = [column.name for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found]


TURNED: LiteralString = """
  ((starts_at > told_at and starts_at <= %(now)s) or (ends_at > told_at and ends_at <= %(now)s))
"""


def list_turned(tx: Tx, now: datetime, limit: int) -> tuple[str, ...]:
    """Rules that began or ended since it was last told."""
    statement = "select code from protection where " + TURNED + " order by code limit %(limit)s"
    rows = tx.execute(statement, {"now": now, "limit": limit})
    return tuple(row[0] for row in rows)


def save_told(tx: Tx, codes: Collection[str], now: datetime) -> tuple[str, ...]:
    """All up to now is told of some rules; returns those of which something was to be told."""
    rows = tx.execute(
        """
        with turned as (
          select code from protection where code = any(%(codes)s::text[]) and """
        + TURNED
        + """
           order by code for no key update
        )
        update protection set told_at = %(now)s
          from turned where protection.code = turned.code
        returning protection.code
        """,
        {"codes": list(codes), "now": now},
    ).fetchall()
    return tuple(sorted(row[0] for row in rows))


def save_protections(tx: Tx, rows: Iterable[dict[str, Any]], now: datetime) -> None:
    """Create or replace them, by our ids; what is so by now is told by who does."""
    tx.execute(
        """
        insert into protection (code, kind, units, percent, sku, product, category, location_id,
                                "group", channel_ids, starts_at, ends_at, told_at)
        select code, kind, units, percent, sku, product, category, location_id, "group",
               array(select id::uuid from json_array_elements_text(channel_ids) as id order by id),
               starts_at, ends_at, %(now)s
          from json_to_recordset(%(rows)s)
            as told (code text collate "C", kind text, units int, percent int, sku text,
                     product text, category text, location_id uuid, "group" text,
                     channel_ids json, starts_at timestamptz, ends_at timestamptz)
         order by code
        on conflict (code) do update
           set kind = excluded.kind, units = excluded.units, percent = excluded.percent,
               sku = excluded.sku, product = excluded.product, category = excluded.category,
               location_id = excluded.location_id, "group" = excluded."group",
               channel_ids = excluded.channel_ids, starts_at = excluded.starts_at,
               ends_at = excluded.ends_at, told_at = excluded.told_at,
               version = protection.version + 1
        """,
        {"rows": document(list(rows)), "now": now},
    )


def remove_protections(tx: Tx, codes: Collection[str]) -> None:
    tx.execute("delete from protection where code = any(%(codes)s::text[])", {"codes": list(codes)})


def list_reserved_by(tx: Tx, keys: Iterable[Key]) -> dict[Key, dict[UUID | None, int]]:
    """How many units of some levels stand reserved for each channel."""
    rows = tx.execute(
        """
        select claim.sku, claim.location_id, claim.channel_id, sum(claim.quantity)::int
          from unnest(%(skus)s::text[], %(location_ids)s::uuid[]) as level (sku, location_id)
          join reservation as claim using (sku, location_id)
         where claim.state in ('held', 'allocated')
         group by claim.sku, claim.location_id, claim.channel_id
        """,
        columns_of(keys),
    )
    return _by_level(rows)


def list_all_reserved_by(tx: Tx) -> dict[Key, dict[UUID | None, int]]:
    """The same for every level that has reservations."""
    rows = tx.execute(
        """
        select sku, location_id, channel_id, sum(quantity)::int
          from reservation where state in ('held', 'allocated')
         group by sku, location_id, channel_id
        """
    )
    return _by_level(rows)


def _by_level(rows: Iterable[Sequence[Any]]) -> dict[Key, dict[UUID | None, int]]:
    found: dict[Key, dict[UUID | None, int]] = {}
    for sku, location_id, channel_id, units in rows:
        found.setdefault(Key(sku, location_id), {})[channel_id] = units
    return found
