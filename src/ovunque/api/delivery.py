"""How goods travel: carriers' services, zones, lanes."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Response
from pydantic import Field, Strict

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Country, Day, LocalTime, Name, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import NOTHING, IfMatch, as_request, create, same, tagged
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.delivery import listing, saving
from ovunque.delivery.model import (
    CarrierService,
    CarrierServiceRequest,
    DatedTariff,
    Lane,
    LaneKey,
    LaneRequest,
    Promise,
    ServiceKey,
    Vehicle,
    Zone,
    ZoneArea,
    ZoneRequest,
)
from ovunque.delivery.rules import (
    AREAS_MAX,
    PRICE_MAX_CENTS,
    RATES_MAX,
    SORTS_MAX,
    STOP_MAX_M,
    SURCHARGE_MAX_PPM,
    TARIFFS_MAX,
    TRANSIT_DAYS_MAX,
    WEIGHT_MAX_G,
)
from ovunque.platform.database import Tx

router = resource("delivery")
READ, CONFIG = [need(Scope.READ)], [need(Scope.CONFIG)]
COUNTRIES_MAX = 250
DAYS_OF_WEEK = 7
CHANCES = (
    "The chance of each number of days in transit, from 0 on, in parts of a million that add up to "
    "one; none: `transit_days`, and nothing else."
)

Weekday = Annotated[int, Field(ge=1, le=DAYS_OF_WEEK)]
Weight = Annotated[int, Field(ge=1, le=WEIGHT_MAX_G)]
Postal = Annotated[str, Field(max_length=20)]


class ServiceTerms(Body):
    """What a carrier's service does, whatever it is called."""

    name: Name
    promise: Annotated[Promise, Strict(False)]
    cutoff: LocalTime = Field(description="Local time of the location.")
    pickup_days: list[Weekday] = Field(
        min_length=1, max_length=DAYS_OF_WEEK, description="Monday is 1."
    )
    parcel_weight_max_g: Weight
    countries: list[Country] = Field(
        default=[], max_length=COUNTRIES_MAX, description="Where it picks up; none: everywhere."
    )
    line_haul: Annotated[Vehicle, Strict(False)] = Field(
        default=Vehicle.ARTIC_OVER_33T, description="The vehicle between depots."
    )
    sorts: int = Field(
        default=2, ge=0, le=SORTS_MAX, description="Hubs that handle a parcel on its way."
    )
    last_mile: Annotated[Vehicle, Strict(False)] = Field(
        default=Vehicle.VAN_DIESEL, description="The vehicle that comes to the door."
    )
    stop_m: int | None = Field(
        default=None, ge=0, le=STOP_MAX_M, description="Its way per stop; none: assumed."
    )
    delivery_days: list[Weekday] = Field(
        default=[],
        max_length=DAYS_OF_WEEK,
        description="On which it delivers; none: weekdays, and the days of pickup.",
    )
    surcharge_ppm: int = Field(
        default=0,
        ge=0,
        le=SURCHARGE_MAX_PPM,
        description="On every price, in parts of a million: fuel and the like.",
    )
    valid_from: Day | None = Field(
        default=None, description="The first day on which it takes parcels; none: it does already."
    )
    valid_until: Day | None = Field(default=None, description="The last one.")


class CarrierBody(ServiceTerms):
    carrier: Code
    service: Code


class CarrierAnswer(Shown):
    carrier: str
    service: str
    name: str
    promise: Promise
    cutoff: LocalTime
    pickup_days: list[int]
    parcel_weight_max_g: int
    countries: list[str]
    line_haul: Vehicle
    sorts: int
    last_mile: Vehicle
    stop_m: int | None
    delivery_days: list[int]
    surcharge_ppm: int
    valid_from: date | None
    valid_until: date | None
    version: int


class Area(Body):
    """Postal codes by their first characters, both bounds included; none: the whole country."""

    country: Country
    postal_from: Postal = ""
    postal_to: Postal = ""


class ZoneBody(Body):
    code: Code
    areas: list[Area] = Field(min_length=1, max_length=AREAS_MAX)


class ZoneAnswer(Shown):
    code: str
    areas: list[Area]
    version: int


class Rate(Body):
    weight_max_g: Weight
    price_cents: int = Field(ge=0, le=PRICE_MAX_CENTS)


class DatedRates(Body):
    """What a lane costs parcels that leave on some days, the last one included."""

    valid_from: Day
    valid_until: Day | None = Field(
        default=None, description="None: until the next of them begins."
    )
    rates: list[Rate] = Field(min_length=1, max_length=RATES_MAX)
    surcharge_cents: int = Field(default=0, ge=0, le=PRICE_MAX_CENTS)


class LaneTerms(Body):
    """A lane of a service that is known."""

    from_zone: Code
    to_zone: Code
    transit_days: int = Field(ge=0, le=TRANSIT_DAYS_MAX)
    rates: list[Rate] = Field(
        min_length=1, max_length=RATES_MAX, description="By greatest weight, ascending."
    )
    surcharge_cents: int = Field(
        default=0, ge=0, le=PRICE_MAX_CENTS, description="Of each parcel: islands, mountains."
    )
    transit_chances_ppm: list[int] = Field(
        default=[],
        max_length=TRANSIT_DAYS_MAX + 1,
        description=CHANCES,
    )
    tariffs: list[DatedRates] = Field(
        default=[],
        max_length=TARIFFS_MAX,
        description="Other prices by the day of departure; on all other days `rates` count.",
    )


class LaneBody(LaneTerms):
    carrier: Code
    service: Code


class LaneAnswer(Shown):
    carrier: str
    service: str
    from_zone: str
    to_zone: str
    transit_days: int
    rates: list[Rate]
    surcharge_cents: int
    transit_chances_ppm: list[int]
    tariffs: list[DatedRates]
    version: int


async def lane_address(carrier: Code, service: Code, from_zone: Code, to_zone: Code) -> LaneKey:
    return LaneKey(carrier, service, from_zone, to_zone)


LANE = "/lanes/{carrier}/{service}/{from_zone}/{to_zone}"
LaneAddress = Annotated[LaneKey, Depends(lane_address)]


@router.get("/carriers", dependencies=READ)
def get_carriers(call: Caller, page: Paging) -> Listed[CarrierAnswer]:
    """Carriers' services in the order of carrier and service."""
    after = ServiceKey(*page.after_parts(2))
    found = call.read(lambda tx: listing.list_carrier_services(tx, after, page.rows_max))
    return page.show(found, show_carrier, lambda each: " ".join(each.key))


@router.get("/carriers/{carrier}/{service}", response_model=CarrierAnswer, dependencies=READ)
def get_carrier(carrier: Code, service: Code, call: Caller) -> Response:
    """One service of a carrier."""
    key = ServiceKey(carrier, service)
    found = call.read(lambda tx: listing.find_carrier_service(tx, key))
    return tagged(show_carrier(found), found.version)


@router.post("/carriers", status_code=201, response_model=CarrierAnswer, dependencies=CONFIG)
def post_carrier(body: CarrierBody, call: Caller, once: Once) -> Response:
    """Make a carrier's service known; one that is there already is left as it is."""
    return create(once, lambda tx: show_carrier(save_carrier(tx, call, body, NOTHING)))


@router.put("/carriers/{carrier}/{service}", response_model=CarrierAnswer, dependencies=CONFIG)
def put_carrier(
    carrier: Code, service: Code, body: CarrierBody, call: Caller, seen: IfMatch
) -> Response:
    """Make a carrier's service known, or replace it."""
    same("/carrier", body.carrier, carrier)
    same("/service", body.service, service)
    saved = call.transact(lambda tx: save_carrier(tx, call, body, seen))
    return tagged(show_carrier(saved), saved.version)


@router.get("/zones", dependencies=READ)
def get_zones(call: Caller, page: Paging) -> Listed[ZoneAnswer]:
    """Zones in the order of their codes."""
    found = call.read(lambda tx: listing.list_zones(tx, page.after or "", page.rows_max))
    return page.show(found, show_zone, lambda each: each.code)


@router.get("/zones/{code:path}", response_model=ZoneAnswer, dependencies=READ)
def get_zone(code: Code, call: Caller) -> Response:
    """One zone."""
    found = call.read(lambda tx: listing.find_zone(tx, code))
    return tagged(show_zone(found), found.version)


@router.post("/zones", status_code=201, response_model=ZoneAnswer, dependencies=CONFIG)
def post_zone(body: ZoneBody, call: Caller, once: Once) -> Response:
    """Make a zone known; one that is there already is left as it is."""
    return create(once, lambda tx: show_zone(save_zone(tx, call, body, NOTHING)))


@router.put("/zones/{code:path}", response_model=ZoneAnswer, dependencies=CONFIG)
def put_zone(code: Code, body: ZoneBody, call: Caller, seen: IfMatch) -> Response:
    """Make a zone known, or replace it; `If-Match` guards what somebody else changed."""
    same("/code", body.code, code)
    saved = call.transact(lambda tx: save_zone(tx, call, body, seen))
    return tagged(show_zone(saved), saved.version)


@router.get("/lanes", dependencies=READ)
def get_lanes(call: Caller, page: Paging) -> Listed[LaneAnswer]:
    """Lanes in the order of carrier, service and zones."""
    after = LaneKey(*page.after_parts(4))
    found = call.read(lambda tx: listing.list_lanes(tx, after, page.rows_max))
    return page.show(found, show_lane, lambda each: " ".join(each.key))


@router.get(LANE, response_model=LaneAnswer, dependencies=READ)
def get_lane(key: LaneAddress, call: Caller) -> Response:
    """One lane."""
    found = call.read(lambda tx: listing.find_lane(tx, key))
    return tagged(show_lane(found), found.version)


@router.post("/lanes", status_code=201, response_model=LaneAnswer, dependencies=CONFIG)
def post_lane(body: LaneBody, call: Caller, once: Once) -> Response:
    """Make a lane known; one that is there already is left as it is."""
    return create(once, lambda tx: show_lane(save_lane(tx, call, body, NOTHING)))


@router.put(LANE, response_model=LaneAnswer, dependencies=CONFIG)
def put_lane(key: LaneAddress, body: LaneBody, call: Caller, seen: IfMatch) -> Response:
    """Make a lane known, or replace it."""
    same("/carrier", " ".join(request_of_lane(body).key), " ".join(key))
    saved = call.transact(lambda tx: save_lane(tx, call, body, seen))
    return tagged(show_lane(saved), saved.version)


def save_carrier(tx: Tx, call: Call, body: CarrierBody, seen: int | None) -> CarrierService:
    asked = as_request(CarrierServiceRequest, body, **times_of(body))
    return saving.save_carrier_service(
        tx, call.by, asked, call.now, call.services.new_id, expected_version=seen
    )


def times_of(body: ServiceTerms) -> dict[str, Any]:
    """What is no text of a service: its cut-off and its days."""
    days = {"valid_from": body.valid_from, "valid_until": body.valid_until}
    return {"cutoff": body.cutoff, **days}


def show_carrier(service: CarrierService) -> CarrierAnswer:
    return CarrierAnswer(**asdict(service))


def save_zone(tx: Tx, call: Call, body: ZoneBody, seen: int | None) -> Zone:
    asked = ZoneRequest(
        code=body.code, areas=tuple(as_request(ZoneArea, each) for each in body.areas)
    )
    return saving.save_zone(
        tx, call.by, asked, call.now, call.services.new_id, expected_version=seen
    )


def show_zone(zone: Zone) -> ZoneAnswer:
    return ZoneAnswer(**asdict(zone))


def request_of_lane(body: LaneBody) -> LaneRequest:
    return as_request(LaneRequest, body, **prices_of(body))


def prices_of(body: LaneTerms) -> dict[str, Any]:
    """The prices of a lane, those by day among them."""
    return {
        "rates": _pairs(body.rates),
        "tariffs": tuple(
            DatedTariff(
                valid_from=each.valid_from,
                valid_until=each.valid_until,
                rates=_pairs(each.rates),
                surcharge_cents=each.surcharge_cents,
            )
            for each in body.tariffs
        ),
    }


def _pairs(rates: Iterable[Rate]) -> tuple[tuple[int, int], ...]:
    return tuple((each.weight_max_g, each.price_cents) for each in rates)


def show_prices(lane: LaneRequest) -> dict[str, Any]:
    """The same as programs see them."""
    return {
        "rates": _steps(lane.rates),
        "tariffs": [
            DatedRates(
                valid_from=each.valid_from,
                valid_until=each.valid_until,
                rates=_steps(each.rates),
                surcharge_cents=each.surcharge_cents,
            )
            for each in lane.tariffs
        ],
    }


def _steps(rates: Iterable[tuple[int, int]]) -> list[Rate]:
    return [Rate(weight_max_g=grams, price_cents=cents) for grams, cents in rates]


def save_lane(tx: Tx, call: Call, body: LaneBody, seen: int | None) -> Lane:
    return saving.save_lane(
        tx,
        call.by,
        request_of_lane(body),
        call.now,
        call.services.new_id,
        expected_version=seen,
    )


def show_lane(lane: Lane) -> LaneAnswer:
    return LaneAnswer(**(asdict(lane) | show_prices(lane)))
