"""Carriers that come today: by their timetable, or because somebody here asked them to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.delivery.rules.arrival import instant_of, minutes_of, visit
from ovunque.delivery.timing import Errand, timetable_of
from ovunque.fulfillment.booking import (
    PickupRequest,
    ask_again,
    book_pickup,
    cancel_pickup,
    list_pickups,
    list_troubles,
)
from ovunque.fulfillment.model import CarrierPickup
from ovunque.fulfillment.model import FulfillmentState as State
from ovunque.insight.model import Task
from ovunque.insight.working import list_tasks
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform import refusals
from ovunque.platform.database import Tx
from ovunque.web.formatting import zone_of
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.bands import Band, tabs_of
from ovunque.web.stores.tasks import here
from ovunque.web.stores.undoing import undo_within
from ovunque.web.visiting import Visit, Visiting

VISITS_MAX = 100
STEP = timedelta(minutes=30)
LEAD, WINDOW = timedelta(hours=1), timedelta(hours=2)  # What is proposed, from now on.
TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
COMING = (State.ACCEPTED, State.PICKING, State.PICKED, State.PACKED)

router = screens(TASKS)

Time = Annotated[str, Field(pattern=TIME, max_length=5)]


class BookForm(Form):
    carrier: str = Field(min_length=1, max_length=64)
    day: Literal["today", "tomorrow"]
    begins: Time
    ends: Time


@router.get("/pickups")
def get_carriers(visit: Visiting) -> Response:
    """Who comes today and when, what waits for them, and who was asked to come."""
    return show(visit)


@router.post("/pickups")
def post_visit(visit: Visiting, form: Annotated[BookForm, fastapi.Form()]) -> Response:
    """Ask a carrier to come; for a moment it can be undone, before anybody hears of it."""
    if form.carrier not in {each.carrier for each in visit.house.snapshot().delivery.services}:
        raise Refusal("not_found", what="carrier")
    starts_at, ends_at = (instant(visit, form.day, each) for each in (form.begins, form.ends))
    request = PickupRequest(
        id=visit.house.new_id(),
        location_id=here(visit).id,
        carrier=form.carrier,
        starts_at=starts_at,
        ends_at=ends_at,
        grace=undo_within(visit),
    )
    try:
        if ends_at <= visit.now:
            fault = Fault("/ends", "out_of_bounds", "")
            raise Refusal("invalid", errors=(fault,), detail=fault.detail)
        visit.transact(lambda tx: book_pickup(tx, visit.by, request, visit.now))
    except Refusal as refusal:
        return show(visit, refusal=refusal, asked=form)
    return visit.go(f"/pickups#{form.carrier}")


@router.post("/pickups/{pickup_id}/cancellation")
def post_cancellation(
    visit: Visiting, pickup_id: str, _: Annotated[Form, fastapi.Form()]
) -> Response:
    """Nobody waits for this visit any more."""
    id_ = parse_public_id("pic", pickup_id)
    visit.transact(lambda tx: cancel_pickup(tx, visit.by, id_, visit.now))
    return visit.go("/pickups")


@router.post("/pickups/{pickup_id}/call")
def post_call(visit: Visiting, pickup_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """A carrier that said no is asked again at once."""
    id_ = parse_public_id("pic", pickup_id)
    visit.transact(lambda tx: ask_again(tx, visit.by, id_, visit.now))
    return visit.go("/pickups")


def instant(visit: Visit, day: str, time: str) -> datetime:
    """A time of today or tomorrow where the store is."""
    hour, minute = map(int, time.split(":"))
    local = visit.now.astimezone(zone_of(here(visit).time_zone)).replace(
        hour=hour, minute=minute, second=0, microsecond=0
    )
    return local + timedelta(days=day == "tomorrow")


def show(visit: Visit, refusal: Refusal | None = None, asked: BookForm | None = None) -> Response:
    location = here(visit)
    midnight = instant(visit, "today", "00:00")

    def read(tx: Tx) -> tuple[tuple[Task, ...], tuple[CarrierPickup, ...], dict[UUID, str]]:
        tasks = list_tasks(tx, location.id)
        booked = list_pickups(
            tx, location_id=location.id, since=midnight, after=None, limit=VISITS_MAX
        )
        return tasks, booked, list_troubles(tx, booked)

    tasks, booked, troubles = visit.read(read)
    begins = visit.now.astimezone(zone_of(location.time_zone)) + LEAD
    begins += (STEP - timedelta(minutes=begins.minute, seconds=begins.second)) % STEP
    return visit.page(
        "stores/carriers.html",
        status=200 if refusal is None else refusals.status_of(refusal),
        bands=tabs_of(tasks, Band.CARRIERS),
        rows=[Row(name, visit, tasks, booked) for name in names(visit, tasks, booked)],
        troubles=troubles,
        undo_until={each.id: each.booked_at + undo_within(visit) for each in booked},
        refusal=visit.explain(refusal) if refusal else "",
        is_too_early=bool(refusal and refusal.errors),
        asked=asked,
        begins=f"{begins:%H:%M}",
        ends=f"{begins + WINDOW:%H:%M}",
        proposed_day="today" if (begins + WINDOW).date() == midnight.date() else "tomorrow",
    )


def names(visit: Visit, tasks: Sequence[Task], booked: Sequence[CarrierPickup]) -> list[str]:
    """Carriers that come here: who fetches parcels in this country, or has something to fetch."""
    services = visit.house.snapshot().delivery.services
    of = {each.id: each.carrier for each in services}
    found = {each.carrier for each in services if each.picks_up_in(here(visit).country)}
    found |= {of[task.carrier_service_id] for task in tasks if task.carrier_service_id in of}
    return sorted(found | {each.carrier for each in booked})


@dataclass(frozen=True, slots=True)
class Regular:
    """A visit by the timetable."""

    at: datetime
    services: str
    is_over: bool


class Row:
    """One carrier at one store, today."""

    def __init__(
        self, carrier: str, visit: Visit, tasks: Sequence[Task], booked: Sequence[CarrierPickup]
    ) -> None:
        services = visit.house.snapshot().delivery.services
        ids = {each.id for each in services if each.carrier == carrier}
        mine = [task for task in tasks if task.carrier_service_id in ids and task.travels]
        self.carrier = carrier
        self.ready = sum(task.state == State.READY for task in mine)
        self.coming = sum(task.state in COMING for task in mine)
        self.booked = sorted(
            (each for each in booked if each.carrier == carrier), key=lambda each: each.starts_at
        )
        self.regular = regular(carrier, visit)

    @property
    def ids(self) -> list[tuple[str, CarrierPickup]]:
        return [(public_id("pic", each.id), each) for each in self.booked]


def regular(carrier: str, visiting: Visit) -> list[Regular]:
    """When a carrier comes today anyway; what comes together is one visit."""
    snapshot, location = visiting.house.snapshot(), here(visiting)
    origin = snapshot.lanes.origin(location.id)
    today = origin.diary.day_of(minutes_of(visiting.now))
    found: dict[datetime, list[str]] = {}
    for each in snapshot.delivery.services:
        if each.carrier != carrier or not each.picks_up_in(location.country):
            continue
        errand = Errand(service=each.promise, country=location.country, postal_code="")
        comes = visit(timetable_of(origin, each, errand, days=0), today)
        if comes is not None:
            found.setdefault(instant_of(comes), []).append(each.name)
    return [
        Regular(at, ", ".join(sorted(called)), at < visiting.now)
        for at, called in sorted(found.items())
    ]
