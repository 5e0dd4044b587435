"""A customer asks a store to set goods aside: the units are taken at once, or it is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.access.model import Actor
from ovunque.customers.knowing import know
from ovunque.customers.model import Collector, CustomerRequest
from ovunque.customers.rules import check_customer
from ovunque.fulfillment import events
from ovunque.fulfillment.model.reserving import (
    ReservedLine,
    StoreReservation,
    StoreReservationState,
)
from ovunque.fulfillment.store import reserving as store
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import journal
from ovunque.platform.database import Tx
from ovunque.stock import events as stock_events
from ovunque.stock.claiming import claim
from ovunque.stock.model import Ask, Short

OPEN_MAX = 200  # More than a store has shelves for; a list that is cut says so.


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveRequest:
    """Units by item, to be set aside at a location whose channel and service were checked."""

    id: UUID
    channel_id: UUID
    location_id: UUID
    customer: CustomerRequest
    units: Mapping[str, int]
    code: str  # Drawn by the caller, as the ids are.
    answer_by: datetime
    comes_at: datetime | None = None
    note: str | None = None
    collector: Collector | None = None
    new_id: NewId


def reserve(tx: Tx, by: Actor, request: ReserveRequest, now: datetime) -> StoreReservation:
    """Its units are nobody else's from now on; refused unless all of them are free there."""
    if by.location_id not in (None, request.location_id):
        raise Refusal("not_found", what="location")
    faults = check_customer(request.customer)
    if faults:
        told = tuple(Fault(f"/customer{e.pointer}", e.code, e.detail) for e in faults)
        raise Refusal("invalid", errors=told, detail=told[0].detail)
    (customer_id,) = know(tx, [request.customer], now, request.new_id)
    kept = StoreReservation(
        id=request.id,
        channel_id=request.channel_id,
        location_id=request.location_id,
        customer_id=customer_id,
        state=StoreReservationState.REQUESTED,
        code=request.code,
        requested_at=now,
        answer_by=request.answer_by,
        changed_at=now,
        comes_at=request.comes_at,
        note=request.note,
        collector=request.collector,
        lines=tuple(
            ReservedLine(sku=sku, quantity=units, reservation_id=request.new_id())
            for sku, units in sorted(request.units.items())
        ),
    )
    claimed = claim(tx, [Ask(plans=(kept.reservations,), channel_id=kept.channel_id)], now)
    (outcome,) = claimed.outcomes
    if isinstance(outcome, Short):
        short = [
            f"{key.sku}: {outcome.free.get(key, 0)} of {request.units[key.sku]} available"
            for key in sorted(each.key for each in kept.reservations)
            if outcome.free.get(key, 0) < request.units[key.sku]
        ]
        raise Refusal("out_of_stock", short=", ".join(short))
    store.add_reservation(tx, kept)
    facts = [
        events.reserved(kept, [None, kept.state.value], customer=customer_id),
        *stock_events.claimed(claimed.levels, claimed.expired),
    ]
    journal.record(tx, facts, by=by.name, at=now)
    return kept


def find_reservation(tx: Tx, by: Actor, id_: UUID) -> StoreReservation:
    """One of them; a stranger's is not found."""
    found = store.find_reservation(tx, by, id_)
    if found is None:
        raise Refusal("not_found", what="store reservation")
    return found


def list_reservations(
    tx: Tx, location_id: UUID | None, state: str | None, page: tuple[UUID | None, int]
) -> tuple[StoreReservation, ...]:
    """Those of a location or of all, of a state or of any, oldest first: behind which, how many."""
    return store.list_reservations(tx, location_id, state, page)


def list_open(tx: Tx, location_id: UUID) -> tuple[StoreReservation, ...]:
    """What a store has to do with now, the most pressing first."""
    return store.list_open(tx, location_id, OPEN_MAX)
