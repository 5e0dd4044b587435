"""The network room's SQL."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, LiteralString, TypeVar
from uuid import UUID

from msgspec import to_builtins
from psycopg.rows import kwargs_row

from ovunque.network.model import (
    Channel,
    ChannelRequest,
    Group,
    GroupRequest,
    LegalEntity,
    LegalEntityRequest,
    Location,
    LocationFilter,
    LocationRequest,
)
from ovunque.platform.database import Tx, document

N = TypeVar("N")

LEGAL_ENTITY: LiteralString = "select id, version, code, name, country, vat_id from legal_entity"

LOCATION: LiteralString = """
select location.id, location.version, location.code, location.name, location.kind,
       legal_entity.code as legal_entity, location.street, location.postal_code, location.city,
       location.region, location.country, location.latitude_e6, location.longitude_e6,
       location.time_zone, location.state, location.capabilities, location.capacity_per_day,
       location.handling_minutes, location.handling_cents, location.pick_cents,
       location.unit_cents, location.capacity_per_hour, location.express_radius_km,
       location.express_minutes, location.carts, location.paused_until, location.pause_reason,
       coalesce(evidence.asked_units, 0) as asked_units,
       coalesce(evidence.missing_units, 0) as missing_units,
       array(select location_group.code
               from location_group_member as member
               join location_group on location_group.id = member.group_id
              where member.location_id = location.id
              order by location_group.code) as groups
  from location
  join legal_entity on legal_entity.id = location.legal_entity_id
  left join location_evidence as evidence on evidence.location_id = location.id
"""

GROUP: LiteralString = """
select location_group.id, location_group.version, location_group.code, location_group.name,
       array(select location.code
               from location_group_member as member
               join location on location.id = member.location_id
              where member.group_id = location_group.id
              order by location.code) as locations
  from location_group
"""

CHANNEL: LiteralString = """
select channel.id, channel.version, channel.code, channel.name, channel.kind,
       legal_entity.code as legal_entity, channel.countries, channel.currency, channel.languages,
       pool.code as pool, home_pool.code as home_pool, channel.listing,
       channel.objective, channel.confidence_percent_min
  from channel
  join legal_entity on legal_entity.id = channel.legal_entity_id
  join location_group as pool on pool.id = channel.pool_id
  join location_group as home_pool on home_pool.id = channel.home_pool_id
"""


def _list(tx: Tx, noun: Callable[..., N], statement: LiteralString, **values: Any) -> tuple[N, ...]:
    """Rows as nouns; what PostgreSQL calls an array is a tuple with us."""

    def build(**columns: Any) -> N:
        return noun(
            **{
                name: tuple(value) if isinstance(value, list) else value
                for name, value in columns.items()
            }
        )

    return tuple(tx.cursor(row_factory=kwargs_row(build)).execute(statement, values).fetchall())


def _document(requests: Mapping[UUID, Any]) -> str:
    return document([{"id": id_, **to_builtins(each)} for id_, each in requests.items()])


def list_entities_of(tx: Tx, codes: Collection[str]) -> dict[str, LegalEntity]:
    statement = LEGAL_ENTITY + " where code = any(%(codes)s::text[]) order by code"
    return {each.code: each for each in _list(tx, LegalEntity, statement, codes=list(codes))}


def list_locations_of(tx: Tx, codes: Collection[str]) -> dict[str, Location]:
    statement = LOCATION + " where location.code = any(%(codes)s::text[]) order by location.code"
    return {each.code: each for each in _list(tx, Location, statement, codes=list(codes))}


def list_groups_of(tx: Tx, codes: Collection[str]) -> dict[str, Group]:
    statement = GROUP + " where code = any(%(codes)s::text[]) order by code"
    return {each.code: each for each in _list(tx, Group, statement, codes=list(codes))}


def list_channels_of(tx: Tx, codes: Collection[str]) -> dict[str, Channel]:
    statement = CHANNEL + " where channel.code = any(%(codes)s::text[]) order by channel.code"
    return {each.code: each for each in _list(tx, Channel, statement, codes=list(codes))}


def lock_entities(tx: Tx, codes: Collection[str]) -> dict[str, LegalEntity]:
    """Those that exist, locked in code order and read under the lock."""
    tx.execute(
        "select from legal_entity where code = any(%(codes)s::text[]) "
        "order by code for no key update",
        {"codes": list(codes)},
    )
    return list_entities_of(tx, codes)


def lock_locations(tx: Tx, codes: Collection[str]) -> dict[str, Location]:
    """Those that exist, locked in code order and read, with their groups, under the lock."""
    tx.execute(
        "select from location where code = any(%(codes)s::text[]) order by code for no key update",
        {"codes": list(codes)},
    )
    return list_locations_of(tx, codes)


def lock_groups(tx: Tx, codes: Collection[str]) -> dict[str, Group]:
    """Those that exist, locked in code order and read under the lock."""
    tx.execute(
        "select from location_group where code = any(%(codes)s::text[]) "
        "order by code for no key update",
        {"codes": list(codes)},
    )
    return list_groups_of(tx, codes)


def lock_channels(tx: Tx, codes: Collection[str]) -> dict[str, Channel]:
    """Those that exist, locked in code order and read under the lock."""
    tx.execute(
        "select from channel where code = any(%(codes)s::text[]) order by code for no key update",
        {"codes": list(codes)},
    )
    return list_channels_of(tx, codes)


def list_entities(tx: Tx, after: str, limit: int) -> tuple[LegalEntity, ...]:
    statement = LEGAL_ENTITY + " where code > %(after)s order by code limit %(limit)s"
    return _list(tx, LegalEntity, statement, after=after, limit=limit)


def list_locations(tx: Tx, after: str, limit: int, filters: LocationFilter) -> tuple[Location, ...]:
    statement = (
        LOCATION
        + """
         where location.code > %(after)s
           and (%(kind)s::text is null or location.kind = %(kind)s)
           and (%(state)s::text is null or location.state = %(state)s)
           and (%(country)s::text is null or location.country = %(country)s)
           and (%(group)s::text is null
                or exists (select from location_group_member as member
                             join location_group on location_group.id = member.group_id
                            where member.location_id = location.id
                              and location_group.code = %(group)s))
         order by location.code
         limit %(limit)s
        """
    )
    asked = to_builtins(filters)
    return _list(tx, Location, statement, after=after, limit=limit, **asked)


def list_groups(tx: Tx, after: str, limit: int) -> tuple[Group, ...]:
    statement = GROUP + " where code > %(after)s order by code limit %(limit)s"
    return _list(tx, Group, statement, after=after, limit=limit)


def list_channels(tx: Tx, after: str, limit: int) -> tuple[Channel, ...]:
    statement = CHANNEL + " where channel.code > %(after)s order by channel.code limit %(limit)s"
    return _list(tx, Channel, statement, after=after, limit=limit)


def list_all_locations(tx: Tx) -> tuple[Location, ...]:
    return _list(tx, Location, LOCATION + " order by location.code")


def list_all_channels(tx: Tx) -> tuple[Channel, ...]:
    return _list(tx, Channel, CHANNEL + " order by channel.code")


def save_entities(tx: Tx, requests: Mapping[UUID, LegalEntityRequest]) -> None:
    """Create or replace; the ids are for those that are new."""
    tx.execute(
        """
        insert into legal_entity (id, code, name, country, vat_id)
        select id, code, name, country, vat_id
          from json_to_recordset(%(rows)s)
            as told (id uuid, code text collate "C", name text, country text, vat_id text)
         order by code
        on conflict (code) do update
           set name = excluded.name, country = excluded.country, vat_id = excluded.vat_id,
               version = legal_entity.version + 1
        """,
        {"rows": _document(requests)},
    )


def save_locations(tx: Tx, requests: Mapping[UUID, LocationRequest]) -> None:
    """Create or replace; the ids are for those that are new. Groups are saved on their own."""
    tx.execute(
        """
        insert into location
               (id, code, name, kind, legal_entity_id, street, postal_code, city, region, country,
                latitude_e6, longitude_e6, time_zone, state, capabilities, capacity_per_day,
                handling_minutes, handling_cents, pick_cents, unit_cents, capacity_per_hour,
                express_radius_km, express_minutes, carts, paused_until, pause_reason)
        select told.id, told.code, told.name, told.kind, legal_entity.id, told.street,
               told.postal_code, told.city, told.region, told.country, told.latitude_e6,
               told.longitude_e6, told.time_zone, told.state, told.capabilities,
               told.capacity_per_day, told.handling_minutes, told.handling_cents, told.pick_cents,
               told.unit_cents, told.capacity_per_hour, told.express_radius_km,
               told.express_minutes, told.carts, told.paused_until, told.pause_reason
          from json_to_recordset(%(rows)s)
            as told (id uuid, code text collate "C", name text, kind text, legal_entity text,
                     street text, postal_code text, city text, region text, country text,
                     latitude_e6 int, longitude_e6 int, time_zone text, state text,
                     capabilities text[], capacity_per_day int, handling_minutes int,
                     handling_cents int, pick_cents int, unit_cents int,
                     capacity_per_hour int, express_radius_km int, express_minutes int,
                     carts text, paused_until timestamptz, pause_reason text)
          join legal_entity on legal_entity.code = told.legal_entity
         order by told.code
        on conflict (code) do update
           set name = excluded.name, kind = excluded.kind,
               legal_entity_id = excluded.legal_entity_id, street = excluded.street,
               postal_code = excluded.postal_code, city = excluded.city,
               region = excluded.region, country = excluded.country,
               latitude_e6 = excluded.latitude_e6, longitude_e6 = excluded.longitude_e6,
               time_zone = excluded.time_zone, state = excluded.state,
               capabilities = excluded.capabilities, capacity_per_day = excluded.capacity_per_day,
               handling_minutes = excluded.handling_minutes,
               handling_cents = excluded.handling_cents, pick_cents = excluded.pick_cents,
               unit_cents = excluded.unit_cents,
               capacity_per_hour = excluded.capacity_per_hour,
               express_radius_km = excluded.express_radius_km,
               express_minutes = excluded.express_minutes, carts = excluded.carts,
               paused_until = excluded.paused_until, pause_reason = excluded.pause_reason,
               version = location.version + 1
        """,
        {"rows": _document(requests)},
    )


def save_members(tx: Tx, requests: Collection[LocationRequest]) -> None:
    """Put locations into exactly the groups they name."""
    tx.execute(
        """
        with told as (
          select location.id as location_id, location_group.id as group_id
            from json_to_recordset(%(rows)s) as told (code text, groups text[])
            join location on location.code = told.code
            left join location_group on location_group.code = any(told.groups)
        ), gone as (
          delete from location_group_member as member
           where location_id in (select location_id from told)
             and (location_id, group_id) not in (
               select location_id, group_id from told where group_id is not null)
        )
        insert into location_group_member (location_id, group_id)
        select location_id, group_id from told where group_id is not null
         order by location_id, group_id
        on conflict do nothing
        """,
        {"rows": document([{"code": each.code, "groups": each.groups} for each in requests])},
    )


def add_groups(tx: Tx, named: Mapping[UUID, str]) -> tuple[str, ...]:
    """Create the groups that do not exist yet, named by their codes; returns their codes."""
    rows = tx.execute(
        """
        insert into location_group (id, code, name)
        select id, code, code
          from unnest(%(ids)s::uuid[], %(codes)s::text[]) as told (id, code)
         order by code collate "C"
        on conflict do nothing
        returning code
        """,
        {"ids": list(named), "codes": list(named.values())},
    )
    return tuple(sorted(row[0] for row in rows))


def save_groups(tx: Tx, requests: Mapping[UUID, GroupRequest]) -> None:
    """Create or replace; the ids are for those that are new."""
    tx.execute(
        """
        insert into location_group (id, code, name)
        select id, code, name
          from json_to_recordset(%(rows)s) as told (id uuid, code text collate "C", name text)
         order by code
        on conflict (code) do update
           set name = excluded.name, version = location_group.version + 1
        """,
        {"rows": _document(requests)},
    )


def save_channels(tx: Tx, requests: Mapping[UUID, ChannelRequest]) -> None:
    """Create or replace; the ids are for those that are new."""
    tx.execute(
        """
        insert into channel (id, code, name, kind, legal_entity_id, countries, currency, languages,
                             pool_id, home_pool_id, listing, objective,
                             confidence_percent_min)
        select told.id, told.code, told.name, told.kind, legal_entity.id, told.countries,
               told.currency, told.languages, pool.id, home_pool.id, told.listing,
               told.objective, told.confidence_percent_min
          from json_to_recordset(%(rows)s)
            as told (id uuid, code text collate "C", name text, kind text, legal_entity text,
                     countries text[], currency text, languages text[], pool text, home_pool text,
                     listing text[], objective text, confidence_percent_min int)
          join legal_entity on legal_entity.code = told.legal_entity
          join location_group as pool on pool.code = told.pool
          join location_group as home_pool on home_pool.code = told.home_pool
         order by told.code
        on conflict (code) do update
           set name = excluded.name, kind = excluded.kind,
               legal_entity_id = excluded.legal_entity_id, countries = excluded.countries,
               currency = excluded.currency, languages = excluded.languages,
               pool_id = excluded.pool_id, home_pool_id = excluded.home_pool_id,
               listing = excluded.listing, objective = excluded.objective,
               confidence_percent_min = excluded.confidence_percent_min,
               version = channel.version + 1
        """,
        {"rows": _document(requests)},
    )


def list_evidence(tx: Tx) -> dict[UUID, tuple[int, int]]:
    """Units looked for and missing, by location, where any were looked for."""
    rows = tx.execute("select location_id, asked_units, missing_units from location_evidence")
    return {location_id: (asked, missing) for location_id, asked, missing in rows}


def save_evidence(tx: Tx, evidence: Mapping[UUID, tuple[int, int]]) -> None:
    """Exactly these: what is not among them is forgotten."""
    tx.execute("delete from location_evidence")
    tx.execute(
        """
        insert into location_evidence (location_id, asked_units, missing_units)
        select * from unnest(%(ids)s::uuid[], %(asked)s::bigint[], %(missing)s::bigint[])
                   as told (location_id, asked, missing)
         order by location_id
        """,
        {
            "ids": list(evidence),
            "asked": [asked for asked, _ in evidence.values()],
            "missing": [missing for _, missing in evidence.values()],
        },
    )


def list_codes(tx: Tx, ids: Collection[UUID]) -> dict[UUID, str]:
    """The codes of locations and channels."""
    rows = tx.execute(
        """
        select id, code from location where id = any(%(ids)s::uuid[])
        union all
        select id, code from channel where id = any(%(ids)s::uuid[])
        """,
        {"ids": list(ids)},
    )
    return {id_: code for id_, code in rows}  # noqa: C416 - rows are tuples


def list_groups_by_location(tx: Tx, location_ids: Collection[UUID]) -> dict[UUID, frozenset[str]]:
    rows = tx.execute(
        """
        select member.location_id, array_agg(location_group.code)
          from location_group_member as member
          join location_group on location_group.id = member.group_id
         where member.location_id = any(%(ids)s::uuid[])
         group by member.location_id
        """,
        {"ids": list(location_ids)},
    )
    return {location_id: frozenset(codes) for location_id, codes in rows}
