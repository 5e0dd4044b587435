"""Until when a task wants to be done, and how pressing that is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from ovunque.delivery.rules.arrival import Timetable, instant_of, minutes_of, pickup
from ovunque.delivery.rules.diary import NEVER
from ovunque.delivery.timing import Errand, timetable_of
from ovunque.fulfillment.model import FulfillmentState
from ovunque.insight.model import Task
from ovunque.network.model import Location
from ovunque.promise.rules.milestones import step_of
from ovunque.sourcing.snapshot import Snapshot
from ovunque.web.words import Tone

SOON = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Due:
    """A milestone as a reader at one moment sees it."""

    at: datetime
    now: datetime

    @property
    def minutes(self) -> int:
        """Whole minutes left; below zero: so many too late."""
        return (self.at - self.now) // timedelta(minutes=1)

    @property
    def is_late(self) -> bool:
        return self.at < self.now

    @property
    def tone(self) -> Tone:
        if self.is_late:
            return "danger"
        return "warning" if self.at - self.now < SOON else "neutral"


def due_of(task: Task, location: Location, snapshot: Snapshot, now: datetime) -> Due:
    """An offer is answered by its deadline; what was promised has its next milestone.

    Other goods are ready for the carrier, or the customer, as soon as they can be.
    """
    if task.state == FulfillmentState.OFFERED and task.accept_by is not None:
        return Due(task.accept_by, now)
    if task.collect_by is not None and _waits_for_customer(task):
        return Due(task.collect_by, now)
    if task.milestones is not None and not _waits_for_customer(task):
        return Due(step_of(task.state, task.milestones)[1], now)
    services = snapshot.delivery.services
    service = next((each for each in services if each.id == task.carrier_service_id), None)
    done_at = task.planned_at + timedelta(minutes=location.handling_minutes)
    if service is None:
        return Due(done_at, now)
    origin = snapshot.lanes.origin(location.id)
    errand = Errand(service=task.service, country=location.country, postal_code="")
    timetable = timetable_of(origin, service, errand, days=0)
    return Due(leaves_at(timetable, task.planned_at) or done_at, now)


def _waits_for_customer(task: Task) -> bool:
    return task.state == FulfillmentState.READY and not task.travels


@lru_cache(maxsize=4_096)
def leaves_at(timetable: Timetable, planned_at: datetime) -> datetime | None:
    """When the carrier's next visit after the order is; asked again at every look at a list.

    None: it comes no more.
    """
    leaves = pickup(timetable, minutes_of(planned_at))
    return None if leaves == NEVER else instant_of(leaves)
