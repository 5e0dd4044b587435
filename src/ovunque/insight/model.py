"""What somebody looks for, and what there is to be seen at a glance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.fulfillment.model import FulfillmentState
from ovunque.orders.model import Order, OrderStatus
from ovunque.promise.model import Milestones, Standing

UNSERVED = "unserved"  # Not a status of orders: some units wait for a place or for goods.


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders to list; what is not said does not matter."""

    q: str | None = None  # Any fragment of number, name, e-mail, phone, sku, barcode, tracking.
    status: OrderStatus | None = None
    unserved: bool = False
    standing: Standing | None = None  # Of a promise that is in danger or broken.
    channel_id: UUID | None = None
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOrder:
    """An order with the name that people know it by."""

    order: Order
    customer_name: str
    customer_email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Units that came or went since the count."""

    kind: str
    quantity: int
    occurred_at: datetime
    source: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """Units that somebody waits for; no order: a cart holds them until then."""

    order_number: str | None
    quantity: int
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Why a level says what it says: on_hand = baseline + moved, free = on_hand - the rest.

    Lists are cut at some length, newest first; the sums are of everything.
    """

    on_hand: int
    unavailable: int
    reserved: int
    baseline: int
    counted_at: datetime | None  # None: nobody ever counted.
    source: str
    movements: tuple[Moved, ...]
    movements_count: int
    asides: Mapping[str, int]
    claims: tuple[Claimed, ...]
    claims_count: int

    @property
    def moved(self) -> int:
        return self.on_hand - self.baseline

    @property
    def free(self) -> int:
        return self.on_hand - self.unavailable - self.reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """Units of one item that a task asks for, and how many of them are picked."""

    sku: str
    quantity: int
    picked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a location has to do about one fulfillment."""

    id: UUID
    order_id: UUID
    order_number: str
    service: str
    state: FulfillmentState
    planned_at: datetime
    changed_at: datetime
    carrier_service_id: UUID | None
    accept_by: datetime | None
    lines: tuple[TaskLine, ...]
    milestones: Milestones | None = None  # None: nothing was promised.
    collect_by: datetime | None = None  # Until when it waits for a customer.

    @property
    def travels(self) -> bool:
        """Whether it leaves in parcels; else customers come for it here."""
        return self.carrier_service_id is not None

    @property
    def units(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def picked(self) -> int:
        return sum(line.picked for line in self.lines)
