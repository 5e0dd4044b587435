"""Promises for pages: when each of some items could be there, and how promises were kept."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import Actor, Scope
from ovunque.api.call import Services, services_of
from ovunque.api.decisions import code_of
from ovunque.api.openapi import HotRoute, Parameter
from ovunque.api.orders_bodies import Price
from ovunque.api.promises import (
    PATH,
    ArrivalShown,
    PromiseProblem,
    show_arrival,
    show_problem,
)
from ovunque.kernel.refusal import Fault
from ovunque.network.snapshot import ChannelView
from ovunque.platform.http.faults import refusal_of
from ovunque.promise.model import EVERYWHERE, Address, CartLine, Option, PromiseRequest, Quote
from ovunque.promise.naming import name_of
from ovunque.promise.quoting import SERVICES, quote
from ovunque.promise.scoring import BY, list_tallies
from ovunque.sourcing.planning import Shelf, snapshot_shelf

JSON = "application/json"
SKUS_MAX = 50
DAYS_USUAL, DAYS_MAX = 28, 366
COUNTRY = re.compile("[A-Z]{2}")
POSTAL_MAX = 20
# Said where we cannot know better: true of every lane that a retailer sells over.
CAREFUL_DAYS = {"home": 10, "express": 5}

_encode = msgspec.json.Encoder().encode


class PageOption(Struct, kw_only=True, omit_defaults=True):
    """A way of getting one of an item; `degraded`: a careful guess, since data is missing."""

    service: str
    badges: list[str]
    arrives: ArrivalShown
    order_by: datetime
    customer_price: Price
    emissions_g: int | None = None
    location: str | None = None
    degraded: bool = False


class PageItem(Struct, kw_only=True):
    sku: str
    options: list[PageOption]
    problems: list[PromiseProblem]


class PagePromises(Struct, kw_only=True):
    """What pages say of items; `stale`: the snapshot does not keep up, ask again before you buy."""

    version: str
    as_of: datetime
    stale: bool
    items: list[PageItem]


async def get_promises(request: Request, _: Actor) -> Response:
    """When one of each item could be there: for product pages and lists, without tokens."""
    services = services_of(request)
    asked = read_page(request, services)
    answer = (
        show_page(services, asked)
        if len(asked.skus) == 1
        else await run_in_threadpool(show_page, services, asked)
    )
    return Response(_encode(answer), media_type=JSON)


class PageAsked(Struct, kw_only=True):
    channel: ChannelView
    skus: list[str]
    address: Address
    services: tuple[str, ...]


def read_page(request: Request, services: Services) -> PageAsked:
    query = request.query_params
    channel = services.snapshot().network.channels.get(query.get("channel", ""))
    skus, country = query.getlist("sku"), query.get("country", "")
    postal_code, names = query.get("postal_code", ""), query.getlist("service")
    faults = [
        *([] if channel else [_fault("channel", "unknown_reference", "There is no such channel.")]),
        *(
            []
            if 1 <= len(skus) <= SKUS_MAX
            else [_fault("sku", "out_of_bounds", f"Name 1 to {SKUS_MAX} items.")]
        ),
        *(
            []
            if COUNTRY.fullmatch(country)
            else [_fault("country", "malformed", "A country has two capital letters.")]
        ),
        *(
            []
            if len(postal_code) <= POSTAL_MAX
            else [_fault("postal_code", "malformed", "This is no post code.")]
        ),
        *(
            _fault("service", "not_allowed", "There is no such service.")
            for name in names
            if name not in SERVICES
        ),
    ]
    if faults or channel is None:
        raise refusal_of(tuple(faults))
    return PageAsked(
        channel=channel,
        skus=list(dict.fromkeys(skus)),
        address=Address(country=country, postal_code=postal_code),
        services=tuple(dict.fromkeys(names)) or SERVICES[:2],
    )


def _fault(name: str, code: str, detail: str) -> Fault:
    return Fault(f"query:{name}", code, detail)


def show_page(services: Services, asked: PageAsked) -> PagePromises:
    snapshot, now = services.snapshot(), services.clock()
    shelf = snapshot_shelf(snapshot, now)
    return PagePromises(
        version=str(snapshot.version),
        as_of=now,
        stale=not all(check().ok for check in services.health.checks),
        items=[show_item(services, asked, (shelf, now), sku) for sku in asked.skus],
    )


def show_item(
    services: Services, asked: PageAsked, seen: tuple[Shelf, datetime], sku: str
) -> PageItem:
    snapshot, (shelf, now) = services.snapshot(), seen
    request = PromiseRequest(
        channel=asked.channel.channel.code,
        lines=(CartLine(sku=sku, quantity=1),),
        address=asked.address,
        services=asked.services,
    )
    found = quote(snapshot, shelf, services.promises.prices, request, now)
    currency = asked.channel.channel.currency
    shown = [show_option(each, currency, services) for each in found.options]
    if not shown and is_sold_there(found, asked):
        shown = [*careful(services, asked, sku, now)]
    return PageItem(
        sku=sku,
        options=shown,
        problems=[] if shown else [show_problem(each) for each in found.problems],
    )


def show_option(option: Option, currency: str, services: Services) -> PageOption:
    snapshot = services.snapshot()
    return PageOption(
        service=option.service,
        location=code_of(option.location_id, snapshot) if option.location_id else None,
        badges=list(option.badges),
        arrives=show_arrival(option),
        order_by=option.order_by,
        customer_price=Price(option.customer_price, currency),
        emissions_g=option.emissions_g,
    )


def is_sold_there(found: Quote, asked: PageAsked) -> bool:
    """Whether there are goods and the channel sells to that country: only the way is unknown."""
    codes = {each.code for each in found.problems}
    return codes == {"not_deliverable"} and asked.address.country in asked.channel.channel.countries


def careful(services: Services, asked: PageAsked, sku: str, now: datetime) -> Iterator[PageOption]:
    """What holds whatever the lane: late rather than broken, and marked as such."""
    price = services.snapshot().catalog.items[sku].price_cents or 0
    channel = asked.channel.channel
    for service, days in CAREFUL_DAYS.items():
        if service in asked.services:
            latest = now + timedelta(days=days)
            yield PageOption(
                service=service,
                badges=[],
                arrives=ArrivalShown(
                    earliest=now + timedelta(days=1), latest=latest, confidence=None
                ),
                order_by=now,
                customer_price=Price(
                    services.promises.prices.of(channel.code, service, EVERYWHERE, price),
                    channel.currency,
                ),
                degraded=True,
            )


class ScoreShown(Struct, kw_only=True):
    """How promises of one kind were kept; `coverage` counts what came early as kept."""

    key: str
    due: int
    kept: int
    early: int
    late: int
    coverage: float
    confidence: float | None


class ScoresShown(Struct, kw_only=True):
    by: str
    days: int
    data: list[ScoreShown]


async def get_scores(request: Request, _: Actor) -> Response:
    """How the promises that were due lately were kept."""
    services, query = services_of(request), request.query_params
    by, days = query.get("by", "service"), query.get("days", str(DAYS_USUAL))
    if by not in BY:
        raise refusal_of((_fault("by", "not_allowed", f"Say one of {', '.join(BY)}."),))
    if not (days.isascii() and days.isdigit() and len(days) < 4 and 1 <= int(days) <= DAYS_MAX):
        raise refusal_of((_fault("days", "out_of_bounds", f"Say 1 to {DAYS_MAX} days."),))
    now = services.clock()
    found = await run_in_threadpool(
        services.database.read, lambda tx: list_tallies(tx, by, int(days), now)
    )
    shown = [
        ScoreShown(
            key=name_of(each.key, by, services.snapshot()),
            due=each.due,
            kept=each.kept,
            early=each.early,
            late=each.late,
            coverage=round((each.kept + each.early) / each.due, 4),
            confidence=each.confidence_ppm / 1_000_000 if each.confidence_ppm else None,
        )
        for each in found
    ]
    return Response(_encode(ScoresShown(by=by, days=int(days), data=shown)), media_type=JSON)


def _text(name: str, *, required: bool = False, **schema: object) -> Parameter:
    return Parameter(name=name, schema={"type": "string", **schema}, required=required)


def _texts(name: str, most: int, *, required: bool = False, **item: object) -> Parameter:
    schema = {"type": "array", "items": {"type": "string", **item}, "maxItems": most}
    return Parameter(name=name, schema=schema, required=required)


ROUTES = (
    HotRoute(
        method="GET",
        path=PATH,
        endpoint=get_promises,
        scope=Scope.PROMISE,
        tag="promises",
        summary="Say when items could be there",
        response=PagePromises,
        parameters=(
            _text("channel", required=True),
            _texts("sku", SKUS_MAX, required=True),
            _text("country", required=True),
            _text("postal_code"),
            _texts("service", len(SERVICES), enum=[*SERVICES]),
        ),
    ),
    HotRoute(
        method="GET",
        path="/v1/promise-scores",
        endpoint=get_scores,
        scope=Scope.READ,
        tag="promises",
        summary="How promises were kept",
        response=ScoresShown,
        parameters=(
            _text("by", enum=[*BY]),
            Parameter(name="days", schema={"type": "integer", "minimum": 1, "maximum": DAYS_MAX}),
        ),
    ),
)
