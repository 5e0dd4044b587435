"""What carriers' rows must be before they are stored, and which zone a postal code lies in."""

from collections.abc import Collection, Iterator
from dataclasses import replace

from ovunque.delivery.model import (
    TO_THE_DOOR,
    CarrierServiceRequest,
    LaneRequest,
    Promise,
    ServiceKey,
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
    )


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
        *within("/transit_days", request.transit_days, 0, 90),
        *within("/rates", len(request.rates), 1, RATES_MAX),
        *check_rates(request.rates),
    )


def check_rates(rates: tuple[tuple[int, int], ...]) -> Iterator[Fault]:
    before = 0
    for at, (weight_max_g, price_cents) in enumerate(rates):
        yield from within(f"/rates/{at}/weight_max_g", weight_max_g, 1, WEIGHT_MAX_G)
        yield from within(f"/rates/{at}/price_cents", price_cents, 0, 10_000_000)
        if weight_max_g <= before:
            sentence = "Each weight is greater than the one before it."
            yield Fault(f"/rates/{at}/weight_max_g", "malformed", sentence)
        before = weight_max_g


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


def carried(
    rates: tuple[tuple[int, int], ...], parcel_weight_max_g: int
) -> tuple[tuple[int, int], ...]:
    """The bands of a price table up to the weight that the service carries at all."""
    bands: list[tuple[int, int]] = []
    for weight_max_g, price_cents in rates:
        bands.append((min(weight_max_g, parcel_weight_max_g), price_cents))
        if weight_max_g >= parcel_weight_max_g:
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
