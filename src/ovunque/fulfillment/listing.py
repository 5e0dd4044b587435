"""Fulfillments as they stand, with their offers and parcels."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment.model import Fulfillment, Offer, Parcel, Ride
from ovunque.fulfillment.model.asking import Exclusion
from ovunque.fulfillment.store import counting as counting_store
from ovunque.fulfillment.store import excluding as excluding_store
from ovunque.fulfillment.store import offering as offers_store
from ovunque.fulfillment.store import packing as parcels_store
from ovunque.fulfillment.store import planning as store
from ovunque.fulfillment.store import shipping as shipping_store
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.stock.model import Key


def find_work(tx: Tx, by: Actor, fulfillment_id: UUID) -> Fulfillment:
    """One fulfillment; a stranger's is not found."""
    return _find(tx, store.find_order(tx, by, fulfillment_id), fulfillment_id)


def find_asked(tx: Tx, by: Actor, fulfillment_id: UUID) -> Fulfillment:
    """The same for a location that was asked to take it, whoever has it now."""
    return _find(tx, store.find_order_asked(tx, by, fulfillment_id), fulfillment_id)


def _find(tx: Tx, order_id: UUID | None, fulfillment_id: UUID) -> Fulfillment:
    if order_id is None:
        raise Refusal("not_found", what="fulfillment")
    return complete(tx, store.list_by_id(tx, [fulfillment_id]))[0]


def list_work(
    tx: Tx, *, location_id: UUID | None, state: str | None, after: UUID | None, limit: int
) -> tuple[Fulfillment, ...]:
    """The work of a location, or of all, oldest first."""
    found = store.list_fulfillments(
        tx, location_id=location_id, state=state, after=after, limit=limit
    )
    return complete(tx, found)


def list_work_of(tx: Tx, order_ids: Sequence[UUID]) -> tuple[Fulfillment, ...]:
    """The work orders of some orders, those whose units have moved on included."""
    return complete(tx, store.list_of_orders(tx, order_ids))


def list_orders_to_source(tx: Tx, now: datetime, limit: int) -> tuple[UUID, ...]:
    """Orders with units that no location works on, due to be sourced again."""
    return store.list_orders_to_source(tx, now, limit)


def list_picked_units(tx: Tx, moments: Mapping[Key, datetime], /) -> Mapping[Key, int]:
    """Units that were off their shelf and still at their location, by level and its moment."""
    return counting_store.list_picked_units(tx, moments)


def complete(tx: Tx, found: Sequence[Fulfillment]) -> tuple[Fulfillment, ...]:
    """The same fulfillments with what belongs to them."""
    if not found:
        return ()
    offers: dict[UUID, list[Offer]] = defaultdict(list)
    for offer in offers_store.list_offers(tx, [work.id for work in found]):
        offers[offer.fulfillment_id].append(offer)
    parcels: dict[UUID, list[Parcel]] = defaultdict(list)
    for parcel in parcels_store.list_parcels_of(tx, [work.id for work in found]):
        parcels[parcel.fulfillment_id].append(parcel)
    return tuple(
        replace(work, offers=tuple(offers[work.id]), parcels=tuple(parcels[work.id]))
        for work in found
    )


def list_exclusions(tx: Tx) -> tuple[Exclusion, ...]:
    """Items that locations are not asked for, until when and why; some may be over."""
    return tuple(
        Exclusion(location_id=id_, sku=sku, until=until, reason=reason)
        for id_, sku, until, reason in excluding_store.list_excluded(tx)
    )


def list_rides(tx: Tx, since: datetime, limit: int) -> tuple[Ride, ...]:
    """How parcels that left since then have travelled, the newest first."""
    return shipping_store.list_rides(tx, since, limit)


def count_looked_for(tx: Tx, since: datetime) -> dict[UUID, tuple[int, int]]:
    """Units that people looked for since then, by location, and those that were not there."""
    return shipping_store.count_looked_for(tx, since)


def count_leaving(tx: Tx) -> dict[tuple[UUID, UUID], int]:
    """How many parcels each carrier's service has still to take from each location."""
    return store.count_leaving(tx)


def count_waiting(tx: Tx) -> dict[UUID, int]:
    """How many work orders each location has before it, up to picking."""
    return store.count_waiting(tx)


def count_answers(
    tx: Tx, zones: Mapping[UUID, str], since: datetime, now: datetime
) -> list[tuple[UUID, int, int, int, int]]:
    """Offers by location, local hour of the week and weeks ago: all, and those that were taken."""
    return offers_store.count_answers(tx, zones, since, now)
