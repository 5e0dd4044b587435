"""What becomes of an order after it was placed, when somebody wants it otherwise."""

from collections.abc import Callable
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, Name, Shown
from ovunque.api.call import Caller, need
from ovunque.api.fulfillments_bodies import FulfillmentId
from ovunque.api.idempotent import Once, OnceAlways
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.routing import resource
from ovunque.fulfillment.listing import find_work
from ovunque.fulfillment.model import WithdrawReason
from ovunque.fulfillment.model.keeping_back import HoldAsk, HoldReason, OnExpiry
from ovunque.fulfillment.rules import pickup_code
from ovunque.fulfillment.rules.keeping_back import MINUTES_MAX
from ovunque.fulfillment.withdrawing import WithdrawRequest, withdraw
from ovunque.kernel.refusal import Refusal
from ovunque.orders.assigning import AssignRequest, assign
from ovunque.orders.canceling import CancelRequest, cancel
from ovunque.orders.keeping_back import HoldBackRequest, hold_back, release
from ovunque.orders.listing import find_order
from ovunque.orders.model import CancelReason, Order, OrderStatus
from ovunque.platform.database import Tx

router = resource("orders")

Route = Callable[..., Response]
OrderId = Annotated[UUID, PublicId("ord")]
LineId = Annotated[UUID, PublicId("lin")]


class CancelBody(Body):
    reason: Annotated[CancelReason, Field(strict=False)]


class SourceAgainBody(Body):
    """Work that is taken away from its location; its units find another one."""

    fulfillment: FulfillmentId
    reason: Annotated[WithdrawReason, Field(strict=False)]


class AssignmentBody(Body):
    """Where a person wants what no rule found a place for."""

    location: Code


class HoldBody(Body):
    """Why nobody shall work on it, and who looks at it; nobody named: who asks for it."""

    reason: Annotated[HoldReason, Field(strict=False)]
    owner: Annotated[Name, Field(max_length=100)] | None = None
    minutes: Annotated[int, Field(ge=1, le=MINUTES_MAX)] | None = Field(
        default=None, description="It ends by itself after them, or at expires_at."
    )
    expires_at: Instant | None = None
    on_expiry: Annotated[OnExpiry | None, Field(strict=False)] = Field(
        default=None, description="Whether the order goes on then, as it does if nothing is said."
    )


class ReleaseBody(Body):
    reason: Annotated[HoldReason | None, Field(strict=False)] = Field(
        default=None, description="Which hold is over; none: all of them."
    )


class HoldOfOrder(Shown):
    reason: HoldReason
    owner: str
    held_at: Instant
    held_by: str
    expires_at: Instant | None
    on_expiry: OnExpiry | None


class ChangedLine(Shown):
    id: LineId
    sku: str
    quantity: int
    unplaced: int
    backordered: int
    expected_on: date | None
    canceled: int
    reserved: int
    in_work: int
    shipped: int
    delivered: int
    collected: int


class OrderChanged(Shown):
    """An order after a change: how far each line has come."""

    id: OrderId
    number: str
    status: str
    holds: list[HoldOfOrder]
    lines: list[ChangedLine]


def change(name: str) -> Callable[[Route], Route]:
    """A route that changes an order, and answers how far each of its lines has come."""
    return router.post(
        f"/orders/{{order_id}}/{name}",
        status_code=201,
        response_model=OrderChanged,
        dependencies=[need(Scope.ORDERS)],
    )


@change("cancellations")
def post_cancellation(
    order_id: OrderId, body: CancelBody, call: Caller, once: OnceAlways
) -> Response:
    """Cancel an order as far as it has not left; what has left goes on."""
    asked = CancelRequest(
        order_id=order_id,
        reason=body.reason,
        pickup_code=pickup_code(call.services.new_secret()),
        new_id=call.new_id,
    )
    return once.run(lambda tx: changed(cancel(tx, call.by, asked, call.now)))


@change("resourcings")
def post_resourcing(order_id: OrderId, body: SourceAgainBody, call: Caller, once: Once) -> Response:
    """Take work away from its location: its units are sourced again within a second."""
    asked = WithdrawRequest(fulfillment_id=body.fulfillment, reason=body.reason)

    def work(tx: Tx) -> OrderChanged:
        if find_work(tx, call.by, body.fulfillment).order_id != order_id:
            raise Refusal("not_found", what="fulfillment of this order")
        withdraw(tx, call.by, asked, call.now)
        return changed(find_order(tx, order_id))

    return once.run(work)


@change("assignments")
def post_assignment(order_id: OrderId, body: AssignmentBody, call: Caller, once: Once) -> Response:
    """Give the units that no rule found a place for to a location that a person has chosen."""
    asked = AssignRequest(
        order_id=order_id,
        location=body.location,
        snapshot=call.services.snapshot(),
        new_id=call.new_id,
    )
    return once.run(lambda tx: changed(assign(tx, call.by, asked, call.now)))


@change("holds")
def post_order_hold(order_id: OrderId, body: HoldBody, call: Caller, once: Once) -> Response:
    """Keep an order back: its stock stays reserved, and nobody begins to work on it."""
    asked = HoldBackRequest(order_id=order_id, asked=HoldAsk(**dict(body)))
    return once.run(lambda tx: changed(hold_back(tx, call.by, asked, call.now)))


@change("releases")
def post_order_release(order_id: OrderId, body: ReleaseBody, call: Caller, once: Once) -> Response:
    """Let an order go on, unless another hold still stands: its work is offered at once."""
    asked = (order_id, body.reason)
    return once.run(lambda tx: changed(release(tx, call.by, asked, call.now)))


def changed(order: Order) -> OrderChanged:
    return OrderChanged(
        id=order.id,
        number=order.number,
        status=OrderStatus(order.status).value,
        holds=[HoldOfOrder.model_validate(each, from_attributes=True) for each in order.holds],
        lines=[
            ChangedLine(
                id=line.id,
                sku=line.sku,
                quantity=line.ordered,
                unplaced=line.unplaced,
                backordered=line.backordered,
                expected_on=line.expected_on,
                canceled=line.canceled,
                reserved=line.reserved,
                in_work=line.in_work,
                shipped=line.shipped,
                delivered=line.delivered,
                collected=line.collected,
            )
            for line in order.lines
        ],
    )
