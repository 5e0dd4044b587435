"""Parcels arrive at the store where customers fetch them, each by the number on its label."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.handing_over import hand_over
from ovunque.fulfillment.holding import step_on
from ovunque.fulfillment.model import (
    Event,
    Fulfillment,
    FulfillmentState,
    Parcel,
    ParcelState,
    Step,
)
from ovunque.fulfillment.store import packing as parcels_store
from ovunque.fulfillment.store import planning as store
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveRequest:
    location_id: UUID
    sscc: str
    pickup_code: str  # Drawn by the caller; used if this parcel is the last one.


def receive(tx: Tx, by: Actor, request: ReceiveRequest, now: datetime) -> Fulfillment:
    """The fulfillment with this parcel arrived; the last one makes it ready to be fetched.

    Refused when the parcel does not go there. A parcel that is here has left its location, whether
    or not anybody scanned it then; received twice, it has arrived once.
    """
    parcel = _hold(tx, request)
    hand_over(tx, by, [parcel] if parcel.state == ParcelState.LABELED else [], None, now)
    (before,) = parcels_store.list_parcels(tx, [parcel.id])
    if before.received_at is None:
        parcels_store.save_parcels(tx, [before], [rules.receive_parcel(before, now)])
    (work,) = store.list_by_id(tx, [parcel.fulfillment_id])
    if work.arrived_at is not None:
        return work
    step = _step(tx, work)
    if step is not None:
        step_on(tx, [step], now)
        store.save_arrived(tx, work.id, request.pickup_code, now)
    kind = events.RECEIVED if step is None else events.READY
    fact = events.told(kind, work, [step] if step else [], parcels=[parcel.id], at=work.collect_at)
    journal.record(tx, [fact], by=by.name, at=now)
    (work,) = store.list_by_id(tx, [work.id])
    return work


def _hold(tx: Tx, request: ReceiveRequest) -> Parcel:
    """The parcel with its order's timeline held; a stranger's is not found."""
    for parcel in parcels_store.list_by_sscc(tx, request.sscc):
        journal.lock(tx, [parcel.order_id])
        (work,) = store.list_by_id(tx, [parcel.fulfillment_id])
        if work.collect_at == request.location_id:
            return parcels_store.list_parcels(tx, [parcel.id])[0]
    raise Refusal("not_found", what=f"parcel {request.sscc[:20]} on its way here")


def _step(tx: Tx, work: Fulfillment) -> Step | None:
    """Ready once no parcel of it is missing, nor anything that is still to be packed."""
    if work.state != FulfillmentState.AWAITING_ARRIVAL:
        return None
    parcels = parcels_store.list_parcels_of(tx, [work.id])
    return rules.go(work, Event.RECEIVE) if rules.is_received(parcels) else None
