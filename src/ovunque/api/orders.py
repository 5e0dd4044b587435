"""Orders: placed through the intake, read as they stand, told by their journal."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import Actor, Scope
from ovunque.api.call import Services, services_of
from ovunque.api.editing import etag
from ovunque.api.idempotent import parse_key
from ovunque.api.openapi import HotRoute, Parameter
from ovunque.api.orders_asked import OrderAsked, deliveries_of, request_of
from ovunque.api.orders_bodies import OrderShown
from ovunque.api.orders_shown import PATH, show
from ovunque.api.paging import Page, read_cursor, write_cursor
from ovunque.api.routing import read_struct
from ovunque.api.turns import turn
from ovunque.api.waiting import in_time
from ovunque.insight.finding import FRAGMENT_LENGTH_MAX, find_orders
from ovunque.insight.model import OrderFilter
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.orders import listing
from ovunque.orders.model import Order, OrderStatus
from ovunque.orders.placing import Answered
from ovunque.orders.receiving import Asked
from ovunque.platform import idempotency, journal, refusals
from ovunque.platform.database import Tx
from ovunque.platform.http import problems
from ovunque.platform.http.edge import visit_of
from ovunque.platform.http.faults import refusal_of
from ovunque.platform.idempotency import Answer, Key
from ovunque.promise.model import Standing
from ovunque.sourcing.snapshot import Snapshot

T = TypeVar("T")

JSON = "application/json"
CREATED = 201
PLANNED_ON_THE_LOOP_MAX = 12  # Lines: up to here a plan takes less than some milliseconds.
LIMIT_USUAL, LIMIT_MAX = 50, 200

_encode = msgspec.json.Encoder().encode


class OrderPage(msgspec.Struct, kw_only=True):
    data: list[OrderShown]
    next_cursor: str | None


class FactShown(msgspec.Struct, kw_only=True):
    """One line of an order's story."""

    seq: int
    at: str
    kind: str
    actor: str
    subject: str
    body: dict[str, Any]


class FactList(msgspec.Struct, kw_only=True):
    data: list[FactShown]


async def post_order(request: Request, by: Actor) -> Response:
    """Place an order: it is decided with its neighbors, once for each Idempotency-Key."""
    services = services_of(request)
    key = parse_key(request.headers.get("idempotency-key"))
    if key is None:
        raise Refusal("idempotency_key_missing")
    asked = await read_struct(request, OrderAsked)
    refuse_odd(asked)
    digest = idempotency.digest("POST", PATH, visit_of(request.scope).document)
    answered = await take_in(
        services,
        Asked(request=request_of(asked), key=Key(by.client_id, key, digest), by=by),
    )
    return respond(answered)


async def take_in(services: Services, asked: Asked) -> Answered:
    """The intake's answer to one order; one with many lines is planned aside, it takes longer."""
    answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
    if len(asked.request.lines) > PLANNED_ON_THE_LOOP_MAX or asked.hold_ids:
        await run_in_threadpool(services.intake.submit, asked, answer)
    else:
        services.intake.gather(asked, answer)
    return await in_time(answer)


def respond(answered: Answered) -> Response:
    refused = answered.answer.status >= 400
    headers = {"Idempotent-Replayed": "true"} if answered.replayed else None
    kind = problems.MEDIA_TYPE if refused else JSON
    return Response(answered.answer.body, answered.answer.status, headers, kind)


def refuse_odd(asked: OrderAsked) -> None:
    """What no type can say: one currency, and one way of naming deliveries."""
    faults = []
    if (asked.delivery is None) == (asked.deliveries is None):
        faults.append(Fault("/deliveries", "missing", "Give either delivery or deliveries."))
    currency = asked.lines[0].unit_price.currency
    for nth, line in enumerate(asked.lines):
        prices = (("unit_price", line.unit_price), ("discount", line.discount))
        faults += [
            Fault(f"/lines/{nth}/{name}/currency", "wrong_currency", f"The order is in {currency}.")
            for name, price in prices
            if price is not None and price.currency != currency
        ]
    faults += [
        Fault(f"/charges/{nth}/amount/currency", "wrong_currency", f"The order is in {currency}.")
        for nth, charge in enumerate(asked.charges)
        if charge.amount.currency != currency
    ]
    for nth, delivery in enumerate(deliveries_of(asked)):
        if delivery.recipient is not None and delivery.address is None:
            at = f"/deliveries/{nth}/recipient"
            faults.append(Fault(at, "unexpected", "Only an address has a recipient."))
    if faults:
        raise refusal_of(faults)


async def get_order(request: Request, _: Actor) -> Response:
    """One order with its lines, deliveries and fulfillments."""
    order_id = id_of(request)
    order = await reading(request, lambda tx: listing.find_order(tx, order_id))
    body = _encode(show(order, services_of(request).snapshot()))
    return Response(body, headers={"ETag": etag(order.version)}, media_type=JSON)


async def get_orders(request: Request, _: Actor) -> Response:
    """Orders, newest first, of a channel, in a status, or by any fragment of what is known."""
    services, query = services_of(request), request.query_params
    snapshot = services.snapshot()
    limit = limit_of(query.get("limit"))
    channel = query.get("channel")
    status, standing = status_of(query.get("status")), standing_of(query.get("standing"))
    if channel is not None and channel not in snapshot.network.channels:
        return Response(_encode(OrderPage(data=[], next_cursor=None)), media_type=JSON)
    wanted = OrderFilter(
        q=fragment_of(query.get("q")),
        status=status,
        standing=standing,
        channel_id=snapshot.network.channels[channel].channel.id if channel else None,
    )
    before = before_of(query.get("cursor"))
    found = await reading(request, lambda tx: list_found(tx, wanted, before, limit + 1))
    more = write_cursor(public_id("ord", found[limit - 1].id)) if len(found) > limit else None
    page = OrderPage(data=[show(each, snapshot) for each in found[:limit]], next_cursor=more)
    return Response(_encode(page), media_type=JSON)


def list_found(tx: Tx, wanted: OrderFilter, before: UUID | None, limit: int) -> Sequence[Order]:
    if wanted.q is not None:
        return [each.order for each in find_orders(tx, wanted, before, limit)]
    return listing.list_orders(
        tx,
        channel_id=wanted.channel_id,
        status=wanted.status,
        standing=wanted.standing,
        before=before,
        limit=limit,
    )


async def get_order_journal(request: Request, _: Actor) -> Response:
    """The story of an order: every change of state, by whom and when."""
    order_id = id_of(request)

    def read(tx: Tx) -> Sequence[journal.Entry]:
        listing.find_order(tx, order_id)
        return journal.list_of_order(tx, order_id)

    entries = await reading(request, read)
    facts = [
        FactShown(
            seq=entry.order_seq or 0,
            at=entry.at.isoformat(),
            kind=entry.kind,
            actor=entry.actor,
            subject=entry.subject,
            body=dict(entry.body),
        )
        for entry in entries
    ]
    return Response(_encode(FactList(data=facts)), media_type=JSON)


async def reading(request: Request, work: Callable[[Tx], T]) -> T:
    """The database is asked aside: the loop serves others meanwhile."""
    async with turn():
        return await run_in_threadpool(services_of(request).database.read, work)


def id_of(request: Request) -> UUID:
    return parse_public_id("ord", request.path_params["order_id"])


def limit_of(text: str | None) -> int:
    if text is None:
        return LIMIT_USUAL
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LIMIT_MAX):
        detail = f"A whole number from 1 to {LIMIT_MAX}."
        raise refusal_of((Fault("query:limit", "out_of_bounds", detail),))
    return int(text)


def before_of(cursor: str | None) -> UUID | None:
    return Page(LIMIT_USUAL, None if cursor is None else read_cursor(cursor)).after_id("ord")


def fragment_of(text: str | None) -> str | None:
    if text is not None and not (len(text.strip()) > 0 and len(text) <= FRAGMENT_LENGTH_MAX):
        detail = f"Any text of 1 to {FRAGMENT_LENGTH_MAX} characters."
        raise refusal_of((Fault("query:q", "out_of_bounds", detail),))
    return text


def status_of(text: str | None) -> OrderStatus | None:
    if text is not None and text not in set(OrderStatus):
        raise refusal_of((Fault("query:status", "not_allowed", "There is no such status."),))
    return OrderStatus(text) if text is not None else None


def standing_of(text: str | None) -> Standing | None:
    if text is not None and text not in ENDANGERED:
        raise refusal_of((Fault("query:standing", "not_allowed", "Say late or at_risk."),))
    return Standing(text) if text is not None else None


def answer_with_order(order: Order, snapshot: Snapshot) -> Answer:
    """The stored answer of an accepted order."""
    shown = show(order, snapshot)
    says_words = order.gift is not None or order.notes is not None
    return Answer(CREATED, _encode(shown), (shown.id, shown.customer) if says_words else ())


def answer_with_refusal(refusal: Refusal) -> Answer:
    return Answer(refusals.status_of(refusal), _encode(problems.problem(refusal)))


ENDANGERED = (Standing.LATE, Standing.AT_RISK)  # Of what was promised and is not there yet.
LIMIT = Parameter(name="limit", schema={"type": "integer", "minimum": 1, "maximum": LIMIT_MAX})
CURSOR = Parameter(name="cursor", schema={"type": "string"})
KEY = Parameter(
    name="Idempotency-Key",
    where="header",
    required=True,
    schema={"type": "string", "minLength": 1, "maxLength": 255},
)
ORDER_ID = Parameter(name="order_id", where="path", required=True, schema={"type": "string"})

ROUTES = (
    HotRoute(
        method="POST",
        path=PATH,
        endpoint=post_order,
        scope=Scope.ORDERS,
        tag="orders",
        summary="Place an order",
        request=OrderAsked,
        response=OrderShown,
        status=CREATED,
        parameters=(KEY,),
    ),
    HotRoute(
        method="GET",
        path=PATH,
        endpoint=get_orders,
        scope=Scope.ORDERS,
        tag="orders",
        summary="List orders, newest first",
        response=OrderPage,
        parameters=(
            Parameter(
                name="q",
                schema={
                    "type": "string",
                    "minLength": 1,
                    "maxLength": FRAGMENT_LENGTH_MAX,
                    "pattern": r"\S",
                    "description": "Any fragment of number, name, e-mail, phone, item or parcel.",
                },
            ),
            Parameter(name="channel", schema={"type": "string"}),
            Parameter(name="status", schema={"type": "string", "enum": [*OrderStatus]}),
            Parameter(name="standing", schema={"type": "string", "enum": [*ENDANGERED]}),
            LIMIT,
            CURSOR,
        ),
    ),
    HotRoute(
        method="GET",
        path=f"{PATH}/{{order_id}}",
        endpoint=get_order,
        scope=Scope.ORDERS,
        tag="orders",
        summary="Read an order",
        response=OrderShown,
        parameters=(ORDER_ID,),
    ),
    HotRoute(
        method="GET",
        path=f"{PATH}/{{order_id}}/journal",
        endpoint=get_order_journal,
        scope=Scope.ORDERS,
        tag="orders",
        summary="Read the story of an order",
        response=FactList,
        parameters=(ORDER_ID,),
    ),
)
