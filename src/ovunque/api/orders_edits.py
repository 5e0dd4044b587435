"""Edits of an order: looked at first, then done, all changes of one together or none."""

from typing import Annotated

from fastapi import Query, Response

from ovunque.access.model import Scope
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import IfMatch, etag
from ovunque.api.idempotent import JSON, Once, OnceAlways
from ovunque.api.orders_edits_bodies import (
    EditBody,
    EditDifference,
    EditedLine,
    EditedPromise,
    EditedUnits,
    EditedWork,
    EditMoney,
    EditRefusal,
    OrderEdited,
    OrderId,
)
from ovunque.api.orders_shown import code_of
from ovunque.api.routing import resource
from ovunque.fulfillment.rules import pickup_code
from ovunque.kernel.refusal import Refusal
from ovunque.orders.editing import EditRequest, Foreseen, edit, preview, undo
from ovunque.orders.listing import find_order
from ovunque.orders.model import Order
from ovunque.orders.model.editing import Edited, Touch
from ovunque.platform.database import Tx
from ovunque.platform.refusals import explain
from ovunque.sourcing.snapshot import Snapshot

router = resource("orders")

PREVIEW = Query(description="Say what would happen, and do nothing. Needs no Idempotency-Key.")


@router.post(
    "/orders/{order_id}/edits",
    status_code=201,
    response_model=OrderEdited,
    responses={200: {"model": OrderEdited, "description": "What would happen."}},
    dependencies=[need(Scope.ORDERS)],
)
def post_order_edit(
    order_id: OrderId,
    body: EditBody,
    call: Caller,
    *,
    once: Once,
    seen: IfMatch,
    preview: Annotated[bool, PREVIEW] = False,
) -> Response:
    """Change an order that stands: units, lines, where it goes, what is written with it."""
    asked = request_of(call, order_id, body, seen)
    if preview:
        return foresee(call, asked)
    if once.key is None:
        raise Refusal("idempotency_key_missing")
    snapshot = asked.snapshot
    return once.run(lambda tx: shown(edit(tx, call.by, asked, call.now), snapshot, is_new=True))


@router.post(
    "/orders/{order_id}/edits/undo",
    status_code=201,
    response_model=OrderEdited,
    dependencies=[need(Scope.ORDERS)],
)
def post_order_edit_undo(order_id: OrderId, call: Caller, once: OnceAlways) -> Response:
    """Turn the last edit back, unless the order has changed since, or is too far on its way."""
    asked = request_of(call, order_id, None, None)
    snapshot = asked.snapshot
    return once.run(lambda tx: shown(undo(tx, call.by, asked, call.now), snapshot, is_new=True))


def request_of(
    call: Call, order_id: OrderId, body: EditBody | None, seen: int | None
) -> EditRequest:
    return EditRequest(
        order_id=order_id,
        changes=tuple(each.change() for each in body.changes) if body else (),
        version=seen,
        arrive_by=body.arrive_by if body else None,
        snapshot=call.services.snapshot(),
        pickup_code=pickup_code(call.services.new_secret()),
        new_id=call.new_id,
    )


def foresee(call: Call, asked: EditRequest) -> Response:
    """The preview, with the version that it was made on."""

    def look(tx: Tx) -> tuple[Order, Foreseen]:
        return find_order(tx, asked.order_id), preview(tx, call.by, asked, call.now)

    order, found = call.transact(look)
    if isinstance(found, Refusal):
        edited = Edited(before=order, after=order)
        told = shown(edited, asked.snapshot, is_new=False)
        told = told.model_copy(update={"refusals": refusals_of(found)})
    else:
        told = shown(found, asked.snapshot, is_new=False)
    headers = {"ETag": etag(order.version)}
    return Response(told.model_dump_json(), 200, headers, JSON)


def refusals_of(refusal: Refusal) -> list[EditRefusal]:
    """Each thing that is in the way; of what has no place in the body the whole sentence."""
    if not refusal.errors:
        return [EditRefusal(code=refusal.code, pointer="", detail=explain(refusal))]
    return [
        EditRefusal(code=each.code, pointer=each.pointer, detail=each.detail)
        for each in refusal.errors
    ]


def shown(edited: Edited, snapshot: Snapshot, *, is_new: bool) -> OrderEdited:
    """What was done, or would be: then nothing new has an id, and the version is the old one."""
    before, after = edited.before, edited.after
    known = {line.id for line in before.lines}
    amounts = (before.goods_cents, after.goods_cents, edited.difference)
    was, now, difference = (EditMoney(amount=n, currency=after.currency) for n in amounts)
    return OrderEdited(
        id=after.id,
        number=after.number,
        status=after.status.value,
        version=after.version if is_new else before.version,
        preview=not is_new,
        lines=[
            EditedLine(
                id=line.id if is_new or line.id in known else None,
                sku=line.sku,
                delivery=line.delivery,
                was=units,
                quantity=line.wanted,
            )
            for units, line in edited.lines
        ],
        money=EditDifference(before=was, after=now, difference=difference),
        fulfillments=[
            EditedWork(
                id=work.id if is_new or touch != Touch.NEW else None,
                location=code_of(work.location_id, snapshot),
                touch=touch,
                state=work.state,
                delivery=work.delivery,
                arrives_at=work.arrives_at,
                lines=[EditedUnits(sku=row.sku, quantity=row.quantity) for row in work.lines],
            )
            for touch, work in edited.works
        ],
        promises=[
            EditedPromise(delivery=each.delivery, was=told, latest=each.told)
            for told, each in edited.promises
        ],
        refusals=[],
    )
