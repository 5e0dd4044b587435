"""The work of locations, as programs see it."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Instant, Shown
from ovunque.api.call import Caller, need
from ovunque.api.identifiers import Code
from ovunque.api.orders import show_work
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.fulfillment.model import Fulfillment, FulfillmentState
from ovunque.fulfillment.planning import list_work
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.sourcing.snapshot import Snapshot

router = resource("fulfillments")


class FulfillmentLineShown(Shown):
    line: str
    sku: str
    quantity: int


class FulfillmentShown(Shown):
    """What one location is to prepare of an order."""

    id: str
    order: str
    location: str
    state: str
    service: str
    delivery: int
    planned_at: Instant
    lines: list[FulfillmentLineShown]


@router.get("/fulfillments", dependencies=[need(Scope.FULFILLMENT)])
def get_fulfillments(
    call: Caller,
    page: Paging,
    location: Annotated[Code | None, Query()] = None,
    state: Annotated[FulfillmentState | None, Query(), Field(strict=False)] = None,
) -> Listed[FulfillmentShown]:
    """The work of a location, or of all, oldest first."""
    snapshot = call.services.snapshot()
    at = snapshot.network.by_code.get(location) if location else None
    if location and at is None:
        raise Refusal("not_found", what=f"location {location}")
    work = call.read(
        lambda tx: list_work(
            tx,
            location_id=at.id if at else None,
            state=state,
            after=parse_public_id("ful", page.after) if page.after else None,
            limit=page.rows_max,
        )
    )
    return page.show(
        work, lambda each: show(each, snapshot), lambda each: public_id("ful", each.id)
    )


def show(work: Fulfillment, snapshot: Snapshot) -> FulfillmentShown:
    told = show_work(work, snapshot)
    return FulfillmentShown(
        id=told.id,
        order=told.order,
        location=told.location,
        state=told.state,
        service=told.service,
        delivery=told.delivery,
        planned_at=told.planned_at,
        lines=[
            FulfillmentLineShown(line=each.line, sku=each.sku, quantity=each.quantity)
            for each in told.lines
        ],
    )
