"""Promises for pages: when each of some items could be there, and how promises were kept."""

import re
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import parse_qsl

import msgspec
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.keyring import KeyRing
from ovunque.access.model import Actor, Scope
from ovunque.api.call import services_of
from ovunque.api.costs import PAGE
from ovunque.api.decisions import code_of
from ovunque.api.openapi import HotRoute, Parameter
from ovunque.api.orders_bodies import Price
from ovunque.api.promise_book import PageAsked, PageBook
from ovunque.api.promises import (
    PATH,
    ArrivalShown,
    PromiseProblem,
    show_arrival,
    show_problem,
)
from ovunque.kernel.refusal import Fault
from ovunque.platform.http.express import Answerer, Plain
from ovunque.platform.http.faults import refusal_of
from ovunque.platform.http.pacing import Buckets
from ovunque.promise.answering import answer
from ovunque.promise.model import Address, CartLine, Option, PromiseRequest
from ovunque.promise.naming import name_of
from ovunque.promise.quoting import SERVICES
from ovunque.promise.scoring import BY, list_tallies
from ovunque.promise.sealing import Promises
from ovunque.sourcing.snapshot import Snapshot

JSON = "application/json"
SKUS_MAX = 50
WRITTEN_ON_THE_LOOP_MAX = 2  # Items: up to here others may wait for it.
DAYS_USUAL, DAYS_MAX = 28, 366
COUNTRY = re.compile("[A-Z]{2}")
POSTAL_MAX = 20
USUAL = SERVICES[:2]
BEARER = b"bearer "
NAMES = frozenset({"channel", "sku", "country", "postal_code", "service"})

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


def express(book: PageBook, keys: KeyRing, buckets: Buckets) -> Answerer:
    """The short way: sound questions by who may ask them, of which most is written already."""

    def tell(query: bytes, authorization: bytes) -> Plain | None:
        if authorization[:7].lower() != BEARER:
            return None
        actor = keys.find(authorization[7:].decode("latin-1"))
        if actor is None or not actor.may(Scope.PROMISE):
            return None
        if not buckets.take(actor.client_id, PAGE):
            return None  # The long way says so.
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
        if not all(name in NAMES for name, _ in pairs):
            return None
        asked, skus, faults = read_page(pairs, book)
        parts = None if faults else book.parts(asked, skus, WRITTEN_ON_THE_LOOP_MAX)
        return book.join(parts) if parts else None

    return tell


async def get_promises(request: Request, _: Actor) -> Response:
    """When one of each item could be there: for product pages and lists, without tokens."""
    book = services_of(request).pages
    asked, skus, faults = read_page(request.query_params.multi_items(), book)
    if faults:
        raise refusal_of(faults)
    parts = await run_in_threadpool(book.parts, asked, skus, SKUS_MAX)
    assert parts is not None
    plain = book.join(parts)
    return Response(plain.body, headers={"ETag": plain.etag.decode()}, media_type=JSON)


def read_page(
    pairs: list[tuple[str, str]], book: PageBook
) -> tuple[PageAsked, list[str], tuple[Fault, ...]]:
    """What a query names, and what is wrong with it."""
    said = dict(reversed(pairs))  # The first of several counts.
    skus = [*dict.fromkeys(value for name, value in pairs if name == "sku")]
    names = [*dict.fromkeys(value for name, value in pairs if name == "service")]
    asked = PageAsked(
        channel=said.get("channel", ""),
        country=said.get("country", ""),
        postal_code=said.get("postal_code", ""),
        services=tuple(names) or USUAL,
    )
    return asked, skus, tuple(_faults(asked, skus, book))


def _faults(asked: PageAsked, skus: list[str], book: PageBook) -> Iterator[Fault]:
    if asked.channel not in book.snapshot.network.channels:
        yield _fault("channel", "unknown_reference", "There is no such channel.")
    if not 1 <= len(skus) <= SKUS_MAX:
        yield _fault("sku", "out_of_bounds", f"Name 1 to {SKUS_MAX} items.")
    if not COUNTRY.fullmatch(asked.country):
        yield _fault("country", "malformed", "A country has two capital letters.")
    if len(asked.postal_code) > POSTAL_MAX:
        yield _fault("postal_code", "malformed", "This is no post code.")
    for name in asked.services:
        if name not in SERVICES:
            yield _fault("service", "not_allowed", "There is no such service.")


def _fault(name: str, code: str, detail: str) -> Fault:
    return Fault(f"query:{name}", code, detail)


def write_item(
    snapshot: Snapshot, promises: Promises, asked: PageAsked, sku: str, now: datetime
) -> bytes:
    """An item's part of the answer."""
    return _encode(show_item(snapshot, promises, asked, sku, now))


def show_item(
    snapshot: Snapshot, promises: Promises, asked: PageAsked, sku: str, now: datetime
) -> PageItem:
    """One of an item, as it could be had."""
    request = PromiseRequest(
        channel=asked.channel,
        lines=(CartLine(sku=sku, quantity=1),),
        address=Address(country=asked.country, postal_code=asked.postal_code),
        services=asked.services,
    )
    found = answer(snapshot, promises, request, now)
    currency = snapshot.network.channels[asked.channel].channel.currency
    shown = [show_option(each, currency, snapshot) for each in found.options]
    return PageItem(
        sku=sku,
        options=shown,
        problems=[] if shown else [show_problem(each) for each in found.problems],
    )


def show_option(option: Option, currency: str, snapshot: Snapshot) -> PageOption:
    return PageOption(
        service=option.service,
        location=code_of(option.location_id, snapshot) if option.location_id else None,
        badges=list(option.badges),
        arrives=show_arrival(option),
        order_by=option.order_by,
        customer_price=Price(option.customer_price, currency),
        emissions_g=None if option.is_guess else option.emissions_g,
        degraded=option.is_guess,
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
