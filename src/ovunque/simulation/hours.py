"""When the demo retailer's places work, and the days on which they do not as usual."""

from collections.abc import Iterator, Sequence
from datetime import date

from ovunque.simulation.rows import ClosureRow, Codes, HoursRow, LocationRow

WORKING = ("07:00-21:00",)
PARTNERS = ("08:00-18:00",)
SHOPPING = ("10:00-19:30",)
SPLIT = ("09:30-13:00", "15:30-19:30")
CLOSED: Codes = ()
# The weeks of each kind of place, from Monday on.
WEEKS: dict[str, tuple[Codes, ...]] = {
    "warehouse": (WORKING,) * 5 + (("07:00-14:00",), CLOSED),
    "distributor": (PARTNERS,) * 5 + (CLOSED, CLOSED),
    "reseller": (CLOSED, SPLIT, SPLIT, SPLIT, SPLIT, ("10:00-19:00",), CLOSED),
    "pickup_point": (("08:00-20:00",),) * 6 + (CLOSED,),
    "store": (SHOPPING,) * 6 + (("11:00-19:00",),),
}
SUNDAYS_OFF = frozenset({"DE", "AT", "CH"})
PATRONS = {  # Month, day and name: a city's own holiday, which no calendar of the country has.
    "Milano": (12, 7, "Sant'Ambrogio"),
    "Roma": (6, 29, "Santi Pietro e Paolo"),
    "Torino": (6, 24, "San Giovanni"),
    "Firenze": (6, 24, "San Giovanni"),
    "Napoli": (9, 19, "San Gennaro"),
}
SOLD_ON = (12, 8, "Immacolata")  # A holiday on which Italian stores are open.
YEARS_AHEAD = 2
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def build_hours(locations: Sequence[LocationRow]) -> tuple[HoursRow, ...]:
    """A week for each place."""
    return tuple(
        HoursRow(location=each.code, **dict(zip(WEEKDAYS, _week(each), strict=True)))
        for each in locations
    )


def _week(location: LocationRow) -> tuple[Codes, ...]:
    week = WEEKS[location.kind]
    return (*week[:6], CLOSED) if location.country in SUNDAYS_OFF else week


def build_closures(locations: Sequence[LocationRow], today: date) -> tuple[ClosureRow, ...]:
    """Days unlike the others, of this year and the next."""
    return tuple(
        row
        for location in locations
        if location.kind == "store" and location.country == "IT"
        for row in _closures(location, today)
    )


def _closures(location: LocationRow, today: date) -> Iterator[ClosureRow]:
    for year in range(today.year, today.year + YEARS_AHEAD):
        if location.city in PATRONS:
            month, day, name = PATRONS[location.city]
            closed = date(year, month, day)
            yield ClosureRow(
                location=location.code, day=closed.isoformat(), hours=CLOSED, name=name
            )
        month, day, name = SOLD_ON
        yield ClosureRow(
            location=location.code,
            day=date(year, month, day).isoformat(),
            hours=SHOPPING,
            name=name,
        )
