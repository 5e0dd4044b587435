"""What whoever runs a store watches: what it has taken today, how it answers, what left late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.fulfillment.model import FulfillmentState, OfferState, ParcelState
from ovunque.insight.store import keeping as store
from ovunque.platform.database import Tx

HISTORY_MAX = 20
PRINTS_MAX = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How a store answered what it was asked, over some days."""

    accepted: int
    rejected: Mapping[str, int]  # By reason, the most frequent first.
    expired: int
    minutes: int | None  # In the median; None: nobody asked.
    due: int  # Parcels that were to leave by some time, and have left.
    in_time: int

    @property
    def refused(self) -> int:
        return sum(self.rejected.values())

    @property
    def asked(self) -> int:
        """Those that it could answer: what others were faster at does not count."""
        return self.accepted + self.refused + self.expired


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Something that a store was asked to do, and what became of it."""

    fulfillment_id: UUID
    order_number: str
    state: OfferState
    reason: str | None
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    work_state: FulfillmentState
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """A parcel whose label, slip and manifest can be printed again."""

    id: UUID
    fulfillment_id: UUID
    order_number: str
    state: ParcelState
    tracking: str
    sscc: str
    opened_at: datetime
    manifest_id: UUID | None


def look_at_answers(tx: Tx, location_id: UUID, since: datetime) -> Answers:
    """The figures of a location since then."""
    counts = store.count_answers(tx, location_id, since)
    due, in_time = store.count_departures(tx, location_id, since)

    def total(state: OfferState) -> int:
        return sum(count for told, _, count in counts if told == state)

    return Answers(
        accepted=total(OfferState.CLAIMED),
        rejected={why: count for told, why, count in counts if told == OfferState.REJECTED},
        expired=total(OfferState.EXPIRED),
        minutes=store.find_median_minutes(tx, location_id, since),
        due=due,
        in_time=in_time,
    )


def count_taken(tx: Tx, location_id: UUID, since: datetime) -> int:
    """Work that a location has taken since then."""
    return store.count_taken(tx, location_id, since)


def list_history(tx: Tx, location_id: UUID) -> tuple[Asked, ...]:
    """What it was asked for, the newest first."""
    names = Asked.__dataclass_fields__
    rows = store.list_history(tx, location_id, HISTORY_MAX)
    found = (dict(zip(names, row, strict=True)) for row in rows)
    return tuple(Asked(**row) for row in found)


def list_prints(tx: Tx, location_id: UUID, wanted: str) -> tuple[Print, ...]:
    """Its parcels, the newest first; `wanted` is an order, a tracking number or an SSCC."""
    names = Print.__dataclass_fields__
    rows = store.list_prints(tx, location_id, wanted.upper(), PRINTS_MAX)
    found = (dict(zip(names, row, strict=True)) for row in rows)
    return tuple(Print(**row) for row in found)
