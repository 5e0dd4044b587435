"""Levels, counts, movements, reservations: what lies where, and who has a claim on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from ovunque.kernel.freezing import frozen


class Key(NamedTuple):
    """One item at one location; sorts as PostgreSQL sorts it (`collate "C"`)."""

    sku: str
    location_id: UUID


class UnavailableReason(StrEnum):
    """Why units lie there and cannot be sold."""

    DAMAGED = "damaged"
    DISPLAY = "display"
    MISSING = "missing"
    PUT_BACK = "put_back"  # Picked, and not back on its shelf yet.
    AWAITING_TILL = "awaiting_till"  # Sold there; the till has not told us yet.


# Whoever counts the shelf sees what became of these: they lie there, or they do not. What is
# damaged or on display lies there and is counted, and still not sold.
SEEN_WHEN_COUNTED = (
    UnavailableReason.MISSING,
    UnavailableReason.PUT_BACK,
    UnavailableReason.AWAITING_TILL,
)


class Ending(StrEnum):
    """How a reservation ends when it is given back."""

    RELEASED = "released"
    EXPIRED = "expired"  # Its time was over.
    CONSUMED = "consumed"  # Its units have left the house.


@frozen
class StockLevel:
    """What one location holds of one item."""

    key: Key
    on_hand: int
    unavailable: int
    reserved: int
    version: int

    @property
    def free(self) -> int:
        return self.on_hand - self.unavailable - self.reserved  # Below zero: the level is short.


@frozen
class Reservation:
    """A claim on units of one item at one location, planned or standing."""

    id: UUID
    line_id: UUID
    key: Key
    quantity: int
    order_id: UUID | None = None  # None: a hold without an order.
    hold_id: UUID | None = None
    expires_at: datetime | None = None  # Set: held for a cart. None: allocated to an order.


Plan = tuple[Reservation, ...]


@frozen
class Ask:
    """Reservations to give back, and the plans, best first, of which one shall be taken.

    The default plan is empty: it takes nothing and always fits, as a release does.
    """

    gives: Plan = ()
    plans: tuple[Plan, ...] = ((),)
    becomes: Ending = Ending.RELEASED  # Of what is given.
    channel_id: UUID | None = None  # For whom it is taken; None: for whom what it gives stood.


class Move(Ask):
    """An ask that counts only if all that it gives back still stands: units change their place."""


@frozen
class Taken:
    """The plan that fitted, and what was really given back."""

    plan: Plan
    given: Plan


@frozen
class Short:
    """No plan fitted; what it could have taken of the levels asked for when its turn came."""

    free: Mapping[Key, int]


Outcome = Taken | Short


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Units of a level that cannot be sold for a while, and why."""

    key: Key
    reason: UnavailableReason
    quantity: int
    remainder: bool = False  # And whatever else is free there: the books are not to be trusted.
    sold_since: datetime | None = None  # Sold since then: less what tills have told of.


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A fact about a past moment: so many units, as of then, in the books of a source."""

    key: Key
    on_hand: int
    as_of: datetime  # When it ended, if it took its time:
    took_s: int = 0  # what left meanwhile lies there no longer,
    unseen: int = 0  # but for so many units of it, which were never counted.


@dataclass(frozen=True, slots=True, kw_only=True)
class CountColumns:
    """Many counts as columns: keys in their order, each once, moments by our clock."""

    skus: Sequence[str]
    location_ids: Sequence[str]
    on_hands: Sequence[int]
    as_ofs: Sequence[datetime]
    places: int = 0  # So many locations there are; 0: not said.


class MovementKind(StrEnum):
    RECEIVED = "received"
    SOLD_IN_STORE = "sold_in_store"
    RETURNED = "returned"
    ADJUSTED = "adjusted"
    WRITTEN_OFF = "written_off"
    SHIPPED = "shipped"
    COLLECTED = "collected"
    DISPATCHED = "dispatched"  # To another of our locations.
    REGRADED = "regraded"  # From one item to another of the same product; it brings its sign.


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Units that came or went; the sign of `quantity` is given by its kind, `adjusted` has both."""

    id: str  # The source's own: the same one twice changes nothing.
    key: Key
    kind: MovementKind
    quantity: int
    occurred_at: datetime
    sequence: int | None = None
    reason: str | None = None
    reference: str | None = None  # Of the delivery that it is the receipt of.


class RuleKind(StrEnum):
    """What becomes of protected units."""

    BUFFER = "buffer"  # Nobody sells them.
    SHARE = "share"  # They are kept for some channels.
    STOP = "stop"  # All of them: nothing is sold there.
    LISTING = "listing"  # All of them before and after its time: it is sold from then until then.


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionRequest:
    """A rule as a file or a program brings it; names may be any text until they are checked."""

    code: str
    kind: str
    units: int | None = None  # With `percent`, the greater counts. One unit is the last unit.
    percent: int | None = None  # Of on-hand, rounded up.
    sku: str | None = None
    product: str | None = None
    category: str | None = None
    location: str | None = None
    group: str | None = None
    channels: tuple[str, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection(ProtectionRequest):
    """Units that a channel may not take."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionFilter:
    """Which rules to list; what is not said does not matter."""

    sku: str | None = None
    kind: str | None = None
    q: str | None = None  # Any fragment of its code, or of what it is about.
    places: tuple[UUID, ...] = ()  # The locations that the fragment is found in the names of.


class HoldState(StrEnum):
    HELD = "held"
    EXPIRED = "expired"  # Its time is over: its units are nobody's.
    RELEASED = "released"
    CONVERTED = "converted"  # An order took its units over.


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Units kept for a cart, for some minutes."""

    id: UUID
    channel_id: UUID
    client_id: UUID
    reference: str  # Whose it is, in the client's words; may be empty.
    created_at: datetime
    expires_at: datetime
    lines: tuple[tuple[str, int], ...]
    reservations: Plan = ()
    ended: str | None = None
    order_id: UUID | None = None

    def state(self, now: datetime) -> HoldState:
        if self.ended is not None:
            return HoldState(self.ended)
        return HoldState.HELD if now < self.expires_at else HoldState.EXPIRED
