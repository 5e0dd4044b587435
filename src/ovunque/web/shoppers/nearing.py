"""Stores as a shopper looks at them: how far, open until when, and what can be fetched there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from ovunque.delivery.rules.instants import instant_of, minutes_of
from ovunque.kernel.geography import Coordinates, distance_m
from ovunque.network.model import Location
from ovunque.sourcing.model import Destination
from ovunque.web.formatting import Formatter
from ovunque.web.shoppers.asking import Choice, Place
from ovunque.web.visiting import Visit

KILOMETER_M = 1_000

Away = Callable[[Location], int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One place to fetch goods, with every way of fetching them there."""

    place: Location
    choices: list[Choice]
    away_m: int | None  # None: nobody said where they are, or we cannot tell how far that is.
    hours: str | None  # Of today, by the clock there: empty when closed, None when none are told.
    is_open: bool


def counters_of(visit: Visit, place: Place, choices: Sequence[Choice]) -> list[Counter]:
    """Each place once, the nearest on top."""
    by_place: dict[UUID, tuple[Location, list[Choice]]] = {}
    for each in choices:
        if each.place is not None:
            by_place.setdefault(each.place.id, (each.place, []))[1].append(each)
    away = away_of(visit, place)
    found = [counter_of(visit, at, mine, away(at)) for at, mine in by_place.values()]
    return sorted(found, key=lambda each: each.away_m or 0)


def counter_of(visit: Visit, place: Location, choices: list[Choice], away_m: int | None) -> Counter:
    diary = visit.house.snapshot().lanes.origin(place.id).diary
    now, clock = minutes_of(visit.now), Formatter(visit.language, place.time_zone, visit.now)
    spans = diary.spans(diary.day_of(now))
    texts = (
        f"{clock.time(instant_of(opens))}\N{EN DASH}{end_of(clock.time(instant_of(closes)))}"
        for opens, closes in spans
    )
    return Counter(
        place=place,
        choices=choices,
        away_m=away_m,
        hours=", ".join(texts) if diary.tells_hours else None,
        is_open=diary.tells_hours and any(opens <= now < closes for opens, closes in spans),
    )


def end_of(time: str) -> str:
    """Midnight ends the day that was open, it does not begin it."""
    return "24:00" if time == "00:00" else time


def away_of(visit: Visit, place: Place) -> Away:
    """How far each location is from where the shopper is, or from the post code they typed.

    A post code is only known by our own locations whose codes begin alike: that is good to a
    kilometer or so. Of the middle of a country nothing is told.
    """
    snapshot = visit.house.snapshot()
    if place.at_e6 is not None:
        here = Coordinates(*place.at_e6)
        return lambda each: distance_m(here, each.coordinates)
    home = Destination(
        service="home", country=place.country, postal_code=place.postal_code, at_e6=None
    )
    found = snapshot.lanes.place(home)
    if not place.postal_code or found.is_rough:
        return lambda _: None

    def rounded(each: Location) -> int:
        meters = int(found.distance_m[snapshot.network.position_of[each.id]])
        return max(KILOMETER_M, round(meters / KILOMETER_M) * KILOMETER_M)

    return rounded
