"""The one place where numbers, money and instants become text for people.

Two libraries give two texts for one value, so mail, paper and screens all use this module, and a
browser shows what the server wrote. Rounding is half away from zero; four digits are not grouped
in Italian, as CLDR's minimum grouping has it.
"""

import datetime as dates
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date as Day  # noqa: N812 - `date` is a word of pages
from datetime import datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from ovunque.kernel.money import decimal_of, worded

LOCALES = {"en": "en_GB", "it": "it_IT"}
GROUPED_FROM = {"it": 10_000}  # CLDR's minimumGroupingDigits is 2 there.
NO_BREAK = "\N{NO-BREAK SPACE}"
KILOGRAM_G = 1_000
MINUTES_OF_HOUR, MINUTES_OF_DAY = 60, 1_440
DAYS_OF_WEEK = 7


@contextmanager
def rounding_half_up() -> Iterator[None]:
    with localcontext() as context:
        context.rounding = ROUND_HALF_UP
        yield


@cache
def zone_of(name: str) -> tzinfo:
    return ZoneInfo(name)


def money(language: str, minor: int, currency: str) -> str:
    """An amount in minor units, as `1234,50 €`."""
    grouped = is_grouped(language, decimal_of(minor, currency))
    return worded(minor, currency, Locale.parse(LOCALES[language]), grouped=grouped)


def is_grouped(language: str, amount: Decimal) -> bool:
    return abs(amount) >= GROUPED_FROM.get(language, 0)


@dataclass(frozen=True, slots=True)
class Formatter:
    """How one reader reads: their language, and the time zone in which they live."""

    language: str
    zone: str
    now: datetime

    @property
    def locale(self) -> Locale:
        return Locale.parse(LOCALES[self.language])

    def money(self, minor: int, currency: str) -> str:
        """An amount in minor units, as `1234,50 €`."""
        return money(self.language, minor, currency)

    def number(self, value: int | Decimal, decimals: int = 0) -> str:
        amount = Decimal(value)
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
        with rounding_half_up():
            return format_decimal(
                amount, pattern, locale=self.locale, group_separator=self._is_grouped(amount)
            )

    def signed(self, value: int) -> str:
        """A change, with its sign: `+3`, `−2`."""
        sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
        return sign + self.number(abs(value))

    def percent(self, part: Decimal) -> str:
        """A share of one, as `3,5%`."""
        with rounding_half_up():
            text: str = format_percent(part, "#,##0.0%", locale=self.locale)
        return text

    def grams(self, grams: int) -> str:
        """A weight: grams below a kilogram, kilograms from there."""
        if abs(grams) < KILOGRAM_G:
            return self._unit(Decimal(grams), "mass-gram", 0)
        return self._unit(Decimal(grams) / KILOGRAM_G, "mass-kilogram", 2)

    def milligrams(self, mg: int) -> str:
        """A small weight, with one decimal below ten grams."""
        decimals = 0 if mg >= 10_000 else 1
        return self._unit(Decimal(mg) / 1_000, "mass-gram", decimals)

    def kilometers(self, meters: int) -> str:
        """How far: kilometers, with one decimal below ten."""
        decimals = 0 if meters >= 10_000 else 1
        return self._unit(Decimal(meters) / 1_000, "length-kilometer", decimals)

    def minutes(self, minutes: int) -> str:
        """How long something takes, in the two largest units that say something."""
        if minutes < MINUTES_OF_HOUR:
            return self._unit(Decimal(minutes), "duration-minute", 0)
        if minutes < MINUTES_OF_DAY:
            hours, rest = divmod(minutes, MINUTES_OF_HOUR)
            parts = [self._unit(Decimal(hours), "duration-hour", 0)]
            return NO_BREAK.join(parts + ([self.minutes(rest)] if rest else []))
        days, rest = divmod(minutes, MINUTES_OF_DAY)
        hours = rest // MINUTES_OF_HOUR
        parts = [self._unit(Decimal(days), "duration-day", 0)]
        return NO_BREAK.join(
            parts + ([self._unit(Decimal(hours), "duration-hour", 0)] if hours else [])
        )

    def days(self, days: int) -> str:
        """A number of days, as `2 days`."""
        return self._unit(Decimal(days), "duration-day", 0)

    def time(self, at: datetime) -> str:
        return format_time(self._here(at), "HH:mm", locale=self.locale)

    def date(self, at: datetime) -> str:
        """A day of this year as `24 nov`, of another one as `24 nov 2025`."""
        here = self._here(at)
        pattern = "d MMM" if here.year == self._here(self.now).year else "d MMM y"
        return self._glue(format_date(here, pattern, locale=self.locale))

    def day(self, at: datetime) -> str:
        """A day with its name: `mar 24 nov`."""
        return self._glue(format_date(self._here(at), "EEE d MMM", locale=self.locale))

    def on(self, day: Day) -> str:
        """A day of the calendar, wherever that is: `24 nov`."""
        pattern = "d MMM" if day.year == self._here(self.now).year else "d MMM y"
        return self._glue(format_date(day, pattern, locale=self.locale))

    def in_language(self, language: str) -> "Formatter":
        return replace(self, language=language)

    def is_today(self, at: datetime) -> bool:
        return self._here(at).date() == self._here(self.now).date()

    def country(self, code: str) -> str:
        """A country by its name in this language."""
        name: str | None = self.locale.territories.get(code)
        return name or code

    def calendar_day(self, day: dates.date) -> str:
        """A day of the calendar, wherever the reader is: `mar 24 nov`."""
        return self._glue(format_date(day, "EEE d MMM y", locale=self.locale))

    def moment(self, at: datetime) -> str:
        """A day and a time; of today only the time."""
        if self._here(at).date() == self._here(self.now).date():
            return self.time(at)
        return f"{self.date(at)}, {self.time(at)}"

    def soon(self, at: datetime) -> str:
        """A time within a week: of today only the time, else with the name of its day."""
        days = (self._here(at).date() - self._here(self.now).date()).days
        if not 0 < days < DAYS_OF_WEEK:
            return self.moment(at)
        return f"{format_date(self._here(at), 'EEE', locale=self.locale)}{NO_BREAK}{self.time(at)}"

    def by(self, at: datetime) -> str:
        """The last moment of something: midnight ends the day before, so it is told as 23:59."""
        is_midnight = self._here(at).time() == dates.time(0)
        return self.soon(at - timedelta(minutes=1) if is_midnight else at)

    def exact(self, at: datetime) -> str:
        """Everything about an instant, for whoever points at a shorter form of it."""
        day = format_date(self._here(at), "EEEE d MMMM y", locale=self.locale)
        return f"{day}, {format_time(self._here(at), 'HH:mm:ss', locale=self.locale)}"

    def ago(self, at: datetime) -> str:
        """How far from now: `5 minuti fa`, `tra 2 ore`."""
        seconds = round((at - self.now).total_seconds())
        return format_timedelta(timedelta(seconds=seconds), add_direction=True, locale=self.locale)

    def machine(self, at: datetime) -> str:
        """An instant for the `datetime` of a `time` element."""
        return at.isoformat(timespec="seconds")

    def _here(self, at: datetime) -> datetime:
        return at.astimezone(zone_of(self.zone))

    def _unit(self, amount: Decimal, unit: str, decimals: int) -> str:
        pattern = "#,##0" + ("." + "#" * decimals if decimals else "")
        with rounding_half_up():
            text = format_unit(amount, unit, length="short", format=pattern, locale=self.locale)
        return self._glue(text)

    def _is_grouped(self, amount: Decimal) -> bool:
        return is_grouped(self.language, amount)

    @staticmethod
    def _glue(text: str) -> str:
        return text.replace(" ", NO_BREAK)
