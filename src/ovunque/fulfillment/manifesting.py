"""Carriers come: a visit is booked, and what went with it is closed as its manifest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment.handing_over import hand_over
from ovunque.fulfillment.model import CarrierPickup, Manifest, Parcel, ParcelState
from ovunque.fulfillment.store import packing as parcels_store
from ovunque.fulfillment.store import shipping as store
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact

PARCELS_MAX = 500  # Of one manifest: their orders' timelines are held together.

PICKUP_BOOKED = "carrier_pickup.booked"
MANIFEST_CLOSED = "manifest.closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupRequest:
    id: UUID
    location_id: UUID
    carrier: str
    starts_at: datetime
    ends_at: datetime


def book_pickup(tx: Tx, by: Actor, request: PickupRequest, now: datetime) -> CarrierPickup:
    """A carrier's visit that a location counts on."""
    if by.location_id not in (None, request.location_id):
        raise Refusal("not_found", what="location")
    if request.ends_at <= request.starts_at:
        fault = Fault("/ends_at", "out_of_bounds", "A visit ends after it has begun.")
        raise Refusal("invalid", errors=(fault,), detail=fault.detail)
    pickup = CarrierPickup(
        id=request.id,
        location_id=request.location_id,
        carrier=request.carrier,
        starts_at=request.starts_at,
        ends_at=request.ends_at,
        booked_at=now,
        booked_by=by.name,
    )
    store.add_pickup(tx, pickup)
    body = {"location": pickup.location_id, "carrier": pickup.carrier}
    fact = Fact(kind=PICKUP_BOOKED, subject=public_id("pic", pickup.id), body=body)
    journal.record(tx, [fact], by=by.name, at=now)
    return pickup


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRequest:
    id: UUID
    location_id: UUID
    carrier: str
    service_ids: Sequence[UUID]  # Of that carrier.
    pickup_id: UUID | None = None
    parcel_ids: Sequence[UUID] | None = None  # None: all that wait for that carrier.


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    manifest: Manifest
    parcels: tuple[Parcel, ...]


def close_manifest(tx: Tx, by: Actor, request: ManifestRequest, now: datetime) -> Closed:
    """The parcels are handed over, all of them or none; refused when there are none."""
    if by.location_id not in (None, request.location_id):
        raise Refusal("not_found", what="location")
    if request.pickup_id is not None and store.find_pickup(tx, by, request.pickup_id) is None:
        raise Refusal("not_found", what="carrier pickup")
    parcels = _hold(tx, request)
    if not parcels:
        raise Refusal("nothing_to_hand_over")
    manifest = Manifest(
        id=request.id,
        location_id=request.location_id,
        carrier=request.carrier,
        pickup_id=request.pickup_id,
        closed_at=now,
        closed_by=by.name,
    )
    store.add_manifest(tx, manifest)
    gone = hand_over(tx, by, parcels, manifest.id, now)
    body = {
        "location": manifest.location_id,
        "carrier": manifest.carrier,
        "parcels": [parcel.id for parcel in gone],
    }
    fact = Fact(kind=MANIFEST_CLOSED, subject=public_id("man", manifest.id), body=body)
    journal.record(tx, [fact], by=by.name, at=now)
    return Closed(manifest=manifest, parcels=gone)


def list_to_hand_over(
    tx: Tx, by: Actor, location_id: UUID, service_ids: Sequence[UUID]
) -> tuple[Parcel, ...]:
    """The labeled parcels that wait for a carrier, first packed first; a stranger sees none."""
    if by.location_id not in (None, location_id):
        raise Refusal("not_found", what="location")
    return parcels_store.list_waiting(tx, location_id, service_ids, PARCELS_MAX)


def _hold(tx: Tx, request: ManifestRequest) -> tuple[Parcel, ...]:
    """The parcels meant, with the timelines of their orders held; what was voided is left."""
    if request.parcel_ids is not None:
        meant = parcels_store.list_parcels(tx, request.parcel_ids)
        known = {parcel.id for parcel in meant if _is_due(parcel, request)}
        if known != set(request.parcel_ids):
            raise Refusal("not_found", what="parcel of this carrier at this location")
    else:
        meant = parcels_store.list_waiting(
            tx, request.location_id, request.service_ids, PARCELS_MAX
        )
    journal.lock(tx, {parcel.order_id for parcel in meant})
    again = parcels_store.list_parcels(tx, [parcel.id for parcel in meant])
    if request.parcel_ids is not None:
        return again
    return tuple(parcel for parcel in again if parcel.state == ParcelState.LABELED)


def _is_due(parcel: Parcel, request: ManifestRequest) -> bool:
    is_here = parcel.location_id == request.location_id
    return is_here and parcel.carrier_service_id in request.service_ids


def find_manifest(tx: Tx, by: Actor, manifest_id: UUID) -> Closed:
    """A manifest with its parcels; a stranger's is not found."""
    manifest = store.find_manifest(tx, by, manifest_id)
    if manifest is None:
        raise Refusal("not_found", what="manifest")
    return Closed(manifest=manifest, parcels=parcels_store.list_of_manifest(tx, manifest_id))


def list_pickups(
    tx: Tx, *, location_id: UUID | None, since: datetime, after: UUID | None, limit: int
) -> tuple[CarrierPickup, ...]:
    """Visits that are not over, in the order they were booked."""
    return store.list_pickups(tx, location_id=location_id, since=since, after=after, limit=limit)
