"""Parcels: closed with their weight, labeled; and what is handed over the counter."""

from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.fulfillment.collecting import CollectRequest, collect
from ovunque.fulfillment.labeling import find_label
from ovunque.fulfillment.packing import PackRequest, pack
from ovunque.fulfillment.unpacking import unpack
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.acting import ActForm, act
from ovunque.web.stores.task import show, show_lost
from ovunque.web.visiting import Visiting

WEIGHT_MAX_G = 1_000_000

router = screens(TASKS)


class PackForm(ActForm):
    weight_g: int = Field(ge=1, le=WEIGHT_MAX_G)


class CollectForm(ActForm):
    code: str = Field(default="", max_length=20)
    identity: str = Field(default="", max_length=100)


@router.post("/tasks/{task_id}/parcels")
def post_parcel(
    visit: Visiting, task_id: str, form: Annotated[PackForm, fastapi.Form()]
) -> Response:
    """Everything that is left goes into one parcel; its label comes by itself."""
    id_ = parse_public_id("ful", task_id)
    request = PackRequest(
        fulfillment_id=id_,
        weight_g=form.weight_g,
        company_prefix=visit.house.settings.company_prefix,
        new_id=visit.house.new_id,
    )
    try:
        act(visit, form.key, lambda tx: pack(tx, visit.by, request, visit.now))
    except Refusal as refusal:
        return show_lost(visit, id_, refusal)
    return visit.go(f"/tasks/{task_id}")


@router.post("/parcels/{parcel_id}/opening")
def post_opening(visit: Visiting, parcel_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """A parcel packed too early is opened again, and its label given back."""
    id_ = parse_public_id("par", parcel_id)
    parcel = visit.transact(lambda tx: unpack(tx, visit.by, id_, visit.now))
    return visit.go(f"/tasks/{public_id('ful', parcel.fulfillment_id)}")


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
        act(visit, form.key, lambda tx: collect(tx, visit.by, request, visit.now))
    except Refusal as refusal:
        if refusal.code != "pickup_code_wrong":
            return show_lost(visit, id_, refusal)
        status = refusals.status_of(refusal)
        return show(visit, id_, status=status, refusal=visit.explain(refusal))
    return visit.go(f"/tasks/{task_id}")
