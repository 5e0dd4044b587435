"""The counter: where goods lie, and how they are given to whoever comes for them."""

from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.fulfillment.collecting import CollectRequest, note_wrong_code
from ovunque.fulfillment.listing import find_work
from ovunque.fulfillment.model.signing import PEN, PEN_LENGTH_MAX
from ovunque.fulfillment.shelving import ShelfRequest, shelve
from ovunque.fulfillment.waiting import ExtendRequest, extend
from ovunque.kernel.ids import parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders.agreeing import TillRequest, hand_out, pay_at_till
from ovunque.platform import refusals
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.acting import ActForm, act
from ovunque.web.stores.task import show, show_lost
from ovunque.web.visiting import Visiting

SAID_AGAIN = ("pickup_code_wrong", "identity_needed", "unpaid")

router = screens(TASKS)


class CollectForm(ActForm):
    code: str = Field(default="", max_length=20)
    identity: str = Field(default="", max_length=100)
    collector: str = Field(default="", max_length=100)
    signature: str = Field(default="", pattern=PEN, max_length=PEN_LENGTH_MAX)


class TillForm(Form):
    receipt: str = Field(min_length=1, max_length=100, pattern=r"\S")


class ExtendForm(Form):
    days: int = Field(ge=1, le=30)


class ShelfForm(Form):
    shelf: str = Field(min_length=1, max_length=20, pattern=r"\S")


@router.post("/tasks/{task_id}/collection")
def post_collection(
    visit: Visiting, task_id: str, form: Annotated[CollectForm, fastapi.Form()]
) -> Response:
    """Give a customer what they came for: by their code, or by what showed who they are."""
    id_ = parse_public_id("ful", task_id)
    request = CollectRequest(
        fulfillment_id=id_,
        code=form.code.strip() or None,
        identity=form.identity.strip() or None,
        collector=form.collector.strip() or None,
        signature=form.signature or None,
    )
    try:
        act(visit, form.key, lambda tx: hand_out(tx, visit.by, request, visit.now))
    except Refusal as refusal:
        if refusal.code not in SAID_AGAIN:
            return show_lost(visit, id_, refusal)
        if refusal.code == "pickup_code_wrong":
            visit.transact(lambda tx: note_wrong_code(tx, visit.by, id_, visit.now))
        status = refusals.status_of(refusal)
        return show(visit, id_, status=status, refusal=visit.explain(refusal))
    return visit.go(f"/tasks/{task_id}")


@router.post("/tasks/{task_id}/till-payment")
def post_till_payment(
    visit: Visiting, task_id: str, form: Annotated[TillForm, fastapi.Form()]
) -> Response:
    """The till has the money: its receipt says so."""
    id_ = parse_public_id("ful", task_id)
    work = visit.read(lambda tx: find_work(tx, visit.by, id_))
    request = TillRequest(
        order_id=work.order_id, delivery=work.delivery, receipt=form.receipt.strip()
    )
    visit.transact(lambda tx: pay_at_till(tx, visit.by, request, visit.now))
    return visit.go(f"/tasks/{task_id}")


@router.post("/tasks/{task_id}/extension")
def post_extension(
    visit: Visiting, task_id: str, form: Annotated[ExtendForm, fastapi.Form()]
) -> Response:
    """It waits some days longer: the customer has called."""
    request = ExtendRequest(fulfillment_id=parse_public_id("ful", task_id), days=form.days)
    visit.transact(lambda tx: extend(tx, visit.by, request, visit.now))
    return visit.go(f"/tasks/{task_id}")


@router.post("/tasks/{task_id}/shelf")
def post_shelf(
    visit: Visiting, task_id: str, form: Annotated[ShelfForm, fastapi.Form()]
) -> Response:
    """Say where the goods wait."""
    request = ShelfRequest(
        fulfillment_id=parse_public_id("ful", task_id), shelf=form.shelf.strip().upper()
    )
    visit.transact(lambda tx: shelve(tx, visit.by, request, visit.now))
    return visit.go(f"/tasks/{task_id}")
