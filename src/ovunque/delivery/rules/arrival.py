"""When a parcel arrives: ready, picked up by the carrier, on its way, at the door.

Minutes since the epoch. Work goes on while the location works; cut-offs are those of the place
where a parcel leaves, its last day is one of the place where it arrives. A carrier's day in transit
is one on which it works and that is no public holiday at either end.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ovunque.delivery.rules.diary import DAYS_MAX, NEVER, Diary
from ovunque.delivery.rules.instants import instant_of, minutes_of
from ovunque.kernel.public_holidays import is_holiday

WEEKDAYS = frozenset({1, 2, 3, 4, 5})
DELIVERED_BY = 18 * 60  # Carriers promise days; this is the end of one.
ALWAYS = (date.min, date.max)
SAME_DAY_HOURS = 3  # From the pickup, where it is delivered on the same day.

__all__ = [
    "Passage",
    "Shelf",
    "Timetable",
    "Trip",
    "arrival",
    "if_begun",
    "instant_of",
    "minutes_of",
    "passage",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """From which country to which, and on which days the carrier works on the way."""

    origin: str
    destination: str
    days: frozenset[int]  # ISO weekdays.
    zone: ZoneInfo  # Of the destination.

    def works(self, day: date) -> bool:
        return (
            day.isoweekday() in self.days
            and not is_holiday(self.destination, day)
            and not is_holiday(self.origin, day)
        )


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where customers fetch parcels: they are put out while people work there."""

    diary: Diary
    work_minutes: int

    def ready(self, arrives: int) -> int:
        return self.diary.after(arrives, self.work_minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """All that decides when a parcel leaves and arrives."""

    diary: Diary
    work_minutes: int
    cutoff: time
    pickup_days: tuple[int, ...]
    trip: Trip
    days: int  # In transit, and on which a pickup was missed, at the confidence that is asked.
    shelf: Shelf | None = None  # Where it is fetched, if it does not go to a door.
    valid: tuple[date, date] = ALWAYS  # The first and the last day on which the carrier comes.
    full: int = 0  # Visits from now on in which the carrier takes nothing more.


@dataclass(frozen=True, slots=True)
class Passage:
    """One parcel's way in time; ordered until `order_by` it is the same."""

    order_by: int
    leaves: int
    arrives: int


def passage(timetable: Timetable, now: int) -> Passage:
    """The first pickup that a parcel can still reach, and when it is delivered then."""
    leaves = pickup(timetable, now)
    if leaves == NEVER:
        return Passage(NEVER, NEVER, NEVER)
    return Passage(
        order_by=timetable.diary.before(leaves, timetable.work_minutes),
        leaves=leaves,
        arrives=arrival(timetable, leaves, timetable.days),
    )


def if_begun(timetable: Timetable, now: int) -> Passage | None:
    """How a parcel would travel if its carrier came to us already; None: it does."""
    first, last = timetable.valid
    if first <= timetable.diary.day_of(now):
        return None
    return passage(replace(timetable, valid=(date.min, last)), now)


def pickup(timetable: Timetable, now: int) -> int:
    """When the carrier takes what is ordered now."""
    diary = timetable.diary
    ready = diary.after(now, timetable.work_minutes)
    if ready == NEVER:
        return NEVER
    full = timetable.full
    day = diary.day_of(now if full else ready)
    day = max(day, timetable.valid[0])
    for _ in range(DAYS_MAX if day <= timetable.valid[1] else 0):
        leaves = visit(timetable, day)
        if leaves is not None and full and now <= leaves:
            full -= 1
        elif leaves is not None and ready <= leaves:
            return leaves
        day += timedelta(days=1)
    return NEVER


def leave_by(timetable: Timetable, by: int) -> int | None:
    """The last visit of the carrier after which a parcel is there in time."""
    day = timetable.diary.day_of(by)
    for _ in range(DAYS_MAX):
        leaves = visit(timetable, day)
        if leaves is not None and arrival(timetable, leaves, timetable.days) <= by:
            return leaves
        day -= timedelta(days=1)
    return None


def visit(timetable: Timetable, day: date) -> int | None:
    """When the carrier comes on a day: before people leave, and only when there are any."""
    diary = timetable.diary
    first, last = timetable.valid
    if (
        not first <= day <= last
        or day.isoweekday() not in timetable.pickup_days
        or is_holiday(diary.country, day)
    ):
        return None
    cutoff = diary.minute(day, timetable.cutoff.hour * 60 + timetable.cutoff.minute)
    if not diary.tells_hours:
        return cutoff
    spans = diary.spans(day)
    return min(cutoff, spans[-1][1]) if spans else None


def arrival(timetable: Timetable, leaves: int, days: int) -> int:
    """When a parcel that leaves then is delivered, after so many days of its carrier."""
    trip = timetable.trip
    day = timetable.diary.day_of(leaves)
    left = days if days or trip.works(day) else 1
    for _ in range(DAYS_MAX):
        if not left:
            break
        day += timedelta(days=1)
        left -= trip.works(day)
    arrives = max(_by(day, trip.zone), leaves + SAME_DAY_HOURS * 60)
    return arrives if timetable.shelf is None else timetable.shelf.ready(arrives)


def _by(day: date, zone: ZoneInfo) -> int:
    hour, minute = divmod(DELIVERED_BY, 60)
    return minutes_of(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone))
