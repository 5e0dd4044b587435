"""A carrier has no label for a parcel: the same goods go with another one, in a parcel of theirs.

Never two paid labels: the parcel of the first carrier is voided in the same write that opens the
one of the second. A label that the first has sold, or is selling at this moment, is given back.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold, refuse_held, step_on
from ovunque.fulfillment.labeling import ask_back, find_parcel
from ovunque.fulfillment.model import Event, Fulfillment, Parcel, ParcelState
from ovunque.fulfillment.packing import BUY_LABEL, label_key
from ovunque.fulfillment.store import packing as store
from ovunque.fulfillment.store import picking as lines_store
from ovunque.kernel.gs1 import sscc
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform import jobs, journal
from ovunque.platform.database import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """When a parcel is there with another carrier, and what that costs and emits more, or less."""

    arrives_at: datetime
    more_cents: int | None = None  # None: nobody can say.
    more_g: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierRequest:
    parcel_id: UUID
    carrier_service_id: UUID  # Of another carrier, or another one of the same.
    figures: Figures
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
    refuse_held(tx, [work.order_id])
    voided = replace(old, state=rules.change_parcel(old, ParcelState.VOIDED), changed_at=now)
    opened = _open(tx, old, request, now)
    store.save_parcels(tx, [old], [voided])
    inside = [line.reservation_id for line in work.lines if line.parcel_id == old.id]
    lines_store.save_parcel_of(tx, work.id, inside, opened.id)
    ask_back(tx, old, now)
    jobs.enqueue(
        tx,
        key=label_key(opened.id),
        kind=BUY_LABEL,
        due_at=now,
        body={"parcel": str(opened.id)},
    )
    expected = _expected(tx, work, old, request)
    store.save_carriage(tx, expected)
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
        arrives_at=expected.arrives_at,
        more_cents=request.figures.more_cents,
        more_g=request.figures.more_g,
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


def _expected(tx: Tx, work: Fulfillment, old: Parcel, request: CarrierRequest) -> Fulfillment:
    """The work with who carries it, when the last of it is there, what it costs and emits.

    Its carrier is the second one's only once no parcel goes with the first any more.
    """
    figures = request.figures
    parcels = [
        each
        for each in store.list_parcels_of(tx, [work.id])
        if each.state != ParcelState.VOIDED and each.carrier_service_id == old.carrier_service_id
    ]
    others = [figures.arrives_at, *([work.arrives_at] if parcels and work.arrives_at else [])]
    return replace(
        work,
        carrier_service_id=work.carrier_service_id if parcels else request.carrier_service_id,
        arrives_at=max(others),
        cost_cents=_plus(work.cost_cents, figures.more_cents),
        emissions_g=_plus(work.emissions_g, figures.more_g),
    )


def _plus(planned: int | None, more: int | None) -> int | None:
    """What was planned, corrected; where nobody can say how much more it is, nobody says."""
    return None if planned is None or more is None else max(0, planned + more)
