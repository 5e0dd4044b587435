"""Promises: how a cart could be had, when and for how much, from memory."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import Actor, Scope
from ovunque.api.bodies import e6
from ovunque.api.call import Services, services_of
from ovunque.api.decisions import code_of, service_of
from ovunque.api.openapi import HotRoute
from ovunque.api.orders_bodies import LINES_MAX, Code, Country, Price
from ovunque.api.routing import read_struct
from ovunque.delivery.model import Quality, Service
from ovunque.delivery.rules.days import PPM
from ovunque.kernel.refusal import Fault
from ovunque.promise.answering import answer
from ovunque.promise.model import (
    Address,
    CartLine,
    OfferedParcel,
    Option,
    PromiseRequest,
    Quote,
)
from ovunque.promise.quoting import SERVICES
from ovunque.promise.rules.waiting import Driver
from ovunque.promise.sealing import Promises
from ovunque.sourcing.snapshot import Snapshot

PATH = "/v1/promises"
JSON = "application/json"
LOCATIONS_MAX = 50
FEW_LINES_MAX, LINES_ON_THE_LOOP_MAX = 3, 6  # Of a whole front, and of picks.
ServiceName = Service

_encode = msgspec.json.Encoder().encode


class PromiseLineAsked(Struct, forbid_unknown_fields=True, frozen=True):
    """A line of the cart; with a service it is had by that way only."""

    sku: Code
    quantity: Annotated[int, Meta(ge=1, le=10_000)]
    service: ServiceName | None = None


class PromiseDestination(Struct, forbid_unknown_fields=True, frozen=True):
    country: Country
    postal_code: Annotated[str, Meta(min_length=1, max_length=20)]
    city: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class PromiseAsked(Struct, forbid_unknown_fields=True, frozen=True):
    """A cart, where it goes, and by which ways it may come."""

    channel: Code
    lines: Annotated[list[PromiseLineAsked], Meta(min_length=1, max_length=LINES_MAX)]
    destination: PromiseDestination | None = None
    services: Annotated[list[ServiceName], Meta(min_length=1, max_length=len(SERVICES))] | None = (
        None
    )
    locations: Annotated[list[Code], Meta(min_length=1, max_length=LOCATIONS_MAX)] | None = None
    allow_partial: bool = False
    front: Literal["picks", "full"] = "picks"
    confidence: Annotated[float, Meta(ge=0.5, le=0.99)] | None = None


class PromiseUnits(Struct, kw_only=True):
    sku: str
    quantity: int


class PromiseParcelShown(Struct, kw_only=True, omit_defaults=True):
    location: str
    carrier_service: str | None
    lines: list[PromiseUnits]
    ready_at: datetime
    arrives: datetime
    emissions_g: int
    cost: Price | None = None


class ArrivalShown(Struct, kw_only=True):
    """When the last parcel arrives; no `confidence`: that is what carriers say, not measured."""

    earliest: datetime
    latest: datetime
    confidence: float | None


class DriverShown(Struct, kw_only=True):
    """An item that decides: without it, the option is so many minutes sooner, parcels fewer."""

    sku: str
    minutes: int
    parcels: int
    emissions_g: int


class OptionShown(Struct, kw_only=True, omit_defaults=True):
    """A way of getting the cart; `cost` with the scope promise:cost only.

    `degraded`: a careful guess, since data is missing. No plan stands behind it, so that it has
    neither token nor parcels, and nothing is known of its emissions.
    """

    token: str = ""
    service: str
    badges: list[str]
    lines: list[PromiseUnits]
    arrives: ArrivalShown
    order_by: datetime
    customer_price: Price
    emissions_g: int | None = None
    parcels: list[PromiseParcelShown]
    location: str | None = None
    cost: Price | None = None
    drivers: list[DriverShown] = []
    degraded: bool = False


class AlternativeShown(Struct, kw_only=True):
    """Another item of the same product, for a line that there is too little of; or the same, later.

    `expected_on`: by then so many of the line's own item may be promised on what comes.
    """

    line: int
    sku: str
    condition: str
    available: int
    expected_on: date | None = None


class PromiseProblem(Struct, kw_only=True):
    code: str
    pointer: str
    detail: str


SCOPE = "well to wheel: replacement of store stock, line haul, hubs, last mile"
NOT_COUNTED = "the customer's way to a counter"


class EmissionsShown(Struct, kw_only=True):
    """What stands behind the grams of all options: they are an estimate, and say so."""

    method: str = "ISO 14083, GLEC Framework"
    scope: str = SCOPE
    not_counted: str = f"packaging, {NOT_COUNTED}"
    factors: str = "DESNZ 2025"
    quality: str = Quality.ASSUMED


def show_emissions(snapshot: Snapshot) -> EmissionsShown:
    """Boxes are counted as soon as anybody has told what one emits."""
    if snapshot.delivery.counts_packaging:
        return EmissionsShown(scope=f"{SCOPE}, packaging", not_counted=NOT_COUNTED)
    return EmissionsShown()


class PromiseShown(Struct, kw_only=True):
    """Options and their tokens; `version` is how far the answer has seen the journal.

    `stale`: it does not keep up; after a minute of that, options are careful guesses.
    """

    version: str
    stale: bool
    emissions: EmissionsShown
    expires_at: datetime
    options: list[OptionShown]
    problems: list[PromiseProblem]
    alternatives: list[AlternativeShown] = []


async def post_promise(request: Request, by: Actor) -> Response:
    """Say how a cart could be had: nothing is written, a token holds what was said."""
    services = services_of(request)
    asked = request_of(await read_struct(request, PromiseAsked))
    told = (services.snapshot(), services.promises, asked, services.clock())
    if is_quick(asked):
        found = answer(*told)
    else:
        found = await run_in_threadpool(answer, *told)
    return Response(tell(found, asked.channel, services, by), media_type=JSON)


def is_quick(asked: PromiseRequest) -> bool:
    """Whether it takes a few milliseconds at most, so that others may wait for it."""
    return len(asked.lines) <= (FEW_LINES_MAX if asked.full else LINES_ON_THE_LOOP_MAX)


def tell(found: Quote, channel: str, services: Services, by: Actor) -> bytes:
    """The answer to a cart, for whoever may see so much of it."""
    snapshot, promises = services.snapshot(), services.promises
    shown = PromiseShown(
        version=str(snapshot.version),
        stale=promises.is_stale,
        emissions=show_emissions(snapshot),
        expires_at=found.expires_at,
        options=show_options(found, channel, snapshot, promises, costs=by.may(Scope.PROMISE_COST)),
        problems=[show_problem(each) for each in found.problems],
        alternatives=[
            AlternativeShown(
                line=each.nth,
                sku=each.sku,
                condition=each.condition,
                available=each.available,
                expected_on=each.expected_on,
            )
            for each in found.alternatives
        ],
    )
    return _encode(shown)


def request_of(asked: PromiseAsked) -> PromiseRequest:
    return PromiseRequest(
        channel=asked.channel,
        lines=tuple(
            CartLine(sku=each.sku, quantity=each.quantity, service=each.service)
            for each in asked.lines
        ),
        address=address_of(asked.destination) if asked.destination else None,
        services=tuple(dict.fromkeys(asked.services or ())),
        locations=tuple(dict.fromkeys(asked.locations or ())),
        allow_partial=asked.allow_partial,
        full=asked.front == "full",
        confidence_ppm=ppm_of(asked.confidence),
    )


def ppm_of(confidence: float | None) -> int | None:
    """In whole percents: there are lanes to be remembered for each."""
    return None if confidence is None else round(confidence * 100) * (PPM // 100)


def address_of(destination: PromiseDestination) -> Address:
    north, east = destination.latitude, destination.longitude
    return Address(
        country=destination.country,
        postal_code=destination.postal_code,
        at_e6=None if north is None or east is None else (e6(north), e6(east)),
    )


def show_options(
    found: Quote, channel: str, snapshot: Snapshot, promises: Promises, *, costs: bool = False
) -> list[OptionShown]:
    """Options of a channel as programs see them, each with its token."""
    currency = snapshot.network.channels[channel].channel.currency
    return [
        OptionShown(
            token="" if each.is_guess else promises.sealer.seal(channel, each, found.expires_at),
            service=each.service,
            location=code_of(each.location_id, snapshot) if each.location_id else None,
            badges=list(each.badges),
            lines=show_units(each.lines),
            arrives=show_arrival(each),
            order_by=each.order_by,
            customer_price=Price(each.customer_price, currency),
            cost=Price(each.cost_cents, currency) if costs and not each.is_guess else None,
            emissions_g=None if each.is_guess else each.emissions_g,
            parcels=[
                show_parcel(parcel, snapshot, currency if costs else None)
                for parcel in each.parcels
            ],
            drivers=[show_driver(driver) for driver in each.drivers],
            degraded=each.is_guess,
        )
        for each in found.options
    ]


def show_arrival(option: Option) -> ArrivalShown:
    return ArrivalShown(
        earliest=option.earliest,
        latest=option.latest,
        confidence=option.confidence_ppm / PPM if option.is_measured else None,
    )


def show_driver(driver: Driver) -> DriverShown:
    return DriverShown(
        sku=driver.sku,
        minutes=driver.minutes,
        parcels=driver.parcels,
        emissions_g=driver.grams,
    )


def show_parcel(
    parcel: OfferedParcel, snapshot: Snapshot, currency: str | None
) -> PromiseParcelShown:
    return PromiseParcelShown(
        location=code_of(parcel.location_id, snapshot),
        carrier_service=service_of(parcel.carrier_service_id, snapshot),
        lines=show_units(parcel.units),
        ready_at=parcel.ready_at,
        arrives=parcel.arrives_at,
        cost=Price(parcel.cost_cents, currency) if currency else None,
        emissions_g=parcel.emissions_g,
    )


def show_units(units: Sequence[tuple[str, int]]) -> list[PromiseUnits]:
    return [PromiseUnits(sku=sku, quantity=quantity) for sku, quantity in units]


def show_problem(fault: Fault) -> PromiseProblem:
    return PromiseProblem(code=fault.code, pointer=fault.pointer, detail=fault.detail)


ROUTES = (
    HotRoute(
        method="POST",
        path=PATH,
        endpoint=post_promise,
        scope=Scope.PROMISE,
        tag="promises",
        summary="Say how a cart could be had",
        request=PromiseAsked,
        response=PromiseShown,
    ),
)
