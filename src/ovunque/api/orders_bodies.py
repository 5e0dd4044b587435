"""What `POST /v1/orders` takes and what it answers, as msgspec reads and writes it."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from ovunque.customers.model import ContactRequest, CustomerRequest
from ovunque.delivery.model import Service
from ovunque.fulfillment.model.keeping_back import HoldReason
from ovunque.kernel.ids import parse_public_id
from ovunque.kernel.text import CODE
from ovunque.orders.model import (
    ChargeRequest,
    DeliveryRequest,
    LineRequest,
    OnShortage,
    OrderRequest,
    OrderStatus,
)
from ovunque.promise.model import TOKEN_MAX, Milestone, Outcome, Standing

AMOUNT_MAX = 100_000_000_000
LINES_MAX = 500
E6 = 1_000_000

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


class OrderCustomer(Struct, forbid_unknown_fields=True, frozen=True):
    name: Name
    email: Annotated[str, Meta(max_length=254)] | None = None
    phone: Short | None = None
    external_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    language: Annotated[str, Meta(pattern="^[a-z]{2}(-[A-Z]{2})?$(?!\\n)")] | None = None


class OrderLineAsked(Struct, forbid_unknown_fields=True, frozen=True):
    sku: Code
    quantity: Annotated[int, Meta(ge=1, le=10_000)]
    unit_price: Price
    discount: Price | None = None
    tax_rate_ppm: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    delivery: Annotated[int, Meta(ge=0, le=499)] = 0


class OrderAddress(Struct, forbid_unknown_fields=True, frozen=True):
    street: Name
    postal_code: Annotated[str, Meta(min_length=1, max_length=20)]
    city: Name
    country: Country
    name: Name | None = None
    region: Name | None = None
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class OrderRecipient(Struct, forbid_unknown_fields=True, frozen=True):
    """Who receives the goods, when it is not the customer: a gift."""

    name: Name
    phone: Short | None = None


class OrderDeliveryAsked(Struct, forbid_unknown_fields=True, frozen=True):
    service: Service
    address: OrderAddress | None = None
    location: Code | None = None
    recipient: OrderRecipient | None = None
    promise: Annotated[str, Meta(min_length=1, max_length=TOKEN_MAX)] | None = None
    hold: Annotated[str, Meta(max_length=64)] | None = None


class OrderChargeAsked(Struct, forbid_unknown_fields=True, frozen=True):
    kind: Short
    amount: ChargeAmount


class OrderGift(Struct, forbid_unknown_fields=True, frozen=True):
    message: Note


class OrderAsked(Struct, forbid_unknown_fields=True, frozen=True):
    """An order. `delivery` is short for one delivery that all lines belong to."""

    channel: Code
    customer: OrderCustomer
    lines: Annotated[list[OrderLineAsked], Meta(min_length=1, max_length=LINES_MAX)]
    deliveries: Annotated[list[OrderDeliveryAsked], Meta(min_length=1, max_length=100)] | None = (
        None
    )
    delivery: OrderDeliveryAsked | None = None
    external_id: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    charges: Annotated[list[OrderChargeAsked], Meta(max_length=100)] = []
    on_shortage: OnShortage = OnShortage.REFUSE
    gift: OrderGift | None = None
    notes: Note | None = None


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


class OrderLinks(Struct, kw_only=True):
    self: str
    journal: str
    decisions: str


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


def request_of(asked: OrderAsked) -> OrderRequest:
    """The order as the rooms know it; currencies and deliveries were looked at before."""
    return OrderRequest(
        external_id=asked.external_id,
        channel=asked.channel,
        currency=asked.lines[0].unit_price.currency,
        customer=CustomerRequest(
            external_id=asked.customer.external_id,
            email=asked.customer.email,
            name=asked.customer.name,
            phone=asked.customer.phone,
            language=asked.customer.language,
        ),
        lines=tuple(map(_line_of, asked.lines)),
        deliveries=tuple(_delivery_of(each) for each in deliveries_of(asked)),
        charges=tuple(
            ChargeRequest(kind=each.kind, amount=each.amount.amount) for each in asked.charges
        ),
        on_shortage=asked.on_shortage,
        gift=asked.gift.message if asked.gift else None,
        notes=asked.notes,
    )


def deliveries_of(asked: OrderAsked) -> list[OrderDeliveryAsked]:
    if asked.delivery is not None:
        return [asked.delivery]
    return asked.deliveries or []


def _line_of(line: OrderLineAsked) -> LineRequest:
    return LineRequest(
        sku=line.sku,
        quantity=line.quantity,
        unit_price=line.unit_price.amount,
        discount=line.discount.amount if line.discount else 0,
        tax_rate_ppm=line.tax_rate_ppm,
        delivery=line.delivery,
    )


def _delivery_of(delivery: OrderDeliveryAsked) -> DeliveryRequest:
    address = delivery.address
    if address is None:
        return DeliveryRequest(
            service=delivery.service,
            location=delivery.location,
            promise=delivery.promise,
            hold=_hold_of(delivery),
        )
    recipient = delivery.recipient
    return DeliveryRequest(
        service=delivery.service,
        location=delivery.location,
        promise=delivery.promise,
        hold=_hold_of(delivery),
        address=ContactRequest(
            name=recipient.name if recipient else address.name,
            phone=recipient.phone if recipient else None,
            street=address.street,
            postal_code=address.postal_code,
            city=address.city,
            region=address.region,
            country=address.country,
            latitude_e6=_e6(address.latitude),
            longitude_e6=_e6(address.longitude),
        ),
    )


def _hold_of(delivery: OrderDeliveryAsked) -> UUID | None:
    return parse_public_id("hld", delivery.hold) if delivery.hold is not None else None


def _e6(degrees: float | None) -> int | None:
    return None if degrees is None else round(degrees * E6)
