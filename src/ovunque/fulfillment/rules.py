"""What may follow what, and what a no of a location means."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from ovunque.fulfillment.model import (
    Blame,
    Effect,
    Event,
    Fulfillment,
    FulfillmentState,
    Reason,
    Step,
    Terms,
)
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import LocationKind
from ovunque.stock.model import UnavailableReason

S, E = FulfillmentState, Event

# Every transition there is. What is not here is refused, whoever asks.
TRANSITIONS: Mapping[FulfillmentState, Mapping[Event, FulfillmentState]] = MappingProxyType(
    {
        S.PLANNED: {E.OFFER: S.OFFERED, E.CANCEL: S.CANCELED},
        S.OFFERED: {E.ACCEPT: S.ACCEPTED, E.REJECT: S.REJECTED, E.CANCEL: S.CANCELED},
        S.ACCEPTED: {
            E.PICK: S.PICKING,
            E.REJECT: S.REJECTED,
            E.WITHDRAW: S.WITHDRAWN,
            E.CANCEL: S.CANCELED,
        },
        S.PICKING: {
            E.PICK: S.PICKING,
            E.FINISH_PICKING: S.PICKED,
            E.REJECT: S.REJECTED,
            E.WITHDRAW: S.WITHDRAWN,
            E.CANCEL: S.CANCELED,
        },
        S.PICKED: {E.PACK: S.PACKED, E.SET_OUT: S.READY, E.CANCEL: S.CANCELED},
        S.PACKED: {E.LABEL: S.READY, E.CANCEL: S.CANCELED},
        S.READY: {E.SHIP: S.SHIPPED, E.COLLECT: S.COLLECTED, E.CANCEL: S.CANCELED},
        S.SHIPPED: {E.DELIVER: S.DELIVERED, E.FAIL: S.FAILED},
        S.FAILED: {E.SEND_BACK: S.RETURNING, E.LOSE: S.LOST},
        S.RETURNING: {E.RESTOCK: S.RESTOCKED, E.LOSE: S.LOST},
        S.REJECTED: {E.CANCEL: S.CANCELED},
        S.WITHDRAWN: {E.CANCEL: S.CANCELED},
        S.COLLECTED: {},
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

# A store's people answer when they can; other places are there to ship what they are told.
ANSWER_WITHIN = timedelta(minutes=30)
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


def terms(kind: str) -> Terms:
    """How work is proposed to a kind of location."""
    return Terms(answer_within=ANSWER_WITHIN if kind in ANSWERING else None)
