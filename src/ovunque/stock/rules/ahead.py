"""What may be promised by a day: of what is there and what comes, less what is promised on it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from ovunque.kernel.refusal import Fault
from ovunque.kernel.rows import Faults, code, within
from ovunque.kernel.text import normal
from ovunque.stock.model.expecting import Awaited, Coming, IncomingRequest

UNITS_MAX = 1_000_000
LATE_DAYS_MAX = 365
REFERENCE_MAX = 100
YEARS = (2000, 2100)

Dated = tuple[date, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """One item as one channel sees it ahead."""

    today: date
    supply: tuple[Dated, ...] = ()  # What is there counts as supply of today.
    promised: tuple[Dated, ...] = ()
    waiting: int = 0  # Units that wait without a day, unplaced, back-ordered or short.

    def atp(self, day: date) -> int:
        """Available to promise by a day: what every later day leaves, too.

        A cut in a later delivery limits what may be promised today. Below zero: more is promised
        than will come.
        """
        turns = {day, *(at for at, _ in (*self.supply, *self.promised) if at > day)}
        return min(self._balance(turn) for turn in turns) - self.waiting

    def _balance(self, day: date) -> int:
        due = sum(units for at, units in self.supply if at <= day)
        return due - sum(units for at, units in self.promised if at <= day)


Span = tuple[date, date]  # Today, and the first day on which the item is sold.
Part = tuple[Outlook, int]  # An item, and how many of it make one of what is sold.


def sets(parts: Sequence[Part], day: date) -> int:
    """How many may be promised by a day of what is made of several items."""
    return max(0, min(outlook.atp(day) // units for outlook, units in parts))


def days_of(parts: Sequence[Part], first: date) -> list[date]:
    """The days on which more can be promised than the day before, from one on."""
    days = {at for outlook, _ in parts for at, _ in outlook.supply if at > first}
    return sorted({first, *days})


def earliest(parts: Sequence[Part], units: int, first: date) -> date | None:
    """The first day, from one on, by which so many may be promised; None: by none."""
    return next((day for day in days_of(parts, first) if sets(parts, day) >= units), None)


def promisable(parts: Sequence[Part], first: date, there: int) -> tuple[Dated, ...]:
    """What may be promised beyond what is there, by the day on which it comes."""
    found: list[Dated] = []
    before = max(0, min(there, sets(parts, first)))
    for day in days_of(parts, first):
        units = sets(parts, day)
        if units > before:
            found.append((day, units - before))
            before = units
    return tuple(found)


def outlook(
    coming: Iterable[Coming],
    awaited: Iterable[Awaited],
    reaches: Callable[[UUID], bool],
    rivals: Callable[[UUID], bool],
    span: Span,
) -> Outlook:
    """How a channel sees an item ahead: what comes to its places, and what is promised on that.

    `reaches` tells whether it sells what lies at a location, `rivals` whether another channel's
    orders may be served from there too. What is late is expected today, as long as it is believed;
    nothing is expected before the first day of sale.
    """
    today, first = span
    told = tuple(awaited)
    mine = [each for each in told if rivals(each.channel_id)]
    return Outlook(
        today=first,
        supply=tuple(
            (max(each.due_on, first), each.quantity)
            for each in coming
            if each.until >= today and reaches(each.location_id)
        ),
        promised=tuple((each.due_on, each.units) for each in mine if each.due_on is not None),
        waiting=sum(each.units for each in mine if each.due_on is None),
    )


def with_units(seen: Outlook, there: int) -> Outlook:
    """The same with units that are there already."""
    return replace(seen, supply=((seen.today, there), *seen.supply)) if there else seen


def check_incoming(request: IncomingRequest) -> Faults:
    """What the row itself shows."""
    return (
        *reference("/reference", request.reference),
        *code("/location", request.location),
        *code("/sku", request.sku),
        *within("/quantity", request.quantity, 0, UNITS_MAX),
        *within("/late_days", request.late_days, 0, LATE_DAYS_MAX),
        *_day("/due_on", request.due_on),
    )


def reference(pointer: str, value: str) -> Faults:
    """Somebody's name for a delivery: one line of text."""
    if not value.strip() or not value.isprintable() or normal(value) != value:
        return (Fault(pointer, "malformed", "A reference is one line of text."),)
    if len(value) > REFERENCE_MAX:
        sentence = f"A reference has at most {REFERENCE_MAX} characters."
        return (Fault(pointer, "out_of_bounds", sentence),)
    return ()


def _day(pointer: str, day: date) -> Faults:
    first, last = YEARS
    if first <= day.year < last:
        return ()
    return (Fault(pointer, "out_of_bounds", f"This day is not in {first} to {last - 1}."),)
