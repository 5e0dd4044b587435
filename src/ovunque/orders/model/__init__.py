"""Orders as they are asked for, as they are being placed, and as they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zlib import crc32

from ovunque.customers.model import Collector, ContactRequest, CustomerRequest
from ovunque.delivery.model import Service
from ovunque.fulfillment.model import Fulfillment, Stage
from ovunque.fulfillment.model.consulting import PickupQuestion
from ovunque.fulfillment.model.keeping_back import HoldAsk, OrderHold
from ovunque.kernel.freezing import frozen
from ovunque.promise.model import KeptPromise, Milestones, Pledge
from ovunque.sourcing.model import DeliveryNeed


class OnShortage(StrEnum):
    """What the customer agreed to when not all is there."""

    REFUSE = "refuse"
    PARTIAL = "partial"  # what is missing is canceled
    BACKORDER = "backorder"  # what is missing waits
    ACCEPT = "accept"  # already sold elsewhere: what is missing is unplaced


class OrderStatus(StrEnum):
    """Derived from lines and fulfillments, never written by hand."""

    OPEN = "open"  # Nobody works on it yet.
    IN_PROGRESS = "in_progress"
    PARTIALLY_FULFILLED = "partially_fulfilled"  # Some has left us, some has not.
    FULFILLED = "fulfilled"
    CANCELED = "canceled"


class CancelReason(StrEnum):
    CUSTOMER = "customer"
    FRAUD = "fraud"
    DUPLICATE = "duplicate"
    OTHER = "other"


GONE = frozenset({Stage.SHIPPED, Stage.DELIVERED, Stage.COLLECTED})  # Has left us.
VERSIONS = 999_999_999


@frozen
class LineRequest:
    sku: str
    quantity: int
    unit_price: int  # minor units of the order's currency
    discount: int = 0
    tax_rate_ppm: int | None = None
    delivery: int = 0


@frozen
class DeliveryRequest:
    service: Service
    address: ContactRequest | None = None
    location: str | None = None
    promise: str | None = None  # The token of the option that the customer chose.
    hold: UUID | None = None  # Whose units it takes over.
    collector: Collector | None = None  # None: the customer, where it is fetched.


@frozen
class ChargeRequest:
    kind: str
    amount: int


@frozen
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
    holds: tuple[HoldAsk, ...] = ()  # That keep it back from its first moment.

    @property
    def value_cents(self) -> int:
        """What its lines are worth, without charges."""
        return sum([each.unit_price * each.quantity - each.discount for each in self.lines])


@frozen
class DraftLine:
    """A line with its id, and what the home pool alone could have promised."""

    id: UUID
    nth: int
    request: LineRequest
    home_available: int


@frozen
class Draft:
    """An order checked against channels, items and locations, ready to enter a batch."""

    id: UUID
    request: OrderRequest
    channel_id: UUID
    lines: tuple[DraftLine, ...]
    needs: tuple[DeliveryNeed, ...]
    pledges: Mapping[int, Pledge] = field(default_factory=dict)  # By delivery.


@frozen
class OrderLine:
    """A line as it stands; `at_work` is counted in its fulfillments, and stored nowhere else.

    ordered = unplaced + backordered + canceled + reserved + in_work + shipped + delivered
    + collected. A bundle counts in sets, which have come as far as their last component.
    """

    id: UUID
    nth: int
    delivery: int
    sku: str
    ordered: int
    unplaced: int
    backordered: int
    canceled: int
    unit_price: int
    discount: int
    tax_rate_ppm: int | None
    home_available: int
    expected_on: date | None = None  # By when the back-ordered units are expected.
    instead_of: UUID | None = None  # The line of what was not found; None: it was ordered.
    at_work: Mapping[Stage, int] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """Units that no location serves yet."""
        return self.unplaced + self.backordered

    @property
    def wanted(self) -> int:
        """Units that were not canceled."""
        return self.ordered - self.canceled

    @property
    def goods_cents(self) -> int:
        """What these cost; canceled ones have had their share of the discount."""
        gone = self.discount * self.canceled // self.ordered
        return self.unit_price * self.wanted - (self.discount - gone)

    @property
    def placed(self) -> int:
        """Units that locations work on, or have worked on."""
        return self.ordered - self.unplaced - self.backordered - self.canceled

    @property
    def reserved(self) -> int:
        return self.at_work.get(Stage.RESERVED, 0)

    @property
    def in_work(self) -> int:
        return self.at_work.get(Stage.IN_WORK, 0)

    @property
    def shipped(self) -> int:
        return self.at_work.get(Stage.SHIPPED, 0)

    @property
    def delivered(self) -> int:
        return self.at_work.get(Stage.DELIVERED, 0)

    @property
    def collected(self) -> int:
        return self.at_work.get(Stage.COLLECTED, 0)


@frozen
class Delivery:
    nth: int
    service: Service
    contact_id: UUID | None
    location_id: UUID | None


@frozen
class Charge:
    kind: str
    amount: int


@frozen
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
    promises: Sequence[KeptPromise] = ()
    milestones: Mapping[UUID, Milestones] = field(default_factory=dict)  # By fulfillment.
    questions: Sequence[PickupQuestion] = ()  # That the customer has not answered yet.
    holds: Sequence[OrderHold] = ()  # That keep it back.

    @property
    def value_cents(self) -> int:
        """What its lines were worth when it was placed, without charges."""
        ordered = (each for each in self.lines if each.instead_of is None)
        return sum(each.unit_price * each.ordered - each.discount for each in ordered)

    @property
    def goods_cents(self) -> int:
        """What is wanted of its lines costs, without charges."""
        return sum(line.goods_cents for line in self.lines)

    @property
    def version(self) -> int:
        """Another number as soon as its lines, its deliveries or its words are otherwise."""
        lines = [(str(line.id), line.ordered, line.canceled) for line in self.lines]
        ways = [
            (each.nth, each.service.value, str(each.contact_id), str(each.location_id))
            for each in self.deliveries
        ]
        return crc32(repr((lines, ways, self.gift, self.notes)).encode()) % VERSIONS

    @property
    def waits(self) -> bool:
        """Whether no location serves some of its units yet."""
        return any(line.unplaced or line.backordered for line in self.lines)

    @property
    def status(self) -> OrderStatus:
        """Derived from what lines wait for and where their work has got to."""
        stages = {work.stage for work in self.fulfillments if work.is_live}
        begun, gone = Stage.IN_WORK in stages, bool(stages & GONE)
        if gone:
            unfinished = begun or Stage.RESERVED in stages or self.waits
            return OrderStatus.PARTIALLY_FULFILLED if unfinished else OrderStatus.FULFILLED
        if begun:
            return OrderStatus.IN_PROGRESS
        return OrderStatus.OPEN if stages or self.waits else OrderStatus.CANCELED


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Who may fetch a delivery, and what is to be paid there: in minor units."""

    order_id: UUID
    delivery: int
    collector: Collector | None = None  # None: the customer.
    to_pay: int | None = None  # None: nothing.
    receipt: str | None = None  # Of the till, once it is paid.
    paid_at: datetime | None = None
    paid_by: str | None = None

    @property
    def unpaid(self) -> int:
        return 0 if self.to_pay is None or self.receipt is not None else self.to_pay
