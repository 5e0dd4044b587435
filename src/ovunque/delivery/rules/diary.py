"""When people work at a location, day by day: opening hours, closures, public holidays.

Minutes since the epoch. A day is as long as it is where it is lived: 23 hours in one night of
spring, 25 in one of autumn.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ovunque.delivery.rules.instants import instant_of, minutes_of
from ovunque.kernel.public_holidays import is_holiday
from ovunque.kernel.spans import DAY_MINUTES, Span

DAYS_MAX = 400  # Looked at before we say: never.
NEVER = 1 << 40


class Diary:
    """The hours of one location; of one that tells none every minute is a working one."""

    def __init__(
        self,
        time_zone: str,
        country: str,
        week: Sequence[Sequence[Span]] = (),
        closures: Mapping[date, Sequence[Span]] | None = None,
    ) -> None:
        self.zone = ZoneInfo(time_zone)
        self.country = country
        self._week = week
        self._closures = closures or {}
        self._days: dict[date, tuple[Span, ...]] = {}

    @property
    def tells_hours(self) -> bool:
        return bool(self._week) or bool(self._closures)

    def day_of(self, at: int) -> date:
        return instant_of(at).astimezone(self.zone).date()

    def minute(self, day: date, minute: int) -> int:
        """A minute of the local day; 24:00 is the next midnight."""
        if minute == DAY_MINUTES:
            day, minute = day + timedelta(days=1), 0
        local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=self.zone)
        return minutes_of(local)

    def spans(self, day: date) -> tuple[Span, ...]:
        """The working hours of a day, in minutes since the epoch."""
        found = self._days.get(day)
        if found is None:
            told = self._told(day)
            found = self._days[day] = tuple(
                (self.minute(day, opens), self.minute(day, closes)) for opens, closes in told
            )
        return found

    def _told(self, day: date) -> Sequence[Span]:
        special = self._closures.get(day)
        if special is not None:
            return special
        if not self._week:
            return ((0, DAY_MINUTES),)
        return () if is_holiday(self.country, day) else self._week[day.isoweekday() - 1]

    def after(self, start: int, minutes: int) -> int:
        """When so many working minutes have passed, from the first one that is left."""
        if not self.tells_hours:
            return start + minutes
        day, left = self.day_of(start), minutes
        for _ in range(DAYS_MAX):
            for opens, closes in self.spans(day):
                begins = max(opens, start)
                if begins < closes and left <= closes - begins:
                    return begins + left
                left -= max(0, closes - begins)
            day += timedelta(days=1)
        return NEVER

    def before(self, end: int, minutes: int) -> int:
        """The last minute from which so many working minutes have passed by the end."""
        if not self.tells_hours:
            return end - minutes
        if minutes == 0 and self.after(end, 0) == end:
            return end
        day, left = self.day_of(end), max(minutes, 1)
        for _ in range(DAYS_MAX):
            for opens, closes in reversed(self.spans(day)):
                ends = min(closes, end)
                if opens < ends and left <= ends - opens:
                    return ends - left
                left -= max(0, ends - opens)
            day -= timedelta(days=1)
        return -NEVER
