"""Levels, counts, movements, reservations, sources: what lies where, and who has a claim on it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID


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


class Ending(StrEnum):
    """How a reservation ends when it is given back."""

    RELEASED = "released"
    EXPIRED = "expired"  # Its time was over.
    CONSUMED = "consumed"  # Its units have left the house.


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A claim on units of one item at one location, planned or standing."""

    id: UUID
    line_id: UUID
    key: Key
    quantity: int
    order_id: UUID | None = None  # None: a hold without an order.
    expires_at: datetime | None = None  # Set: held for a cart. None: allocated to an order.


Plan = tuple[Reservation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The plan that fitted, and what was really given back."""

    plan: Plan
    given: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A fact about a past moment: so many units, as of then, in the books of a source."""

    key: Key
    on_hand: int
    as_of: datetime


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


class RuleKind(StrEnum):
    """What becomes of protected units."""

    BUFFER = "buffer"  # Nobody sells them.
    SHARE = "share"  # They are kept for some channels.
    STOP = "stop"  # All of them: nothing is sold there.


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
class Rule:
    """A protection by our ids, as it is applied to levels."""

    code: str
    kind: str
    units: int = 0
    percent: int = 0
    sku: str | None = None
    product: str | None = None
    category: str | None = None
    location_id: UUID | None = None
    group: str | None = None
    channel_ids: frozenset[UUID] = frozenset()
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def item_name(self) -> tuple[str, str] | None:
        """By what it names its items; None: it speaks of all."""
        names = (("sku", self.sku), ("product", self.product), ("category", self.category))
        return next(((name, value) for name, value in names if value is not None), None)

    def is_in_force(self, now: datetime) -> bool:
        begun = self.starts_at is None or self.starts_at <= now
        return begun and (self.ends_at is None or now < self.ends_at)

    def speaks_of(self, location_id: UUID, groups: Collection[str]) -> bool:
        if self.location_id is not None:
            return self.location_id == location_id
        return self.group is None or self.group in groups

    def units_of(self, on_hand: int) -> int:
        """How many units it protects of so many."""
        return max(self.units, -(-self.percent * max(0, on_hand) // 100))


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What rules may name an item by."""

    sku: str
    product: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The rules that count at one level."""

    buffer: Rule | None = None
    shares: tuple[Rule, ...] = ()
    stops: tuple[Rule, ...] = ()

    @property
    def is_some(self) -> bool:
        return bool(self.buffer or self.shares or self.stops)


class SourceKind(StrEnum):
    BOOK = "book"  # It keeps books.
    PHYSICAL = "physical"  # It counts the shelf.


class Reports(StrEnum):
    ON_HAND = "on_hand"
    AVAILABLE = "available"  # What it would sell: without what is reserved or out of sale.


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRequest:
    """How the books of a system are to be read; the defaults fit one that nobody has described."""

    code: str
    kind: SourceKind = SourceKind.BOOK
    reports: Reports = Reports.ON_HAND
    picked_inside: bool = True  # Whether its counts contain what is picked and has not left.
    posting_delay_s: int = 0  # Movements of others reach its books so late.
    clock_offset_ms: int | None = None  # So far its clock is ahead of ours; None: as measured.
    clock_skew_s: int = 0  # And so far it may be wrong beside that.
    moved_percent_max: int = 30  # More of a location's units moved at once is suspicious.
    zeroed_percent_max: int = 20  # And so is more of its levels at nothing.
    write_off_cents_max: int = 50_000  # A write-off of a higher value waits for a person.


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(SourceRequest):
    """A system that tells us of stock."""

    clock_measured_ms: int | None = None
    last_sequence: int | None = None
    heard_at: datetime | None = None
    counted_as_of: datetime | None = None
    version: int = 0  # Nobody has described it.

    @property
    def ahead(self) -> timedelta:
        """What its clock says too much."""
        told = self.clock_offset_ms
        return timedelta(milliseconds=told if told is not None else self.clock_measured_ms or 0)

    @property
    def delay_s(self) -> int:
        """How late movements of others are in its counts; whoever counts the shelf sees them."""
        return self.posting_delay_s if self.kind == SourceKind.BOOK else 0


class TaskReason(StrEnum):
    SHORT_PICK = "short_pick"
    UNRECORDED = "unrecorded"  # More left than the books knew of.
    SHORTAGE = "shortage"
    ASKED = "asked"  # By a person.


class TaskOutcome(StrEnum):
    COUNTED = "counted"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTask:
    """An item that somebody has to count at a location; at most one is open for each level."""

    key: Key
    reason: TaskReason
    opened_at: datetime
    opened_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    outcome: TaskOutcome | None = None


class FeedKind(StrEnum):
    COUNTS = "counts"
    MOVEMENTS = "movements"


class FeedReason(StrEnum):
    """Why a feed waits for a person."""

    SUSPICIOUS = "suspicious"  # It changes more than a source usually does.
    WRITE_OFF = "write_off"  # It takes away more value than may go without a word.


class FeedState(StrEnum):
    HELD = "held"
    ACCEPTED = "accepted"  # Being applied.
    APPLIED = "applied"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """What a feed would change at a location."""

    location_id: UUID
    units: int  # That lie there.
    moved: int
    levels: int  # That have units.
    zeroed: int

    @property
    def moved_percent(self) -> int:
        return 100 * self.moved // max(1, self.units)

    @property
    def zeroed_percent(self) -> int:
        return 100 * self.zeroed // max(1, self.levels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a source told and a person has to look at."""

    id: UUID
    source: str
    kind: FeedKind
    why: FeedReason
    state: FeedState
    digest: bytes
    rows: int
    received_at: datetime
    received_by: str
    client_id: UUID
    changed: int = 0
    weights: tuple[Weight, ...] = ()
    value_cents: int | None = None  # Of write-offs, where it is known.
    movements: tuple[Movement, ...] = ()
    decided_at: datetime | None = None
    decided_by: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A level as it is, and as a held feed says it was."""

    key: Key
    on_hand: int
    told: int
    as_of: datetime
