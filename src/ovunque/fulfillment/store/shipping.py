"""Carriers' visits, manifests, and what carriers tell of parcels."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment.model import CarrierPickup, Manifest, Ride, Word
from ovunque.fulfillment.model.signing import ManifestFilter
from ovunque.platform.database import Tx, document
from ovunque.platform.drawers import Drawer

SIGNATURES = Drawer(table="manifest", column="signature")


def add_pickup(tx: Tx, pickup: CarrierPickup) -> None:
    tx.execute(
        """
        insert into carrier_pickup (id, location_id, carrier, starts_at, ends_at, booked_at,
                                    booked_by)
        values (%(id)s, %(location_id)s, %(carrier)s, %(starts_at)s, %(ends_at)s, %(booked_at)s,
                %(booked_by)s)
        """,
        {
            "id": pickup.id,
            "location_id": pickup.location_id,
            "carrier": pickup.carrier,
            "starts_at": pickup.starts_at,
            "ends_at": pickup.ends_at,
            "booked_at": pickup.booked_at,
            "booked_by": pickup.booked_by,
        },
    )


PICKUP_COLUMNS = """
  id, location_id, carrier, starts_at, ends_at, booked_at, booked_by, confirmation, confirmed_at,
  canceled_at
"""


def lock_carrier(tx: Tx, location_id: UUID, carrier: str) -> None:
    """One booking at a time for a carrier at a location, until the end of the transaction."""
    tx.execute(
        "select pg_advisory_xact_lock(hashtextextended('carrier_pickup ' || %(name)s, 0))",
        {"name": f"{location_id} {carrier}"},
    )


def find_overlap(tx: Tx, pickup: CarrierPickup) -> UUID | None:
    """A visit of the carrier to the location in that time, if one is booked."""
    row = tx.execute(
        """
        select id from carrier_pickup
         where location_id = %(location_id)s and carrier = %(carrier)s and canceled_at is null
           and starts_at < %(ends_at)s and ends_at > %(starts_at)s
         order by starts_at limit 1
        """,
        {
            "location_id": pickup.location_id,
            "carrier": pickup.carrier,
            "starts_at": pickup.starts_at,
            "ends_at": pickup.ends_at,
        },
    ).fetchone()
    return row[0] if row else None


def lock_pickup(tx: Tx, pickup_id: UUID) -> CarrierPickup | None:
    """A visit as it stands, with nobody else changing it until we are done."""
    rows = tx.execute(
        f"select {PICKUP_COLUMNS} from carrier_pickup where id = %(id)s for update",
        {"id": pickup_id},
    )
    return next(iter(_pickups(rows)), None)


def save_pickup(tx: Tx, pickup: CarrierPickup) -> None:
    tx.execute(
        """
        update carrier_pickup
           set confirmation = %(confirmation)s, confirmed_at = %(confirmed_at)s,
               canceled_at = %(canceled_at)s
         where id = %(id)s
        """,
        {
            "id": pickup.id,
            "confirmation": pickup.confirmation,
            "confirmed_at": pickup.confirmed_at,
            "canceled_at": pickup.canceled_at,
        },
    )


def find_pickup(tx: Tx, by: Actor, pickup_id: UUID) -> CarrierPickup | None:
    rows = tx.execute(
        f"""
        select {PICKUP_COLUMNS} from carrier_pickup
         where id = %(id)s
           and (%(location_id)s::uuid is null or location_id = %(location_id)s::uuid)
        """,
        {"id": pickup_id, "location_id": by.location_id},
    )
    return next(iter(_pickups(rows)), None)


def list_pickups(
    tx: Tx, *, location_id: UUID | None, since: datetime, after: UUID | None, limit: int
) -> tuple[CarrierPickup, ...]:
    """Visits that are not over, in the order they were booked."""
    return _pickups(
        tx.execute(
            f"""
            select {PICKUP_COLUMNS} from carrier_pickup
             where ends_at > %(since)s and canceled_at is null
               and (%(location_id)s::uuid is null or location_id = %(location_id)s::uuid)
               and (%(after)s::uuid is null or id > %(after)s::uuid)
             order by id
             limit %(limit)s
            """,
            {"location_id": location_id, "since": since, "after": after, "limit": limit},
        )
    )


def _pickups(rows: Iterable[Sequence[Any]]) -> tuple[CarrierPickup, ...]:
    return tuple(
        CarrierPickup(
            id=id_,
            location_id=location_id,
            carrier=carrier,
            starts_at=starts_at,
            ends_at=ends_at,
            booked_at=booked_at,
            booked_by=booked_by,
            confirmation=confirmation,
            confirmed_at=confirmed_at,
            canceled_at=canceled_at,
        )
        for id_, location_id, carrier, starts_at, ends_at, booked_at, booked_by, *rest in rows
        for confirmation, confirmed_at, canceled_at in (rest,)
    )


def add_manifest(tx: Tx, manifest: Manifest) -> None:
    tx.execute(
        """
        insert into manifest (id, location_id, carrier, pickup_id, closed_at, closed_by)
        values (%(id)s, %(location_id)s, %(carrier)s, %(pickup_id)s, %(closed_at)s, %(closed_by)s)
        """,
        {
            "id": manifest.id,
            "location_id": manifest.location_id,
            "carrier": manifest.carrier,
            "pickup_id": manifest.pickup_id,
            "closed_at": manifest.closed_at,
            "closed_by": manifest.closed_by,
        },
    )


MANIFEST_COLUMNS = """
  id, location_id, carrier, pickup_id, closed_at, closed_by, signed_by, signature, signed_at
"""


def find_manifest(tx: Tx, by: Actor, manifest_id: UUID) -> Manifest | None:
    row = tx.execute(
        f"""
        select {MANIFEST_COLUMNS} from manifest
         where id = %(id)s
           and (%(location_id)s::uuid is null or location_id = %(location_id)s::uuid)
        """,
        {"id": manifest_id, "location_id": by.location_id},
    ).fetchone()
    return _manifest(row) if row else None


def list_manifests(
    tx: Tx, wanted: ManifestFilter, before: UUID | None, limit: int
) -> tuple[tuple[Manifest, int], ...]:
    """Manifests with the number of their parcels, the newest first."""
    rows = tx.execute(
        f"""
        select {MANIFEST_COLUMNS},
               (select count(*) from parcel where manifest_id = manifest.id)
          from manifest
         where (%(location_id)s::uuid is null or location_id = %(location_id)s::uuid)
           and (%(carrier)s::text is null or carrier = %(carrier)s::text)
           and (%(signed)s::bool is null or (signed_at is not null) = %(signed)s::bool)
           and (%(before)s::uuid is null or id < %(before)s::uuid)
         order by id desc
         limit %(limit)s
        """,
        {
            "location_id": wanted.location_id,
            "carrier": wanted.carrier,
            "signed": wanted.signed,
            "before": before,
            "limit": limit,
        },
    )
    return tuple((_manifest(row[:-1]), row[-1]) for row in rows)


def _manifest(row: Sequence[Any]) -> Manifest:
    id_, location_id, carrier, pickup_id, closed_at, closed_by, *signed = row
    signed_by, signature, signed_at = signed
    return Manifest(
        id=id_,
        location_id=location_id,
        carrier=carrier,
        pickup_id=pickup_id,
        closed_at=closed_at,
        closed_by=closed_by,
        signed_by=signed_by,
        signature=signature and SIGNATURES.read(signature, id_).decode(),
        signed_at=signed_at,
    )


def save_signature(tx: Tx, manifest: Manifest) -> bool:
    """False when somebody has signed before."""
    drawn = manifest.signature
    done = tx.execute(
        """
        update manifest
           set signed_by = %(signed_by)s, signature = %(signature)s, signed_at = %(signed_at)s
         where id = %(id)s and signed_at is null
        """,
        {
            "id": manifest.id,
            "signed_by": manifest.signed_by,
            "signature": drawn and SIGNATURES.seal(drawn.encode(), manifest.id),
            "signed_at": manifest.signed_at,
        },
    )
    return done.rowcount == 1


def add_words(
    tx: Tx, carrier: str, words: Sequence[tuple[Word, UUID]], now: datetime
) -> frozenset[str]:
    """Keep what a carrier told of parcels; returns the ids that are new."""
    rows = tx.execute(
        """
        insert into carrier_event (carrier, id, parcel_id, kind, occurred_at, recorded_at)
        select %(carrier)s, id, parcel_id, kind, occurred_at, %(now)s
          from json_to_recordset(%(rows)s)
            as told (id text, parcel_id uuid, kind text, occurred_at timestamptz)
         order by id collate "C"
            on conflict do nothing
        returning id
        """,
        {
            "carrier": carrier,
            "now": now,
            "rows": document(
                [
                    {
                        "id": word.id,
                        "parcel_id": parcel_id,
                        "kind": word.kind,
                        "occurred_at": word.occurred_at,
                    }
                    for word, parcel_id in words
                ]
            ),
        },
    )
    return frozenset(row[0] for row in rows)


def count_looked_for(tx: Tx, since: datetime) -> dict[UUID, tuple[int, int]]:
    """Units picked and units missing since then, together and the missing ones, by location."""
    rows = tx.execute(
        """
        select location_id, sum(picked + missing)::bigint, sum(missing)::bigint
          from (select work.location_id, line.picked, 0 as missing
                  from fulfillment as work
                  join fulfillment_line as line on line.fulfillment_id = work.id
                 where work.changed_at >= %(since)s and line.picked > 0
                union all
                select location_id, 0, quantity from fulfillment_missing
                 where found_at >= %(since)s) as looked
         group by location_id
         order by location_id
        """,
        {"since": since},
    )
    return {location_id: (asked, missing) for location_id, asked, missing in rows}


def list_rides(tx: Tx, since: datetime, limit: int) -> tuple[Ride, ...]:
    """Parcels that left since then, the newest first; without a manifest the first scan counts."""
    rows = tx.execute(
        """
        select parcel.order_id, work.delivery_nth, parcel.location_id, parcel.carrier_service_id,
               coalesce(manifest.closed_at, scan.first_at) as left_at,
               case when parcel.state = 'delivered'
                    then coalesce(scan.there_at, parcel.received_at, parcel.told_at) end
          from parcel
          join fulfillment as work on work.id = parcel.fulfillment_id
          left join manifest on manifest.id = parcel.manifest_id
          left join lateral (
            select min(occurred_at) as first_at,
                   min(occurred_at) filter (where kind = 'delivered') as there_at
              from carrier_event where parcel_id = parcel.id
          ) as scan on true
         where parcel.opened_at >= %(since)s
           and parcel.state not in ('open', 'labeled', 'voided', 'lost', 'damaged')
           and coalesce(manifest.closed_at, scan.first_at) is not null
         order by left_at desc limit %(limit)s
        """,
        {"since": since, "limit": limit},
    )
    return tuple(
        Ride(
            order_id=order_id,
            delivery=delivery,
            location_id=location_id,
            carrier_service_id=service_id,
            handed_over_at=left_at,
            delivered_at=delivered_at,
        )
        for order_id, delivery, location_id, service_id, left_at, delivered_at in rows
    )
