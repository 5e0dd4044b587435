"""A carrier has no label for a parcel: the same goods go with another one, in a parcel of theirs.

Never two paid labels: the parcel of the first carrier is voided in the same write that opens the
one of the second. A label that the first has sold, or is selling at this moment, is given back.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold, step_on
from ovunque.fulfillment.labeling import find_parcel, give_back
from ovunque.fulfillment.model import Event, Parcel, ParcelState
from ovunque.fulfillment.packing import BUY_LABEL, label_key
from ovunque.fulfillment.store import packing as store
from ovunque.fulfillment.store import picking as lines_store
from ovunque.kernel.gs1 import sscc
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform import jobs, journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierRequest:
    parcel_id: UUID
    carrier_service_id: UUID  # Of another carrier, or another one of the same.
    company_prefix: str
    new_id: NewId


def change_carrier(tx: Tx, by: Actor, request: CarrierRequest, now: datetime) -> Parcel:
    """The parcel of the other carrier; its label is bought in the background.

    Refused once the first carrier has the goods, or for the service that it has already.
    """
    work = hold(tx, by, find_parcel(tx, by, request.parcel_id).fulfillment_id)
    old = find_parcel(tx, by, request.parcel_id)
    if old.carrier_service_id == request.carrier_service_id:
        raise Refusal("same_carrier")
    rules.go(work, Event.UNPACK)
    voided = replace(old, state=rules.change_parcel(old, ParcelState.VOIDED), changed_at=now)
    opened = _open(tx, old, request, now)
    store.save_parcels(tx, [old], [voided])
    inside = [line.reservation_id for line in work.lines if line.parcel_id == old.id]
    lines_store.save_parcel_of(tx, work.id, inside, opened.id)
    _give_back(tx, old, now)
    jobs.enqueue(
        tx,
        key=label_key(opened.id),
        kind=BUY_LABEL,
        due_at=now,
        body={"parcel": str(opened.id)},
    )
    if _goes_alone(tx, old):
        store.save_service(tx, work.id, opened.carrier_service_id)
    way = [Event.UNPACK, Event.PACK] if rules.is_packed(work.lines) else [Event.UNPACK]
    steps = [rules.go(work, *way)]
    step_on(tx, steps, now)
    fact = events.told(
        events.CARRIER_CHANGED,
        work,
        steps,
        parcel=old.id,
        instead=opened.id,
        sscc=opened.sscc,
        carrier_service=opened.carrier_service_id,
    )
    journal.record(tx, [fact], by=by.name, at=now)
    return opened


def _open(tx: Tx, old: Parcel, request: CarrierRequest, now: datetime) -> Parcel:
    parcel = replace(
        old,
        id=request.new_id(),
        carrier_service_id=request.carrier_service_id,
        state=ParcelState.OPEN,
        sscc=sscc(request.company_prefix, store.add_serial(tx)),
        tracking=None,
        opened_at=now,
        changed_at=now,
        told_at=None,
        manifest_id=None,
    )
    store.add_parcel(tx, parcel)
    return parcel


def _give_back(tx: Tx, old: Parcel, now: datetime) -> None:
    """The first label; where its carrier was asked in vain it is asked once more, and told so."""
    if old.tracking is not None:
        give_back(tx, old.id, old.tracking, now)
    elif not jobs.withdraw(tx, label_key(old.id)):
        jobs.hurry(tx, label_key(old.id), now)


def _goes_alone(tx: Tx, old: Parcel) -> bool:
    """Whether no other parcel of the work goes with the first carrier."""
    parcels = store.list_parcels_of(tx, [old.fulfillment_id])
    return all(
        each.carrier_service_id != old.carrier_service_id
        for each in parcels
        if each.state != ParcelState.VOIDED
    )
