"""What the routes of fulfillments take and answer."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from ovunque.access.model import Actor
from ovunque.api.bodies import Body, Instant, Name, Shown
from ovunque.api.call import Call
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.orders_shown import show_work
from ovunque.fulfillment.listing import find_asked
from ovunque.fulfillment.model import (
    Fulfillment,
    FulfillmentState,
    OfferState,
    ParcelState,
    Reason,
)
from ovunque.fulfillment.model.consulting import Consent
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.promise.keeping import list_milestones
from ovunque.promise.model import Milestone, Milestones, Standing
from ovunque.sourcing.snapshot import Snapshot

FulfillmentId = Annotated[UUID, PublicId("ful")]
LineId = Annotated[UUID, PublicId("lin")]
Units = Annotated[int, Field(ge=1, le=10_000)]
Why = Annotated[Reason, Field(strict=False)]
Lines = Annotated[list[LineId], Field(min_length=1, max_length=500)]


class FulfillmentLineShown(Shown):
    """Units of an order line under one reservation; packing may cut a line into several."""

    line: str
    sku: str
    quantity: int
    picked: int
    parcel: str | None


class OfferShown(Shown):
    """A location that was asked; of several at once the first to take it has the work."""

    location: str
    state: OfferState
    opened_at: Instant
    accept_by: Instant | None
    closed_at: Instant | None
    closed_by: str | None
    reason: str | None


class ParcelShown(Shown):
    id: str
    state: ParcelState
    weight_g: int
    sscc: str
    tracking: str | None


class WorkMilestones(Shown):
    accept_by: Instant
    pick_by: Instant
    pack_by: Instant | None
    hand_over_by: Instant | None
    arrive_by: Instant
    standing: Standing
    next: Milestone | None


class FulfillmentShown(Shown):
    """What one location is to prepare of an order."""

    id: str
    order: str
    location: str
    state: FulfillmentState
    service: str
    delivery: int
    collect_at: str | None = Field(
        description="The store to which it is sent to be fetched, if it is another one."
    )
    collect_by: Instant | None = Field(description="Until when it waits for who fetches it.")
    planned_at: Instant
    changed_at: Instant
    replaced_at: Instant | None
    milestones: WorkMilestones | None = Field(
        description="Until when its steps have to be done, if its order was promised something."
    )
    lines: list[FulfillmentLineShown]
    offers: list[OfferShown]
    parcels: list[ParcelShown]


Place = Annotated[
    Code | None,
    Field(description="Which of several that were asked; only for who acts for all locations."),
]


class AcceptBody(Body):
    """A location takes the work; who acts for one location has nothing else to say."""

    location: Place = None


class RejectBody(Body):
    reason: Why
    location: Place = None
    lines: Lines | None = Field(default=None, description="Of which it is true; none: of all.")


class PickBody(Body):
    """Units taken from the shelf, by line, by scan or, to be sure, by both."""

    line: LineId | None = None
    barcode: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    quantity: Units = 1


class ShortageBody(Body):
    """Units that are not there as they should be."""

    line: LineId
    sku: Code | None = Field(default=None, description="Of a bundle: which of its items.")
    quantity: Units
    reason: Why
    instead: Code | None = Field(
        default=None, description="A substitute that goes in their place, if it is allowed."
    )
    consent: Annotated[Consent, Field(strict=False)] | None = Field(
        default=None, description="How the customer agreed to it, where they have to."
    )


class PackedLine(Body):
    line: LineId
    sku: Code | None = Field(default=None, description="Of a bundle: which of its items.")
    quantity: Units


class PackBody(Body):
    weight_g: int = Field(ge=1, le=70_000)
    lines: Annotated[list[PackedLine], Field(min_length=1, max_length=500)] | None = Field(
        default=None, description="What is inside; none: all that is left."
    )


class ExtensionBody(Body):
    """So many days more."""

    days: int = Field(ge=1, le=30)


class HandoverBody(Body):
    """A customer fetches their goods: by code, or by what shows who they are."""

    code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    identity: Name | None = None
    collector: Name | None = None  # Who came instead of the customer.


def show(
    work: Fulfillment, snapshot: Snapshot, milestones: Milestones | None = None
) -> FulfillmentShown:
    shown = show_work(work, snapshot, milestones)
    return FulfillmentShown.model_validate(shown, from_attributes=True)


def find_and_show(tx: Tx, by: Actor, fulfillment_id: UUID, snapshot: Snapshot) -> FulfillmentShown:
    """One fulfillment as it stands; that of whoever was never asked is not found."""
    work = find_asked(tx, by, fulfillment_id)
    return show(work, snapshot, list_milestones(tx, [work.id]).get(work.id))


def place_of(call: Call, code: str | None) -> UUID | None:
    """The location to look at: the one that is named, or the only one that they may see."""
    if code is None:
        return call.by.location_id
    location = call.services.snapshot().network.by_code.get(code)
    if location is None or call.by.location_id not in (None, location.id):
        raise Refusal("not_found", what=f"location {code}")
    return location.id
