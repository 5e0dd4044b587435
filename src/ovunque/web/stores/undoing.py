"""Taps that were a mistake: for a moment an answer to an offer is undone, without being asked."""

from datetime import timedelta
from typing import Annotated

import fastapi
from starlette.responses import Response

from ovunque.fulfillment.refusing import take_back
from ovunque.fulfillment.reopening import ReopenRequest, reopen
from ovunque.kernel.ids import parse_public_id
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.acting import WaveForm, tasks_of
from ovunque.web.visiting import Visit, Visiting

HEARD = timedelta(seconds=2)  # A tap in the last moment takes its time to come here.

router = screens(TASKS)


def undo_within(visit: Visit) -> timedelta:
    """How long the bar stands there."""
    return timedelta(seconds=visit.house.settings.undo_seconds)


@router.post("/tasks/{task_id}/reopening")
def post_reopening(
    visit: Visiting, task_id: str, form: Annotated[WaveForm, fastapi.Form()]
) -> Response:
    """What was accepted a moment ago is offered again, with all that was accepted with it."""
    within = undo_within(visit) + HEARD
    for name in tasks_of(form.wave, task_id):
        request = ReopenRequest(fulfillment_id=parse_public_id("ful", name), within=within)
        visit.transact(lambda tx, asked=request: reopen(tx, visit.by, asked, visit.now))  # type: ignore[misc]
    return visit.go("/tasks?band=accept")


@router.post("/tasks/{task_id}/restoring")
def post_restoring(visit: Visiting, task_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """What was refused a moment ago waits for an answer again."""
    id_, place = parse_public_id("ful", task_id), visit.person.location_id
    assert place is not None, "whoever has tasks works at a location"
    visit.transact(lambda tx: take_back(tx, visit.by, (id_, place), visit.now))
    return visit.go(f"/tasks/{task_id}")
