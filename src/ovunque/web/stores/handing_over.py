"""The carrier is here: what goes with it is handed over, and stands on a manifest."""

from typing import Annotated
from uuid import UUID

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.fulfillment.manifesting import (
    PARCELS_MAX,
    Closed,
    ManifestRequest,
    SignRequest,
    close_manifest,
    find_manifest,
    list_to_hand_over,
    sign,
)
from ovunque.fulfillment.model.signing import PEN, PEN_LENGTH_MAX
from ovunque.integrations.carriers.papers import PDF, ManifestPaper, ManifestRow, draw_manifest
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders.listing import list_by_id
from ovunque.platform.database import Tx
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.tasks import here
from ovunque.web.visiting import Visit, Visiting

router = screens(TASKS)


class HandOverForm(Form):
    carrier: str = Field(min_length=1, max_length=64)
    is_chosen: bool = False  # Then those that were scanned go, and no others.
    parcel: list[str] = Field(default=[], max_length=PARCELS_MAX)


class SignForm(Form):
    name: str = Field(min_length=1, max_length=100, pattern=r"\S")
    signature: str = Field(default="", pattern=PEN, max_length=PEN_LENGTH_MAX)


@router.get("/carriers/{carrier}")
def get_carrier(visit: Visiting, carrier: str) -> Response:
    """What waits for a carrier, to be scanned parcel by parcel."""
    location, ids = here(visit), services_of(visit, carrier)
    waiting = visit.read(lambda tx: list_to_hand_over(tx, visit.by, location.id, ids))
    orders = visit.read(lambda tx: list_by_id(tx, [parcel.order_id for parcel in waiting]))
    numbers = {order.id: order.number for order in orders}
    return visit.page("stores/manifest.html", visitor=carrier, rows=waiting, orders=numbers)


def services_of(visit: Visit, carrier: str) -> list[UUID]:
    services = visit.house.snapshot().delivery.services
    return [each.id for each in services if each.carrier == carrier]


@router.post("/handovers")
def post_handover(visit: Visiting, form: Annotated[HandOverForm, fastapi.Form()]) -> Response:
    """Every labeled parcel of a carrier goes, or those that were scanned; all of them or none."""
    chosen = [parse_public_id("par", each) for each in dict.fromkeys(form.parcel)]
    if form.is_chosen and not chosen:
        raise Refusal("nothing_to_hand_over")
    request = ManifestRequest(
        id=visit.house.new_id(),
        location_id=here(visit).id,
        carrier=form.carrier,
        service_ids=services_of(visit, form.carrier),
        parcel_ids=chosen or None,
    )
    visit.transact(lambda tx: close_manifest(tx, visit.by, request, visit.now))
    return visit.go(f"/handovers/{public_id('man', request.id)}")


@router.get("/handovers/{manifest_id}")
def get_handover(visit: Visiting, manifest_id: str) -> Response:
    """What went with a carrier."""
    paper = visit.read(lambda tx: read(tx, visit, manifest_id))
    return visit.page("stores/handover.html", paper=paper)


@router.post("/handovers/{manifest_id}/signature")
def post_signature(
    visit: Visiting, manifest_id: str, form: Annotated[SignForm, fastapi.Form()]
) -> Response:
    """Whoever takes the parcels signs for them, by name, and with a pen where there is one."""
    request = SignRequest(
        manifest_id=parse_public_id("man", manifest_id),
        name=form.name.strip(),
        signature=form.signature or None,
    )
    visit.transact(lambda tx: sign(tx, visit.by, request, visit.now))
    return visit.go(f"/handovers/{manifest_id}")


@router.get("/handovers/{manifest_id}/document")
def get_document(visit: Visiting, manifest_id: str) -> Response:
    """The manifest on paper, for two signatures."""
    paper = visit.read(lambda tx: read(tx, visit, manifest_id))
    return Response(draw_manifest(paper), media_type=PDF)


def read(tx: Tx, visit: Visit, manifest_id: str) -> ManifestPaper:
    closed: Closed = find_manifest(tx, visit.by, parse_public_id("man", manifest_id))
    orders = list_by_id(tx, [parcel.order_id for parcel in closed.parcels])
    numbers = {order.id: order.number for order in orders}
    return ManifestPaper(
        number=manifest_id,
        carrier=closed.manifest.carrier,
        location=here(visit).name,
        closed_at=closed.manifest.closed_at,
        closed_by=closed.manifest.closed_by,
        signed_by=closed.manifest.signed_by,
        signature=closed.manifest.signature,
        rows=[
            ManifestRow(
                tracking=parcel.tracking or "",
                sscc=parcel.sscc,
                order=numbers[parcel.order_id],
                weight_g=parcel.weight_g,
            )
            for parcel in closed.parcels
        ],
    )
