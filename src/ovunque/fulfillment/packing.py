"""What was picked goes into parcels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold, refuse_held, step_on
from ovunque.fulfillment.model import (
    Event,
    Fulfillment,
    Parcel,
    ParcelState,
    Unfit,
    Wanted,
)
from ovunque.fulfillment.splitting import cut
from ovunque.fulfillment.store import packing as store
from ovunque.fulfillment.store import picking as lines_store
from ovunque.kernel.gs1 import sscc
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform import jobs, journal
from ovunque.platform.database import Tx

BUY_LABEL = "label.buy"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRequest:
    fulfillment_id: UUID
    weight_g: int
    contents: Sequence[Wanted] | None = None  # None: all that is left.
    company_prefix: str  # Of the retailer at GS1.
    new_id: NewId


def pack(tx: Tx, by: Actor, request: PackRequest, now: datetime) -> Parcel:
    """A closed parcel with these contents; its label is bought in the background."""
    work = hold(tx, by, request.fulfillment_id)
    rules.go(work, Event.PACK)
    refuse_held(tx, [work.order_id])
    work, inside = cut(tx, work, contents(work, request.contents), request.new_id, now)
    parcel = open_parcel(tx, work, request, now)
    lines_store.save_parcel_of(tx, work.id, inside, parcel.id)
    packed = [
        replace(line, parcel_id=parcel.id) if line.reservation_id in inside else line
        for line in work.lines
    ]
    steps = [rules.go(work, Event.PACK)] if rules.is_packed(packed) else []
    step_on(tx, steps, now)
    units = [
        {"line": line.line_id, "sku": line.sku, "quantity": line.quantity}
        for line in packed
        if line.parcel_id == parcel.id
    ]
    fact = events.told(
        events.PARCEL_OPENED, work, steps, parcel=parcel.id, sscc=parcel.sscc, units=units
    )
    journal.record(tx, [fact], by=by.name, at=now)
    jobs.enqueue(
        tx,
        key=label_key(parcel.id),
        kind=BUY_LABEL,
        due_at=now,
        body={"parcel": str(parcel.id)},
    )
    return parcel


def contents(work: Fulfillment, wanted: Sequence[Wanted] | None) -> dict[UUID, int]:
    """Units by reservation that go in; refused when more are named than wait to be packed."""
    inside: dict[UUID, int] = {}
    if wanted is None:
        inside = {line.reservation_id: rules.to_pack(line) for line in work.lines}
        inside = {id_: units for id_, units in inside.items() if units}
    for want in wanted or ():
        taken = rules.take_units(
            work.lines,
            want,
            lambda line: rules.to_pack(line) - inside.get(line.reservation_id, 0),
        )
        if isinstance(taken, Unfit):
            raise Refusal("not_to_pack", left=taken.left)
        for id_, units in taken.items():
            inside[id_] = inside.get(id_, 0) + units
    if not inside:
        raise Refusal("not_to_pack", left=0)
    return inside


def open_parcel(tx: Tx, work: Fulfillment, request: PackRequest, now: datetime) -> Parcel:
    assert work.carrier_service_id is not None, "what travels has a carrier"
    parcel = Parcel(
        id=request.new_id(),
        fulfillment_id=work.id,
        order_id=work.order_id,
        location_id=work.location_id,
        carrier_service_id=work.carrier_service_id,
        state=ParcelState.OPEN,
        weight_g=request.weight_g,
        sscc=sscc(request.company_prefix, store.add_serial(tx)),
        tracking=None,
        opened_at=now,
        changed_at=now,
    )
    store.add_parcel(tx, parcel)
    return parcel


def label_key(parcel_id: UUID) -> str:
    """The key of a parcel's label: asked for twice, it is bought once."""
    return f"label-{parcel_id}"
