"""What other terms would have meant for parcels that went before: who would have been cheapest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ovunque.delivery.model import ServiceKey, Terms
from ovunque.delivery.rules import carried

EXAMPLES_MAX = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A parcel that went: between which zones, how heavy, promised how."""

    order: str
    from_zone: str
    to_zone: str
    country: str  # Where it was picked up.
    weight_g: int
    promise: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """The cheapest way of a parcel."""

    service: ServiceKey
    cents: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A parcel whose cheapest way would have been another one, or at another price."""

    errand: Errand
    before: Option | None  # None: nobody would have brought it.
    after: Option | None

    @property
    def is_another(self) -> bool:
        return (self.before and self.before.service) != (self.after and self.after.service)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What changes for parcels like those."""

    parcels: int
    another: int  # So many would have had another cheapest option.
    lost: int  # So many could not have been brought any more.
    won: int
    cents_before: int  # Of those that can be brought before and after.
    cents_after: int
    later: int
    sooner: int
    examples: tuple[Shift, ...]


Routes = Mapping[tuple[str, str], Sequence["Offered"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A lane of a service, with what a parcel costs by its weight."""

    service: ServiceKey
    promise: str
    countries: tuple[str, ...]
    days: int
    bands: tuple[tuple[int, int], ...]

    def cents(self, errand: Errand) -> int | None:
        """None: it does not take such a parcel."""
        if self.promise != errand.promise or (
            self.countries and errand.country not in self.countries
        ):
            return None
        return next((cents for most, cents in self.bands if errand.weight_g <= most), None)


def routes_of(
    all_terms: Iterable[Terms], day: date | None = None
) -> dict[tuple[str, str], list[Offered]]:
    """Everything on offer on a day, by the zones it joins, at the prices of that day."""
    routes: dict[tuple[str, str], list[Offered]] = {}
    for terms in all_terms:
        if day is not None and not terms.service.works_on(day):
            continue
        for lane in terms.lanes:
            offered = Offered(
                service=terms.key,
                promise=terms.service.promise,
                countries=terms.service.countries,
                days=lane.transit_days,
                bands=carried(terms.service, lane, day),
            )
            routes.setdefault((lane.from_zone, lane.to_zone), []).append(offered)
    return routes


def cheapest(errand: Errand, routes: Routes) -> Option | None:
    """The cheapest way, of equal ones the faster, then the first by name."""
    ways = (
        (cents, each.days, each.service)
        for each in routes.get((errand.from_zone, errand.to_zone), ())
        if (cents := each.cents(errand)) is not None
    )
    found = min(ways, default=None)
    return None if found is None else Option(cents=found[0], days=found[1], service=found[2])


def effects(errands: Sequence[Errand], before: Routes, after: Routes) -> Effects:
    """What the same parcels would have met."""
    shifts = [
        Shift(errand=each, before=cheapest(each, before), after=cheapest(each, after))
        for each in errands
    ]
    both = [(s.before, s.after) for s in shifts if s.before and s.after]
    moved = [each for each in shifts if each.before != each.after]
    moved.sort(key=lambda each: (not each.is_another, -_moved_cents(each)))
    return Effects(
        parcels=len(shifts),
        another=sum(each.is_another for each in shifts),
        lost=sum(each.after is None and each.before is not None for each in shifts),
        won=sum(each.before is None and each.after is not None for each in shifts),
        cents_before=sum(before.cents for before, _ in both),
        cents_after=sum(after.cents for _, after in both),
        later=sum(after.days > before.days for before, after in both),
        sooner=sum(after.days < before.days for before, after in both),
        examples=tuple(moved[:EXAMPLES_MAX]),
    )


def _moved_cents(shift: Shift) -> int:
    if shift.before is None or shift.after is None:
        return 1 << 40
    return abs(shift.after.cents - shift.before.cents)
