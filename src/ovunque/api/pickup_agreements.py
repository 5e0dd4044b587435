"""Who may fetch a delivery, and what is paid at the till before it is handed over."""

from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Currency, Instant, Name, Shown
from ovunque.api.call import Caller, need
from ovunque.api.customers import CollectorBody, CollectorShown, collector_of, show_collector
from ovunque.api.idempotent import OnceAlways
from ovunque.api.orders_changes import OrderId
from ovunque.api.routing import resource
from ovunque.orders.agreeing import AgreeRequest, TillRequest, agree, pay_at_till
from ovunque.orders.model import Agreement

router = resource("orders")

Nth = Annotated[int, Field(ge=0, le=499)]


class ToPay(Body):
    """An amount in minor units of its currency."""

    amount: Annotated[int, Field(ge=1, le=100_000_000_000)]
    currency: Currency


class AgreementBody(Body):
    """All that is agreed about fetching a delivery: it replaces what was agreed before."""

    delivery: Nth = 0
    collector: CollectorBody | None = None
    to_pay: ToPay | None = None


class TillPaymentBody(Body):
    delivery: Nth = 0
    receipt: Annotated[Name, Field(max_length=100)]


class AgreementShown(Shown):
    """`collector`: null, the customer. `to_pay` and `unpaid`: in minor units of the order."""

    order: OrderId
    delivery: int
    collector: CollectorShown | None
    to_pay: int | None
    unpaid: int
    receipt: str | None
    paid_at: Instant | None


@router.post(
    "/orders/{order_id}/pickup-agreements",
    status_code=201,
    response_model=AgreementShown,
    dependencies=[need(Scope.ORDERS)],
)
def post_agreement(
    order_id: OrderId, body: AgreementBody, call: Caller, once: OnceAlways
) -> Response:
    """Say who may fetch it, and what is still to be paid at the till."""
    asked = AgreeRequest(
        order_id=order_id,
        delivery=body.delivery,
        collector=collector_of(body.collector),
        to_pay=body.to_pay.amount if body.to_pay else None,
        currency=body.to_pay.currency if body.to_pay else None,
    )
    return once.run(lambda tx: shown(order_id, agree(tx, call.by, asked, call.now)))


@router.post(
    "/orders/{order_id}/till-payments",
    status_code=201,
    response_model=AgreementShown,
    dependencies=[need(Scope.ORDERS)],
)
def post_till_payment(
    order_id: OrderId, body: TillPaymentBody, call: Caller, once: OnceAlways
) -> Response:
    """The till has the money: from now on it is handed over."""
    asked = TillRequest(order_id=order_id, delivery=body.delivery, receipt=body.receipt)
    return once.run(lambda tx: shown(order_id, pay_at_till(tx, call.by, asked, call.now)))


def shown(order_id: UUID, agreed: Agreement) -> AgreementShown:
    return AgreementShown(
        order=order_id,
        delivery=agreed.delivery,
        collector=show_collector(agreed.collector),
        to_pay=agreed.to_pay,
        unpaid=agreed.unpaid,
        receipt=agreed.receipt,
        paid_at=agreed.paid_at,
    )
