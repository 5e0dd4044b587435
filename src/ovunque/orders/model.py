"""Orders as they are asked for, as they are being placed, and as they stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from ovunque.customers.model import ContactRequest, CustomerRequest
from ovunque.fulfillment.model import Fulfillment
from ovunque.sourcing.model import DeliveryNeed


class OnShortage(StrEnum):
    """What the customer agreed to when not all is there."""

    REFUSE = "refuse"
    PARTIAL = "partial"  # what is missing is canceled
    BACKORDER = "backorder"  # what is missing waits
    ACCEPT = "accept"  # already sold elsewhere: what is missing is unplaced


class OrderStatus(StrEnum):
    OPEN = "open"
    CANCELED = "canceled"


class Service(StrEnum):
    HOME = "home"
    EXPRESS = "express"
    COLLECT = "collect"


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRequest:
    sku: str
    quantity: int
    unit_price: int  # minor units of the order's currency
    discount: int = 0
    tax_rate_ppm: int | None = None
    delivery: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRequest:
    service: Service
    address: ContactRequest | None = None
    location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    kind: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    external_id: str | None
    channel: str
    currency: str
    customer: CustomerRequest
    lines: tuple[LineRequest, ...]
    deliveries: tuple[DeliveryRequest, ...]
    charges: tuple[ChargeRequest, ...] = ()
    on_shortage: OnShortage = OnShortage.REFUSE
    gift: str | None = None
    notes: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A line with its id, and what the home pool alone could have promised."""

    id: UUID
    nth: int
    request: LineRequest
    home_available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An order checked against channels, items and locations, ready to enter a batch."""

    id: UUID
    request: OrderRequest
    channel_id: UUID
    lines: tuple[DraftLine, ...]
    needs: tuple[DeliveryNeed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    id: UUID
    nth: int
    delivery: int
    sku: str
    ordered: int
    unplaced: int
    backordered: int
    reserved: int
    canceled: int
    unit_price: int
    discount: int
    tax_rate_ppm: int | None
    home_available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    nth: int
    service: Service
    contact_id: UUID | None
    location_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    kind: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as it stands, with the work that serves it."""

    id: UUID
    number: str
    external_id: str | None
    channel_id: UUID
    customer_id: UUID
    currency: str
    on_shortage: OnShortage
    placed_at: datetime
    gift: str | None
    notes: str | None
    lines: Sequence[OrderLine]
    deliveries: Sequence[Delivery]
    charges: Sequence[Charge]
    fulfillments: Sequence[Fulfillment]

    @property
    def status(self) -> OrderStatus:
        """Derived from the lines, never written by hand."""
        if all(line.canceled == line.ordered for line in self.lines):
            return OrderStatus.CANCELED
        return OrderStatus.OPEN
