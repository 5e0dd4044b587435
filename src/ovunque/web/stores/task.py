"""One task: what is asked for, and the one thing to do next."""

from typing import Annotated
from uuid import UUID

import fastapi
from starlette.responses import Response

from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.model import FulfillmentState as State
from ovunque.fulfillment.model import Reason
from ovunque.fulfillment.refusing import RefuseRequest, refuse
from ovunque.fulfillment.rules import is_fetched
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.tasks import here
from ovunque.web.stores.undoing import undo_within
from ovunque.web.stores.view import read
from ovunque.web.stores.wave import PICKED_FROM, REASONS, show_wave
from ovunque.web.visiting import Visit, Visiting

router = screens(TASKS)

SCREENS = {
    State.OFFERED: "stores/offer.html",
    State.PICKED: "stores/pack.html",
    State.PACKED: "stores/parcels.html",
    State.READY: "stores/parcels.html",
}


class RejectForm(Form):
    reason: Reason


@router.get("/tasks/{task_id}")
def get_task(
    visit: Visiting,
    task_id: str,
    hit: Annotated[str, fastapi.Query(max_length=64)] = "",
    of: Annotated[str, fastapi.Query(max_length=40)] = "",
) -> Response:
    """The screen of a task's state; `hit` is the sku that was scanned a moment ago."""
    return show(visit, parse_public_id("ful", task_id), hit=hit, of=of)


def show(visit: Visit, id_: UUID, *, status: int = 200, **more: object) -> Response:
    view = visit.read(lambda tx: read(tx, visit, id_, asked=True))
    if view.taken_by:
        return visit.page("stores/lost.html", status=status, view=view)
    if view.work.is_live and view.work.state in PICKED_FROM:
        return show_wave(visit, [public_id("ful", id_)], status=status, **more)
    if view.work.state == State.READY and is_fetched(view.work):
        template = "stores/collect.html"
    elif view.work.is_live:
        template = SCREENS.get(view.work.state, "stores/done.html")
    else:
        template = "stores/done.html"
    told = {"hit": "", "of": "", "refusal": None, **more}
    return visit.page(template, status=status, view=view, reasons=REASONS, **told)


def show_lost(visit: Visit, id_: UUID, refusal: Refusal) -> Response:
    """What happened to a task meanwhile, for whoever was still at it; else why it was refused."""
    if refusal.code not in ("transition_refused", "order_held"):
        raise refusal
    return show(visit, id_, status=refusals.status_of(refusal), refusal=visit.explain(refusal))


@router.post("/tasks/{task_id}/acceptance")
def post_acceptance(visit: Visiting, task_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    id_ = parse_public_id("ful", task_id)
    try:
        visit.transact(lambda tx: accept(tx, visit.by, id_, visit.now))
    except Refusal as refusal:
        if refusal.code != "offer_closed":
            raise
        view = visit.read(lambda tx: read(tx, visit, id_, asked=True))
        if not view.taken_by:  # A colleague of the same place had it, or its time is over.
            raise
        return visit.page("stores/lost.html", status=refusals.status_of(refusal), view=view)
    return visit.go(f"/tasks/{task_id}")


@router.post("/tasks/{task_id}/rejection")
def post_rejection(
    visit: Visiting, task_id: str, form: Annotated[RejectForm, fastapi.Form()]
) -> Response:
    """Say no: it takes effect when it cannot be undone any more."""
    request = RefuseRequest(
        fulfillment_id=parse_public_id("ful", task_id),
        location_id=here(visit).id,
        reason=form.reason,
        within=undo_within(visit),
    )
    visit.transact(lambda tx: refuse(tx, visit.by, request, visit.now))
    return visit.go("/tasks")
