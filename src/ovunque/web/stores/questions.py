"""Customers whom this store does not serve: what they said instead, at its own counter."""

from typing import Annotated

import fastapi
from starlette.responses import Response

from ovunque.customers.listing import list_names
from ovunque.fulfillment import consulting
from ovunque.fulfillment.model.consulting import Consent
from ovunque.kernel.ids import parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders.listing import find_order, list_by_id
from ovunque.platform import refusals
from ovunque.web.answering import AnswerForm, write_down
from ovunque.web.asking import Asked
from ovunque.web.screens import TASKS, screens
from ovunque.web.stores.tasks import here
from ovunque.web.visiting import Visit, Visiting

SAID_AGAIN = ("cannot_deliver", "invalid", "busy")

router = screens(TASKS)


@router.get("/questions")
def get_questions(visit: Visiting) -> Response:
    """Whoever is asked what happens instead of what this store does not hand over."""
    return show(visit)


def show(visit: Visit, refusal: Refusal | None = None) -> Response:
    at = here(visit).id
    network = visit.house.snapshot().network
    open_ = visit.read(lambda tx: consulting.list_open_at(tx, at))
    orders = visit.read(lambda tx: list_by_id(tx, sorted({each.order_id for each in open_})))
    names = visit.read(lambda tx: list_names(tx, {order.customer_id for order in orders}))
    found = [
        (names.get(order.customer_id, ""), Asked.of(order, each.delivery, network))
        for each in open_
        for order in orders
        if order.id == each.order_id
    ]
    return visit.page(
        "stores/questions.html",
        status=refusals.status_of(refusal) if refusal else 200,
        rows=[(name, asked) for name, asked in found if asked is not None],
        refusal=visit.explain(refusal) if refusal else None,
    )


@router.post("/questions/{order_id}")
def post_answer(
    visit: Visiting, order_id: str, form: Annotated[AnswerForm, fastapi.Form()]
) -> Response:
    """What the customer said, here at the counter."""
    id_ = parse_public_id("ord", order_id)
    order = visit.transact(lambda tx: find_order(tx, id_))
    try:
        write_down(visit, order, form, Consent.COUNTER)
    except Refusal as refusal:
        if refusal.code not in SAID_AGAIN:
            raise
        return show(visit, refusal)
    return visit.go("/questions")
