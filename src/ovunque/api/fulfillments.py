"""The work of locations, as programs see it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.orders_shown import show_work
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.listing import find_work, list_work
from ovunque.fulfillment.model import Fulfillment, FulfillmentState, OfferState, Reason
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.sourcing.snapshot import Snapshot

router = resource("fulfillments")

FulfillmentId = Annotated[UUID, PublicId("ful")]
LineId = Annotated[UUID, PublicId("lin")]


class FulfillmentLineShown(Shown):
    line: str
    sku: str
    quantity: int
    picked: int


class OfferShown(Shown):
    location: str
    state: OfferState
    opened_at: Instant
    accept_by: Instant | None
    closed_at: Instant | None
    closed_by: str | None
    reason: str | None


class FulfillmentShown(Shown):
    """What one location is to prepare of an order."""

    id: str
    order: str
    location: str
    state: FulfillmentState
    service: str
    delivery: int
    planned_at: Instant
    changed_at: Instant
    replaced_at: Instant | None
    lines: list[FulfillmentLineShown]
    offers: list[OfferShown]


class AcceptBody(Body):
    """A location takes the work; there is nothing else to say."""


class RejectBody(Body):
    reason: Annotated[Reason, Field(strict=False)]
    lines: list[LineId] | None = Field(
        default=None, min_length=1, max_length=500, description="Of which it is true; none: all."
    )


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


@router.get("/fulfillments/{fulfillment_id}", dependencies=[need(Scope.FULFILLMENT)])
def get_fulfillment(fulfillment_id: FulfillmentId, call: Caller) -> FulfillmentShown:
    """One fulfillment with its lines and offers."""
    work = call.read(lambda tx: find_work(tx, call.by, fulfillment_id))
    return show(work, call.services.snapshot())


@router.post(
    "/fulfillments/{fulfillment_id}/acceptance",
    status_code=201,
    response_model=FulfillmentShown,
    dependencies=[need(Scope.FULFILLMENT)],
)
def post_acceptance(
    fulfillment_id: FulfillmentId, _: AcceptBody, call: Caller, once: Once
) -> Response:
    """Take what was offered: the first one has it."""

    def work(tx: Tx) -> FulfillmentShown:
        accept(tx, call.by, fulfillment_id, call.now)
        return read(tx, call, fulfillment_id)

    return once.run(work)


@router.post(
    "/fulfillments/{fulfillment_id}/rejection",
    status_code=201,
    response_model=FulfillmentShown,
    dependencies=[need(Scope.FULFILLMENT)],
)
def post_rejection(
    fulfillment_id: FulfillmentId, body: RejectBody, call: Caller, once: Once
) -> Response:
    """Say no, and why: its units are sourced again elsewhere within a second."""
    asked = RejectRequest(fulfillment_id=fulfillment_id, reason=body.reason, line_ids=body.lines)

    def work(tx: Tx) -> FulfillmentShown:
        reject(tx, call.by, asked, call.now)
        return read(tx, call, fulfillment_id)

    return once.run(work)


def read(tx: Tx, call: Call, fulfillment_id: UUID) -> FulfillmentShown:
    """A fulfillment as it stands after what was done to it in this transaction."""
    return show(find_work(tx, call.by, fulfillment_id), call.services.snapshot())


def show(work: Fulfillment, snapshot: Snapshot) -> FulfillmentShown:
    return FulfillmentShown.model_validate(show_work(work, snapshot), from_attributes=True)
