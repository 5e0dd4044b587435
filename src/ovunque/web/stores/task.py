"""One task: what is asked for, and the one thing to do next."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import fastapi
from starlette.responses import Response

from ovunque.catalog.listing import find_items
from ovunque.catalog.model import Item
from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.listing import find_work
from ovunque.fulfillment.model import Fulfillment, ParcelState, Reason
from ovunque.fulfillment.model import FulfillmentState as State
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.fulfillment.rules import is_fetched
from ovunque.insight.model import Task, TaskLine
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.orders.listing import list_by_id
from ovunque.orders.model import Order
from ovunque.platform.database import Tx
from ovunque.stock.reading import list_levels_of
from ovunque.web import words
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.due import Due, due_of
from ovunque.web.stores.tasks import here
from ovunque.web.visiting import Visit, Visiting

router = screens(TASKS)

PACKAGING_G = 120  # What a box and its filling weigh, until somebody weighs them.
SCREENS = {
    State.OFFERED: "stores/offer.html",
    State.ACCEPTED: "stores/pick.html",
    State.PICKING: "stores/pick.html",
    State.PICKED: "stores/pack.html",
    State.PACKED: "stores/parcels.html",
    State.READY: "stores/parcels.html",
}
REASONS = {  # By key, as they stand on the screen.
    "1": Reason.NOT_FOUND,
    "2": Reason.DAMAGED,
    "3": Reason.DISPLAY,
    "4": Reason.SOLD_MEANWHILE,
    "5": Reason.NO_TIME,
    "6": Reason.CLOSED,
}


class RejectForm(Form):
    reason: Reason


@router.get("/tasks/{task_id}")
def get_task(
    visit: Visiting, task_id: str, hit: Annotated[str, fastapi.Query(max_length=64)] = ""
) -> Response:
    """The screen of a task's state; `hit` is the sku that was scanned a moment ago."""
    return show(visit, parse_public_id("ful", task_id), hit=hit)


def show(visit: Visit, id_: UUID, *, hit: str = "", status: int = 200, **more: object) -> Response:
    view = visit.read(lambda tx: read(tx, visit, id_))
    if view.work.state == State.READY and is_fetched(view.work):
        template = "stores/collect.html"
    elif view.work.is_live:
        template = SCREENS.get(view.work.state, "stores/done.html")
    else:
        template = "stores/done.html"
    told = {"scanned": "", "wrong": None, "refusal": None, **more}
    return visit.page(template, status=status, view=view, hit=hit, reasons=REASONS, **told)


def read(tx: Tx, visit: Visit, id_: UUID) -> "View":
    work = find_work(tx, visit.by, id_)
    (order,) = list_by_id(tx, [work.order_id])
    items = find_items(tx, {line.sku for line in work.lines})
    stock = {
        level.key.sku: level.on_hand
        for level in list_levels_of(tx, sorted(items))
        if level.key.location_id == work.location_id
    }
    return View(work, order, items, stock, visit)


class View:
    """A fulfillment as whoever works on it sees it."""

    def __init__(
        self,
        work: Fulfillment,
        order: Order,
        items: Mapping[str, Item],
        stock: Mapping[str, int],
        visit: Visit,
    ) -> None:
        self.work = work
        self.id = public_id("ful", work.id)
        self.order = order
        self.service = words.SERVICE[work.service]
        self.word = words.fulfillment_word(work.state, is_fetched=is_fetched(work))
        self.lines = [
            Piece(line, items.get(line.sku), stock.get(line.sku, 0)) for line in lines_of(work)
        ]
        self.units = sum(piece.line.quantity for piece in self.lines)
        self.picked = sum(piece.line.picked for piece in self.lines)
        self.due = due(work, order, visit)
        self.weight_g = PACKAGING_G + sum(piece.weight_g for piece in self.lines)
        self.parcels = [each for each in work.parcels if each.state != ParcelState.VOIDED]


class Piece:
    """Units of one item to take from the shelf."""

    def __init__(self, line: TaskLine, item: Item | None, on_hand: int) -> None:
        self.line = line
        self.item = item
        self.on_hand = on_hand
        self.left = line.quantity - line.picked
        self.weight_g = (item.weight_g if item else 0) * line.quantity


def lines_of(work: Fulfillment) -> list[TaskLine]:
    """Lines by item: a scanner knows nothing of order lines."""
    found: dict[str, TaskLine] = {}
    for line in work.lines:
        before = found.get(line.sku, TaskLine(sku=line.sku, quantity=0, picked=0))
        found[line.sku] = TaskLine(
            sku=line.sku,
            quantity=before.quantity + line.quantity,
            picked=before.picked + line.picked,
        )
    return list(found.values())


def due(work: Fulfillment, order: Order, visit: Visit) -> Due:
    offer = next((each for each in work.offers if each.state == "open"), None)
    task = Task(
        id=work.id,
        order_id=work.order_id,
        order_number=order.number,
        service=work.service,
        state=work.state,
        planned_at=work.planned_at,
        changed_at=work.changed_at,
        carrier_service_id=work.carrier_service_id,
        accept_by=offer.accept_by if offer else None,
        lines=(),
        milestones=order.milestones.get(work.id),
    )
    return due_of(task, here(visit), visit.house.snapshot(), visit.now)


@router.post("/tasks/{task_id}/acceptance")
def post_acceptance(visit: Visiting, task_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    id_ = parse_public_id("ful", task_id)
    visit.transact(lambda tx: accept(tx, visit.by, id_, visit.now))
    return visit.go(f"/tasks/{task_id}")


@router.post("/tasks/{task_id}/rejection")
def post_rejection(
    visit: Visiting, task_id: str, form: Annotated[RejectForm, fastapi.Form()]
) -> Response:
    request = RejectRequest(fulfillment_id=parse_public_id("ful", task_id), reason=form.reason)
    visit.transact(lambda tx: reject(tx, visit.by, request, visit.now))
    return visit.go("/tasks")
