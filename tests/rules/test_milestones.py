"""Until when the steps of a promised delivery have to be done, and how it stands."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ovunque.delivery.rules.arrival import WEEKDAYS, Timetable, Trip, leave_by
from ovunque.delivery.rules.diary import Diary
from ovunque.delivery.rules.instants import minutes_of
from ovunque.fulfillment.model import Fulfillment, FulfillmentState
from ovunque.promise.model import Milestone, Standing
from ovunque.promise.rules.milestones import (
    Way,
    expected,
    is_news,
    look_at,
    milestones,
    next_of,
    standing,
    worst,
)

ROME = ZoneInfo("Europe/Rome")
S = FulfillmentState
OPEN = ((9 * 60, 19 * 60),)
DIARY = Diary("Europe/Rome", "IT", (OPEN, OPEN, OPEN, OPEN, OPEN, (), ()))
TABLE = Timetable(
    diary=DIARY,
    work_minutes=240,
    cutoff=time(17),
    pickup_days=(1, 2, 3, 4, 5),
    trip=Trip(origin="IT", destination="IT", days=WEEKDAYS, zone=ROME),
    days=2,
)
WAY = Way(diary=DIARY, work_minutes=240, timetable=TABLE)
COUNTER = Way(diary=DIARY, work_minutes=240)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """An hour of a day of March 2026, in Rome; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute, tzinfo=ROME).astimezone(UTC)


THURSDAY = local(5, 18)
WORK = Fulfillment(
    id=UUID(int=2),
    order_id=UUID(int=1),
    delivery=0,
    location_id=UUID(int=3),
    carrier_service_id=UUID(int=4),
    service="home",
    state=S.OFFERED,
    planned_at=local(2, 9),
    offer_at=local(2, 9),
    changed_at=local(2, 9),
    lines=(),
)


def test_steps_are_counted_backwards_from_the_promised_day() -> None:
    """Two days on the way: it leaves on Tuesday at 17; an hour for each of four steps."""
    found = milestones(WAY, THURSDAY)
    assert found.hand_over_by == local(3, 17)
    assert found.pack_by == local(3, 16)
    assert found.pick_by == local(3, 15)
    assert found.accept_by == local(3, 14)
    assert found.arrive_by == THURSDAY


def test_steps_lie_in_working_hours() -> None:
    """It leaves on Monday at 17 for Wednesday; with twelve hours of work that begins on Friday."""
    found = milestones(replace(WAY, work_minutes=12 * 60), local(4, 18))
    assert found.hand_over_by == local(2, 17)
    assert found.accept_by == local(2, 17) - timedelta(hours=8) - timedelta(days=2, hours=15)


def test_what_leaves_on_the_day_of_its_arrival_leaves_before() -> None:
    """The visit at 17 is there at 20, three hours later."""
    same_day = replace(TABLE, days=0)
    assert leave_by(same_day, minutes_of(local(5, 20))) == minutes_of(local(5, 17))
    assert leave_by(same_day, minutes_of(local(5, 19, 59))) == minutes_of(local(4, 17))


def test_what_is_fetched_is_accepted_and_picked() -> None:
    found = milestones(COUNTER, local(3, 12))
    assert (found.accept_by, found.pick_by) == (local(3, 10), local(3, 12))
    assert found.pack_by is None
    assert found.hand_over_by is None


@pytest.mark.parametrize(
    ("state", "at", "stands", "step"),
    [
        (S.OFFERED, local(3, 13, 59), Standing.ON_TRACK, Milestone.ACCEPT),
        (S.OFFERED, local(3, 14), Standing.AT_RISK, Milestone.ACCEPT),
        (S.PICKING, local(3, 14), Standing.ON_TRACK, Milestone.PICK),
        (S.PICKING, local(3, 15), Standing.AT_RISK, Milestone.PICK),
        (S.PICKED, local(3, 16), Standing.AT_RISK, Milestone.PACK),
        (S.READY, local(3, 16, 59), Standing.ON_TRACK, Milestone.HAND_OVER),
        (S.READY, local(3, 17), Standing.LATE, Milestone.HAND_OVER),
        (S.SHIPPED, local(5, 17, 59), Standing.ON_TRACK, Milestone.ARRIVE),
        (S.SHIPPED, local(5, 18), Standing.LATE, Milestone.ARRIVE),
        (S.LOST, local(3, 9), Standing.LATE, Milestone.ARRIVE),
        (S.DELIVERED, local(9, 9), Standing.ON_TRACK, None),
    ],
)
def test_how_it_stands(
    state: FulfillmentState, at: datetime, stands: Standing, step: Milestone | None
) -> None:
    known, work = milestones(WAY, THURSDAY), replace(WORK, state=state)
    found = next_of(work, known)
    assert (found and found[0]) == step
    assert standing(work, known, None, at) == stands
    if stands == Standing.ON_TRACK and step:
        again = look_at(work, known, stands, at)
        assert at < again <= known.arrive_by


def test_what_left_too_late_stays_late() -> None:
    known, work = milestones(WAY, THURSDAY), replace(WORK, state=S.SHIPPED)
    assert standing(work, known, Standing.LATE, local(4, 9)) == Standing.LATE
    assert standing(work, known, Standing.AT_RISK, local(4, 9)) == Standing.ON_TRACK
    assert worst([Standing.ON_TRACK, Standing.LATE, Standing.AT_RISK]) == Standing.LATE


def test_what_waits_to_be_fetched_is_there() -> None:
    work = replace(WORK, carrier_service_id=None, state=S.READY)
    known = milestones(COUNTER, local(3, 12))
    assert standing(work, known, None, local(3, 13)) == Standing.ON_TRACK
    assert standing(replace(work, state=S.PICKING), known, None, local(3, 12)) == Standing.LATE


def test_the_new_date_is_that_of_the_present_plan() -> None:
    """On Tuesday at 16 packing makes it in an hour; picking does not, and leaves a day on."""
    at = local(3, 16)
    assert expected(replace(WORK, state=S.PACKED), WAY, at) == local(5, 18)
    assert expected(replace(WORK, state=S.PICKING), WAY, at) == local(6, 18)
    assert expected(replace(WORK, state=S.LOST), WAY, at) is None
    gone = replace(WORK, state=S.SHIPPED, changed_at=local(4, 17))
    assert expected(gone, WAY, local(5, 20)) == local(6, 18)
    assert expected(gone, WAY, local(6, 20)) == local(9, 18)  # Friday evening: Monday.
    picked = replace(WORK, carrier_service_id=None, state=S.PICKING)
    assert expected(picked, COUNTER, at) == local(3, 19)


def test_nobody_is_told_every_minute() -> None:
    told = local(3, 12)
    assert is_news(told, local(3, 13), local(3, 9), first=True)
    assert not is_news(told, local(3, 13), local(3, 9), first=False)
    assert is_news(told, local(3, 15), local(3, 12), first=False)
    assert is_news(told, local(4, 10), local(3, 9), first=False)
    assert not is_news(told, told, local(3, 13), first=True)
    assert not is_news(told, None, local(3, 13), first=True)
