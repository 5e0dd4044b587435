"""Until when each step of a promised delivery has to be done, and how it stands.

Counted backwards from the promised date: what has to leave by when, and before that the steps of
the work, which share the time of an order evenly.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ovunque.delivery.rules.arrival import Timetable, arrival, leave_by, passage, pickup
from ovunque.delivery.rules.diary import NEVER, Diary
from ovunque.delivery.rules.instants import instant_of, minutes_of
from ovunque.fulfillment.model import Fulfillment, FulfillmentState, ParcelState
from ovunque.promise.model import Milestone, Milestones, Standing

State = FulfillmentState
WAITING = frozenset({State.PLANNED, State.OFFERED, State.REJECTED, State.WITHDRAWN})
PICKING = frozenset({State.ACCEPTED, State.PICKING})
HANDING_OVER = frozenset({State.PACKED, State.READY})
ON_ITS_WAY = frozenset({State.SHIPPED, State.AWAITING_ARRIVAL})
ENDED = frozenset({State.FAILED, State.RETURNING, State.RESTOCKED, State.LOST})
ARRIVED = frozenset({State.DELIVERED, State.COLLECTED})
TROUBLED = frozenset({ParcelState.FAILED_ATTEMPT, ParcelState.EXCEPTION})
WORST = tuple(Standing)
STEPS = 4  # Accept, pick, pack, hand over.
LEFT: dict[FulfillmentState, int] = {
    State.ACCEPTED: 3,
    State.PICKING: 3,
    State.PICKED: 2,
    State.PACKED: 1,
    State.READY: 0,
}  # Steps that lie before it; of what nobody has taken, all of them.
SOON = timedelta(minutes=1)
LATER = timedelta(minutes=10)
SELDOM = timedelta(hours=4)  # Carriers tell of trouble at any time.


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a location prepares something, and how it travels; no timetable: it is fetched there."""

    diary: Diary
    work_minutes: int
    timetable: Timetable | None = None


def milestones(way: Way, latest: datetime) -> Milestones:
    """Backwards from the promised date; what cannot be there in time should have left long ago."""
    by = minutes_of(latest)
    if way.timetable is None:
        half = instant_of(max(0, way.diary.before(by, way.work_minutes // 2)))
        return Milestones(accept_by=half, pick_by=latest, arrive_by=latest)
    leaves = leave_by(way.timetable, by) or 0

    def before(steps: int) -> datetime:
        return instant_of(max(0, way.diary.before(leaves, way.work_minutes * steps // STEPS)))

    return Milestones(
        accept_by=before(3),
        pick_by=before(2),
        pack_by=before(1),
        hand_over_by=instant_of(leaves),
        arrive_by=latest,
    )


def leaves_at(way: Way, now: int) -> int:
    """When what is ordered now is handed to its carrier, or ready where it is fetched."""
    if way.timetable is not None:
        return pickup(way.timetable, now)
    return way.diary.after(now, way.work_minutes)


def unknown_way(latest: datetime, leaves: datetime | None) -> Milestones:
    """Of a lane that we do not know any more: it has to leave when its plan said."""
    leaves = min(leaves or latest, latest)
    return Milestones(
        accept_by=leaves, pick_by=leaves, pack_by=leaves, hand_over_by=leaves, arrive_by=latest
    )


def next_of(work: Fulfillment, known: Milestones) -> tuple[Milestone, datetime] | None:
    """What has to be done next, and by when; None: nothing is left to do."""
    return None if is_there(work) or not work.is_live else step_of(work.state, known)


def step_of(state: FulfillmentState, known: Milestones) -> tuple[Milestone, datetime]:
    """What has to be done next where something is left to do, and by when."""
    if state in WAITING:
        return Milestone.ACCEPT, known.accept_by
    if state in PICKING:
        return Milestone.PICK, known.pick_by
    if state == State.PICKED and known.pack_by is not None:
        return Milestone.PACK, known.pack_by
    if state in HANDING_OVER and known.hand_over_by is not None:
        return Milestone.HAND_OVER, known.hand_over_by
    return Milestone.ARRIVE, known.arrive_by


def is_there(work: Fulfillment) -> bool:
    """Whether the customer has it, or can fetch it."""
    fetched_here = work.carrier_service_id is None or work.arrived_at is not None
    return work.state in ARRIVED or (work.state == State.READY and fetched_here)


def standing(work: Fulfillment, known: Milestones, was: Standing | None, now: datetime) -> Standing:
    """Late: it cannot be there in time. At risk: a step is overdue, or its carrier has trouble.

    What left too late stays late.
    """
    step = next_of(work, known)
    if step is None:
        return Standing.LATE if was == Standing.LATE else Standing.ON_TRACK
    milestone, by = step
    if milestone == Milestone.ARRIVE and work.state not in ON_ITS_WAY:
        return Standing.LATE  # It failed, is lost, or on its way back.
    if now >= known.arrive_by or (milestone == Milestone.ARRIVE and was == Standing.LATE):
        return Standing.LATE
    if milestone == Milestone.ARRIVE:
        troubled = any(each.state in TROUBLED for each in work.parcels)
        return Standing.AT_RISK if troubled else Standing.ON_TRACK
    if known.hand_over_by is not None and now >= known.hand_over_by:
        return Standing.LATE
    return Standing.AT_RISK if now >= by else Standing.ON_TRACK


def worst(standings: list[Standing]) -> Standing:
    """How a delivery stands: as the worst of its parts."""
    return max(standings, key=WORST.index, default=Standing.ON_TRACK)


def look_at(work: Fulfillment, known: Milestones, stands: Standing, now: datetime) -> datetime:
    """When it may stand otherwise."""
    if stands == Standing.LATE:
        return now + (SELDOM if work.state in ENDED else LATER)
    if stands == Standing.AT_RISK:
        return now + SOON
    step = next_of(work, known)
    by = known.arrive_by if step is None else step[1]
    on_its_way = work.state in ON_ITS_WAY
    return min(by, now + SELDOM) if on_its_way else by


def expected(work: Fulfillment, way: Way, now: datetime) -> datetime | None:
    """When it is there by the present plan; None: nobody can say."""
    at = minutes_of(now)
    table = way.timetable
    if work.state in ON_ITS_WAY and table is not None:
        arrives = arrival(table, minutes_of(work.changed_at), table.days)
        arrives = arrives if arrives > at else arrival(table, at, 1)
        return None if arrives >= NEVER else instant_of(arrives)
    if work.state not in WAITING and work.state not in LEFT:
        return None
    minutes = way.work_minutes * LEFT.get(work.state, STEPS) // STEPS
    if table is None:
        arrives = way.diary.after(at, minutes)
    else:
        arrives = passage(replace(table, work_minutes=minutes), at).arrives
    return None if arrives >= NEVER else instant_of(arrives)


def is_news(told: datetime, latest: datetime | None, now: datetime, *, first: bool) -> bool:
    """Whether the customer is told another date: later, and not only by the minutes passed."""
    if latest is None or latest <= told:
        return False
    return first or now >= told or latest.date() > told.date()
