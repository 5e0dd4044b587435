"""Sources, feeds, count tasks and transfers: how stock comes to be known, and where it goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from ovunque.stock.model import Key


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


class TaskState(StrEnum):
    OPEN = "open"  # And nobody's yet.
    ASSIGNED = "assigned"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTask:
    """An item that somebody has to count at a location; at most one is open for each level."""

    key: Key
    reason: TaskReason
    opened_at: datetime
    opened_by: str | None = None
    assigned_to: str | None = None
    assigned_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    outcome: TaskOutcome | None = None

    @property
    def state(self) -> "TaskState":
        if self.closed_at is not None:
            return TaskState.DONE
        return TaskState.OPEN if self.assigned_to is None else TaskState.ASSIGNED


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
    UNDOING = "undoing"  # Being taken back.
    UNDONE = "undone"


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
    booked: int = 0  # Of its movements, in the order in which they were told.
    decided_at: datetime | None = None
    decided_by: str | None = None
    ended_at: datetime | None = None
    undone_at: datetime | None = None
    undone_by: str | None = None


class TaskChange(StrEnum):
    """What becomes of a level's count task when a feed is taken back."""

    WITHDRAWN = "withdrawn"  # The feed had raised it.
    REOPENED = "reopened"  # The feed had ended it.


class Restored(StrEnum):
    """What becomes of a level when a feed is taken back."""

    PENDING = "pending"
    NEWER = "newer"  # A newer count has come: it would be left.
    UNDONE = "undone"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """A level as it is, and as it would be had a feed never come."""

    key: Key
    on_hand: int
    without: int
    outcome: Restored
    adjusted: int = 0  # Of its units without it, because more left than had come.
    asides: Mapping[str, int] = field(default_factory=dict)  # Out of sale again, by reason.
    task: TaskChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A level as it is, and as a held feed says it was."""

    key: Key
    on_hand: int
    told: int
    as_of: datetime


class TransferState(StrEnum):
    PLANNED = "planned"
    DISPATCHED = "dispatched"
    RECEIVED = "received"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLine:
    """Units of one item, from their plan to their arrival."""

    sku: str
    planned: int
    dispatched: int = 0
    received: int = 0
    missing: int = 0  # Since its receipt was closed; below zero: more came than had left.

    @property
    def under_way(self) -> int:
        return self.dispatched - self.received - self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFilter:
    """Which transfers to list; what is not said does not matter."""

    location_id: UUID | None = None  # From there or to there.
    state: str | None = None
    q: str | None = None  # Any fragment of its reference, or of the sku of something in it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Goods from one of our locations to another."""

    id: UUID
    external_id: str | None
    from_id: UUID
    to_id: UUID
    state: TransferState
    planned_at: datetime
    planned_by: str
    lines: tuple[TransferLine, ...]
    expected_at: datetime | None = None
    dispatched_at: datetime | None = None
    closed_at: datetime | None = None
