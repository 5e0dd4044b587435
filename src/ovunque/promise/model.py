"""What a cart is promised: options, each with a plan behind it, and what is kept of one."""

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

from ovunque.delivery.rules import normal_postal
from ovunque.kernel.refusal import Fault
from ovunque.promise.rules.waiting import Driver
from ovunque.sourcing.model import Deviation, PromisedParcel

EVERY_CHANNEL = EVERYWHERE = ""
TOKEN_MAX = 65_536  # Characters.


class Outcome(StrEnum):
    """What became of a promise."""

    KEPT = "kept"
    EARLY = "early"
    LATE = "late"
    VOID = "void"  # Nothing of it was wanted any more.


class Standing(StrEnum):
    """How a promise stands that is not at its end yet, from good to bad."""

    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    LATE = "late"


class Milestone(StrEnum):
    """The steps of what was promised."""

    ACCEPT = "accept"
    PICK = "pick"
    PACK = "pack"
    HAND_OVER = "hand_over"
    ARRIVE = "arrive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestones:
    """Until when each step of a fulfillment has to be done; what is fetched is never packed."""

    accept_by: datetime
    pick_by: datetime
    pack_by: datetime | None = None
    hand_over_by: datetime | None = None
    arrive_by: datetime
    standing: Standing = Standing.ON_TRACK  # When it was last looked at.


class Badge(StrEnum):
    """What an option is best at, of all that are shown of its service."""

    CHEAPEST = "cheapest"
    FASTEST = "fastest"
    LOWEST_EMISSIONS = "lowest_emissions"
    BEST = "best"  # Nearest to all three at once.


@dataclass(frozen=True, slots=True, kw_only=True)
class CartLine:
    sku: str
    quantity: int
    service: str | None = None  # Only by this way; None: by any that is asked for.


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """As much of an address as is known before an order."""

    country: str
    postal_code: str
    at_e6: tuple[int, int] | None = None


def address_line(country: str, postal_code: str) -> str:
    """An address as tokens bind to it: whoever orders has to name the same."""
    return f"{country} {normal_postal(postal_code)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRequest:
    channel: str
    lines: tuple[CartLine, ...]
    address: Address | None = None
    services: tuple[str, ...] = ()  # None named: all that can be done.
    locations: tuple[str, ...] = ()  # Where it could be collected; none: the nearest.
    allow_partial: bool = False
    full: bool = False  # Every option that no other beats, not only the best.
    confidence_ppm: int | None = None  # That it is kept; none: each service's own.


class Basis(NamedTuple):
    """What the days of a parcel rest on: the level that told them, from so many parcels."""

    level: str
    weight: int
    days: int
    leaves: int  # Minutes since the epoch.


class OfferedParcel(NamedTuple):
    """A parcel of an option; its units by sku.

    Like an option a tuple: some twenty are made for each cart, and a tuple is made soonest.
    """

    location_id: UUID
    carrier_service_id: UUID | None
    units: tuple[tuple[str, int], ...]
    ready_at: datetime
    arrives_at: datetime
    cost_cents: int
    emissions_g: int
    basis: Basis


class Option(NamedTuple):
    """A way of getting a cart, or the lines of it that it is for."""

    service: str
    location_id: UUID | None  # Where it is collected.
    address: Address | None
    lines: tuple[tuple[str, int], ...]
    parcels: tuple[OfferedParcel, ...]
    earliest: datetime
    latest: datetime
    order_by: datetime
    customer_price: int
    confidence_ppm: int
    drivers: tuple[Driver, ...] = ()
    badges: tuple[Badge, ...] = ()

    @property
    def is_guess(self) -> bool:
        """Whether no plan stands behind it: data is missing, and it is late rather than broken."""
        return not self.parcels

    @property
    def is_measured(self) -> bool:
        """Whether its confidence rests on parcels, and not on what carriers say alone."""
        return bool(self.parcels) and all(each.basis.weight for each in self.parcels)

    @property
    def cost_cents(self) -> int:
        return sum(each.cost_cents for each in self.parcels)

    @property
    def emissions_g(self) -> int:
        return sum(each.emissions_g for each in self.parcels)


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another item of the same product that the channel has; or the same one, later."""

    nth: int  # Of the line.
    sku: str
    condition: str
    available: int
    expected_on: date | None = None  # By then so many may be promised on what comes.


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """All options of a cart, and what stands in the way of more."""

    expires_at: datetime
    options: tuple[Option, ...]
    problems: tuple[Fault, ...]
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge:
    """What a token holds: the option as it was shown, bound to channel, lines and destination."""

    channel: str
    service: str
    destination: str
    lines: tuple[tuple[str, int], ...]
    parcels: tuple[PromisedParcel, ...]
    earliest: datetime
    latest: datetime
    customer_price: int
    emissions_g: int
    expires_at: datetime
    confidence_ppm: int | None = None
    basis: tuple[Basis, ...] = ()  # Of each parcel.
    cost_cents: int | None = None


class Cause(StrEnum):
    """Why a promise does not hold any more."""

    UNITS_GONE = "units_gone"
    TOO_LATE = "too_late"  # What was to leave then cannot be ready by then any more.
    LOCATION_CLOSED = "location_closed"
    NO_WAY = "no_way"  # No carrier brings it from there any more.


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One parcel that cannot be as it was promised."""

    cause: Cause
    location_id: UUID
    sku: str | None = None
    wanted: int = 0
    available: int = 0
    leaves: datetime | None = None  # When it was to leave.


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was promised for a delivery, what is most like it now, and why it changed."""

    delivery: int
    was: Pledge
    now: Option | None
    whys: tuple[Why, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPromise:
    """What was promised for a delivery of an order, and how its plan differs."""

    order_id: UUID
    delivery: int
    earliest: datetime
    latest: datetime
    customer_price: int
    emissions_g: int
    deviation: Deviation | None
    service: str = ""
    confidence_ppm: int | None = None
    destination: str = ""
    basis: tuple[Mapping[str, Any], ...] = ()  # Of each parcel: from where, with whom, why then.
    standing: Standing = Standing.ON_TRACK
    revised: datetime | None = None  # The date that was told instead, and when.
    revised_at: datetime | None = None
    outcome: Outcome | None = None
    arrived_at: datetime | None = None
    blame: str | None = None
    at_risk_at: datetime | None = None  # When that was told.
    late_at: datetime | None = None

    @property
    def told(self) -> datetime:
        """The newest date that the customer knows."""
        return self.revised or self.latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How promises of one kind were kept; the confidence is their mean."""

    key: str
    due: int
    kept: int
    early: int
    late: int
    confidence_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """What a customer pays for a service with goods from some worth on, in cents."""

    channel: str  # Or every channel.
    service: str
    zone: str  # Or everywhere.
    goods_from: int
    price: int

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.channel, self.service, self.zone, self.goods_from


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceGap:
    """A service for which a channel would have no price."""

    channel: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceDraft:
    """A whole table that does not count yet; version 0: nobody has begun one."""

    rows: tuple[PriceRow, ...]
    version: int
    changed_by: str | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePublication:
    """A whole table that counts, or once did."""

    number: int
    rows: tuple[PriceRow, ...]
    published_by: str
    published_at: datetime


class PriceBook:
    """Prices of services: of the nearest rows, the highest threshold that goods reach.

    A channel's own rows come before those of every channel, then a zone's before everywhere.
    """

    def __init__(self, rows: Iterable[PriceRow] = ()) -> None:
        self._steps: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        for row in rows:
            key = (row.channel, row.service, row.zone)
            insort(self._steps.setdefault(key, []), (row.goods_from, row.price))

    def of(self, channel: str, service: str, zone: str, goods_cents: int) -> int:
        """What a customer pays; nothing where no row says anything."""
        return self.find(channel, service, zone, goods_cents) or 0

    def find(self, channel: str, service: str, zone: str, goods_cents: int) -> int | None:
        """The same; None: no row says anything."""
        zones = (zone, EVERYWHERE) if zone else (EVERYWHERE,)
        for whose, where in product((channel, EVERY_CHANNEL), zones):
            reached = None
            for goods_from, price in self._steps.get((whose, service, where), ()):
                reached = price if goods_from <= goods_cents else reached
            if reached is not None:
                return reached
        return None
