"""Work that was computed elsewhere, written once."""

from collections.abc import Iterable
from datetime import datetime

from ovunque.fulfillment.model import Fulfillment, Manifest, Offer, Parcel, Word
from ovunque.fulfillment.ports import Label
from ovunque.platform.copying import copy
from ovunque.platform.database import Tx


def add_serials(tx: Tx, count: int) -> tuple[int, ...]:
    """Numbers that no other parcel has."""
    rows = tx.execute(
        "select nextval('parcel_serial') from generate_series(1, %(count)s)", {"count": count}
    )
    return tuple(int(row[0]) for row in rows)


def add_works(tx: Tx, works: Iterable[Fulfillment]) -> int:
    return copy(
        tx,
        "fulfillment (id, order_id, delivery_nth, location_id, carrier_service_id, service, state, "
        "planned_at, offer_at, changed_at, resource_at, replaced_at, pickup_code, arrives_at, "
        "cost_cents, emissions_g, collect_by)",
        (
            (
                each.id,
                each.order_id,
                each.delivery,
                each.location_id,
                each.carrier_service_id,
                each.service,
                each.state,
                each.planned_at,
                each.offer_at,
                each.changed_at,
                each.resource_at,
                each.replaced_at,
                each.pickup_code,
                each.arrives_at,
                each.cost_cents,
                each.emissions_g,
                each.collect_by,
            )
            for each in works
        ),
    )


def add_lines(tx: Tx, works: Iterable[Fulfillment]) -> int:
    return copy(
        tx,
        "fulfillment_line (fulfillment_id, reservation_id, line_id, sku, quantity, picked, "
        "parcel_id)",
        (
            (
                work.id,
                line.reservation_id,
                line.line_id,
                line.sku,
                line.quantity,
                line.picked,
                line.parcel_id,
            )
            for work in works
            for line in work.lines
        ),
    )


def add_offers(tx: Tx, offers: Iterable[Offer]) -> int:
    return copy(
        tx,
        "offer (id, fulfillment_id, order_id, location_id, state, opened_at, accept_by, "
        "closed_at, closed_by, reason)",
        (
            (
                each.id,
                each.fulfillment_id,
                each.order_id,
                each.location_id,
                each.state,
                each.opened_at,
                each.accept_by,
                each.closed_at,
                each.closed_by,
                each.reason,
            )
            for each in offers
        ),
    )


def add_parcels(tx: Tx, parcels: Iterable[Parcel]) -> int:
    return copy(
        tx,
        "parcel (id, fulfillment_id, order_id, location_id, carrier_service_id, state, weight_g, "
        "sscc, tracking, opened_at, changed_at, told_at, manifest_id)",
        (
            (
                each.id,
                each.fulfillment_id,
                each.order_id,
                each.location_id,
                each.carrier_service_id,
                each.state,
                each.weight_g,
                each.sscc,
                each.tracking,
                each.opened_at,
                each.changed_at,
                each.told_at,
                each.manifest_id,
            )
            for each in parcels
        ),
    )


def add_labels(tx: Tx, labels: Iterable[tuple[Parcel, Label]]) -> int:
    """Labels of parcels, bought as soon as these were closed."""
    return copy(
        tx,
        "parcel_label (parcel_id, media_type, content, bought_at)",
        (
            (parcel.id, label.media_type, label.content, parcel.opened_at)
            for parcel, label in labels
        ),
    )


def add_manifests(tx: Tx, manifests: Iterable[Manifest]) -> int:
    return copy(
        tx,
        "manifest (id, location_id, carrier, pickup_id, closed_at, closed_by)",
        (
            (
                each.id,
                each.location_id,
                each.carrier,
                each.pickup_id,
                each.closed_at,
                each.closed_by,
            )
            for each in manifests
        ),
    )


def add_words(tx: Tx, told: Iterable[tuple[str, Parcel, Word, datetime]]) -> int:
    """What carriers told of parcels: carrier, parcel, word, and when it came."""
    return copy(
        tx,
        "carrier_event (carrier, id, parcel_id, kind, occurred_at, recorded_at)",
        (
            (carrier, word.id, parcel.id, word.kind, word.occurred_at, recorded_at)
            for carrier, parcel, word, recorded_at in told
        ),
    )
