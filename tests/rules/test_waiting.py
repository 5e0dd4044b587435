"""Several parcels: the customer waits for the last, with the confidence of all together."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ovunque.delivery.rules.arrival import Timetable, Trip, minutes_of
from ovunque.delivery.rules.days import Days, Level, reach, within
from ovunque.delivery.rules.diary import Diary
from ovunque.promise.rules.waiting import Driver, Part, Ride, drivers, together

ROME = ZoneInfo("Europe/Rome")
MONDAY = minutes_of(datetime(2026, 3, 2, 17, tzinfo=ROME))
HANDLING = Days(np.array([0.7, 0.2, 0.1]), Level.LANE)
TRANSIT = Days(np.array([0, 0.6, 0.28, 0.1, 0.02]), Level.LANE)


def ride(confidence_ppm: int = 900_000) -> Ride:
    every_day = frozenset(range(1, 8))
    trip = Trip(origin="IT", destination="IT", days=every_day, zone=ROME)
    timetable = Timetable(
        diary=Diary("Europe/Rome", "IT"),
        work_minutes=60,
        cutoff=time(17),
        pickup_days=(1, 2, 3, 4, 5),
        trip=trip,
        days=3,
    )
    reached = reach(HANDLING, TRANSIT)
    return Ride(timetable, MONDAY, reached, within(reached, confidence_ppm))


def day(minutes: int) -> int:
    """Days after Monday, the 2nd."""
    return datetime.fromtimestamp(minutes * 60, UTC).astimezone(ROME).day - 2


def test_two_parcels_take_a_day_more_than_each() -> None:
    """The example of the design: .922 squared is .850 on day 3, .984 squared .968 on day 4."""
    assert day(together([ride()], 900_000)) == 3
    assert day(together([ride(), ride()], 900_000)) == 4


def test_the_product_is_what_a_thousand_carts_see() -> None:
    rng = np.random.default_rng(4)
    carts = 200_000
    took = rng.choice(3, (carts, 2), p=HANDLING.chances) + rng.choice(
        5, (carts, 2), p=TRANSIT.chances
    )
    seen = [(took.max(axis=1) <= days).mean() for days in (3, 4)]
    rides = [ride(), ride()]
    told = [float(np.prod([each.chance(each.arrives(days)) for each in rides])) for days in (3, 4)]
    assert told == pytest.approx(seen, abs=0.005)


def test_what_travels_alone_and_late_drives_an_option() -> None:
    """Without the belt: a day sooner, one parcel less."""
    parts = [
        Part(frozenset({"COAT", "HAT"}), 1_440, 700, 300),
        Part(frozenset({"BELT"}), 2_880, 500, 120),
    ]
    assert list(drivers(parts)) == [
        Driver(sku="BELT", minutes=1_440, parcels=1, cents=500, grams=120)
    ]
    assert list(drivers(parts[:1])) == []
