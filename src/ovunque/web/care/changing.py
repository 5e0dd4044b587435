"""What customer service does to an order: cancel what has not left, send work elsewhere."""

from typing import Annotated, Literal

import fastapi
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.fulfillment.listing import find_work
from ovunque.fulfillment.model import WithdrawReason
from ovunque.fulfillment.model.consulting import Consent
from ovunque.fulfillment.model.keeping_back import HoldAsk, HoldReason, OnExpiry
from ovunque.fulfillment.rules import pickup_code
from ovunque.fulfillment.withdrawing import WithdrawRequest, withdraw
from ovunque.kernel.ids import parse_public_id
from ovunque.orders.canceling import CancelRequest, cancel
from ovunque.orders.keeping_back import HoldBackRequest, hold_back, release
from ovunque.orders.listing import find_by_number, find_order
from ovunque.orders.model import CancelReason
from ovunque.web.answering import AnswerForm, write_down
from ovunque.web.screens import Form, screens
from ovunque.web.visiting import Visiting

router = screens(frozenset({Role.CARE}))


class CancelForm(Form):
    reason: CancelReason


class HoldForm(Form):
    """How long, in minutes: nothing, until somebody releases it."""

    reason: HoldReason
    minutes: Literal["", "60", "1440", "4320", "10080"] = ""
    on_expiry: OnExpiry = OnExpiry.RELEASE


class ReleaseForm(Form):
    reason: HoldReason


@router.post("/orders/{number}/cancellations")
def post_cancellation(
    visit: Visiting, number: str, form: Annotated[CancelForm, fastapi.Form()]
) -> Response:
    """What has left goes on; all the rest is given back."""
    order = visit.read(lambda tx: find_by_number(tx, number))
    request = CancelRequest(
        order_id=order.id,
        reason=form.reason,
        pickup_code=pickup_code(visit.house.new_secret()),
        new_id=visit.house.new_id,
    )
    visit.transact(lambda tx: cancel(tx, visit.by, request, visit.now))
    return visit.go(f"/orders/{number}")


@router.post("/orders/{number}/holds")
def post_hold(visit: Visiting, number: str, form: Annotated[HoldForm, fastapi.Form()]) -> Response:
    """Nobody begins to work on it until somebody has looked; whoever asks for it does."""
    order = visit.read(lambda tx: find_by_number(tx, number))
    asked = HoldAsk(
        reason=form.reason,
        owner=visit.person.name,
        minutes=int(form.minutes) if form.minutes else None,
        on_expiry=form.on_expiry if form.minutes else None,
    )
    request = HoldBackRequest(order_id=order.id, asked=asked)
    visit.transact(lambda tx: hold_back(tx, visit.by, request, visit.now))
    return visit.go(f"/orders/{number}")


@router.post("/orders/{number}/releases")
def post_release(
    visit: Visiting, number: str, form: Annotated[ReleaseForm, fastapi.Form()]
) -> Response:
    """It goes on, unless another reason keeps it back."""
    order = visit.read(lambda tx: find_by_number(tx, number))
    visit.transact(lambda tx: release(tx, visit.by, (order.id, form.reason), visit.now))
    return visit.go(f"/orders/{number}")


@router.post("/orders/{number}/pickup-answers")
def post_pickup_answer(
    visit: Visiting, number: str, form: Annotated[AnswerForm, fastapi.Form()]
) -> Response:
    """What a customer said on the phone about goods that their store does not hand over."""
    order = visit.read(lambda tx: find_by_number(tx, number))
    write_down(visit, order, form, Consent.PHONE)
    return visit.go(f"/orders/{number}")


@router.post("/fulfillments/{fulfillment_id}/withdrawal")
def post_withdrawal(
    visit: Visiting, fulfillment_id: str, _: Annotated[Form, fastapi.Form()]
) -> Response:
    """Take work away from its location: it is sourced again without it, within a second."""
    request = WithdrawRequest(
        fulfillment_id=parse_public_id("ful", fulfillment_id), reason=WithdrawReason.REROUTE
    )
    work = visit.read(lambda tx: find_work(tx, visit.by, request.fulfillment_id))
    visit.transact(lambda tx: withdraw(tx, visit.by, request, visit.now))
    order = visit.read(lambda tx: find_order(tx, work.order_id))
    return visit.go(f"/orders/{order.number}")
