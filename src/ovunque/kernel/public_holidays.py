"""Public holidays by country: days on which nobody is asked to work."""

from datetime import date
from functools import cache

import holidays


@cache
def holidays_in(country: str, year: int) -> frozenset[date]:
    """Those of a whole country; of one that nobody has listed: none."""
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()


def is_holiday(country: str, day: date) -> bool:
    return day in holidays_in(country, day.year)


def holidays_from(country: str, first: date) -> tuple[date, ...]:
    """Those of the year that begins on a day."""
    years = holidays_in(country, first.year) | holidays_in(country, first.year + 1)
    return tuple(sorted(day for day in years if 0 <= (day - first).days < 365))
