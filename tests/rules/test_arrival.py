"""When parcels arrive, seen from every hour of the week."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.delivery.rules.arrival import Timetable, Trip, instant_of, minutes_of, passage
from ovunque.delivery.rules.diary import NEVER, Diary
from ovunque.kernel.spans import Span
from ovunque.web.stores.due import leaves_at

ROME = ZoneInfo("Europe/Rome")
MON_TO_FRI = (1, 2, 3, 4, 5)
NINE_TO_SIX = ((9 * 60, 18 * 60),)
SHOP = ((10 * 60, 13 * 60), (15 * 60, 19 * 60))


def timetable(
    work: int,
    cutoff: time,
    days: int,
    pickup_days: tuple[int, ...] = MON_TO_FRI,
    diary: Diary | None = None,
    to: str = "IT",
    zone: str = "Europe/Rome",
) -> Timetable:
    diary = diary or Diary("Europe/Rome", "IT")
    works = frozenset(MON_TO_FRI) | set(pickup_days)
    trip = Trip(origin=diary.country, destination=to, days=works, zone=ZoneInfo(zone))
    return Timetable(
        diary=diary,
        work_minutes=work,
        cutoff=cutoff,
        pickup_days=pickup_days,
        trip=trip,
        days=days,
    )


def open_on(*days: int, spans: tuple[Span, ...] = NINE_TO_SIX) -> Diary:
    """Somebody is there on some weekdays; Monday is 1."""
    return Diary("Europe/Rome", "IT", [spans if day in days else () for day in range(1, 8)])


STANDARD = timetable(120, time(17), 2)
EXPRESS = timetable(60, time(18, 30), 1, (1, 2, 3, 4, 5, 6))


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


def arrives(timetable: Timetable, now: datetime) -> str:
    found = passage(timetable, minutes_of(now))
    return f"{instant_of(found.arrives).astimezone(timetable.trip.zone):%a %d %b %H:%M}"


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
    same_day = timetable(30, time(18), 0, (1,))
    assert times(same_day, local(1, 10)) == ("Mon 17:30", "Mon 18:00", "Mon 21:00")


def test_friday_evening() -> None:
    """Ready on Monday, since nobody works at the weekend: picked up then, two days on the way."""
    weekdays = timetable(120, time(17), 2, diary=open_on(*MON_TO_FRI))
    assert times(weekdays, local(5, 17)) == ("Mon 15:00", "Mon 17:00", "Wed 18:00")
    assert times(weekdays, local(5, 15)) == ("Fri 15:00", "Fri 17:00", "Tue 18:00")


def test_a_cut_off_passed_by_a_second() -> None:
    """At 15:00:00 the parcel still leaves at 17:00; a second of the next minute, and it does not.

    What happens within a minute happens at its start, so that 15:00:59 is in time.
    """
    at = local(2, 15)
    assert arrives(STANDARD, at) == "Thu 05 Mar 18:00"
    assert arrives(STANDARD, at + timedelta(seconds=59)) == "Thu 05 Mar 18:00"
    assert arrives(STANDARD, at + timedelta(seconds=60)) == "Fri 06 Mar 18:00"


def test_a_store_that_is_closed_on_monday() -> None:
    """Ordered on Saturday at 18:00: an hour is left, the rest is done on Tuesday morning."""
    store = timetable(90, time(17), 1, diary=open_on(2, 3, 4, 5, 6, spans=SHOP))
    assert times(store, local(6, 18)) == ("Tue 15:30", "Tue 17:00", "Wed 18:00")


def test_work_goes_on_after_the_midday_break() -> None:
    """Two hours of work from 12:00: one before the break, one after it, ready at 16:00."""
    store = timetable(120, time(16), 1, diary=open_on(*MON_TO_FRI, spans=SHOP))
    assert times(store, local(1, 12)) == ("Mon 12:00", "Mon 16:00", "Tue 18:00")
    assert times(store, local(1, 12, 1)) == ("Tue 12:00", "Tue 16:00", "Wed 18:00")


def test_a_holiday_in_the_country_of_departure() -> None:
    """2 June 2026, a Tuesday, is Italy's: no pickup, and no day on the way to France."""
    to_france = timetable(60, time(17), 1, to="FR", zone="Europe/Paris")
    evening = datetime(2026, 6, 1, 18, tzinfo=ROME)
    assert arrives(to_france, evening) == "Thu 04 Jun 18:00"
    before = datetime(2026, 6, 1, 12, tzinfo=ROME)
    assert arrives(to_france, before) == "Wed 03 Jun 18:00"


def test_a_holiday_in_the_country_of_arrival() -> None:
    """14 July 2026, a Tuesday, is France's: what leaves Italy on Monday arrives on Wednesday."""
    monday = datetime(2026, 7, 13, 12, tzinfo=ROME)
    to_france = timetable(60, time(17), 1, to="FR", zone="Europe/Paris")
    assert arrives(to_france, monday) == "Wed 15 Jul 18:00"
    assert arrives(timetable(60, time(17), 1), monday) == "Tue 14 Jul 18:00"


def test_a_holiday_is_closed_unless_it_has_hours_of_its_own() -> None:
    """25 April 2026, a Saturday: this store sells on it, and works again on Monday."""
    week = [SHOP] * 6 + [()]
    closed = Diary("Europe/Rome", "IT", week)
    open_then = Diary("Europe/Rome", "IT", week, {date(2026, 4, 25): ((600, 780),)})
    ordered = minutes_of(datetime(2026, 4, 25, 9, tzinfo=ROME))

    def ready(diary: Diary) -> str:
        return f"{instant_of(diary.after(ordered, 60)).astimezone(ROME):%a %H:%M}"

    assert ready(closed) == "Mon 11:00"
    assert ready(open_then) == "Sat 11:00"


def test_the_clock_that_goes_forward() -> None:
    """The night of 29 March 2026 has no hour from 2 to 3; cut-offs stay where they are.

    Four hours of work from midnight are done at 5:00, and the Monday's 17:00 is 15:00 in UTC.
    """
    diary = Diary("Europe/Rome", "IT", [((0, 1440),)] * 7)
    midnight = minutes_of(datetime(2026, 3, 29, 0, tzinfo=ROME))
    done = instant_of(diary.after(midnight, 240)).astimezone(ROME)
    assert f"{done:%d %H:%M}" == "29 05:00"
    found = passage(STANDARD, minutes_of(datetime(2026, 3, 30, 9, tzinfo=ROME)))
    assert instant_of(found.leaves) == datetime(2026, 3, 30, 15, tzinfo=UTC)


def test_the_clock_that_goes_back() -> None:
    """The night of 25 October 2026 has two hours from 2 to 3: four hours are done at 3:00."""
    diary = Diary("Europe/Rome", "IT", [((0, 1440),)] * 7)
    midnight = minutes_of(datetime(2026, 10, 25, 0, tzinfo=ROME))
    done = instant_of(diary.after(midnight, 240)).astimezone(ROME)
    assert f"{done:%d %H:%M}" == "25 03:00"
    assert arrives(STANDARD, datetime(2026, 10, 23, 18, tzinfo=ROME)) == "Wed 28 Oct 18:00"
    found = passage(STANDARD, minutes_of(datetime(2026, 10, 26, 9, tzinfo=ROME)))
    assert instant_of(found.leaves) == datetime(2026, 10, 26, 16, tzinfo=UTC)


def test_the_last_day_is_one_of_the_place_where_it_arrives() -> None:
    london = timetable(60, time(17), 1, to="GB", zone="Europe/London")
    found = passage(london, minutes_of(local(1, 9)))
    assert instant_of(found.arrives) == datetime(2026, 3, 3, 18, tzinfo=UTC)


def test_full_capacity() -> None:
    """40 orders wait where 20 are done in a day of 9 hours: 18 hours of work, Monday to Tuesday.

    What is ordered on Monday at 9:00 is ready on Tuesday at 18:00, too late for the carrier.
    """
    full = timetable(40 * 9 * 60 // 20, time(17), 1, diary=open_on(*MON_TO_FRI))
    assert times(full, local(1, 9)) == ("Mon 17:00", "Wed 17:00", "Thu 18:00")


def test_where_nobody_ever_works_nothing_leaves() -> None:
    never = timetable(60, time(17), 1, diary=Diary("Europe/Rome", "IT", [()] * 7))
    assert passage(never, minutes_of(local(1, 9))).arrives == NEVER


@given(
    after=st.integers(0, 60 * 24 * 400),
    handling=st.integers(0, 5_000),
    days=st.sets(st.integers(1, 7), min_size=1),
    open_days=st.none() | st.sets(st.integers(1, 5), min_size=1),
    transit=st.integers(0, 6),
)
def test_until_order_by_it_is_the_same_parcel(
    after: int, handling: int, days: set[int], open_days: set[int] | None, transit: int
) -> None:
    diary = None if open_days is None else open_on(*open_days, spans=SHOP)
    pickup_days = tuple(sorted(days | (open_days or set())))
    asked = timetable(handling, time(16), transit, pickup_days, diary)
    now = minutes_of(datetime(2026, 1, 1, tzinfo=UTC)) + after
    found = passage(asked, now)

    assert now <= found.order_by
    assert now + handling <= found.leaves < found.arrives
    assert passage(asked, found.order_by) == found
    later = passage(asked, found.order_by + 1)
    assert later.leaves > found.leaves
    assert later.arrives >= found.arrives
    assert instant_of(found.leaves).astimezone(ROME).isoweekday() in pickup_days
    assert diary is None or diary.spans(diary.day_of(found.leaves))


@pytest.mark.parametrize(
    ("full", "now", "leaves"),
    [
        (0, local(1, 10), "Mon 17:00"),
        (1, local(1, 10), "Tue 17:00"),
        (2, local(1, 10), "Wed 17:00"),
        (1, local(1, 16), "Tue 17:00"),  # Not ready for the visit that is full anyway.
        (1, local(1, 18), "Wed 17:00"),  # Today's visit is over: tomorrow's is the full one.
        (1, local(5, 10), "Mon 17:00"),
    ],
)
def test_what_a_full_visit_does_not_take_waits_for_the_next(
    full: int, now: datetime, leaves: str
) -> None:
    assert times(replace(STANDARD, full=full), now)[1] == leaves


def test_a_task_of_a_carrier_that_comes_no_more_is_due_all_the_same() -> None:
    """Its terms were changed after the order was planned."""
    ended = replace(STANDARD, valid=(date.min, date(2026, 3, 1)))
    assert leaves_at(STANDARD, local(1, 9)) == local(1, 17)
    assert leaves_at(ended, local(1, 9)) is None
