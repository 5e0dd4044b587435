"""What tariffs, days in transit and volume caps must be before they are stored."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise

from ovunque.delivery.model import (
    CapRequest,
    DatedTariff,
    LaneKey,
    LaneRequest,
    ServiceKey,
    TariffRequest,
    TransitRequest,
)
from ovunque.delivery.rules import (
    PPM,
    PRICE_MAX_CENTS,
    RATES_MAX,
    TRANSIT_DAYS_MAX,
    check_dated,
    check_rates,
    in_order,
    on_day,
)
from ovunque.kernel.refusal import Fault
from ovunque.kernel.rows import Faults, code, known, within
from ovunque.kernel.text import is_code

CAP_MAX = 10_000_000
PERCENT_PPM = 10_000
ROUNDED_CENTS = 5
WHOLE = 100

Pairs = tuple[tuple[int, int], ...]


def is_key(key: LaneKey | ServiceKey) -> bool:
    return all(map(is_code, key))


def check_tariff(request: TariffRequest) -> Faults:
    return (
        *check_key(request.key),
        *within("/rates", len(request.rates), 1, RATES_MAX),
        *check_rates(request.rates),
        *within("/surcharge_cents", request.surcharge_cents, 0, PRICE_MAX_CENTS),
        *in_order("/valid_until", request.valid_from, request.valid_until),
        *_begins(request),
    )


def _begins(request: TariffRequest) -> Faults:
    if request.valid_until is None or request.valid_from is not None:
        return ()
    return (Fault("/valid_from", "missing", "Say from which day on it counts."),)


def check_transit(request: TransitRequest) -> Faults:
    if bool(request.chances) == bool(request.quantiles):
        sentence = "Say either chances by days, or days by quantile."
        return (*check_key(request.key), Fault("/chances", "contradiction", sentence))
    if request.chances:
        return (*check_key(request.key), *check_chances(request.chances))
    return (*check_key(request.key), *check_quantiles(request.quantiles))


def check_chances(chances: Pairs) -> Iterator[Fault]:
    """Percent by days: each number of days once, and all of them together are certain."""
    days = [each for each, _ in chances]
    if len(set(days)) != len(days):
        yield Fault("/chances", "duplicate", "A number of days is named twice.")
    yield from _days("/chances", days)
    total = sum(percent for _, percent in chances)
    if total != WHOLE or any(percent < 0 for _, percent in chances):
        yield Fault("/chances", "incomplete", f"The chances add up to {total} instead of 100.")


def check_quantiles(quantiles: Pairs) -> Iterator[Fault]:
    """Days by percent: both rise, and the last one is 100, which nothing exceeds."""
    yield from _days("/quantiles", [days for _, days in quantiles])
    for (percent, days), (more, later) in pairwise(((0, 0), *quantiles)):
        if more <= percent or later < days:
            sentence = f"After {percent} % within {days} comes no {more} % within {later}."
            yield Fault("/quantiles", "malformed", sentence)
    if quantiles[-1][0] != WHOLE:
        yield Fault("/quantiles", "incomplete", "The last quantile is 100: the most it may take.")


def _days(pointer: str, days: Collection[int]) -> Iterator[Fault]:
    for each in days:
        yield from within(pointer, each, 0, TRANSIT_DAYS_MAX)


def check_cap(request: CapRequest) -> Faults:
    return (
        *code("/carrier", request.carrier),
        *code("/service", request.service),
        *(code("/location", request.location) if request.location else ()),
        *within("/parcels_per_day_max", request.parcels_per_day_max, 1, CAP_MAX),
    )


def check_key(key: LaneKey) -> Faults:
    return (
        *code("/carrier", key.carrier),
        *code("/service", key.service),
        *code("/from_zone", key.from_zone),
        *code("/to_zone", key.to_zone),
    )


def known_lane(key: LaneKey, existing: Collection[LaneKey]) -> Faults:
    """A lane that stands; what is no code has been told already."""
    if key in existing or not is_key(key):
        return ()
    return (Fault("/to_zone", "unknown_reference", f"There is no lane {key}."),)


def known_service(key: ServiceKey, existing: Collection[ServiceKey]) -> Faults:
    if key in existing or not is_key(key):
        return ()
    return (Fault("/service", "unknown_reference", f"There is no {key}."),)


def known_place(location: str | None, existing: Collection[str]) -> Faults:
    """One of our locations, or all of them together."""
    return known("/location", location, existing) if location else ()


def priced(lane: LaneRequest, told: TariffRequest) -> LaneRequest:
    if told.valid_from is None:
        return replace(lane, rates=told.rates, surcharge_cents=told.surcharge_cents)
    fresh = DatedTariff(
        valid_from=told.valid_from,
        valid_until=told.valid_until,
        rates=told.rates,
        surcharge_cents=told.surcharge_cents,
    )
    others = [each for each in lane.tariffs if each.valid_from != told.valid_from]
    return replace(lane, tariffs=tuple(sorted((*others, fresh))))


def overlap(lane: LaneRequest, told: TariffRequest) -> Faults:
    """What of a lane's tariffs by day makes no sense beside the one that is told."""
    faults = check_dated(lane.tariffs) if told.valid_from else ()
    return tuple(
        Fault("/valid_from", each.code, each.detail) for each in faults if each.code == "overlap"
    )


def timed(lane: LaneRequest, told: TransitRequest) -> LaneRequest:
    """The lane with these chances; the days in which most parcels arrive are its usual ones."""
    chances = chances_of(told)
    usual = chances.index(max(chances))
    return replace(lane, transit_chances_ppm=chances, transit_days=usual)


def chances_of(told: TransitRequest) -> tuple[int, ...]:
    """Parts of a million by number of days, from 0 on."""
    percent: dict[int, int] = dict(told.chances)
    before = 0
    for reached, days in told.quantiles:
        percent[days] = percent.get(days, 0) + reached - before
        before = reached
    return tuple(percent.get(days, 0) * PERCENT_PPM for days in range(max(percent) + 1))


def raised(lane: LaneRequest, ppm: int, day: date) -> LaneRequest:
    """The prices that count on a day, raised or lowered to so much; those of other days stay."""
    if ppm == PPM:
        return lane  # Nothing is rounded that does not move.
    counting = on_day(lane, day)
    half = PPM * ROUNDED_CENTS // 2
    rates = tuple(
        (weight_g, (cents * ppm + half) // (PPM * ROUNDED_CENTS) * ROUNDED_CENTS)
        for weight_g, cents in counting.rates
    )
    if not isinstance(counting, DatedTariff):
        return replace(lane, rates=rates)
    fresh = replace(counting, rates=rates)
    return replace(
        lane, tariffs=tuple(fresh if each == counting else each for each in lane.tariffs)
    )
