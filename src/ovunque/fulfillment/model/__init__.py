"""Work orders: what one location is to prepare of an order, from its plan to its arrival."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from ovunque.kernel.freezing import frozen
from ovunque.stock.model import Key, Reservation, UnavailableReason


class FulfillmentState(StrEnum):
    PLANNED = "planned"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    PICKING = "picking"
    PICKED = "picked"
    PACKED = "packed"
    READY = "ready"
    SHIPPED = "shipped"
    AWAITING_ARRIVAL = "awaiting_arrival"  # On its way to the store where it is fetched.
    COLLECTED = "collected"
    UNCOLLECTED = "uncollected"  # Nobody came for it in time.
    DELIVERED = "delivered"
    FAILED = "failed"
    RETURNING = "returning"
    RESTOCKED = "restocked"
    LOST = "lost"
    REJECTED = "rejected"  # Nobody takes it, or it was not found: its units are sourced again.
    WITHDRAWN = "withdrawn"  # Taken away from who had accepted it: likewise.
    CANCELED = "canceled"


class Event(StrEnum):
    """What can happen to a fulfillment; `rules.TRANSITIONS` says when, and what becomes of it."""

    OFFER = "offer"
    ACCEPT = "accept"
    REOPEN = "reopen"  # It was accepted by mistake, a moment ago.
    REJECT = "reject"
    REFUSE = "refuse"  # A customer may come for it, and does not get it here.
    WITHDRAW = "withdraw"
    PICK = "pick"
    UNPICK = "unpick"  # Somebody took the wrong piece, or one too many: it is on its shelf again.
    FINISH_PICKING = "finish_picking"
    SET_OUT = "set_out"  # On the shelf where customers fetch their goods.
    PACK = "pack"
    UNPACK = "unpack"  # A parcel is opened again before anybody fetched it.
    LABEL = "label"
    SHIP = "ship"
    AWAIT = "await"
    RECEIVE = "receive"  # At the store where it is fetched.
    COLLECT = "collect"
    EXPIRE = "expire"
    DELIVER = "deliver"
    FAIL = "fail"
    SEND_BACK = "send_back"
    RESTOCK = "restock"
    LOSE = "lose"
    CANCEL = "cancel"


class Stage(StrEnum):
    """How far the units of an order line have come, as people ask."""

    RESERVED = "reserved"
    IN_WORK = "in_work"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COLLECTED = "collected"


STAGES: Mapping[FulfillmentState, Stage] = MappingProxyType(
    {
        FulfillmentState.PLANNED: Stage.RESERVED,
        FulfillmentState.OFFERED: Stage.RESERVED,
        FulfillmentState.REJECTED: Stage.RESERVED,
        FulfillmentState.WITHDRAWN: Stage.RESERVED,
        FulfillmentState.ACCEPTED: Stage.IN_WORK,
        FulfillmentState.PICKING: Stage.IN_WORK,
        FulfillmentState.PICKED: Stage.IN_WORK,
        FulfillmentState.PACKED: Stage.IN_WORK,
        FulfillmentState.READY: Stage.IN_WORK,
        FulfillmentState.SHIPPED: Stage.SHIPPED,
        FulfillmentState.AWAITING_ARRIVAL: Stage.SHIPPED,
        FulfillmentState.FAILED: Stage.SHIPPED,  # It has left us: its return is another story.
        FulfillmentState.RETURNING: Stage.SHIPPED,
        FulfillmentState.RESTOCKED: Stage.SHIPPED,
        FulfillmentState.LOST: Stage.SHIPPED,
        FulfillmentState.DELIVERED: Stage.DELIVERED,
        FulfillmentState.COLLECTED: Stage.COLLECTED,
    }
)


class Reason(StrEnum):
    """Why a location does not serve what it was asked for."""

    NOT_FOUND = "not_found"
    FEWER = "fewer"
    DAMAGED = "damaged"
    DISPLAY = "display"
    SOLD_MEANWHILE = "sold_meanwhile"
    NO_TIME = "no_time"
    CLOSED = "closed"


class WithdrawReason(StrEnum):
    """Why work is taken away from who has accepted it."""

    TIMEOUT = "timeout"
    PAUSE = "pause"
    INCIDENT = "incident"
    REROUTE = "reroute"
    HELD = "held"  # The order is kept back.
    SHORTAGE = "shortage"  # A true count is below what is reserved.


class Blame(StrEnum):
    STORE = "store"
    SYSTEM = "system"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a reason says about the stock, and on whose side it lies."""

    blame: Blame
    unavailable: UnavailableReason | None  # None: the units are there and sound.
    remainder: bool = False  # Then what else the books show there cannot be trusted either.


class OfferState(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A fulfillment proposed to a location; several of one stand in a competition."""

    id: UUID
    fulfillment_id: UUID
    order_id: UUID
    location_id: UUID
    state: OfferState
    opened_at: datetime
    accept_by: datetime | None  # None: it was taken at once.
    closed_at: datetime | None = None
    closed_by: str | None = None
    reason: str | None = None
    carrier_service_id: UUID | None = None  # These four as it would serve it.
    arrives_at: datetime | None = None
    cost_cents: int | None = None
    emissions_g: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How work is proposed to a kind of location; no time to answer: it takes what it gets."""

    answer_within: timedelta | None


class ParcelState(StrEnum):
    OPEN = "open"
    LABELED = "labeled"
    HANDED_OVER = "handed_over"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    FAILED_ATTEMPT = "failed_attempt"
    EXCEPTION = "exception"
    DELIVERED = "delivered"
    RETURNED_TO_SENDER = "returned_to_sender"
    LOST = "lost"
    DAMAGED = "damaged"
    VOIDED = "voided"

    @property
    def is_gone(self) -> bool:
        """Whether it has left its location."""
        return self not in (ParcelState.OPEN, ParcelState.LABELED, ParcelState.VOIDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What leaves: its contents are the fulfillment lines that name it."""

    id: UUID
    fulfillment_id: UUID
    order_id: UUID
    location_id: UUID
    carrier_service_id: UUID
    state: ParcelState
    weight_g: int
    sscc: str
    tracking: str | None
    opened_at: datetime
    changed_at: datetime
    told_at: datetime | None = None  # The carrier's newest word.
    manifest_id: UUID | None = None
    received_at: datetime | None = None  # When it was scanned where it is fetched.


@dataclass(frozen=True, slots=True, kw_only=True)
class Ride:
    """A parcel's way as it was seen: handed over, and delivered if it has been."""

    order_id: UUID
    delivery: int
    location_id: UUID
    carrier_service_id: UUID
    handed_over_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierPickup:
    """A carrier's visit to a location."""

    id: UUID
    location_id: UUID
    carrier: str
    starts_at: datetime
    ends_at: datetime
    booked_at: datetime
    booked_by: str
    confirmation: str | None = None  # The carrier's number; None: it has not answered yet.
    confirmed_at: datetime | None = None
    canceled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The parcels that went with one visit, each naming it."""

    id: UUID
    location_id: UUID
    carrier: str
    pickup_id: UUID | None
    closed_at: datetime
    closed_by: str
    signed_by: str | None = None  # Who took the parcels.
    signature: str | None = None  # The path of a pen, as SVG draws it.
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a carrier tells of a parcel: the state it has seen it in."""

    id: str  # The carrier's own: the same one twice changes nothing.
    tracking: str
    kind: ParcelState
    occurred_at: datetime


class Heard(StrEnum):
    """What became of a carrier's word."""

    APPLIED = "applied"
    KNOWN = "known"  # It was told before.
    LATE = "late"  # Something newer was told before; it is kept, and changes nothing.
    IGNORED = "ignored"  # It does not follow from what the parcel is.
    UNKNOWN = "unknown"  # There is no such parcel.


@frozen
class FulfillmentLine:
    """Units of one order line under one reservation, and the parcel that they are in."""

    line_id: UUID
    reservation_id: UUID
    sku: str
    quantity: int
    picked: int = 0
    parcel_id: UUID | None = None


@frozen
class Fulfillment:
    """The work order to one location for some units of an order."""

    id: UUID
    order_id: UUID
    delivery: int
    location_id: UUID
    carrier_service_id: UUID | None
    service: str
    state: FulfillmentState
    planned_at: datetime
    offer_at: datetime
    changed_at: datetime
    lines: Sequence[FulfillmentLine]
    arrives_at: datetime | None = None  # These three as its plan said.
    cost_cents: int | None = None
    emissions_g: int | None = None
    resource_at: datetime | None = None  # Its units wait to be sourced again from then on.
    replaced_at: datetime | None = None  # Its units have moved on to other fulfillments.
    pickup_code: str | None = None  # Whoever fetches it says it.
    collect_at: UUID | None = None  # The other location to which it is sent to be fetched.
    arrived_at: datetime | None = None  # When all of it was received there.
    collect_by: datetime | None = None  # Until when it waits for who fetches it.
    taken_by: str | None = None  # Incident, reroute, held: its location may serve the order again.
    by_hand: bool = False  # A person chose its location: nobody else is asked.
    offers: Sequence[Offer] = ()
    parcels: Sequence[Parcel] = ()

    @property
    def is_live(self) -> bool:
        """Whether its units are still its own."""
        return self.replaced_at is None and self.state in STAGES

    @property
    def reservations(self) -> tuple[Reservation, ...]:
        """What its lines hold at its location."""
        return tuple(
            Reservation(
                id=line.reservation_id,
                order_id=self.order_id,
                line_id=line.line_id,
                key=Key(line.sku, self.location_id),
                quantity=line.quantity,
            )
            for line in self.lines
        )

    @property
    def stage(self) -> Stage | None:
        """How far its units have come; None: they were canceled."""
        if self.arrived_at is not None and self.state != FulfillmentState.COLLECTED:
            return Stage.SHIPPED  # It has left the location that prepared it.
        return STAGES.get(self.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What the counter knows of goods that wait for a customer, or were fetched."""

    fulfillment_id: UUID
    shelf: str | None = None
    wrong_codes: int = 0
    shown: str | None = None  # What showed who they are; None: the code.
    collector: str | None = None  # None: the customer.
    signature: str | None = None  # The path of a pen, as SVG draws it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpicked:
    """Reserved units that lie on their shelf, or wait to be sourced again."""

    order_id: UUID
    delivery: int
    reservation_id: UUID
    key: Key
    quantity: int
    is_waiting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Units of an order line, or of one item of it: a bundle's lines have several."""

    line_id: UUID | None
    sku: str | None
    quantity: int

    def means(self, line: FulfillmentLine) -> bool:
        return self.line_id in (None, line.line_id) and self.sku in (None, line.sku)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """Units asked for that a fulfillment does not have to give; so many it has."""

    left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A fulfillment's way from one state to another, with all that lie between."""

    fulfillment_id: UUID
    states: tuple[FulfillmentState, ...]

    @property
    def before(self) -> FulfillmentState:
        return self.states[0]

    @property
    def after(self) -> FulfillmentState:
        return self.states[-1]
