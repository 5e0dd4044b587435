"""What a row of the network must be before it is stored: the tables' own bounds, in words."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import date

from ovunque.kernel.refusal import Fault
from ovunque.kernel.rows import (
    CURRENCY,
    Faults,
    code,
    country,
    each_of,
    known,
    language,
    one_of,
    shaped,
    some,
    text,
    within,
)
from ovunque.kernel.spans import DAY_MINUTES
from ovunque.network.model import (
    WEEKDAYS,
    Capability,
    Carts,
    ChannelKind,
    ChannelRequest,
    ClosureRequest,
    GroupRequest,
    LegalEntityRequest,
    Location,
    LocationKind,
    LocationRequest,
    LocationState,
    Objective,
    OpeningHoursRequest,
    Spans,
)

SPANS_MAX = 8  # Of one day.
PPM = 1_000_000

# What is believed of a place before anybody looked: units as if asked for, and as if missing.
PRIORS: Mapping[str, tuple[int, int]] = {
    LocationKind.WAREHOUSE: (400, 2),
    LocationKind.STORE: (40, 2),
    LocationKind.DISTRIBUTOR: (60, 3),
    LocationKind.RESELLER: (30, 3),
    LocationKind.PICKUP_POINT: (40, 2),
}
DAY_FIRST, DAY_LAST = date(2000, 1, 1), date(2199, 12, 31)


def check_legal_entity(request: LegalEntityRequest) -> Faults:
    return (
        *code("/code", request.code),
        *text("/name", request.name),
        *country("/country", request.country),
        *text("/vat_id", request.vat_id, 40),
    )


def check_location(request: LocationRequest) -> Faults:
    """What the row itself shows; whether its time zone and its owner exist is asked elsewhere."""
    return (
        *code("/code", request.code),
        *text("/name", request.name),
        *one_of("/kind", request.kind, LocationKind),
        *code("/legal_entity", request.legal_entity),
        *check_address(request),
        *one_of("/state", request.state, LocationState),
        *each_of("/capabilities", request.capabilities, capability),
        *within("/capacity_per_day", request.capacity_per_day, 0, 1_000_000),
        *within("/handling_minutes", request.handling_minutes, 0, 100_000),
        *within("/handling_cents", request.handling_cents, 0, 10_000_000),
        *within("/pick_cents", request.pick_cents, 0, 10_000_000),
        *within("/unit_cents", request.unit_cents, 0, 10_000_000),
        *each_of("/groups", request.groups, code),
        *within("/capacity_per_hour", request.capacity_per_hour, 0, 1_000_000),
        *within("/express_radius_km", request.express_radius_km, 0, 1_000),
        *within("/express_minutes", request.express_minutes, 1, DAY_MINUTES),
        *one_of("/carts", request.carts, Carts),
        *check_pause(request),
    )


def check_pause(request: LocationRequest) -> Iterator[Fault]:
    """What is said of a pause belongs to one."""
    yield from text("/pause_reason", request.pause_reason)
    if request.state == LocationState.PAUSED:
        return
    for name in ("paused_until", "pause_reason"):
        if getattr(request, name) is not None:
            yield Fault(f"/{name}", "contradiction", "The location does not pause.")


def check_address(request: LocationRequest) -> Faults:
    return (
        *text("/street", request.street),
        *text("/postal_code", request.postal_code, 20),
        *text("/city", request.city),
        *text("/region", request.region),
        *country("/country", request.country),
        *degrees("/latitude", request.latitude_e6, 90),
        *degrees("/longitude", request.longitude_e6, 180),
    )


def check_hours(request: OpeningHoursRequest) -> Faults:
    return (
        *code("/location", request.location),
        *(
            fault
            for weekday, spans in zip(WEEKDAYS, request.week, strict=True)
            for fault in check_spans(f"/{weekday}", spans)
        ),
    )


def check_closure(request: ClosureRequest) -> Faults:
    far = not DAY_FIRST <= request.day <= DAY_LAST
    sentence = f"A day lies between {DAY_FIRST} and {DAY_LAST}."
    return (
        *code("/location", request.location),
        *((Fault("/day", "out_of_bounds", sentence),) if far else ()),
        *check_spans("/hours", request.hours),
        *text("/name", request.name),
    )


def check_spans(pointer: str, spans: Spans) -> Iterator[Fault]:
    """Hours of one day follow each other."""
    if len(spans) > SPANS_MAX:
        yield Fault(pointer, "out_of_bounds", f"A day has at most {SPANS_MAX} spans.")
        return
    before = -1
    for at, (opens, closes) in enumerate(spans):
        if not 0 <= opens < closes <= DAY_MINUTES:
            yield Fault(f"{pointer}/{at}", "out_of_bounds", "A span ends after it begins.")
        elif opens <= before:
            yield Fault(f"{pointer}/{at}", "malformed", "A span begins after the one before.")
        before = closes


def check_group(request: GroupRequest) -> Faults:
    return (*code("/code", request.code), *text("/name", request.name))


def check_channel(request: ChannelRequest) -> Faults:
    return (
        *code("/code", request.code),
        *text("/name", request.name),
        *one_of("/kind", request.kind, ChannelKind),
        *code("/legal_entity", request.legal_entity),
        *some("/countries", request.countries),
        *each_of("/countries", request.countries, country),
        *shaped("/currency", request.currency, CURRENCY, "EUR"),
        *some("/languages", request.languages),
        *each_of("/languages", request.languages, language),
        *code("/pool", request.pool),
        *code("/home_pool", request.home_pool),
        *each_of("/listing", request.listing, text),
        *one_of("/objective", request.objective, Objective),
        *within("/confidence_percent_min", request.confidence_percent_min, 0, 100),
    )


def check_references(
    request: LocationRequest, entities: Collection[str], time_zones: Collection[str]
) -> Faults:
    """The time zones are an argument: their database is renewed several times a year."""
    faults = known("/legal_entity", request.legal_entity, entities)
    if request.time_zone in time_zones:
        return faults
    return (*faults, Fault("/time_zone", "unknown_value", "Say a time zone such as Europe/Rome."))


def check_pools(
    request: ChannelRequest, entities: Collection[str], groups: Collection[str]
) -> Faults:
    return (
        *known("/legal_entity", request.legal_entity, entities),
        *known("/pool", request.pool, groups),
        *known("/home_pool", request.home_pool, groups),
    )


def capability(pointer: str, value: str) -> Faults:
    return one_of(pointer, value, Capability)


def degrees(pointer: str, value_e6: int, high: int) -> Faults:
    if abs(value_e6) <= high * 1_000_000:
        return ()
    sentence = f"A degree here is between -{high} and {high}."
    return (Fault(pointer, "out_of_bounds", sentence),)


def tidy_location(request: LocationRequest) -> LocationRequest:
    """The same row with its sets in one order, so that equal rows are equal."""
    return replace(
        request,
        capabilities=tuple(sorted(set(request.capabilities))),
        groups=tuple(sorted(set(request.groups))),
    )


def tidy_channel(request: ChannelRequest) -> ChannelRequest:
    """The same row, its listing in one order; countries and languages keep theirs: main first."""
    return replace(request, listing=tuple(sorted(set(request.listing))))


def confidence_ppm(kind: str, asked: int, missing: int) -> int:
    """How likely a unit of a place's books is really there, after so many were looked for there.

    The mean of a Beta-Binomial: what is believed of its kind weighs as much as that many units.
    """
    assert 0 <= missing <= asked
    believed, doubted = PRIORS[kind]
    return PPM * (believed - doubted + asked - missing) // (believed + asked)


def is_sure(location: Location, percent_min: int) -> bool:
    """Whether what lies there may be promised by a channel that wants to be so sure."""
    sure = confidence_ppm(location.kind, location.asked_units, location.missing_units)
    return sure >= percent_min * PPM // 100
