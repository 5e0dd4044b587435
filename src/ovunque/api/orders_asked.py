"""What `POST /v1/orders` takes, as msgspec reads it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from ovunque.api.orders_bodies import (
    LINES_MAX,
    ChargeAmount,
    Code,
    Country,
    Name,
    Note,
    OrderGift,
    Price,
    Short,
)
from ovunque.customers.model import Collector, ContactRequest, CustomerRequest
from ovunque.delivery.model import Service
from ovunque.fulfillment.model.keeping_back import HoldAsk, HoldReason, OnExpiry
from ovunque.fulfillment.rules.keeping_back import MINUTES_MAX
from ovunque.kernel.ids import parse_public_id
from ovunque.orders.model import (
    ChargeRequest,
    DeliveryRequest,
    LineRequest,
    OnShortage,
    OrderRequest,
)
from ovunque.promise.model import TOKEN_MAX

E6 = 1_000_000


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


class OrderCollector(Struct, forbid_unknown_fields=True, frozen=True):
    """Who may fetch the goods, when it is not the customer."""

    name: Annotated[str, Meta(min_length=1, max_length=100)]
    phone: Short | None = None


class OrderDeliveryAsked(Struct, forbid_unknown_fields=True, frozen=True):
    service: Service
    address: OrderAddress | None = None
    location: Code | None = None
    recipient: OrderRecipient | None = None
    collector: OrderCollector | None = None
    promise: Annotated[str, Meta(min_length=1, max_length=TOKEN_MAX)] | None = None
    hold: Annotated[str, Meta(max_length=64)] | None = None


class OrderChargeAsked(Struct, forbid_unknown_fields=True, frozen=True):
    kind: Short
    amount: ChargeAmount


class OrderHoldAsked(Struct, forbid_unknown_fields=True, frozen=True):
    """Why nobody shall work on it yet. With `minutes` or `expires_at` it ends by itself.

    `on_expiry` says whether the order goes on then, or is canceled.
    """

    reason: HoldReason
    owner: Annotated[str, Meta(min_length=1, max_length=100)] | None = None
    minutes: Annotated[int, Meta(ge=1, le=MINUTES_MAX)] | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    on_expiry: OnExpiry | None = None


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
    holds: Annotated[list[OrderHoldAsked], Meta(max_length=len(HoldReason))] = []


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
        holds=tuple(_ask_of(each) for each in asked.holds),
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
            collector=_collector_of(delivery),
        )
    recipient = delivery.recipient
    return DeliveryRequest(
        service=delivery.service,
        location=delivery.location,
        promise=delivery.promise,
        hold=_hold_of(delivery),
        collector=_collector_of(delivery),
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


def _ask_of(hold: OrderHoldAsked) -> HoldAsk:
    return HoldAsk(
        reason=hold.reason,
        owner=hold.owner,
        minutes=hold.minutes,
        expires_at=hold.expires_at,
        on_expiry=hold.on_expiry,
    )


def _collector_of(delivery: OrderDeliveryAsked) -> Collector | None:
    told = delivery.collector
    return Collector(name=told.name, phone=told.phone) if told else None


def _e6(degrees: float | None) -> int | None:
    return None if degrees is None else round(degrees * E6)
