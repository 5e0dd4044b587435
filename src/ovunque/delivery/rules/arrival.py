"""When a parcel arrives: ready, picked up by the carrier, on its way, at the door.

Minutes since the epoch. Cut-offs and days are those of the place where the parcel leaves; the
carrier counts its days in transit on weekdays and on any other day on which it picks up.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = frozenset({1, 2, 3, 4, 5})
DELIVERED_BY = time(18)  # Carriers promise days; this is the end of one.
SAME_DAY_HOURS = 3  # From the pickup, where it is delivered on the same day.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Timetable:
    """All that decides when a parcel leaves and arrives."""

    time_zone: str
    handling_minutes: int
    cutoff: time
    pickup_days: tuple[int, ...]
    transit_days: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One parcel's way in time; ordered until `order_by` it is the same."""

    order_by: int
    leaves: int
    arrives: int


def minutes_of(at: datetime) -> int:
    """The whole minutes since the epoch: what happens within one happens at its start."""
    return (at - EPOCH) // timedelta(minutes=1)


def instant_of(minutes: int) -> datetime:
    return EPOCH + timedelta(minutes=minutes)


def passage(timetable: Timetable, now: int) -> Passage:
    """The first pickup that a parcel can still reach, and when it is delivered then."""
    zone = ZoneInfo(timetable.time_zone)
    ready = now + timetable.handling_minutes
    day = instant_of(ready).astimezone(zone).date()
    while True:
        leaves = _minutes_at(day, timetable.cutoff, zone)
        if day.isoweekday() in timetable.pickup_days and ready <= leaves:
            break
        day += timedelta(days=1)
    return Passage(
        order_by=leaves - timetable.handling_minutes,
        leaves=leaves,
        arrives=max(
            _minutes_at(_delivery_day(day, timetable), DELIVERED_BY, zone),
            leaves + SAME_DAY_HOURS * 60,
        ),
    )


def _delivery_day(day: date, timetable: Timetable) -> date:
    """So many days on which the carrier works after the day of the pickup."""
    works = WEEKDAYS | set(timetable.pickup_days)
    for _ in range(timetable.transit_days):
        day += timedelta(days=1)
        while day.isoweekday() not in works:
            day += timedelta(days=1)
    return day


def _minutes_at(day: date, at: time, zone: ZoneInfo) -> int:
    return minutes_of(datetime.combine(day, at, zone))
