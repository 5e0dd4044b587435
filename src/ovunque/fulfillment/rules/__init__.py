"""What may follow what, and what a no of a location means."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from ovunque.delivery.model import Service
from ovunque.fulfillment.model import (
    Blame,
    Effect,
    Event,
    Fulfillment,
    FulfillmentLine,
    FulfillmentState,
    Parcel,
    ParcelState,
    Reason,
    Step,
    Terms,
    Unfit,
    Wanted,
    WithdrawReason,
)
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import LocationKind
from ovunque.stock.model import UnavailableReason

S, E = FulfillmentState, Event

# Every transition there is. What is not here is refused, whoever asks.
TRANSITIONS: Mapping[FulfillmentState, Mapping[Event, FulfillmentState]] = MappingProxyType(
    {
        S.PLANNED: {E.OFFER: S.OFFERED, E.REJECT: S.REJECTED, E.CANCEL: S.CANCELED},
        S.OFFERED: {E.ACCEPT: S.ACCEPTED, E.REJECT: S.REJECTED, E.CANCEL: S.CANCELED},
        S.ACCEPTED: {
            E.REOPEN: S.OFFERED,
            E.PICK: S.PICKING,
            E.REJECT: S.REJECTED,
            E.WITHDRAW: S.WITHDRAWN,
            E.CANCEL: S.CANCELED,
        },
        S.PICKING: {
            E.PICK: S.PICKING,
            E.UNPICK: S.PICKING,
            E.FINISH_PICKING: S.PICKED,
            E.REJECT: S.REJECTED,
            E.WITHDRAW: S.WITHDRAWN,
            E.CANCEL: S.CANCELED,
        },
        S.PICKED: {
            E.UNPICK: S.PICKING,
            E.PACK: S.PACKED,
            E.UNPACK: S.PICKED,
            E.SET_OUT: S.READY,
            E.CANCEL: S.CANCELED,
        },
        S.PACKED: {E.LABEL: S.READY, E.UNPACK: S.PICKED, E.CANCEL: S.CANCELED},
        S.READY: {
            E.UNPACK: S.PICKED,
            E.SHIP: S.SHIPPED,
            E.COLLECT: S.COLLECTED,
            E.REFUSE: S.REJECTED,
            E.EXPIRE: S.UNCOLLECTED,
            E.CANCEL: S.CANCELED,
        },
        S.SHIPPED: {E.DELIVER: S.DELIVERED, E.FAIL: S.FAILED, E.AWAIT: S.AWAITING_ARRIVAL},
        S.AWAITING_ARRIVAL: {E.RECEIVE: S.READY, E.FAIL: S.FAILED},
        S.FAILED: {E.SEND_BACK: S.RETURNING, E.LOSE: S.LOST},
        S.RETURNING: {E.RESTOCK: S.RESTOCKED, E.LOSE: S.LOST},
        S.REJECTED: {E.CANCEL: S.CANCELED},
        S.WITHDRAWN: {E.CANCEL: S.CANCELED},
        S.COLLECTED: {},
        S.UNCOLLECTED: {},
        S.DELIVERED: {},
        S.RESTOCKED: {},
        S.LOST: {},
        S.CANCELED: {},
    }
)

EFFECTS: Mapping[Reason, Effect] = MappingProxyType(
    {
        Reason.NOT_FOUND: Effect(
            blame=Blame.STORE, unavailable=UnavailableReason.MISSING, remainder=True
        ),
        Reason.FEWER: Effect(
            blame=Blame.STORE, unavailable=UnavailableReason.MISSING, remainder=True
        ),
        Reason.DAMAGED: Effect(blame=Blame.STORE, unavailable=UnavailableReason.DAMAGED),
        Reason.DISPLAY: Effect(blame=Blame.STORE, unavailable=UnavailableReason.DISPLAY),
        Reason.SOLD_MEANWHILE: Effect(
            blame=Blame.CUSTOMER, unavailable=UnavailableReason.AWAITING_TILL
        ),
        Reason.NO_TIME: Effect(blame=Blame.STORE, unavailable=None),
        Reason.CLOSED: Effect(blame=Blame.SYSTEM, unavailable=None),
    }
)

PICKUP_CODE_LENGTH = 6
WRONG_CODES_MAX = 3  # Then a code says nothing any more, and people show who they are.

WITHDRAWN_BY: Mapping[WithdrawReason, Blame] = MappingProxyType(
    {
        WithdrawReason.TIMEOUT: Blame.STORE,
        WithdrawReason.PAUSE: Blame.SYSTEM,
        WithdrawReason.INCIDENT: Blame.SYSTEM,
        WithdrawReason.REROUTE: Blame.SYSTEM,
        WithdrawReason.HELD: Blame.SYSTEM,
        WithdrawReason.SHORTAGE: Blame.SYSTEM,
    }
)

# A store's people answer when they can; other places are there to ship what they are told.
ANSWER_WITHIN = timedelta(minutes=30)
EXPRESS_WITHIN = timedelta(minutes=5)  # Somebody waits for it now: else the next one is asked.
HASTY = frozenset({Service.EXPRESS, Service.EXPRESS_COLLECT})
ANSWERING = frozenset({LocationKind.STORE, LocationKind.PICKUP_POINT})


def next_state(state: FulfillmentState, event: Event) -> FulfillmentState:
    """What becomes of a fulfillment; refused when this cannot happen to it."""
    following = TRANSITIONS[state].get(event)
    if following is None:
        raise Refusal("transition_refused", state=state.value, event=event.value)
    return following


def go(work: Fulfillment, *events: Event) -> Step:
    """The way of a fulfillment through some events; refused where one of them cannot happen."""
    if work.replaced_at is not None:
        raise Refusal("transition_refused", state="replaced", event=events[0].value)
    states = [work.state]
    for event in events:
        states.append(next_state(states[-1], event))
    return Step(fulfillment_id=work.id, states=tuple(states))


def take_units(
    lines: Iterable[FulfillmentLine], want: Wanted, units_of: Callable[[FulfillmentLine], int]
) -> dict[UUID, int] | Unfit:
    """Units of a line by reservation, first rows first; Unfit if the rows have fewer to give."""
    left = want.quantity
    taken: dict[UUID, int] = {}
    for line in lines:
        units = min(left, units_of(line)) if want.means(line) else 0
        if units:
            taken[line.reservation_id] = units
            left -= units
    return Unfit(left=want.quantity - left) if left else taken


def to_pick(line: FulfillmentLine) -> int:
    return line.quantity - line.picked


def to_pack(line: FulfillmentLine) -> int:
    return line.picked if line.parcel_id is None else 0


def is_picked(lines: Iterable[FulfillmentLine]) -> bool:
    return all(line.picked == line.quantity for line in lines)


def is_packed(lines: Iterable[FulfillmentLine]) -> bool:
    return all(line.parcel_id is not None for line in lines)


def travels(work: Fulfillment) -> bool:
    """Whether it leaves in parcels; else customers come for it."""
    return work.carrier_service_id is not None


def is_fetched(work: Fulfillment) -> bool:
    """Whether customers come for it as it is now: prepared here, or arrived from elsewhere."""
    return not travels(work) or work.arrived_at is not None


def after_leaving(work: Fulfillment) -> list[Event]:
    """What follows once its last parcel has left."""
    return [Event.SHIP] if work.collect_at is None else [Event.SHIP, Event.AWAIT]


def after_picking(work: Fulfillment, lines: Iterable[FulfillmentLine]) -> list[Event]:
    """What follows once nothing is left to pick."""
    if not is_picked(lines):
        return []
    return [Event.FINISH_PICKING] if travels(work) else [Event.FINISH_PICKING, Event.SET_OUT]


def catch_up(
    work: Fulfillment, lines: Sequence[FulfillmentLine], parcels: Iterable[Parcel]
) -> list[Event]:
    """What follows for work that is left with these lines and parcels: it may be done now."""
    known = tuple(parcels)
    states = {parcel.id: parcel.state for parcel in known}
    events: list[Event] = []
    state = work.state
    if state == FulfillmentState.PICKING and is_picked(lines):
        events += after_picking(work, lines)
        state = FulfillmentState.PICKED
    inside = {states[line.parcel_id] for line in lines if line.parcel_id is not None}
    if state == FulfillmentState.PICKED and travels(work) and is_packed(lines):
        events.append(Event.PACK)
        state = FulfillmentState.PACKED
    if state == FulfillmentState.PACKED and ParcelState.OPEN not in inside:
        events.append(Event.LABEL)
        state = FulfillmentState.READY
    if state == FulfillmentState.READY and inside and all(each.is_gone for each in inside):
        events += after_leaving(work)
        events += arrival(replace(work, state=FulfillmentState.SHIPPED), known)
    return events


ON_THE_WAY = frozenset(
    {
        ParcelState.IN_TRANSIT,
        ParcelState.OUT_FOR_DELIVERY,
        ParcelState.AVAILABLE_FOR_PICKUP,
        ParcelState.FAILED_ATTEMPT,
        ParcelState.EXCEPTION,
    }
)
ENDED = frozenset(
    {
        ParcelState.DELIVERED,
        ParcelState.RETURNED_TO_SENDER,
        ParcelState.LOST,
        ParcelState.DAMAGED,
    }
)
# Carriers leave out scans and make them twice, so any word on the way may follow any other.
PARCEL_TRANSITIONS: Mapping[ParcelState, frozenset[ParcelState]] = MappingProxyType(
    {
        ParcelState.OPEN: frozenset({ParcelState.LABELED, ParcelState.VOIDED}),
        ParcelState.LABELED: frozenset({ParcelState.HANDED_OVER, ParcelState.VOIDED}),
        ParcelState.HANDED_OVER: ON_THE_WAY | ENDED,
        **dict.fromkeys(ON_THE_WAY, ON_THE_WAY | ENDED),
        **dict.fromkeys(ENDED, frozenset()),
        ParcelState.VOIDED: frozenset(),
    }
)


def change_parcel(parcel: Parcel, state: ParcelState) -> ParcelState:
    """The parcel's next state; refused when it cannot follow."""
    if state not in PARCEL_TRANSITIONS[parcel.state]:
        raise Refusal("transition_refused", state=parcel.state.value, event=state.value)
    return state


def receive_parcel(parcel: Parcel, now: datetime) -> Parcel:
    """A parcel that was scanned where it is fetched; its carrier may have said so before."""
    state = parcel.state
    if state != ParcelState.DELIVERED:
        state = change_parcel(parcel, ParcelState.DELIVERED)
    return replace(parcel, state=state, changed_at=now, received_at=now)


def is_received(parcels: Iterable[Parcel]) -> bool:
    """Whether all that was sent was scanned where it is fetched."""
    return all(
        parcel.received_at is not None for parcel in parcels if parcel.state != ParcelState.VOIDED
    )


def arrival(work: Fulfillment, parcels: Sequence[Parcel]) -> list[Event]:
    """What the ends of all its parcels mean for a fulfillment; nothing while one is on its way.

    What is fetched at a store has arrived when the store says so, whatever its carrier says.
    """
    states = {parcel.state for parcel in parcels if parcel.state != ParcelState.VOIDED}
    if work.state not in (FulfillmentState.SHIPPED, FulfillmentState.AWAITING_ARRIVAL):
        return []
    if not states <= ENDED:
        return []
    if states == {ParcelState.DELIVERED}:
        if work.collect_at is None:
            return [Event.DELIVER]
        return [Event.RECEIVE] if is_received(parcels) else []
    if ParcelState.RETURNED_TO_SENDER in states:
        return [Event.FAIL, Event.SEND_BACK]
    return [Event.FAIL, Event.LOSE]


def pickup_code(secret: str) -> str:
    """Six digits that a customer can say and nobody can guess, of a secret drawn at the edge."""
    number = int.from_bytes(hashlib.sha256(secret.encode()).digest())
    return f"{number % 10**PICKUP_CODE_LENGTH:0{PICKUP_CODE_LENGTH}}"


def terms(kind: str, service: str) -> Terms:
    """How work is proposed to a kind of location."""
    within = EXPRESS_WITHIN if service in HASTY else ANSWER_WITHIN
    return Terms(answer_within=within if kind in ANSWERING else None)
