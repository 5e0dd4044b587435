"""Picking: scan by scan or by hand, what is missing with its reason."""

from typing import Annotated
from uuid import UUID

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.catalog.listing import find_item, sku_of
from ovunque.catalog.model import Item
from ovunque.fulfillment.model import Reason, Wanted
from ovunque.fulfillment.picking import PickRequest, pick
from ovunque.fulfillment.picking_short import ShortRequest, pick_short
from ovunque.fulfillment.rules import pickup_code
from ovunque.kernel.ids import parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.scanning import code_of
from ovunque.web.stores.task import show
from ovunque.web.visiting import Visit, Visiting

CONFLICT = 409
UNITS_MAX = 10_000

router = screens(TASKS)

Sku = Annotated[str, Field(min_length=1, max_length=64)]
Units = Annotated[int, Field(ge=1, le=UNITS_MAX)]


class ScanForm(Form):
    code: str = Field(default="", max_length=200)


class PickForm(Form):
    sku: Sku
    quantity: Units


class ShortForm(PickForm):
    reason: Reason


@router.post("/tasks/{task_id}/scans")
def post_scan(visit: Visiting, task_id: str, form: Annotated[ScanForm, fastapi.Form()]) -> Response:
    """One scan, one unit; what does not belong here fills the screen until somebody has seen it."""
    id_, code = parse_public_id("ful", task_id), code_of(form.code)
    if not code:
        return visit.go(f"/tasks/{task_id}")
    item = find_scanned(visit, code)
    if item is None:
        return show(visit, id_, status=CONFLICT, scanned=code, wrong="unknown")
    try:
        take(visit, id_, item.sku, 1)
    except Refusal as refusal:
        if refusal.code != "not_to_pick":
            raise
        return show(visit, id_, status=CONFLICT, scanned=code, wrong=item)
    return visit.go(f"/tasks/{task_id}?hit={item.sku}")


@router.post("/tasks/{task_id}/picks")
def post_pick(visit: Visiting, task_id: str, form: Annotated[PickForm, fastapi.Form()]) -> Response:
    """Units taken without a scanner."""
    take(visit, parse_public_id("ful", task_id), form.sku, form.quantity)
    return visit.go(f"/tasks/{task_id}?hit={form.sku}")


@router.post("/tasks/{task_id}/shortages")
def post_shortage(
    visit: Visiting, task_id: str, form: Annotated[ShortForm, fastapi.Form()]
) -> Response:
    """Units that are not there: the rest goes on, they are sourced again elsewhere."""
    request = ShortRequest(
        fulfillment_id=parse_public_id("ful", task_id),
        missing=Wanted(line_id=None, sku=form.sku, quantity=form.quantity),
        reason=form.reason,
        pickup_code=pickup_code(visit.house.new_secret()),
        new_id=visit.house.new_id,
    )
    work = visit.transact(lambda tx: pick_short(tx, visit.by, request, visit.now))
    return visit.go(f"/tasks/{task_id}" if work.is_live and work.stage != "reserved" else "/tasks")


def find_scanned(visit: Visit, code: str) -> Item | None:
    try:
        return visit.read(lambda tx: find_item(tx, sku_of(tx, code)))
    except Refusal:
        return None


def take(visit: Visit, fulfillment_id: UUID, sku: str, quantity: int) -> None:
    request = PickRequest(
        fulfillment_id=fulfillment_id,
        picked=Wanted(line_id=None, sku=sku, quantity=quantity),
        pickup_code=pickup_code(visit.house.new_secret()),
    )
    visit.transact(lambda tx: pick(tx, visit.by, request, visit.now))
