"""Holds: units kept for a cart for some minutes, extended, released, turned into an order."""

import asyncio
from collections.abc import Callable
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Query
from msgspec import Meta, Struct
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import Actor, Scope
from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.call import Call, Caller, Services, need, services_of
from ovunque.api.holds_shown import CREATED, HoldShown, show_hold
from ovunque.api.idempotent import Once, parse_key
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.openapi import HotRoute, Parameter
from ovunque.api.orders import respond
from ovunque.api.orders_bodies import LINES_MAX
from ovunque.api.orders_bodies import Code as CodeAsked
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import read_document, read_struct, resource
from ovunque.api.waiting import in_time
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.orders.holding import MINUTES_MAX, AskedHold, HoldRequest, Releasing
from ovunque.orders.placing import Answered
from ovunque.platform import idempotency
from ovunque.platform.batching import Promise
from ovunque.platform.database import Tx
from ovunque.platform.http.edge import visit_of
from ovunque.platform.http.faults import convert
from ovunque.platform.idempotency import Key
from ovunque.promise.model import TOKEN_MAX
from ovunque.stock import keeping
from ovunque.stock.model import Hold

PATH = "/v1/holds"

router = resource("holds")
HoldId = Annotated[UUID, PublicId("hld")]
ORDERS = [need(Scope.ORDERS)]


class HoldLineAsked(Struct, forbid_unknown_fields=True, frozen=True):
    sku: CodeAsked
    quantity: Annotated[int, Meta(ge=1, le=10_000)]


class HoldAsked(Struct, forbid_unknown_fields=True, frozen=True):
    """A cart to be kept. `reference`: a session or customer; each may have ten holds at once."""

    channel: CodeAsked
    lines: Annotated[list[HoldLineAsked], Meta(min_length=1, max_length=LINES_MAX)]
    minutes: Annotated[int, Meta(ge=1, le=MINUTES_MAX)]
    promise: Annotated[str, Meta(min_length=1, max_length=TOKEN_MAX)] | None = None
    reference: Annotated[str, Meta(min_length=1, max_length=100)] | None = None


class ReleaseAsked(Struct, forbid_unknown_fields=True, frozen=True):
    """Nothing more has to be said."""


class ExtensionBody(Body):
    minutes: int = Field(ge=1, le=MINUTES_MAX, description="From now on.")


class HoldLineAnswer(Shown):
    sku: str
    quantity: int


class HeldAnswer(Shown):
    location: str
    sku: str
    quantity: int


class HoldAnswer(Shown):
    """Units kept for a cart. Its `expires_at` counts, not when anybody sweeps it."""

    id: str
    channel: str
    state: str
    reference: str | None
    lines: list[HoldLineAnswer]
    held: list[HeldAnswer]
    created_at: Instant
    expires_at: Instant
    order: str | None


async def post_hold(request: Request, by: Actor) -> Response:
    """Keep a cart's units: decided with the orders of this moment, or refused whole."""
    services = services_of(request)
    named = parse_key(request.headers.get("idempotency-key"))
    asked = await read_struct(request, HoldAsked)
    hold = HoldRequest(
        channel=asked.channel,
        lines=tuple((each.sku, each.quantity) for each in asked.lines),
        minutes=asked.minutes,
        reference=asked.reference or "",
        promise=asked.promise,
    )
    key = key_of(services, request, by, named)
    told = AskedHold(request=hold, key=key, by=by)
    return await settled(lambda answer: services.intake.submit_hold(told, answer))


async def post_release(request: Request, by: Actor) -> Response:
    """Give a hold's units back: they serve whoever stands behind it."""
    services = services_of(request)
    named = parse_key(request.headers.get("idempotency-key"))
    document = visit_of(request.scope).document = await read_document(request)
    convert({} if document is None else document, ReleaseAsked)
    releasing = Releasing(
        hold_id=parse_public_id("hld", request.path_params["hold_id"]),
        key=key_of(services, request, by, named),
        by=by,
    )
    return await settled(lambda answer: services.intake.submit_release(releasing, answer))


def key_of(services: Services, request: Request, by: Actor, named: str | None) -> Key:
    """The client's key for this request; one of our own where it has none."""
    digest = idempotency.digest("POST", request.scope["path"], visit_of(request.scope).document)
    return Key(by.client_id, named or f"hold-{services.new_id()}", digest)


async def settled(submit: Callable[[Promise[Answered]], None]) -> Response:
    answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
    submit(answer)
    return respond(await in_time(answer))


@router.get("/holds", dependencies=ORDERS)
def get_holds(
    call: Caller, page: Paging, channel: Annotated[Code | None, Query()] = None
) -> Listed[HoldAnswer]:
    """Holds whose time is not over, the oldest first."""
    channels = call.services.snapshot().network.channels
    if channel is not None and channel not in channels:
        return Listed(data=[], next_cursor=None)
    after = parse_public_id("hld", page.after) if page.after else None
    channel_id = channels[channel].channel.id if channel else None
    found = call.read(lambda tx: keeping.list_holds(tx, channel_id, after, page.rows_max, call.now))
    return page.show(found, lambda each: show(call, each), lambda each: public_id("hld", each.id))


@router.get("/holds/{hold_id}", dependencies=ORDERS)
def get_hold(hold_id: HoldId, call: Caller) -> HoldAnswer:
    """One hold as it stands."""
    return show(call, call.read(lambda tx: keeping.find_hold(tx, call.by, hold_id)))


@router.post("/holds/{hold_id}/extensions", status_code=201, dependencies=ORDERS)
def post_extension(hold_id: HoldId, body: ExtensionBody, call: Caller, once: Once) -> HoldAnswer:
    """Let a hold stand so many minutes from now; refused when its time is over already."""

    def work(tx: Tx) -> HoldAnswer:
        return show(call, keeping.extend(tx, call.by, hold_id, body.minutes, call.now))

    return once.run(work)  # type: ignore[return-value]


def show(call: Call, hold: Hold) -> HoldAnswer:
    shown = show_hold(hold, call.services.snapshot(), call.now)
    return HoldAnswer(**msgspec.to_builtins(shown))


KEY = Parameter(
    name="Idempotency-Key",
    where="header",
    schema={"type": "string", "minLength": 1, "maxLength": 255},
)
HOLD_ID = Parameter(name="hold_id", where="path", required=True, schema={"type": "string"})

ROUTES = (
    HotRoute(
        method="POST",
        path=PATH,
        endpoint=post_hold,
        scope=Scope.ORDERS,
        tag="holds",
        summary="Keep a cart's units for some minutes",
        request=HoldAsked,
        response=HoldShown,
        status=CREATED,
        parameters=(KEY,),
    ),
    HotRoute(
        method="POST",
        path=f"{PATH}/{{hold_id}}/releases",
        endpoint=post_release,
        scope=Scope.ORDERS,
        tag="holds",
        summary="Give a hold's units back",
        request=ReleaseAsked,
        response=HoldShown,
        status=CREATED,
        parameters=(KEY, HOLD_ID),
    ),
)
