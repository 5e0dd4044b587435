"""What became of a promise, once it is due, and on whose side it lies when it was broken."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ovunque.delivery.rules.days import PPM
from ovunque.fulfillment.model import Blame, Fulfillment, FulfillmentState
from ovunque.promise.model import Outcome
from ovunque.sourcing.model import Deviation

ARRIVED = frozenset({FulfillmentState.DELIVERED, FulfillmentState.COLLECTED})
GONE = frozenset(
    {
        FulfillmentState.SHIPPED,
        FulfillmentState.AWAITING_ARRIVAL,
        FulfillmentState.FAILED,
        FulfillmentState.RETURNING,
        FulfillmentState.RESTOCKED,
        FulfillmentState.LOST,
    }
)
CARRIER = "carrier"
DRIFT_PPM = 30_000
DRIFT_FROM = 150  # Promises that are due.


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A promise whose time has come."""

    order_id: UUID
    delivery: int
    earliest: datetime
    latest: datetime
    deviation: Deviation | None
    hand_over_by: datetime | None  # By its plan, the last of its parcels.


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    outcome: Outcome
    arrived_at: datetime | None = None
    blame: str | None = None
    expected: datetime | None = None  # When it comes instead.


def score(due: Due, works: Sequence[Fulfillment], now: datetime) -> Score:
    """What the work of its delivery says; what has not arrived by now is late."""
    mine = [each for each in works if each.delivery == due.delivery and each.is_live]
    if not mine:
        return Score(outcome=Outcome.VOID)
    arrivals = [_arrived_at(each, due) for each in mine]
    there = [each for each in arrivals if each is not None]
    if len(there) == len(mine) and max(there) <= due.latest:
        early = max(there) < due.earliest
        return Score(outcome=Outcome.EARLY if early else Outcome.KEPT, arrived_at=max(there))
    expected = [each.arrives_at for each in mine if each.arrives_at is not None]
    return Score(
        outcome=Outcome.LATE,
        arrived_at=max(there) if len(there) == len(mine) else None,
        blame=_blame(due, mine),
        expected=max((each for each in expected if each > now), default=None),
    )


def _arrived_at(work: Fulfillment, due: Due) -> datetime | None:
    """When the customer could have it: at the door, or on the shelf where it is fetched."""
    if work.carrier_service_id is None:
        if work.state == FulfillmentState.COLLECTED:
            return min(work.changed_at, due.latest)  # It was ready before somebody came.
        return work.changed_at if work.state == FulfillmentState.READY else None
    if work.arrived_at is not None:
        return work.arrived_at  # It waits where it is fetched.
    if work.state not in ARRIVED:
        return None
    told = [each.told_at for each in work.parcels if each.told_at is not None]
    return max(told, default=work.changed_at)


def _blame(due: Due, works: Sequence[Fulfillment]) -> str:
    """A plan that was late from the start, a location that handed over too late, or the carrier."""
    if due.deviation == Deviation.LATE:
        return Blame.SYSTEM
    if any(work.arrived_at is None and work.state not in ARRIVED | GONE for work in works):
        return Blame.STORE
    opened = [parcel.opened_at for work in works for parcel in work.parcels]
    late = due.hand_over_by is not None and any(each > due.hand_over_by for each in opened)
    return Blame.STORE if late else CARRIER


def has_drifted(due: int, kept: int, confidence_ppm: int) -> bool:
    """Whether promises are kept so much less or more often than they say, and enough were due."""
    return due >= DRIFT_FROM and abs(kept * PPM // due - confidence_ppm) >= DRIFT_PPM
