"""What a customer says when their store does not hand over what they wanted to fetch there."""

from typing import Annotated

from fastapi import Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Country, Name, Short
from ovunque.api.call import Caller, need
from ovunque.api.idempotent import OnceAlways
from ovunque.api.orders_changes import OrderChanged, OrderId, changed
from ovunque.api.routing import resource
from ovunque.customers.model import ContactRequest
from ovunque.fulfillment.model.consulting import Consent, Instead
from ovunque.orders.consenting import AnswerRequest, answer_for

router = resource("orders")


class AnswerAddress(Body):
    """Where it goes instead."""

    name: Name | None = None
    phone: Short | None = None
    street: Name
    postal_code: Annotated[str, Field(min_length=1, max_length=20)]
    city: Name
    region: Name | None = None
    country: Country


class PickupAnswerBody(Body):
    """`transfer`: to the same store, from elsewhere. `delivery`: to an address.

    `consent` says how the customer was heard: by answering a message, by phone, at the counter.
    """

    delivery: Annotated[int, Field(ge=0, le=499)] = 0
    answer: Annotated[Instead, Field(strict=False)]
    consent: Annotated[Consent, Field(strict=False)]
    address: AnswerAddress | None = None


@router.post(
    "/orders/{order_id}/pickup-answers",
    status_code=201,
    response_model=OrderChanged,
    dependencies=[need(Scope.ORDERS)],
)
def post_pickup_answer(
    order_id: OrderId, body: PickupAnswerBody, call: Caller, once: OnceAlways
) -> Response:
    """Say what the customer wants: until then its units are kept, and nobody sends them."""
    asked = AnswerRequest(
        order_id=order_id,
        delivery=body.delivery,
        answer=body.answer,
        consent=body.consent,
        address=ContactRequest(**body.address.model_dump()) if body.address else None,
        snapshot=call.services.snapshot(),
        new_id=call.new_id,
    )
    return once.run(lambda tx: changed(answer_for(tx, call.by, asked, call.now)))
