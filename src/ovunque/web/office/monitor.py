"""The orchestration monitor: what waits, who is asked, who says no, and what needs a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.fulfillment.consulting import ANSWER_EXPECTED, list_open_at
from ovunque.insight.orchestrating import Refused, look_over
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders.assigning import AssignRequest, assign
from ovunque.orders.listing import list_by_id
from ovunque.platform import refusals
from ovunque.platform.database import Tx
from ovunque.sourcing import declaring
from ovunque.sourcing.model.declaring import Extent, IncidentRequest
from ovunque.sourcing.publishing import known_in
from ovunque.web import words
from ovunque.web.language import M_, Message
from ovunque.web.office.protections import instant_of
from ovunque.web.screens import OFFICE, Form, screens
from ovunque.web.visiting import Visit, Visiting

router = screens(OFFICE)
DISPATCHERS = frozenset({Role.CARE, Role.MERCHANDISER})
acting = screens(DISPATCHERS)

QUEUES: Mapping[str, Message] = {
    "work_to_offer": M_("queue", "To be offered"),
    "offers_open": M_("queue", "Waiting for an answer"),
    "work_to_source": M_("queue", "To be sourced again"),
    "lines_unserved": M_("queue", "Waiting for goods or a person"),
    "incoming_open": M_("queue", "Announced and not come yet"),
}
NO_ANSWER = M_("queue", "no answer in time")


class IncidentForm(Form):
    location: str = Field(default="", max_length=64)
    carrier: str = Field(default="", max_length=64)
    country: str = Field(default="", max_length=2)
    postal_prefix: str = Field(default="", max_length=10)
    reason: str = Field(default="", max_length=200)
    ends: str = Field(default="", max_length=30)


class AssignForm(Form):
    location: str = Field(max_length=64)


@router.get("/monitor")
def get_monitor(visit: Visiting) -> Response:
    """All of it as of now; news of orders makes it look again."""
    return show(visit)


def show(visit: Visit, refusal: Refusal | None = None) -> Response:
    snapshot = visit.house.snapshot()
    network = snapshot.network
    board = visit.read(lambda tx: look_over(tx, visit.now))
    standing = visit.read(declaring.list_standing)
    names = {each.id: each.name for each in network.locations}
    return visit.page(
        "office/monitor.html",
        status=refusals.status_of(refusal) if refusal else 200,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        board=board,
        queues=QUEUES,
        names=names,
        why_of=why_of,
        incidents=[(public_id("inc", each.id), each) for each in standing],
        questions=visit.read(lambda tx: list_questions(tx, visit)),
        orders=[(public_id("ord", each.order_id), each) for each in board.unassigned],
        places=sorted(network.by_code.values(), key=lambda each: each.name),
        carriers=sorted({each.carrier for each in snapshot.delivery.services}),
        may_act=visit.person.role in DISPATCHERS,
    )


def list_questions(tx: Tx, visit: Visit) -> list["Question"]:
    """Customers who have to say what happens instead of a pickup, the longest waiting first."""
    asked = list_open_at(tx, None)
    orders = {each.id: each for each in list_by_id(tx, sorted({each.order_id for each in asked}))}
    network = visit.house.snapshot().network
    return [
        Question(
            number=orders[each.order_id].number,
            place=network.locations[network.position_of[each.location_id]].name,
            asked_at=each.asked_at,
            is_late=each.asked_at <= visit.now - ANSWER_EXPECTED,
        )
        for each in asked
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    number: str
    place: str
    asked_at: datetime
    is_late: bool


def why_of(refused: Refused) -> Message:
    return words.REASON.get(refused.reason, NO_ANSWER)


@acting.post("/monitor/incidents")
def post_incident(visit: Visiting, form: Annotated[IncidentForm, fastapi.Form()]) -> Response:
    snapshot = visit.house.snapshot()
    known = known_in(snapshot.network, snapshot.delivery)
    extent = Extent(
        location=form.location or None,
        carrier=form.carrier or None,
        country=form.country.strip().upper() or None,
        postal_prefix=form.postal_prefix.strip() or None,
    )
    at = (visit.house.new_id, visit.now)
    try:
        asked = IncidentRequest(
            extent=extent, reason=form.reason.strip(), ends_at=instant_of(form.ends, visit)
        )
        visit.transact(lambda tx: declaring.declare(tx, visit.by, asked, known, at))
    except Refusal as refusal:
        return show(visit, refusal)
    return visit.go("/monitor")


@acting.post("/monitor/incidents/{incident_id}/end")
def post_incident_end(
    visit: Visiting, incident_id: str, _: Annotated[Form, fastapi.Form()]
) -> Response:
    id_ = parse_public_id("inc", incident_id)
    visit.transact(lambda tx: declaring.end(tx, visit.by, id_, visit.now))
    return visit.go("/monitor")


@acting.post("/monitor/orders/{order_id}/assignment")
def post_assignment(
    visit: Visiting, order_id: str, form: Annotated[AssignForm, fastapi.Form()]
) -> Response:
    """By hand, and named in the order's story."""
    asked = AssignRequest(
        order_id=parse_public_id("ord", order_id),
        location=form.location,
        snapshot=visit.house.snapshot(),
        new_id=visit.house.new_id,
    )
    try:
        visit.transact(lambda tx: assign(tx, visit.by, asked, visit.now))
    except Refusal as refusal:
        return show(visit, refusal)
    return visit.go(f"/orders/{order_id}")
