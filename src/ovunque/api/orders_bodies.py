"""What orders are answered with, as msgspec writes it."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from ovunque.delivery.model import Service
from ovunque.fulfillment.model.keeping_back import HoldReason, OnExpiry
from ovunque.kernel.text import CODE
from ovunque.orders.model import (
    OnShortage,
    OrderStatus,
)
from ovunque.promise.model import Milestone, Outcome, Standing

AMOUNT_MAX = 100_000_000_000
LINES_MAX = 500

Code = Annotated[str, Meta(pattern=f"^{CODE.pattern}$(?!\\n)", max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Short = Annotated[str, Meta(min_length=1, max_length=40)]
Note = Annotated[str, Meta(min_length=1, max_length=2_000)]
Country = Annotated[str, Meta(pattern="^[A-Z]{2}$(?!\\n)")]
Amount = Annotated[int, Meta(ge=0, le=AMOUNT_MAX)]


class Price(Struct, forbid_unknown_fields=True, frozen=True):
    """An amount in minor units of its currency."""

    amount: Amount
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$(?!\\n)")]


class ChargeAmount(Struct, forbid_unknown_fields=True, frozen=True):
    amount: Annotated[int, Meta(ge=-AMOUNT_MAX, le=AMOUNT_MAX)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$(?!\\n)")]


class OrderGift(Struct, forbid_unknown_fields=True, frozen=True):
    message: Note


class OrderLineShown(Struct, kw_only=True):
    id: str
    sku: str
    quantity: int
    delivery: int
    unplaced: int
    backordered: int
    expected_on: date | None
    canceled: int
    reserved: int
    in_work: int
    shipped: int
    delivered: int
    collected: int
    unit_price: Price
    discount: Price
    tax_rate_ppm: int | None
    home_available: int


class RevisedShown(Struct, kw_only=True):
    """Another date than was promised, and since when the customer knows it."""

    latest: datetime
    told_at: datetime


class OrderPromiseShown(Struct, kw_only=True):
    """What was promised, how it stands, and what became of it.

    `deviation`: its plan is moved (served otherwise, in time) or late. `revised`: the date that
    holds instead. With several deliveries: the worst of all. `charged`: what the order charges for
    shipping, if it says so, beside the price that was promised.
    """

    earliest: datetime
    latest: datetime
    customer_price: Price
    charged: Price | None
    deviation: str | None
    standing: Standing
    revised: RevisedShown | None
    outcome: Outcome | None
    arrived_at: datetime | None
    blame: str | None


class MilestonesShown(Struct, kw_only=True):
    """Until when each step of promised work has to be done; `next`: the one that is due now."""

    accept_by: datetime
    pick_by: datetime
    pack_by: datetime | None
    hand_over_by: datetime | None
    arrive_by: datetime
    standing: Standing
    next: Milestone | None


class PickupQuestionShown(Struct, kw_only=True):
    """The store does not hand over what was to be fetched there: what shall happen instead?

    `expected_at`: when a transfer would have it there; null: nobody can send it there now.
    """

    location: str
    asked_at: datetime
    expected_at: datetime | None
    answers: list[str]


class OrderDeliveryShown(Struct, kw_only=True):
    service: Service
    location: str | None
    promise: OrderPromiseShown | None
    question: PickupQuestionShown | None


class OrderChargeShown(Struct, kw_only=True):
    kind: str
    amount: ChargeAmount


class WorkLineShown(Struct, kw_only=True):
    line: str
    sku: str
    quantity: int
    picked: int
    parcel: str | None


class WorkOfferShown(Struct, kw_only=True):
    """A fulfillment proposed to a location."""

    location: str
    state: str
    opened_at: datetime
    accept_by: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    reason: str | None


class WorkParcelShown(Struct, kw_only=True):
    id: str
    state: str
    weight_g: int
    sscc: str
    tracking: str | None


class WorkShown(Struct, kw_only=True):
    """A fulfillment: what one location is to prepare."""

    id: str
    order: str
    location: str
    state: str
    service: str
    delivery: int
    planned_at: datetime
    arrives_at: datetime | None
    emissions_g: int | None
    changed_at: datetime
    replaced_at: datetime | None
    pickup_code: str | None
    collect_at: str | None
    collect_by: datetime | None
    milestones: MilestonesShown | None
    lines: list[WorkLineShown]
    offers: list[WorkOfferShown]
    parcels: list[WorkParcelShown]


class OrderHoldShown(Struct, kw_only=True):
    """What keeps an order back, and who looks at it."""

    reason: HoldReason
    owner: str
    held_at: datetime
    held_by: str
    expires_at: datetime | None
    on_expiry: OnExpiry | None


class OrderLinks(Struct, kw_only=True):
    self: str
    journal: str
    decisions: str
    tracking: str  # For the customer: nobody needs a key for it.


class OrderShown(Struct, kw_only=True):
    id: str
    number: str
    external_id: str | None
    channel: str
    status: OrderStatus
    holds: list[OrderHoldShown]
    customer: str
    currency: str
    on_shortage: OnShortage
    placed_at: datetime
    gift: OrderGift | None
    notes: str | None
    lines: list[OrderLineShown]
    deliveries: list[OrderDeliveryShown]
    charges: list[OrderChargeShown]
    fulfillments: list[WorkShown]
    promise: OrderPromiseShown | None
    links: OrderLinks
