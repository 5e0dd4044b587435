"""What has not come yet, and who waits for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

LATE_DAYS = 3  # How long a delivery that has not come is still believed, if nobody says.


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingRequest:
    """So many units of an item for a place and a day; none: they do not come after all."""

    reference: str  # The sender's name for it, such as an order to a supplier.
    location: str
    sku: str
    quantity: int
    due_on: date  # By the calendar of the location.
    late_days: int = LATE_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming(IncomingRequest):
    """A delivery as it stands."""

    location_id: UUID
    received: int
    version: int

    @property
    def key(self) -> tuple[str, str, UUID]:
        return self.reference, self.sku, self.location_id

    @property
    def open(self) -> int:
        return max(0, self.quantity - self.received)

    def is_overdue(self, today: date) -> bool:
        """Whether it should have come; it is still believed for some days."""
        return self.open > 0 and self.due_on < today

    def is_believed(self, today: date) -> bool:
        """Whether units may be promised on it."""
        return self.open > 0 and (today - self.due_on).days <= self.late_days


@dataclass(frozen=True, slots=True)
class Coming:
    """Units on their way to a location: announced, or in a transfer; positional, there are many."""

    sku: str
    location_id: UUID
    due_on: date
    until: date  # The last day on which it is believed.
    quantity: int
    reference: str
    kind: str


@dataclass(frozen=True, slots=True)
class Awaited:
    """Units of an order line that wait for goods; without a day nobody was told when."""

    line_id: UUID
    sku: str
    channel_id: UUID
    units: int
    due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What comes, and who waits for it, by item."""

    coming: Mapping[str, tuple[Coming, ...]] = field(default_factory=dict)
    awaited: Mapping[str, tuple[Awaited, ...]] = field(default_factory=dict)
