"""Something has happened that strategies know nothing of: a strike, a flood, a closed lane."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What an incident is about: all that is said must hold. A place, a carrier, where it goes."""

    location: str | None = None  # By codes.
    carrier: str | None = None
    service: str | None = None  # Of that carrier.
    country: str | None = None  # To which it goes.
    postal_prefix: str | None = None

    @property
    def is_place(self) -> bool:
        """Whether a location as a whole is out, with all that waits there."""
        return self.location is not None and self.carrier is None and self.country is None


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRequest:
    extent: Extent
    reason: str
    starts_at: datetime | None = None  # None: now.
    ends_at: datetime | None = None  # None: when somebody says so.


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """As it stands: nothing it is about is promised, or done, from its start until its end."""

    id: UUID
    extent: Extent
    reason: str
    starts_at: datetime
    ends_at: datetime | None
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None = None
    closed_by: str | None = None

    def counts(self, now: datetime) -> bool:
        """Whether it is in force at an instant."""
        if self.closed_at is not None or now < self.starts_at:
            return False
        return self.ends_at is None or now < self.ends_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """An item that a location is not asked for, for a time: it did not have it, or no time."""

    location_id: UUID
    sku: str
    until: datetime
    reason: str
