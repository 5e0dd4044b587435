"""The delivery room's SQL."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, LiteralString
from uuid import UUID

from msgspec import convert, to_builtins
from psycopg.rows import kwargs_row

from ovunque.delivery.model import (
    CarrierService,
    CarrierServiceRequest,
    DatedTariff,
    EmissionFactor,
    Lane,
    LaneKey,
    LaneRequest,
    ServiceKey,
    Zone,
    ZoneArea,
    ZoneRequest,
)
from ovunque.platform.database import Tx, document

ARRAYS = ("pickup_days", "delivery_days", "countries")

SERVICE: LiteralString = """
select id, version, carrier, service, name, promise, cutoff, pickup_days, parcel_weight_max_g,
       countries, line_haul, sorts, last_mile, stop_m, delivery_days, surcharge_ppm, valid_from,
       valid_until
  from carrier_service
"""

ZONE: LiteralString = """
select id, version, code,
       (select json_agg(json_build_array(country, postal_from, postal_to)
                        order by country, postal_from, postal_to)
          from zone_area where zone_id = zone.id) as areas
  from zone
"""

LANE: LiteralString = """
select lane.id, lane.version, carrier_service.carrier, carrier_service.service,
       from_zone.code as from_zone, to_zone.code as to_zone, lane.transit_days,
       lane.surcharge_cents, lane.transit_chances_ppm, rate.weights, rate.prices,
       (select json_agg(told order by told.valid_from)
          from (select valid_from, valid_until, surcharge_cents, rates
                  from lane_tariff where lane_id = lane.id) as told) as tariffs
  from lane
  join carrier_service on carrier_service.id = lane.carrier_service_id
  join zone as from_zone on from_zone.id = lane.from_zone_id
  join zone as to_zone on to_zone.id = lane.to_zone_id
 cross join lateral (
   select array_agg(weight_max_g order by weight_max_g) as weights,
          array_agg(price_cents order by weight_max_g) as prices
     from lane_rate where lane_id = lane.id) as rate
"""

# The ends are found first, whatever the planner thinks of tables that it has not seen grow.
LANE_IDS: LiteralString = """
with asked as materialized (
  select carrier_service.id as service_id, from_zone.id as from_id, to_zone.id as to_id
    from json_to_recordset(%(keys)s)
      as asked (carrier text, service text, from_zone text, to_zone text)
    join carrier_service using (carrier, service)
    join zone as from_zone on from_zone.code = asked.from_zone
    join zone as to_zone on to_zone.code = asked.to_zone
)
select lane.id from asked
  join lane on (lane.carrier_service_id, lane.from_zone_id, lane.to_zone_id)
             = (asked.service_id, asked.from_id, asked.to_id)
"""


def _service(**columns: Any) -> CarrierService:
    return CarrierService(**columns | {name: tuple(columns[name]) for name in ARRAYS})


def _zone(**columns: Any) -> Zone:
    areas = (
        ZoneArea(country=country, postal_from=first, postal_to=last)
        for country, first, last in columns.pop("areas") or ()
    )
    return Zone(areas=tuple(areas), **columns)


def _lane(**columns: Any) -> Lane:
    weights, prices = columns.pop("weights"), columns.pop("prices")
    chances = tuple(columns.pop("transit_chances_ppm"))
    rates = tuple(zip(weights, prices, strict=True))
    dated = convert(columns.pop("tariffs") or (), tuple[DatedTariff, ...])
    return Lane(rates=rates, transit_chances_ppm=chances, tariffs=dated, **columns)


def _services(tx: Tx, statement: LiteralString, **values: Any) -> tuple[CarrierService, ...]:
    return tuple(tx.cursor(row_factory=kwargs_row(_service)).execute(statement, values))


def _zones(tx: Tx, statement: LiteralString, **values: Any) -> tuple[Zone, ...]:
    return tuple(tx.cursor(row_factory=kwargs_row(_zone)).execute(statement, values))


def _lanes(tx: Tx, statement: LiteralString, **values: Any) -> tuple[Lane, ...]:
    return tuple(tx.cursor(row_factory=kwargs_row(_lane)).execute(statement, values))


def _document(keys: Iterable[ServiceKey | LaneKey]) -> str:
    return document([key._asdict() for key in keys])


def _rows(requests: Mapping[UUID, Any]) -> str:
    return document([{"id": id_, **to_builtins(each)} for id_, each in requests.items()])


def list_services(tx: Tx, after: ServiceKey, limit: int) -> tuple[CarrierService, ...]:
    statement = (
        SERVICE
        + """
         where (carrier, service) > (%(carrier)s, %(service)s)
         order by carrier, service
         limit %(limit)s
        """
    )
    return _services(tx, statement, limit=limit, **after._asdict())


def list_zones(tx: Tx, after: str, limit: int) -> tuple[Zone, ...]:
    statement = ZONE + " where code > %(after)s order by code limit %(limit)s"
    return _zones(tx, statement, after=after, limit=limit)


def list_lanes(tx: Tx, after: LaneKey, limit: int) -> tuple[Lane, ...]:
    statement = (
        LANE
        + """
         where (carrier_service.carrier, carrier_service.service, from_zone.code, to_zone.code)
               > (%(carrier)s, %(service)s, %(from_zone)s, %(to_zone)s)
         order by carrier_service.carrier, carrier_service.service, from_zone.code, to_zone.code
         limit %(limit)s
        """
    )
    return _lanes(tx, statement, limit=limit, **after._asdict())


def list_all_services(tx: Tx) -> tuple[CarrierService, ...]:
    return _services(tx, SERVICE + " order by carrier, service")


def list_all_zones(tx: Tx) -> tuple[Zone, ...]:
    return _zones(tx, ZONE + " order by code")


def list_all_lanes(tx: Tx) -> tuple[Lane, ...]:
    return _lanes(tx, LANE + " order by lane.id")


def list_factors(tx: Tx) -> tuple[EmissionFactor, ...]:
    """Every emission factor, of several of one kind the newest last."""
    statement = """
        select vehicle, basis, carrier, service, region, year, ttw_f5, wtt_f5, quality, source,
               license
          from emission_factor
         order by vehicle, basis, carrier, service, region, year
    """
    return tuple(tx.cursor(row_factory=kwargs_row(EmissionFactor)).execute(statement))


def list_services_of(tx: Tx, keys: Collection[ServiceKey]) -> dict[ServiceKey, CarrierService]:
    statement = (
        SERVICE
        + """
         where (carrier, service) in (
           select carrier, service
             from json_to_recordset(%(keys)s) as asked (carrier text, service text))
         order by carrier, service
        """
    )
    return {each.key: each for each in _services(tx, statement, keys=_document(keys))}


def list_zones_of(tx: Tx, codes: Collection[str]) -> dict[str, Zone]:
    statement = ZONE + " where code = any(%(codes)s::text[]) order by code"
    return {each.code: each for each in _zones(tx, statement, codes=list(codes))}


def list_zone_codes(tx: Tx, codes: Collection[str]) -> frozenset[str]:
    """Those codes that are zones."""
    rows = tx.execute(
        "select code from zone where code = any(%(codes)s::text[])", {"codes": list(codes)}
    )
    return frozenset(row[0] for row in rows)


def list_lanes_of(tx: Tx, keys: Collection[LaneKey]) -> dict[LaneKey, Lane]:
    return _lanes_by_id(tx, _lane_ids(tx, keys))


def _lane_ids(tx: Tx, keys: Collection[LaneKey]) -> list[UUID]:
    return [row[0] for row in tx.execute(LANE_IDS, {"keys": _document(keys)})]


def _lanes_by_id(tx: Tx, ids: Collection[UUID]) -> dict[LaneKey, Lane]:
    statement = LANE + " where lane.id = any(%(ids)s::uuid[]) order by lane.id"
    return {each.key: each for each in _lanes(tx, statement, ids=list(ids))}


def lock_services(tx: Tx, keys: Collection[ServiceKey]) -> dict[ServiceKey, CarrierService]:
    """Those that exist, locked in key order and read under the lock."""
    tx.execute(
        """
        select from carrier_service
         where (carrier, service) in (
           select carrier, service
             from json_to_recordset(%(keys)s) as asked (carrier text, service text))
         order by carrier, service
           for no key update
        """,
        {"keys": _document(keys)},
    )
    return list_services_of(tx, keys)


def lock_zones(tx: Tx, codes: Collection[str]) -> dict[str, Zone]:
    """Those that exist, locked in code order and read, with their areas, under the lock."""
    tx.execute(
        "select from zone where code = any(%(codes)s::text[]) order by code for no key update",
        {"codes": list(codes)},
    )
    return list_zones_of(tx, codes)


def lock_lanes(tx: Tx, keys: Collection[LaneKey]) -> dict[LaneKey, Lane]:
    """Those that exist, locked in the order of their ids and read, with rates, under the lock."""
    ids = _lane_ids(tx, keys)
    tx.execute(
        "select from lane where id = any(%(ids)s::uuid[]) order by id for no key update",
        {"ids": ids},
    )
    return _lanes_by_id(tx, ids)


def save_services(tx: Tx, requests: Mapping[UUID, CarrierServiceRequest]) -> None:
    """Create or replace; the ids are for those that are new."""
    tx.execute(
        """
        insert into carrier_service (id, carrier, service, name, promise, cutoff, pickup_days,
                                     parcel_weight_max_g, countries, line_haul, sorts,
                                     last_mile, stop_m, delivery_days, surcharge_ppm,
                                     valid_from, valid_until)
        select id, carrier, service, name, promise, cutoff, pickup_days, parcel_weight_max_g,
               countries, line_haul, sorts, last_mile, stop_m, delivery_days, surcharge_ppm,
               valid_from, valid_until
          from json_to_recordset(%(rows)s)
            as told (id uuid, carrier text collate "C", service text collate "C", name text,
                     promise text, cutoff time, pickup_days int[], parcel_weight_max_g int,
                     countries text[], line_haul text, sorts int, last_mile text, stop_m int,
                     delivery_days int[], surcharge_ppm int, valid_from date,
                     valid_until date)
         order by carrier, service
        on conflict (carrier, service) do update
           set name = excluded.name, promise = excluded.promise, cutoff = excluded.cutoff,
               pickup_days = excluded.pickup_days,
               parcel_weight_max_g = excluded.parcel_weight_max_g,
               countries = excluded.countries, line_haul = excluded.line_haul,
               sorts = excluded.sorts, last_mile = excluded.last_mile, stop_m = excluded.stop_m,
               delivery_days = excluded.delivery_days,
               surcharge_ppm = excluded.surcharge_ppm, valid_from = excluded.valid_from,
               valid_until = excluded.valid_until,
               version = carrier_service.version + 1
        """,
        {"rows": _rows(requests)},
    )


def save_zones(tx: Tx, requests: Mapping[UUID, ZoneRequest]) -> None:
    """Create or replace; the ids are for those that are new. Areas are saved on their own."""
    tx.execute(
        """
        insert into zone (id, code)
        select id, code from json_to_recordset(%(rows)s) as told (id uuid, code text collate "C")
         order by code
        on conflict (code) do update set version = zone.version + 1
        """,
        {"rows": _rows(requests)},
    )


def save_areas(tx: Tx, requests: Collection[ZoneRequest]) -> None:
    """Give zones exactly their areas."""
    tx.execute(
        """
        with told as (
          select zone.id as zone_id, area.country, area.postal_from, area.postal_to
            from json_to_recordset(%(rows)s) as told (code text, areas json)
            join zone on zone.code = told.code,
                 json_to_recordset(told.areas)
                   as area (country text, postal_from text collate "C", postal_to text collate "C")
        ), gone as (
          delete from zone_area as area
           where zone_id in (select zone_id from told)
             and not exists (
               select from told
                where (told.zone_id, told.country, told.postal_from, told.postal_to)
                    = (area.zone_id, area.country, area.postal_from, area.postal_to))
        )
        insert into zone_area (zone_id, country, postal_from, postal_to)
        select zone_id, country, postal_from, postal_to from told
         order by zone_id, country, postal_from, postal_to
        on conflict do nothing
        """,
        {"rows": document(list(requests))},
    )


def save_lanes(tx: Tx, requests: Mapping[UUID, LaneRequest]) -> None:
    """Create or replace; the ids are for those that are new. Rates are saved on their own."""
    tx.execute(
        """
        insert into lane (id, carrier_service_id, from_zone_id, to_zone_id, transit_days,
                          surcharge_cents, transit_chances_ppm)
        select told.id, carrier_service.id, from_zone.id, to_zone.id, told.transit_days,
               told.surcharge_cents, told.transit_chances_ppm
          from json_to_recordset(%(rows)s)
            as told (id uuid, carrier text, service text, from_zone text, to_zone text,
                     transit_days int, surcharge_cents int, transit_chances_ppm int[])
          join carrier_service using (carrier, service)
          join zone as from_zone on from_zone.code = told.from_zone
          join zone as to_zone on to_zone.code = told.to_zone
         order by carrier_service.id, from_zone.id, to_zone.id
        on conflict (carrier_service_id, from_zone_id, to_zone_id) do update
           set transit_days = excluded.transit_days, surcharge_cents = excluded.surcharge_cents,
               transit_chances_ppm = excluded.transit_chances_ppm, version = lane.version + 1
        """,
        {"rows": _rows(requests)},
    )


def save_rates(tx: Tx, requests: Collection[LaneRequest]) -> None:
    """Give lanes exactly their price tables."""
    tx.execute(
        """
        with asked as materialized (
          select carrier_service.id as service_id, from_zone.id as from_id, to_zone.id as to_id,
                 asked.rates
            from json_to_recordset(%(rows)s)
              as asked (carrier text, service text, from_zone text, to_zone text, rates json)
            join carrier_service using (carrier, service)
            join zone as from_zone on from_zone.code = asked.from_zone
            join zone as to_zone on to_zone.code = asked.to_zone
        ), told as materialized (
          select lane.id as lane_id, (rate ->> 0)::int as weight_max_g,
                 (rate ->> 1)::int as price_cents
            from asked
            join lane on (lane.carrier_service_id, lane.from_zone_id, lane.to_zone_id)
                       = (asked.service_id, asked.from_id, asked.to_id)
           cross join json_array_elements(asked.rates) as rate
        ), gone as (
          delete from lane_rate
           where lane_id in (select lane_id from told)
             and (lane_id, weight_max_g) not in (select lane_id, weight_max_g from told)
        )
        insert into lane_rate (lane_id, weight_max_g, price_cents)
        select lane_id, weight_max_g, price_cents from told
         order by lane_id, weight_max_g
        on conflict (lane_id, weight_max_g) do update set price_cents = excluded.price_cents
        """,
        {"rows": document(list(requests))},
    )
