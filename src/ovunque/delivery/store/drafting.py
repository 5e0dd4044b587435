"""SQL of carriers' terms: drafts, what took effect, volume caps, and lanes that go."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import kwargs_row

from ovunque.delivery.model import (
    Draft,
    LaneKey,
    LaneRequest,
    Publication,
    ServiceKey,
    Terms,
    VolumeCap,
)
from ovunque.platform.database import Tx, document

HISTORY_MAX = 50


def written(terms: Terms) -> str:
    """Terms as a document, the same for the same terms."""
    return document(msgspec.to_builtins(terms))


def read(told: Any) -> Terms:
    return msgspec.convert(told, Terms)


def _draft(*, terms: Any, **columns: Any) -> Draft:
    return Draft(terms=read(terms), **columns)


def _publication(*, terms: Any, before: Any, **columns: Any) -> Publication:
    return Publication(terms=read(terms), before=read(before), **columns)


def find_draft(tx: Tx, key: ServiceKey) -> Draft | None:
    statement = """
        select terms, version, changed_by, changed_at from carrier_draft
         where (carrier, service) = (%(carrier)s, %(service)s)
    """
    return tx.cursor(row_factory=kwargs_row(_draft)).execute(statement, key._asdict()).fetchone()


def lock_draft(tx: Tx, key: ServiceKey) -> Draft | None:
    """The draft, which nobody else changes or publishes meanwhile."""
    tx.execute(
        """
        select from carrier_draft
         where (carrier, service) = (%(carrier)s, %(service)s)
           for no key update
        """,
        key._asdict(),
    )
    return find_draft(tx, key)


def list_drafted(tx: Tx) -> dict[ServiceKey, tuple[str, datetime]]:
    """Services that somebody is writing terms for: who touched them last, and when."""
    rows = tx.execute(
        """
        select carrier, service, changed_by, changed_at from carrier_draft
         order by carrier, service
        """
    )
    return {ServiceKey(carrier, service): (writer, at) for carrier, service, writer, at in rows}


def add_draft(tx: Tx, terms: Terms, writer: str, now: datetime) -> bool:
    """Whether there was none before."""
    values = {**terms.key._asdict(), "terms": written(terms), "by": writer, "now": now}
    return bool(
        tx.execute(
            """
            insert into carrier_draft (carrier, service, terms, changed_by, changed_at)
            values (%(carrier)s, %(service)s, %(terms)s, %(by)s, %(now)s)
            on conflict do nothing
            """,
            values,
        ).rowcount
    )


def save_draft(tx: Tx, terms: Terms, writer: str, now: datetime) -> None:
    tx.execute(
        """
        update carrier_draft
           set terms = %(terms)s, changed_by = %(by)s, changed_at = %(now)s, version = version + 1
         where (carrier, service) = (%(carrier)s, %(service)s)
        """,
        {**terms.key._asdict(), "terms": written(terms), "by": writer, "now": now},
    )


def remove_draft(tx: Tx, key: ServiceKey) -> bool:
    return bool(
        tx.execute(
            """
            delete from carrier_draft where (carrier, service) = (%(carrier)s, %(service)s)
            """,
            key._asdict(),
        ).rowcount
    )


def list_publications(tx: Tx, key: ServiceKey) -> tuple[Publication, ...]:
    """What took effect, the newest first."""
    statement = """
        select number, terms, before, published_by, published_at from carrier_publication
         where (carrier, service) = (%(carrier)s, %(service)s)
         order by number desc
         limit %(limit)s
    """
    values = {**key._asdict(), "limit": HISTORY_MAX}
    return tuple(tx.cursor(row_factory=kwargs_row(_publication)).execute(statement, values))


def add_publication(tx: Tx, published: Publication) -> None:
    tx.execute(
        """
        insert into carrier_publication
               (carrier, service, number, terms, before, published_by, published_at)
        values (%(carrier)s, %(service)s, %(number)s, %(terms)s, %(before)s, %(by)s, %(at)s)
        """,
        {
            **published.terms.key._asdict(),
            "number": published.number,
            "terms": written(published.terms),
            "before": written(published.before),
            "by": published.published_by,
            "at": published.published_at,
        },
    )


def list_caps(tx: Tx) -> dict[ServiceKey, tuple[VolumeCap, ...]]:
    """All volume caps, in the order of their locations."""
    rows = tx.execute(
        """
        select carrier, service, location, parcels_per_day_max
          from volume_cap
          join carrier_service on carrier_service.id = volume_cap.carrier_service_id
         order by carrier, service, location
        """
    )
    caps: dict[ServiceKey, tuple[VolumeCap, ...]] = {}
    for carrier, service, location, most in rows:
        key, cap = (
            ServiceKey(carrier, service),
            VolumeCap(location=location, parcels_per_day_max=most),
        )
        caps[key] = (*caps.get(key, ()), cap)
    return caps


def save_caps(tx: Tx, key: ServiceKey, caps: Sequence[VolumeCap]) -> None:
    """Exactly these."""
    tx.execute(
        """
        delete from volume_cap
         where carrier_service_id = (select id from carrier_service
                                      where (carrier, service) = (%(carrier)s, %(service)s))
        """,
        key._asdict(),
    )
    tx.execute(
        """
        insert into volume_cap (carrier_service_id, location, parcels_per_day_max)
        select carrier_service.id, told.location, told.parcels_per_day_max
          from json_to_recordset(%(rows)s)
            as told (location text collate "C", parcels_per_day_max int)
         cross join carrier_service
         where (carrier, service) = (%(carrier)s, %(service)s)
         order by told.location
        """,
        {**key._asdict(), "rows": document(list(caps))},
    )


def remove_lanes(tx: Tx, keys: Collection[LaneKey]) -> None:
    """Lanes that are not on offer any more, with their prices."""
    tx.execute(
        """
        with gone as materialized (
          select lane.id
            from json_to_recordset(%(keys)s)
              as told (carrier text, service text, from_zone text, to_zone text)
            join carrier_service using (carrier, service)
            join zone as from_zone on from_zone.code = told.from_zone
            join zone as to_zone on to_zone.code = told.to_zone
            join lane on (lane.carrier_service_id, lane.from_zone_id, lane.to_zone_id)
                       = (carrier_service.id, from_zone.id, to_zone.id)
        ), rates as (
          delete from lane_rate where lane_id in (select id from gone)
        )
        delete from lane where id in (select id from gone)
        """,
        {"keys": document([each._asdict() for each in keys])},
    )


def save_dated(tx: Tx, requests: Collection[LaneRequest]) -> None:
    """Give lanes exactly their tariffs by day."""
    tx.execute(
        """
        with asked as materialized (
          select lane.id as lane_id, asked.tariffs
            from json_to_recordset(%(rows)s)
              as asked (carrier text, service text, from_zone text, to_zone text, tariffs json)
            join carrier_service using (carrier, service)
            join zone as from_zone on from_zone.code = asked.from_zone
            join zone as to_zone on to_zone.code = asked.to_zone
            join lane on (lane.carrier_service_id, lane.from_zone_id, lane.to_zone_id)
                       = (carrier_service.id, from_zone.id, to_zone.id)
        ), told as materialized (
          select lane_id, dated.*
            from asked
           cross join json_to_recordset(asked.tariffs)
              as dated (valid_from date, valid_until date, surcharge_cents int, rates jsonb)
        ), gone as (
          delete from lane_tariff
           where lane_id in (select lane_id from asked)
             and (lane_id, valid_from) not in (select lane_id, valid_from from told)
        )
        insert into lane_tariff (lane_id, valid_from, valid_until, surcharge_cents, rates)
        select lane_id, valid_from, valid_until, surcharge_cents, rates from told
         order by lane_id, valid_from
        on conflict (lane_id, valid_from) do update
           set valid_until = excluded.valid_until, surcharge_cents = excluded.surcharge_cents,
               rates = excluded.rates
        """,
        {"rows": document(list(requests))},
    )
