"""Carriers are asked to come: a visit is booked, confirmed by its carrier, or called off."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from ovunque.access.model import SYSTEM, Actor
from ovunque.fulfillment.model import CarrierPickup
from ovunque.fulfillment.packing import label_key
from ovunque.fulfillment.ports import Counter, VisitCall
from ovunque.fulfillment.store import packing
from ovunque.fulfillment.store import shipping as store
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import jobs, journal
from ovunque.platform.database import Database, Tx
from ovunque.platform.journal import Fact

BOOK_VISIT = "visit.book"
CANCEL_VISIT = "visit.cancel"

BOOKED = "carrier_pickup.booked"
CONFIRMED = "carrier_pickup.confirmed"
CANCELED = "carrier_pickup.canceled"

NO_GRACE = timedelta(0)
PARCELS_TOLD_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PickupRequest:
    id: UUID
    location_id: UUID
    carrier: str
    starts_at: datetime
    ends_at: datetime
    grace: timedelta = NO_GRACE  # So long a person may undo it before the carrier hears of it.


def book_pickup(tx: Tx, by: Actor, request: PickupRequest, now: datetime) -> CarrierPickup:
    """A carrier's visit that a location counts on; refused where one is booked for that time.

    Two people who book at the same moment book one visit: carriers charge for each.
    """
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
    store.lock_carrier(tx, pickup.location_id, pickup.carrier)
    if store.find_overlap(tx, pickup) is not None:
        raise Refusal("visit_booked", carrier=pickup.carrier)
    store.add_pickup(tx, pickup)
    journal.record(tx, [_told(BOOKED, pickup)], by=by.name, at=now)
    jobs.enqueue(
        tx,
        key=visit_key(pickup.id),
        kind=BOOK_VISIT,
        due_at=now + request.grace,
        body={"pickup": str(pickup.id)},
    )
    return pickup


def cancel_pickup(tx: Tx, by: Actor, pickup_id: UUID, now: datetime) -> CarrierPickup:
    """Nobody counts on the visit any more; a carrier that has heard of it is told so."""
    pickup = _hold(tx, by, pickup_id)
    if pickup.canceled_at is not None or pickup.ends_at <= now:
        raise Refusal("visit_over")
    canceled = replace(pickup, canceled_at=now)
    store.save_pickup(tx, canceled)
    # If the carrier was asked in vain, or is being asked now, its answer is given back.
    if not jobs.withdraw(tx, visit_key(pickup.id)):
        jobs.hurry(tx, visit_key(pickup.id), now)
    if pickup.confirmation is not None:
        _call_off(tx, pickup, pickup.confirmation, now)
    journal.record(tx, [_told(CANCELED, canceled)], by=by.name, at=now)
    return canceled


def ask_again(tx: Tx, by: Actor, pickup_id: UUID, now: datetime) -> None:
    """Have a carrier that said no asked again at once, under the same key."""
    pickup = _hold(tx, by, pickup_id)
    if pickup.canceled_at is not None or pickup.confirmation is not None:
        raise Refusal("visit_over")
    jobs.hurry(tx, visit_key(pickup.id), now)


def book_visit(database: Database, counter: Counter, pickup_id: UUID, now: datetime) -> None:
    """Read, call, write, as labels are bought: told twice, the carrier comes once.

    A visit that was called off while its carrier was asked is called off there as well: the
    answer of that call may have been lost.
    """
    pickup = database.read(lambda tx: store.find_pickup(tx, SYSTEM, pickup_id))
    assert pickup is not None, "visits are never removed"
    if pickup.confirmation is not None:
        return
    if pickup.ends_at <= now:  # Nobody comes into the past.
        database.transact(lambda tx: _give_up(tx, pickup_id, now))
        return
    services = counter.services_of(pickup.carrier)
    waiting = database.read(
        lambda tx: packing.list_waiting(tx, pickup.location_id, services, PARCELS_TOLD_MAX)
    )
    call = VisitCall(
        carrier=pickup.carrier,
        reference=public_id("pic", pickup.id),
        address=counter.address_of(pickup.location_id),
        starts_at=pickup.starts_at,
        ends_at=pickup.ends_at,
        parcels=[label_key(each.id) for each in waiting],
    )
    number = counter.carrier_of(pickup.carrier).book_visit(call, key=visit_key(pickup.id))
    database.transact(lambda tx: _confirm(tx, pickup_id, number, now))


def _give_up(tx: Tx, pickup_id: UUID, now: datetime) -> None:
    pickup = _hold(tx, SYSTEM, pickup_id)
    if pickup.canceled_at is None and pickup.confirmation is None:
        canceled = replace(pickup, canceled_at=now)
        store.save_pickup(tx, canceled)
        journal.record(tx, [_told(CANCELED, canceled)], by=SYSTEM.name, at=now)


def _confirm(tx: Tx, pickup_id: UUID, number: str, now: datetime) -> None:
    pickup = _hold(tx, SYSTEM, pickup_id)
    if pickup.confirmation is not None:
        return
    confirmed = replace(pickup, confirmation=number, confirmed_at=now)
    store.save_pickup(tx, confirmed)
    if pickup.canceled_at is not None:
        _call_off(tx, pickup, number, now)
    told = _told(CONFIRMED, confirmed, confirmation=number)
    journal.record(tx, [told], by=SYSTEM.name, at=now)


def cancel_visit(database: Database, counter: Counter, pickup_id: UUID, number: str) -> None:
    """Tell a carrier that nobody waits for it."""
    pickup = database.read(lambda tx: store.find_pickup(tx, SYSTEM, pickup_id))
    assert pickup is not None, "visits are never removed"
    carrier = counter.carrier_of(pickup.carrier)
    carrier.cancel_visit(number, key=f"cancel-{visit_key(pickup_id)}")


def list_pickups(
    tx: Tx, *, location_id: UUID | None, since: datetime, after: UUID | None, limit: int
) -> tuple[CarrierPickup, ...]:
    """Visits that are not over and that nobody called off, in the order they were booked."""
    return store.list_pickups(tx, location_id=location_id, since=since, after=after, limit=limit)


def list_troubles(tx: Tx, pickups: Sequence[CarrierPickup]) -> dict[UUID, str]:
    """What carriers said instead of a confirmation, by visit."""
    keys = {visit_key(each.id): each.id for each in pickups if each.confirmation is None}
    reasons = jobs.list_reasons(tx, list(keys)) if keys else {}
    return {keys[key]: reason for key, reason in reasons.items()}


def visit_key(pickup_id: UUID) -> str:
    """The key of a visit: asked for twice, the carrier comes once."""
    return f"visit-{pickup_id}"


def _hold(tx: Tx, by: Actor, pickup_id: UUID) -> CarrierPickup:
    pickup = store.lock_pickup(tx, pickup_id)
    if pickup is None or by.location_id not in (None, pickup.location_id):
        raise Refusal("not_found", what="carrier pickup")
    return pickup


def _call_off(tx: Tx, pickup: CarrierPickup, number: str, now: datetime) -> None:
    jobs.enqueue(
        tx,
        key=f"cancel-{visit_key(pickup.id)}",
        kind=CANCEL_VISIT,
        due_at=now,
        body={"pickup": str(pickup.id), "confirmation": number},
    )


def _told(kind: str, pickup: CarrierPickup, **more: str) -> Fact:
    body = {"location": pickup.location_id, "carrier": pickup.carrier, **more}
    return Fact(kind=kind, subject=public_id("pic", pickup.id), body=body)
