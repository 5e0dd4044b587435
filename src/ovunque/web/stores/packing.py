"""Parcels: closed with their weight, labeled; and what is handed over the counter."""

from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.fulfillment.collecting import CollectRequest, collect
from ovunque.fulfillment.labeling import find_label
from ovunque.fulfillment.packing import PackRequest, pack
from ovunque.kernel.ids import parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.task import show
from ovunque.web.visiting import Visiting

WEIGHT_MAX_G = 1_000_000

router = screens(TASKS)


class PackForm(Form):
    weight_g: int = Field(ge=1, le=WEIGHT_MAX_G)


class CollectForm(Form):
    code: str = Field(default="", max_length=20)
    identity: str = Field(default="", max_length=100)


@router.post("/tasks/{task_id}/parcels")
def post_parcel(
    visit: Visiting, task_id: str, form: Annotated[PackForm, fastapi.Form()]
) -> Response:
    """Everything that is left goes into one parcel; its label comes by itself."""
    request = PackRequest(
        fulfillment_id=parse_public_id("ful", task_id),
        weight_g=form.weight_g,
        company_prefix=visit.house.settings.company_prefix,
        new_id=visit.house.new_id,
    )
    visit.transact(lambda tx: pack(tx, visit.by, request, visit.now))
    return visit.go(f"/tasks/{task_id}")


@router.get("/parcels/{parcel_id}/label")
def get_label(visit: Visiting, parcel_id: str) -> Response:
    """What is stuck on a parcel, ready to print."""
    id_ = parse_public_id("par", parcel_id)
    media_type, content = visit.read(lambda tx: find_label(tx, visit.by, id_))
    headers = {"Content-Disposition": f'inline; filename="{parcel_id}"'}
    return Response(content, headers=headers, media_type=media_type)


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
    )
    try:
        visit.transact(lambda tx: collect(tx, visit.by, request, visit.now))
    except Refusal as refusal:
        if refusal.code != "pickup_code_wrong":
            raise
        status = refusals.status_of(refusal)
        return show(visit, id_, status=status, refusal=visit.explain(refusal))
    return visit.go(f"/tasks/{task_id}")
