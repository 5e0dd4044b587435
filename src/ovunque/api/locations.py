"""Locations: places with stock or service."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Response
from pydantic import Field, Strict

from ovunque.access.model import Scope
from ovunque.api.bodies import (
    E6,
    Body,
    Country,
    Instant,
    Latitude,
    Longitude,
    Name,
    Short,
    Shown,
    e6,
)
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import NOTHING, IfMatch, as_request, create, same, tagged
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.network import listing, saving
from ovunque.network.model import (
    Capability,
    Carts,
    Location,
    LocationFilter,
    LocationKind,
    LocationRequest,
    LocationState,
)
from ovunque.network.rules import confidence_ppm
from ovunque.platform.database import Tx

router = resource("network")
READ, CONFIG = [need(Scope.READ)], [need(Scope.CONFIG)]
ENTRIES_MAX = 250


class LocationBody(Body):
    code: Code
    name: Name
    kind: Annotated[LocationKind, Strict(False)]
    legal_entity: Code
    street: Name
    postal_code: Short
    city: Name
    region: Name | None = None
    country: Country
    latitude: Latitude
    longitude: Longitude
    time_zone: Annotated[str, Field(min_length=1, max_length=64, examples=["Europe/Rome"])]
    state: Annotated[LocationState, Strict(False)]
    capabilities: list[Annotated[Capability, Strict(False)]] = Field(max_length=len(Capability))
    capacity_per_day: int = Field(ge=0, le=1_000_000)
    handling_minutes: int = Field(ge=0, le=100_000)
    handling_cents: int = Field(ge=0, le=10_000_000, description="Per parcel.")
    pick_cents: int = Field(ge=0, le=10_000_000, description="Per unit.")
    unit_cents: int = Field(
        default=0,
        ge=0,
        le=10_000_000,
        description="What the owner of the goods takes for each unit, beyond picking it.",
    )
    groups: list[Code] = Field(
        default=[], max_length=ENTRIES_MAX, description="Location groups; created when new."
    )
    capacity_per_hour: int = Field(
        default=0, ge=0, le=1_000_000, description="Orders it prepares in an hour; 0: none told."
    )
    express_radius_km: int = Field(
        default=25, ge=0, le=1_000, description="How far away who collects express may be."
    )
    express_minutes: int = Field(
        default=60, ge=1, le=1_440, description="In which express collect is ready."
    )
    carts: Annotated[Carts, Strict(False)] = Field(
        default=Carts.PART, description="`whole`: it serves only carts of which it has all."
    )
    paused_until: Instant | None = Field(
        default=None, description="When a paused location opens by itself."
    )
    pause_reason: Name | None = None


class Confidence(Shown):
    """How likely a unit of its books is really there, by what was looked for in the last months."""

    percent: float
    asked_units: int
    missing_units: int


class LocationAnswer(Shown):
    code: str
    name: str
    kind: LocationKind
    legal_entity: str
    street: str
    postal_code: str
    city: str
    region: str | None
    country: str
    latitude: float
    longitude: float
    time_zone: str
    state: LocationState
    capabilities: list[Capability]
    capacity_per_day: int
    handling_minutes: int
    handling_cents: int
    pick_cents: int
    unit_cents: int
    groups: list[str]
    capacity_per_hour: int
    express_radius_km: int
    express_minutes: int
    carts: Carts
    paused_until: datetime | None
    pause_reason: str | None
    confidence: Confidence
    version: int


async def filters_of(
    kind: LocationKind | None = None,
    state: LocationState | None = None,
    country: Country | None = None,
    group: Code | None = None,
) -> LocationFilter:
    return LocationFilter(kind=kind, state=state, country=country, group=group)


Filters = Annotated[LocationFilter, Depends(filters_of)]


@router.get("/locations", dependencies=READ)
def get_locations(call: Caller, page: Paging, filters: Filters) -> Listed[LocationAnswer]:
    """Locations in the order of their codes."""
    found = call.read(
        lambda tx: listing.list_locations(tx, page.after or "", page.rows_max, filters)
    )
    return page.show(found, show_location, lambda each: each.code)


@router.get("/locations/{code:path}", response_model=LocationAnswer, dependencies=READ)
def get_location(code: Code, call: Caller) -> Response:
    """One location."""
    found = call.read(lambda tx: listing.find_location(tx, code))
    return tagged(show_location(found), found.version)


@router.post("/locations", status_code=201, response_model=LocationAnswer, dependencies=CONFIG)
def post_location(body: LocationBody, call: Caller, once: Once) -> Response:
    """Make a location known; one that is there already is left as it is."""
    return create(once, lambda tx: show_location(save_location(tx, call, body, NOTHING)))


@router.put("/locations/{code:path}", response_model=LocationAnswer, dependencies=CONFIG)
def put_location(code: Code, body: LocationBody, call: Caller, seen: IfMatch) -> Response:
    """Make a location known, or replace it; `If-Match` guards what somebody else changed."""
    same("/code", body.code, code)
    saved = call.transact(lambda tx: save_location(tx, call, body, seen))
    return tagged(show_location(saved), saved.version)


def save_location(tx: Tx, call: Call, body: LocationBody, seen: int | None) -> Location:
    asked = as_request(
        LocationRequest, body, latitude_e6=e6(body.latitude), longitude_e6=e6(body.longitude)
    )
    return saving.save_location(
        tx, call.by, asked, call.now, call.services.new_id, expected_version=seen
    )


def show_location(location: Location) -> LocationAnswer:
    return LocationAnswer(
        **asdict(location),
        latitude=location.latitude_e6 / E6,
        longitude=location.longitude_e6 / E6,
        confidence=show_confidence(location),
    )


def show_confidence(location: Location) -> Confidence:
    asked, missing = location.asked_units, location.missing_units
    percent = confidence_ppm(location.kind, asked, missing) // 1_000 / 10
    return Confidence(percent=percent, asked_units=asked, missing_units=missing)
