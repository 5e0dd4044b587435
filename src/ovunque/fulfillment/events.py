"""What the fulfillment room announces.

A fact that moves fulfillments from state to state lists every step under `moved`, as triples of
id, state before and state after: each change of state is named in exactly one fact.
"""

from collections.abc import Sequence
from typing import Any

from ovunque.fulfillment.model import Fulfillment, FulfillmentState, Step
from ovunque.fulfillment.model.reserving import StoreReservation
from ovunque.kernel.ids import public_id
from ovunque.platform.journal import Fact

OFFERED = "offer.opened"
OFFER_REJECTED = "offer.rejected"
REFUSING = "offer.refusing"  # A no that can still be undone.
RESTORED = "offer.restored"
OFFER_EXPIRED = "offer.expired"
ACCEPTED = "fulfillment.accepted"
REOPENED = "fulfillment.reopened"
REJECTED = "fulfillment.rejected"
PICKING = "fulfillment.picking"
PICKED = "fulfillment.picked"
UNPICKED = "fulfillment.unpicked"
SHORT = "fulfillment.short"
SUBSTITUTED = "fulfillment.substituted"
READY = "fulfillment.ready"
SHIPPED = "fulfillment.shipped"
SHELVED = "fulfillment.shelved"
WRONG_CODE = "fulfillment.wrong_code"
COLLECTED = "fulfillment.collected"
RECEIVED = "parcel.received"
KINDS_OF_PICKS = {
    FulfillmentState.PICKING: PICKING,
    FulfillmentState.PICKED: PICKED,
    FulfillmentState.READY: READY,
}
KINDS_OF_ENDS = {
    FulfillmentState.DELIVERED: "fulfillment.delivered",
    FulfillmentState.RETURNING: "fulfillment.returning",
    FulfillmentState.LOST: "fulfillment.lost",
}
CANCELED = "fulfillment.canceled"
UNCOLLECTED = "fulfillment.uncollected"
PICKUP_ENDING = "fulfillment.pickup_ending"
EXTENDED = "fulfillment.extended"
WITHDRAWN = "fulfillment.withdrawn"
PARCEL_OPENED = "parcel.opened"
PARCEL_VOIDED = "parcel.voided"
CARRIER_CHANGED = "parcel.carrier_changed"
PARCEL_LABELED = "parcel.labeled"
PARCELS_HANDED_OVER = "parcel.handed_over"
PARCEL_TOLD = "parcel.tracked"
RESERVATION_ENDING = "store_reservation.ending"


def told(kind: str, work: Fulfillment, steps: Sequence[Step] = (), **more: Any) -> Fact:
    """Something happened to a fulfillment; `begun` may name one that was split off."""
    begun = more.pop("begun", None)
    body = {"fulfillment": work.id, "location": work.location_id, **more}
    if work.collect_at is not None:
        body |= {"to": work.collect_at}  # Whoever waits for it there is told as well.
    moved = [triple for step in steps for triple in triples(step)]
    if begun is not None:
        body |= {"split_off": begun.id}
        moved.append((str(begun.id), None, begun.state.value))
    return Fact(
        kind=kind,
        subject=public_id("ful", work.id),
        order_id=work.order_id,
        body=body | {"moved": moved} if moved else body,
    )


def reserved(
    kept: StoreReservation, way: Sequence[str | None], kind: str | None = None, **more: Any
) -> Fact:
    """Something happened to what a store keeps for a visit: the states it went through."""
    body = {"reservation": kept.id, "location": kept.location_id, **more}
    return Fact(
        kind=kind or f"store_reservation.{kept.state.value}",
        subject=public_id("sre", kept.id),
        body=body | {"way": list(way)} if way else body,
    )


def triples(step: Step) -> list[tuple[str, str | None, str]]:
    """Each single step of a way, as the journal names it."""
    return [
        (str(step.fulfillment_id), before.value, after.value)
        for before, after in zip(step.states, step.states[1:], strict=False)
        if before != after
    ]
