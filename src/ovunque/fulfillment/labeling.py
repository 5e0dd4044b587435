"""Labels are bought from carriers: one for each parcel, whatever gets lost on the way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ovunque.access.model import SYSTEM, Actor
from ovunque.fulfillment import events, rules
from ovunque.fulfillment.holding import hold, refuse_held, step_on
from ovunque.fulfillment.model import Event, FulfillmentState, Parcel, ParcelState
from ovunque.fulfillment.packing import label_key
from ovunque.fulfillment.ports import Counter, Label
from ovunque.fulfillment.store import packing as store
from ovunque.kernel.refusal import Refusal
from ovunque.platform import jobs, journal
from ovunque.platform.database import Database, Tx

VOID_LABEL = "label.void"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyRequest:
    parcel_id: UUID
    asked_before: bool  # The carrier may have sold it already, and its answer was lost.


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRequest:
    parcel_id: UUID
    label: Label


def buy_label(database: Database, counter: Counter, request: BuyRequest, now: datetime) -> None:
    """Read, call, write: no transaction is open while the carrier is thinking.

    A crash between the call and the write is harmless: the job runs again, and the carrier
    answers the same key with the same label. If the parcel was voided meanwhile, the carrier is
    asked all the same: a label that was sold, and whose answer was lost, has to be given back. So
    has one that a person did not wait for, and went on with a number of their own.
    """
    parcel = database.read(lambda tx: find_parcel(tx, SYSTEM, request.parcel_id))
    sold = request.asked_before and parcel.state in (ParcelState.VOIDED, ParcelState.LABELED)
    if parcel.state != ParcelState.OPEN and not sold:
        return
    shipment = database.read(lambda tx: counter.describe(tx, parcel))
    bought = counter.carrier_of(shipment.carrier).buy_label(shipment, key=label_key(parcel.id))
    found = LabelRequest(parcel_id=parcel.id, label=bought)
    database.transact(lambda tx: label(tx, SYSTEM, found, now))


def label(tx: Tx, by: Actor, request: LabelRequest, now: datetime) -> None:
    """The parcel has its label; one that was voided meanwhile gives it back to the carrier."""
    parcel = find_parcel(tx, by, request.parcel_id)
    work = hold(tx, by, parcel.fulfillment_id)
    parcels = store.list_parcels_of(tx, [work.id])
    parcel = next(each for each in parcels if each.id == parcel.id)
    if parcel.state != ParcelState.OPEN:
        if request.label.tracking != parcel.tracking:  # It goes without, or with another number.
            give_back(tx, parcel.id, request.label.tracking, now)
        return
    labeled = replace(
        parcel,
        state=rules.change_parcel(parcel, ParcelState.LABELED),
        tracking=request.label.tracking,
        changed_at=now,
    )
    store.save_parcels(tx, [parcel], [labeled])
    store.add_label(tx, parcel.id, request.label, now)
    waiting = any(each.state == ParcelState.OPEN for each in parcels if each.id != parcel.id)
    is_ready = work.state == FulfillmentState.PACKED and not waiting
    steps = [rules.go(work, Event.LABEL)] if is_ready else []
    step_on(tx, steps, now)
    fact = events.told(
        events.PARCEL_LABELED, work, steps, parcel=parcel.id, tracking=labeled.tracking
    )
    journal.record(tx, [fact], by=by.name, at=now)


def try_again(tx: Tx, by: Actor, parcel_id: UUID, now: datetime) -> None:
    """Ask the carrier again at once, under the same key: whatever it sold, it sold once."""
    parcel = find_parcel(tx, by, parcel_id)
    hold(tx, by, parcel.fulfillment_id)
    parcel = find_parcel(tx, by, parcel_id)
    if parcel.state != ParcelState.OPEN:
        raise Refusal("transition_refused", state=parcel.state.value, event=Event.LABEL.value)
    refuse_held(tx, [parcel.order_id])
    jobs.hurry(tx, label_key(parcel_id), now)


def label_by_hand(tx: Tx, by: Actor, request: LabelRequest, now: datetime) -> None:
    """The parcel goes with a number that a person has from its carrier; refused if it has one.

    If the carrier was asked before it is asked once more: a label that it sold is given back.
    """
    parcel = find_parcel(tx, by, request.parcel_id)
    hold(tx, by, parcel.fulfillment_id)
    parcel = find_parcel(tx, by, request.parcel_id)
    rules.change_parcel(parcel, ParcelState.LABELED)
    refuse_held(tx, [parcel.order_id])
    if store.list_by_tracking(tx, [parcel.carrier_service_id], [request.label.tracking]):
        raise Refusal("tracking_taken", tracking=request.label.tracking)
    if not jobs.withdraw(tx, label_key(parcel.id)):
        jobs.hurry(tx, label_key(parcel.id), now)
    label(tx, by, request, now)


def list_troubles(tx: Tx, parcels: Sequence[Parcel]) -> dict[UUID, str]:
    """What carriers said instead of a label, by parcel."""
    keys = {label_key(each.id): each.id for each in parcels if each.state == ParcelState.OPEN}
    reasons = jobs.list_reasons(tx, list(keys)) if keys else {}
    return {keys[key]: reason for key, reason in reasons.items()}


def ask_back(tx: Tx, parcel: Parcel, now: datetime) -> None:
    """Nobody sends this parcel: its label is given back.

    Where its carrier was asked in vain, it is asked anew and at once: what it sold unheard is given
    back then. No screen shows a voided parcel, so no person would ask for it.
    """
    if parcel.tracking is not None:
        give_back(tx, parcel.id, parcel.tracking, now)
    elif not jobs.withdraw(tx, label_key(parcel.id)):
        jobs.hurry(tx, label_key(parcel.id), now)


def give_back(tx: Tx, parcel_id: UUID, tracking: str, now: datetime) -> None:
    """Have a label voided at its carrier."""
    jobs.enqueue(
        tx,
        key=void_key(parcel_id, tracking),
        kind=VOID_LABEL,
        due_at=now,
        body={"parcel": str(parcel_id), "tracking": tracking},
    )


def void_key(parcel_id: UUID, tracking: str) -> str:
    """Of giving one label back: a parcel may have had two, one of them by hand."""
    return f"void-{label_key(parcel_id)}-{tracking}"


def void_label(database: Database, counter: Counter, parcel_id: UUID, tracking: str) -> None:
    """Tell a carrier that a label will not be used; told twice, it is voided once."""
    parcel = database.read(lambda tx: find_parcel(tx, SYSTEM, parcel_id))
    shipment = database.read(lambda tx: counter.describe(tx, parcel))
    carrier = counter.carrier_of(shipment.carrier)
    carrier.void_label(tracking, key=void_key(parcel_id, tracking))


def find_parcel(tx: Tx, by: Actor, parcel_id: UUID) -> Parcel:
    """A parcel; a stranger's is not found."""
    parcel = store.find_parcel(tx, by, parcel_id)
    if parcel is None:
        raise Refusal("not_found", what="parcel")
    return parcel


def find_to_label(tx: Tx, by: Actor, parcel_id: UUID) -> Parcel:
    """A parcel whose label somebody wants to print; refused while its order is kept back."""
    parcel = find_parcel(tx, by, parcel_id)
    refuse_held(tx, [parcel.order_id])
    return parcel


def find_label(tx: Tx, by: Actor, parcel_id: UUID) -> tuple[str, bytes]:
    """Media type and content of a parcel's label; refused as long as there is none."""
    found = store.find_label(tx, find_to_label(tx, by, parcel_id).id)
    if found is None:
        raise Refusal("not_found", what="label: it has not been bought yet")
    return found
