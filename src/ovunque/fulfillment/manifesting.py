"""A carrier is here: what goes with it is closed as the manifest of its visit, and signed for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment.handing_over import hand_over
from ovunque.fulfillment.holding import refuse_held
from ovunque.fulfillment.model import Manifest, Parcel, ParcelState
from ovunque.fulfillment.model.signing import ManifestFilter
from ovunque.fulfillment.store import packing as parcels_store
from ovunque.fulfillment.store import shipping as store
from ovunque.fulfillment.store.keeping_back import list_open
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.platform.journal import Fact

PARCELS_MAX = 500  # Of one manifest: their orders' timelines are held together.

DRAWERS = (store.SIGNATURES,)

MANIFEST_CLOSED = "manifest.closed"
MANIFEST_SIGNED = "manifest.signed"


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
    if request.pickup_id is not None and not _comes_for(tx, by, request, request.pickup_id):
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
    """The parcels meant, with the timelines of their orders held; what was voided is left.

    Of all that wait for their carrier, those of orders that are kept back stay here.
    """
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
        refuse_held(tx, {parcel.order_id for parcel in again})
        return again
    held = {each.order_id for each in list_open(tx, [parcel.order_id for parcel in again])}
    return tuple(
        parcel
        for parcel in again
        if parcel.state == ParcelState.LABELED and parcel.order_id not in held
    )


def _comes_for(tx: Tx, by: Actor, request: ManifestRequest, pickup_id: UUID) -> bool:
    """Whether a visit is that carrier's to that place, and was not called off."""
    found = store.find_pickup(tx, by, pickup_id)
    return found is not None and (found.location_id, found.carrier, found.canceled_at) == (
        request.location_id,
        request.carrier,
        None,
    )


def _is_due(parcel: Parcel, request: ManifestRequest) -> bool:
    is_here = parcel.location_id == request.location_id
    return is_here and parcel.carrier_service_id in request.service_ids


def find_manifest(tx: Tx, by: Actor, manifest_id: UUID) -> Closed:
    """A manifest with its parcels; a stranger's is not found."""
    manifest = store.find_manifest(tx, by, manifest_id)
    if manifest is None:
        raise Refusal("not_found", what="manifest")
    return Closed(manifest=manifest, parcels=parcels_store.list_of_manifest(tx, manifest_id))


def list_manifests(
    tx: Tx, wanted: ManifestFilter, before: UUID | None, limit: int
) -> tuple[tuple[Manifest, int], ...]:
    """Manifests with the number of their parcels, the newest first."""
    return store.list_manifests(tx, wanted, before, limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignRequest:
    manifest_id: UUID
    name: str
    signature: str | None = None  # None: a name says it, where nobody can draw.


def sign(tx: Tx, by: Actor, request: SignRequest, now: datetime) -> Manifest:
    """Whoever took the parcels says so; once, since nobody signs over what was signed."""
    manifest = find_manifest(tx, by, request.manifest_id).manifest
    signed = replace(manifest, signed_by=request.name, signature=request.signature, signed_at=now)
    if not store.save_signature(tx, signed):
        raise Refusal("already_signed")
    body = {"location": manifest.location_id, "carrier": manifest.carrier, "name": request.name}
    fact = Fact(kind=MANIFEST_SIGNED, subject=public_id("man", manifest.id), body=body)
    journal.record(tx, [fact], by=by.name, at=now)
    return signed
