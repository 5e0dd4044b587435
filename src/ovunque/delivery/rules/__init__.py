"""What carriers' rows must be before they are stored, and which zone a postal code lies in."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import pairwise

from ovunque.delivery.model import (
    TO_THE_DOOR,
    CarrierServiceRequest,
    DatedTariff,
    LaneRequest,
    Promise,
    ServiceKey,
    Terms,
    Vehicle,
    ZoneArea,
    ZoneRequest,
)
from ovunque.kernel.refusal import Fault
from ovunque.kernel.rows import (
    Faults,
    code,
    country,
    each_of,
    known,
    one_of,
    some,
    text,
    within,
)
from ovunque.kernel.text import is_code

WEIGHT_MAX_G = 10_000_000
RATES_MAX = 100
TARIFFS_MAX = 50  # Of one lane, by day.
DAY = timedelta(days=1)
PRICE_MAX_CENTS = 10_000_000
SURCHARGE_MAX_PPM = 2_000_000
TRANSIT_DAYS_MAX = 90
PPM = 1_000_000
AREAS_MAX = 10_000
POSTAL_MAX = 12
SORTS_MAX = 9
STOP_MAX_M = 100_000
IGNORED = str.maketrans("", "", " -")


def check_carrier_service(request: CarrierServiceRequest) -> Faults:
    return (
        *code("/carrier", request.carrier),
        *code("/service", request.service),
        *text("/name", request.name),
        *cutoff("/cutoff", request.cutoff),
        *one_of("/promise", request.promise, Promise),
        *some("/pickup_days", request.pickup_days),
        *weekdays("/pickup_days", request.pickup_days),
        *weekdays("/delivery_days", request.delivery_days),
        *within("/parcel_weight_max_g", request.parcel_weight_max_g, 1, WEIGHT_MAX_G),
        *each_of("/countries", request.countries, country),
        *one_of("/line_haul", request.line_haul, Vehicle),
        *within("/sorts", request.sorts, 0, SORTS_MAX),
        *to_the_door("/last_mile", request.last_mile),
        *within("/stop_m", request.stop_m, 0, STOP_MAX_M),
        *within("/surcharge_ppm", request.surcharge_ppm, 0, SURCHARGE_MAX_PPM),
        *in_order("/valid_until", request.valid_from, request.valid_until),
    )


def cutoff(pointer: str, at: time | None) -> Faults:
    """Only a draft may lack it."""
    return () if at else (Fault(pointer, "missing", "Say until when parcels are taken."),)


def weekdays(pointer: str, days: tuple[int, ...]) -> Iterator[Fault]:
    """ISO weekdays: Monday is 1."""
    for at, day in enumerate(days):
        yield from within(f"{pointer}/{at}", day, 1, 7)


def to_the_door(pointer: str, value: str) -> Faults:
    if value in TO_THE_DOOR:
        return ()
    return (Fault(pointer, "unknown_value", f"Say one of {', '.join(sorted(TO_THE_DOOR))}."),)


def check_zone(request: ZoneRequest) -> Faults:
    return (
        *code("/code", request.code),
        *within("/areas", len(request.areas), 1, AREAS_MAX),
        *(fault for at, each in enumerate(request.areas) for fault in check_area(at, each)),
    )


def check_area(at: int, area: ZoneArea) -> Iterator[Fault]:
    yield from country(f"/areas/{at}/country", area.country)
    first, last = normal_postal(area.postal_from), normal_postal(area.postal_to)
    for name, bound in (("postal_from", first), ("postal_to", last)):
        if bound and not (bound.isascii() and bound.isalnum() and len(bound) <= POSTAL_MAX):
            sentence = f"A bound is up to {POSTAL_MAX} letters and digits."
            yield Fault(f"/areas/{at}/{name}", "malformed", sentence)
    shorter = min(len(first), len(last))
    if bool(first) != bool(last):
        sentence = "An area has both bounds, or none for the whole country."
        yield Fault(f"/areas/{at}/postal_to", "malformed", sentence)
    elif first[:shorter] > last[:shorter]:
        sentence = "The last postal code comes before the first."
        yield Fault(f"/areas/{at}/postal_to", "out_of_bounds", sentence)


def check_lane(request: LaneRequest) -> Faults:
    return (
        *code("/carrier", request.carrier),
        *code("/service", request.service),
        *code("/from_zone", request.from_zone),
        *code("/to_zone", request.to_zone),
        *within("/transit_days", request.transit_days, 0, TRANSIT_DAYS_MAX),
        *check_chances(request.transit_chances_ppm),
        *within("/surcharge_cents", request.surcharge_cents, 0, PRICE_MAX_CENTS),
        *within("/rates", len(request.rates), 1, RATES_MAX),
        *check_rates(request.rates),
        *check_dated(request.tariffs),
    )


def check_rates(rates: tuple[tuple[int, int], ...], of: str = "") -> Iterator[Fault]:
    before = 0
    for at, (weight_max_g, price_cents) in enumerate(rates):
        yield from within(f"{of}/rates/{at}/weight_max_g", weight_max_g, 1, WEIGHT_MAX_G)
        yield from within(f"{of}/rates/{at}/price_cents", price_cents, 0, PRICE_MAX_CENTS)
        if weight_max_g <= before:
            sentence = "Each weight is greater than the one before it."
            yield Fault(f"{of}/rates/{at}/weight_max_g", "malformed", sentence)
        before = weight_max_g


def check_dated(tariffs: tuple[DatedTariff, ...]) -> Iterator[Fault]:
    """Each is whole, and no day has two of them."""
    yield from within("/tariffs", len(tariffs), 0, TARIFFS_MAX)
    for at, each in enumerate(tariffs):
        of = f"/tariffs/{at}"
        yield from in_order(f"{of}/valid_until", each.valid_from, each.valid_until)
        yield from within(f"{of}/surcharge_cents", each.surcharge_cents, 0, PRICE_MAX_CENTS)
        yield from within(f"{of}/rates", len(each.rates), 1, RATES_MAX)
        yield from check_rates(each.rates, of)
    told = sorted(enumerate(tariffs), key=lambda each: each[1].valid_from)
    for (_, before), (at, after) in pairwise(told):
        if after.valid_from <= (before.valid_until or before.valid_from):
            sentence = f"On {after.valid_from} another tariff counts already."
            yield Fault(f"/tariffs/{at}/valid_from", "overlap", sentence)


def in_order(pointer: str, first: date | None, last: date | None) -> Faults:
    if first is None or last is None or first <= last:
        return ()
    return (Fault(pointer, "out_of_bounds", "The last day comes before the first."),)


def check_chances(chances_ppm: tuple[int, ...]) -> Iterator[Fault]:
    """Chances of days in transit: none at all, or all of them together are certain."""
    pointer = "/transit_chances_ppm"
    yield from within(pointer, len(chances_ppm), 0, TRANSIT_DAYS_MAX + 1)
    if any(not 0 <= each <= PPM for each in chances_ppm):
        yield Fault(pointer, "out_of_bounds", f"A chance lies between 0 and {PPM}.")
    elif chances_ppm and sum(chances_ppm) != PPM:
        sentence = f"The chances add up to {sum(chances_ppm)} instead of {PPM} parts of a million."
        yield Fault(pointer, "incomplete", sentence)


def check_references(
    request: LaneRequest, services: Collection[ServiceKey], zones: Collection[str]
) -> Faults:
    faults = (
        *known("/from_zone", request.from_zone, zones),
        *known("/to_zone", request.to_zone, zones),
    )
    if request.service_key in services or not all(map(is_code, request.service_key)):
        return faults
    sentence = f"There is no {request.service_key}."
    return (Fault("/service", "unknown_reference", sentence), *faults)


def normal_postal(postal_code: str) -> str:
    """A postal code as zones compare it: capitals, no blanks, no dashes."""
    return postal_code.upper().translate(IGNORED)


def contains(area: ZoneArea, postal_code: str) -> bool:
    """Whether a normal postal code lies in an area of its country."""
    first, last = area.postal_from, area.postal_to
    return postal_code[: len(first)] >= first and postal_code[: len(last)] <= last


def precision(area: ZoneArea) -> int:
    """How closely an area is drawn: by so many characters."""
    return max(len(area.postal_from), len(area.postal_to))


def on_day(lane: LaneRequest, day: date | None) -> LaneRequest | DatedTariff:
    """The prices for parcels that leave on a day; None: those of all days without their own."""
    if day is None:
        return lane
    counting = (
        each
        for each in sorted(lane.tariffs, key=lambda each: each.valid_from, reverse=True)
        if each.valid_from <= day and (each.valid_until is None or day <= each.valid_until)
    )
    return next(counting, lane)


def turning_days(lane: LaneRequest) -> list[date]:
    """The days from which on a lane may cost something else."""
    first = {each.valid_from for each in lane.tariffs}
    after = {each.valid_until + DAY for each in lane.tariffs if each.valid_until}
    return sorted(first | after)


def last_turn(terms: Terms) -> date | None:
    """The day on which the newest tariff begins; None: no price changes by day."""
    return max((each.valid_from for lane in terms.lanes for each in lane.tariffs), default=None)


def carried(
    service: CarrierServiceRequest, lane: LaneRequest, day: date | None = None
) -> tuple[tuple[int, int], ...]:
    """What a parcel costs us by its weight, surcharges included, as heavy as the service takes.

    `day`: on which it leaves.
    """
    bands: list[tuple[int, int]] = []
    tariff = on_day(lane, day)
    for weight_max_g, price_cents in tariff.rates:
        cents = price_cents + (price_cents * service.surcharge_ppm + PPM // 2) // PPM
        price = cents + tariff.surcharge_cents
        bands.append((min(weight_max_g, service.parcel_weight_max_g), price))
        if weight_max_g >= service.parcel_weight_max_g:
            break
    return tuple(bands)


def tidy_carrier_service(request: CarrierServiceRequest) -> CarrierServiceRequest:
    """The same row with its sets in one order, so that equal rows are equal."""
    return replace(
        request,
        pickup_days=tuple(sorted(set(request.pickup_days))),
        delivery_days=tuple(sorted(set(request.delivery_days))),
        countries=tuple(sorted(set(request.countries))),
    )


def tidy_lane(request: LaneRequest) -> LaneRequest:
    """The same row with its tariffs in the order of their days."""
    return replace(request, tariffs=tuple(sorted(request.tariffs)))


def tidy_zone(request: ZoneRequest) -> ZoneRequest:
    """The same row with its areas in one order and their bounds in normal form."""
    areas = {
        ZoneArea(
            country=each.country,
            postal_from=normal_postal(each.postal_from),
            postal_to=normal_postal(each.postal_to),
        )
        for each in request.areas
    }
    return replace(request, areas=tuple(sorted(areas)))
