"""Units that were picked for nobody, scanned on their shelf again."""

from typing import Annotated

from fastapi import Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Shown
from ovunque.api.call import Caller, need
from ovunque.api.fulfillments_bodies import Units, place_of
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.routing import resource
from ovunque.catalog.listing import sku_of
from ovunque.platform.database import Tx
from ovunque.stock.model import Key
from ovunque.stock.setting_aside import PutBackRequest, put_back

router = resource("stock")


class PutBackBody(Body):
    location: Code
    barcode: Annotated[str, Field(min_length=1, max_length=64)]
    quantity: Units = 1


class PutBackShown(Shown):
    """The level, with these units back on sale."""

    location: str
    sku: str
    on_hand: int
    unavailable: int
    reserved: int
    free: int


@router.post(
    "/put-backs",
    status_code=201,
    response_model=PutBackShown,
    dependencies=[need(Scope.FULFILLMENT)],
)
def post_put_back(body: PutBackBody, call: Caller, once: Once) -> Response:
    """Report picked units of a canceled order as back on their shelf: they are on sale again."""
    location_id = place_of(call, body.location)
    assert location_id is not None, "a location that is named is found or refused"

    def work(tx: Tx) -> PutBackShown:
        key = Key(sku_of(tx, body.barcode), location_id)
        asked = PutBackRequest(key=key, quantity=body.quantity)
        level = put_back(tx, call.by, asked, call.now)
        return PutBackShown(
            location=body.location,
            sku=key.sku,
            on_hand=level.on_hand,
            unavailable=level.unavailable,
            reserved=level.reserved,
            free=level.free,
        )

    return once.run(work)
