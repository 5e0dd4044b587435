"""Parcels and their labels."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment.model import Fulfillment, Parcel, ParcelState
from ovunque.fulfillment.ports import Label
from ovunque.platform.database import Tx

COLUMNS = """
  id, fulfillment_id, order_id, location_id, carrier_service_id, state, weight_g, sscc, tracking,
  opened_at, changed_at, told_at, manifest_id, received_at
"""


def add_serial(tx: Tx) -> int:
    """A number that no other parcel has."""
    row = tx.execute("select nextval('parcel_serial')").fetchone()
    assert row is not None
    return int(row[0])


def add_parcel(tx: Tx, parcel: Parcel) -> None:
    tx.execute(
        """
        insert into parcel (id, fulfillment_id, order_id, location_id, carrier_service_id, state,
                            weight_g, sscc, opened_at, changed_at)
        values (%(id)s, %(fulfillment_id)s, %(order_id)s, %(location_id)s,
                %(carrier_service_id)s, %(state)s, %(weight_g)s, %(sscc)s, %(opened_at)s,
                %(changed_at)s)
        """,
        {
            "id": parcel.id,
            "fulfillment_id": parcel.fulfillment_id,
            "order_id": parcel.order_id,
            "location_id": parcel.location_id,
            "carrier_service_id": parcel.carrier_service_id,
            "state": parcel.state,
            "weight_g": parcel.weight_g,
            "sscc": parcel.sscc,
            "opened_at": parcel.opened_at,
            "changed_at": parcel.changed_at,
        },
    )


def find_parcel(tx: Tx, by: Actor, parcel_id: UUID) -> Parcel | None:
    """A parcel; None for a stranger's, as for one that is not there."""
    rows = tx.execute(
        f"""
        select {COLUMNS} from parcel
         where id = %(id)s
           and (%(location_id)s::uuid is null or location_id = %(location_id)s::uuid)
        """,
        {"id": parcel_id, "location_id": by.location_id},
    )
    return next(iter(_parcels(rows)), None)


def list_parcels(tx: Tx, ids: Sequence[UUID]) -> tuple[Parcel, ...]:
    return _parcels(
        tx.execute(
            f"select {COLUMNS} from parcel where id = any(%(ids)s::uuid[]) order by id",
            {"ids": list(ids)},
        )
    )


def list_parcels_of(tx: Tx, fulfillment_ids: Sequence[UUID]) -> tuple[Parcel, ...]:
    """The parcels of some fulfillments, in the order they were packed."""
    return _parcels(
        tx.execute(
            f"""
            select {COLUMNS} from parcel
             where fulfillment_id = any(%(ids)s::uuid[]) order by id
            """,
            {"ids": list(fulfillment_ids)},
        )
    )


def list_by_tracking(
    tx: Tx, carrier_service_ids: Sequence[UUID], trackings: Sequence[str]
) -> tuple[Parcel, ...]:
    """The parcels that a carrier knows by these numbers."""
    return _parcels(
        tx.execute(
            f"""
            select {COLUMNS} from parcel
             where tracking = any(%(trackings)s::text[])
               and carrier_service_id = any(%(service_ids)s::uuid[])
             order by id
            """,
            {"trackings": list(trackings), "service_ids": list(carrier_service_ids)},
        )
    )


def list_by_sscc(tx: Tx, sscc: str) -> tuple[Parcel, ...]:
    """The parcel with this number on its label, if there is one."""
    return _parcels(
        tx.execute(f"select {COLUMNS} from parcel where sscc = %(sscc)s", {"sscc": sscc})
    )


def list_waiting(
    tx: Tx, location_id: UUID, carrier_service_ids: Sequence[UUID], limit: int
) -> tuple[Parcel, ...]:
    """The labeled parcels that may go with a carrier from a location, first packed first."""
    return _parcels(
        tx.execute(
            f"""
            select {COLUMNS} from parcel
             where state = 'labeled' and location_id = %(location_id)s
               and carrier_service_id = any(%(service_ids)s::uuid[])
               and not exists (select from order_hold as kept
                                where kept.order_id = parcel.order_id
                                  and kept.released_at is null)
             order by id
             limit %(limit)s
            """,
            {
                "location_id": location_id,
                "service_ids": list(carrier_service_ids),
                "limit": limit,
            },
        )
    )


def list_of_manifest(tx: Tx, manifest_id: UUID) -> tuple[Parcel, ...]:
    return _parcels(
        tx.execute(
            f"select {COLUMNS} from parcel where manifest_id = %(id)s order by id",
            {"id": manifest_id},
        )
    )


def _parcels(rows: Iterable[Sequence[Any]]) -> tuple[Parcel, ...]:
    return tuple(_parcel(row) for row in rows)


def _parcel(row: Sequence[Any]) -> Parcel:
    id_, fulfillment_id, order_id, location_id, service_id, state, weight_g, *rest = row
    sscc, tracking, opened_at, changed_at, told_at, manifest_id, received_at = rest
    return Parcel(
        id=id_,
        fulfillment_id=fulfillment_id,
        order_id=order_id,
        location_id=location_id,
        carrier_service_id=service_id,
        state=ParcelState(state),
        weight_g=weight_g,
        sscc=sscc,
        tracking=tracking,
        opened_at=opened_at,
        changed_at=changed_at,
        told_at=told_at,
        manifest_id=manifest_id,
        received_at=received_at,
    )


def save_parcels(tx: Tx, before: Sequence[Parcel], after: Sequence[Parcel]) -> None:
    """Parcels as they have become; what was decided under the lock is looked at again."""
    done = tx.execute(
        """
        update parcel
           set state = told.state, tracking = told.tracking, changed_at = told.changed_at,
               told_at = told.told_at, manifest_id = told.manifest_id,
               received_at = told.received_at
          from unnest(%(ids)s::uuid[], %(befores)s::text[], %(states)s::text[],
                      %(trackings)s::text[], %(changed_ats)s::timestamptz[],
                      %(told_ats)s::timestamptz[], %(manifest_ids)s::uuid[],
                      %(received_ats)s::timestamptz[])
               as told (id, before, state, tracking, changed_at, told_at, manifest_id, received_at)
         where parcel.id = told.id and parcel.state = told.before
        """,
        {
            "ids": [each.id for each in after],
            "befores": [each.state for each in before],
            "states": [each.state for each in after],
            "trackings": [each.tracking for each in after],
            "changed_ats": [each.changed_at for each in after],
            "told_ats": [each.told_at for each in after],
            "manifest_ids": [each.manifest_id for each in after],
            "received_ats": [each.received_at for each in after],
        },
    )
    assert done.rowcount == len(after), "a parcel was not where its step began"


def save_carriage(tx: Tx, work: Fulfillment) -> None:
    """Who carries it, when it is there, and what that costs and emits."""
    tx.execute(
        """
        update fulfillment
           set carrier_service_id = %(service_id)s, arrives_at = %(arrives_at)s,
               cost_cents = %(cost_cents)s, emissions_g = %(emissions_g)s
         where id = %(id)s
        """,
        {
            "id": work.id,
            "service_id": work.carrier_service_id,
            "arrives_at": work.arrives_at,
            "cost_cents": work.cost_cents,
            "emissions_g": work.emissions_g,
        },
    )


def add_label(tx: Tx, parcel_id: UUID, label: Label, now: datetime) -> None:
    tx.execute(
        """
        insert into parcel_label (parcel_id, media_type, content, bought_at)
        values (%(parcel_id)s, %(media_type)s, %(content)s, %(now)s)
        """,
        {
            "parcel_id": parcel_id,
            "media_type": label.media_type,
            "content": label.content,
            "now": now,
        },
    )


def find_label(tx: Tx, parcel_id: UUID) -> tuple[str, bytes] | None:
    """Media type and content of a parcel's label."""
    row = tx.execute(
        "select media_type, content from parcel_label where parcel_id = %(id)s", {"id": parcel_id}
    ).fetchone()
    return (row[0], row[1]) if row else None
