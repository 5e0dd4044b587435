"""Units out of sale by a person's word: damaged, on display, missing; and back on sale."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import Response
from pydantic import Strict

from ovunque.access.model import Actor, Scope
from ovunque.api.bodies import Body, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.fulfillments_bodies import Units, place_of
from ovunque.api.idempotent import Once, OnceOnly
from ovunque.api.identifiers import Code
from ovunque.api.routing import resource
from ovunque.platform.database import Tx
from ovunque.stock.model import Key, StockLevel, UnavailableReason
from ovunque.stock.setting_aside import AsideRequest, clear, keep_aside

router = resource("stock")
STOCK = [need(Scope.STOCK)]

Act = Callable[[Tx, Actor, AsideRequest, datetime], StockLevel]


class AsideBody(Body):
    location: Code
    sku: Code
    reason: Annotated[UnavailableReason, Strict(False)]
    quantity: Units


class AsideShown(Shown):
    """The level as it stands then."""

    location: str
    sku: str
    on_hand: int
    unavailable: int
    reserved: int
    free: int


@router.post("/stock/set-asides", status_code=201, response_model=AsideShown, dependencies=STOCK)
def post_set_aside(body: AsideBody, call: Caller, once: Once) -> Response:
    """Take units out of sale: they lie there, and nobody buys them."""
    return answer(body, call, once, keep_aside)


@router.post("/stock/clearings", status_code=201, response_model=AsideShown, dependencies=STOCK)
def post_clearing(body: AsideBody, call: Caller, once: Once) -> Response:
    """Put units back on sale that were out of it for a reason."""
    return answer(body, call, once, clear)


def answer(body: AsideBody, call: Call, once: OnceOnly, act: Act) -> Response:
    location_id = place_of(call, body.location)
    assert location_id is not None, "a location that is named is found or refused"
    asked = AsideRequest(key=Key(body.sku, location_id), reason=body.reason, quantity=body.quantity)

    def work(tx: Tx) -> AsideShown:
        level = act(tx, call.by, asked, call.now)
        return AsideShown(
            location=body.location,
            sku=body.sku,
            on_hand=level.on_hand,
            unavailable=level.unavailable,
            reserved=level.reserved,
            free=level.free,
        )

    return once.run(work)
