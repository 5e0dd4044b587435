"""How the people of the demo behave: when they order, how they answer, what goes wrong."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ovunque.fulfillment.model import Reason

DAYS = 90
HOME_ZONE = ZoneInfo("Europe/Rome")
# Shoppers of the demo sleep when its stores do: an offer waits half an hour for its answer.
HOURS = {9: 4, 10: 7, 11: 8, 12: 8, 13: 7, 14: 6, 15: 7, 16: 8, 17: 9, 18: 10, 19: 6}
WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 1.15, 1.3, 1.2)  # Monday first.

REJECT_PERCENT = 3.0
IGNORE_PERCENT = 1.0
SHORT_PERCENT = 1.2
CANCEL_PERCENT = 1.5
NEVER_FETCHED_PERCENT = 4.0
REASONS = (
    (Reason.NOT_FOUND, 40),
    (Reason.DAMAGED, 15),
    (Reason.DISPLAY, 15),
    (Reason.SOLD_MEANWHILE, 15),
    (Reason.NO_TIME, 15),
)
SHORT_REASONS = ((Reason.NOT_FOUND, 70), (Reason.DAMAGED, 30))

# Seconds, from the least to the most.
ANSWER = (45, 20 * 60)
BEGIN_PICKING = (3 * 60, 55 * 60)
NEXT_PICK = (30, 5 * 60)
PACK = (2 * 60, 20 * 60)
FETCH = (90 * 60, 50 * 3_600)
CANCEL = (5, 4 * 60)
SWEEP = (0.1, 0.9)

DELAY_PERCENT = 6.0
FAILED_ATTEMPT_PERCENT = 2.0
LOST_PERCENT = 0.2
SENT_BACK_PERCENT = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What is to become of an order that has a story to tell: nothing goes wrong by chance."""

    reject_first: Reason | None = None  # By the first location that is asked.


def local(day: datetime, hour: int, minute: int = 0, zone: ZoneInfo = HOME_ZONE) -> datetime:
    """A moment of the day in which an instant lies, by the clocks of a place."""
    return datetime.combine(day.astimezone(zone).date(), time(hour, minute), zone)


def weekday_before(now: datetime, days: int) -> datetime:
    """Noon of a Tuesday, Wednesday or Thursday, at least so many days ago."""
    day = local(now, 12) - timedelta(days=days)
    while day.isoweekday() not in (2, 3, 4):
        day -= timedelta(days=1)
    return day
