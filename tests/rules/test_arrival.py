"""When parcels arrive, seen from every hour of the week."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.delivery.rules.arrival import (
    Timetable,
    instant_of,
    minutes_of,
    passage,
)

ROME = ZoneInfo("Europe/Rome")
STANDARD = Timetable("Europe/Rome", 120, time(17), (1, 2, 3, 4, 5), 2)
EXPRESS = Timetable("Europe/Rome", 60, time(18, 30), (1, 2, 3, 4, 5, 6), 1)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of the week of Monday, 2 March 2026, in Rome."""
    return datetime(2026, 3, 1 + day, hour, minute, tzinfo=ROME)


def times(timetable: Timetable, now: datetime) -> tuple[str, str, str]:
    found = passage(timetable, minutes_of(now))
    return (
        f"{instant_of(found.order_by).astimezone(ROME):%a %H:%M}",
        f"{instant_of(found.leaves).astimezone(ROME):%a %H:%M}",
        f"{instant_of(found.arrives).astimezone(ROME):%a %H:%M}",
    )


@pytest.mark.parametrize(
    ("timetable", "now", "expected"),
    [
        (STANDARD, local(1, 9), ("Mon 15:00", "Mon 17:00", "Wed 18:00")),
        (STANDARD, local(1, 15), ("Mon 15:00", "Mon 17:00", "Wed 18:00")),
        (STANDARD, local(1, 15, 1), ("Tue 15:00", "Tue 17:00", "Thu 18:00")),
        (STANDARD, local(4, 16), ("Fri 15:00", "Fri 17:00", "Tue 18:00")),
        (STANDARD, local(5, 16), ("Mon 15:00", "Mon 17:00", "Wed 18:00")),
        (EXPRESS, local(5, 18), ("Sat 17:30", "Sat 18:30", "Mon 18:00")),
        (EXPRESS, local(5, 17), ("Fri 17:30", "Fri 18:30", "Sat 18:00")),
    ],
)
def test_cut_off_and_days_are_those_of_the_place(
    timetable: Timetable, now: datetime, expected: tuple[str, str, str]
) -> None:
    assert times(timetable, now) == expected


def test_what_leaves_and_arrives_on_one_day_takes_some_hours() -> None:
    same_day = Timetable("Europe/Rome", 30, time(18), (1,), 0)
    assert times(same_day, local(1, 10)) == ("Mon 17:30", "Mon 18:00", "Mon 21:00")


def test_the_night_of_summer_time_changes_no_cut_off() -> None:
    found = passage(STANDARD, minutes_of(datetime(2026, 3, 30, 9, tzinfo=ROME)))
    assert instant_of(found.leaves) == datetime(2026, 3, 30, 15, tzinfo=UTC)


@given(
    after=st.integers(0, 60 * 24 * 400),
    handling=st.integers(0, 5_000),
    days=st.sets(st.integers(1, 7), min_size=1),
    transit=st.integers(0, 6),
)
def test_until_order_by_it_is_the_same_parcel(
    after: int, handling: int, days: set[int], transit: int
) -> None:
    timetable = Timetable("Europe/Rome", handling, time(16), tuple(sorted(days)), transit)
    now = minutes_of(datetime(2026, 1, 1, tzinfo=UTC)) + after
    found = passage(timetable, now)

    assert now <= found.order_by
    assert now + handling <= found.leaves < found.arrives
    assert passage(timetable, found.order_by) == found
    later = passage(timetable, found.order_by + 1)
    assert later.leaves > found.leaves
    assert later.arrives >= found.arrives
    assert instant_of(found.leaves).astimezone(ROME).isoweekday() in days
    assert instant_of(found.arrives) - instant_of(found.leaves) <= timedelta(days=2 * transit + 7)
