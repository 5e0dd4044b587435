"""What is known of a person: masked until opened, handed out, forgotten."""

from typing import Annotated
from uuid import UUID

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.customers import erasing, opening, rules
from ovunque.customers.listing import find_customer
from ovunque.customers.opening import OpenRequest
from ovunque.kernel.ids import parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders import archiving, forgetting
from ovunque.orders.archiving import ArchiveRequest
from ovunque.orders.listing import find_by_number
from ovunque.platform import clock, refusals
from ovunque.platform.sealing.signing import open_signer
from ovunque.web.screens import Form, only, proof, screens
from ovunque.web.visiting import Visit, Visiting

PROVEN = proof()
ZIP = "application/zip"

router = screens(frozenset({Role.CARE, Role.ADMIN}))


class OpeningForm(Form):
    order: str = Field(default="", max_length=40)


@router.get("/customers/{customer_id}/data")
def get_personal_data(visit: Visiting, customer_id: str) -> Response:
    return show(visit, parse_public_id("cus", customer_id))


@router.post("/customers/{customer_id}/openings", dependencies=[only(frozenset({Role.CARE}))])
def post_opening(
    visit: Visiting, customer_id: str, form: Annotated[OpeningForm, fastapi.Form()]
) -> Response:
    """Contact data in the clear for half an hour: who opened it stands in the order's story."""
    id_ = parse_public_id("cus", customer_id)
    visit.read(lambda tx: find_customer(tx, id_))
    order = visit.read(lambda tx: find_by_number(tx, form.order)) if form.order else None
    if order is not None and order.customer_id != id_:
        raise Refusal("not_found", what="order of this customer")
    request = OpenRequest(customer_id=id_, order_id=order.id if order else None)
    opening.open_contact(visit.house.database, visit.by, request, visit.now)
    return visit.go(f"/orders/{order.number}" if order else f"/customers/{customer_id}/data")


@router.post("/customers/{customer_id}/archive", dependencies=[PROVEN])
def post_archive(visit: Visiting, customer_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """All that is known of them, in one signed archive."""
    signer = open_signer(visit.house.settings.home, clock.new_seed())
    request = ArchiveRequest(customer_id=parse_public_id("cus", customer_id), signer=signer)
    made = visit.transact(lambda tx: archiving.archive(tx, visit.by, request, visit.now))
    headers = {"Content-Disposition": f'attachment; filename="{customer_id}.zip"'}
    return Response(made, media_type=ZIP, headers=headers)


@router.post("/customers/{customer_id}/erasure", dependencies=[PROVEN])
def post_erasure(visit: Visiting, customer_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    id_ = parse_public_id("cus", customer_id)
    try:
        visit.transact(lambda tx: forgetting.ask(tx, visit.by, id_, visit.now))
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        return show(visit, id_, refusal)
    return visit.go(f"/customers/{customer_id}/data")


def show(visit: Visit, customer_id: UUID, refusal: Refusal | None = None) -> Response:
    customer = visit.read(lambda tx: find_customer(tx, customer_id))
    is_open = visit.read(lambda tx: opening.is_open(tx, visit.by, customer_id, visit.now))
    return visit.page(
        "care/personal.html",
        status=refusals.status_of(refusal) if refusal else 200,
        asked="",
        customer=customer if is_open else rules.masked(customer),
        is_open=is_open,
        may_open=visit.person.role == Role.CARE,
        erasure=visit.read(lambda tx: erasing.find_erasure(tx, customer_id)),
        openings=list(reversed(visit.read(lambda tx: opening.list_openings(tx, customer_id)))),
        refusal=visit.explain(refusal) if refusal else None,
    )
