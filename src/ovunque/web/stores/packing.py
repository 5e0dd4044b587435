"""Parcels: closed with their weight, labeled, opened again."""

from collections import Counter
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.fulfillment.changing_carrier import CarrierRequest
from ovunque.fulfillment.labeling import (
    LabelRequest,
    find_label,
    find_parcel,
    find_to_label,
    label_by_hand,
    list_troubles,
    try_again,
)
from ovunque.fulfillment.model import Parcel, Wanted
from ovunque.fulfillment.packing import PackRequest, pack
from ovunque.fulfillment.ports import Label
from ovunque.fulfillment.unpacking import unpack
from ovunque.integrations.carriers.papers import PDF, SlipPaper, SlipRow, draw_label, draw_slip
from ovunque.integrations.carriers.zpl import ZPL, zpl_label
from ovunque.kernel.ids import parse_public_id, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders.addressing import describe, service_of
from ovunque.orders.carrying import Carriage, carry_otherwise, choose_carriage, list_carriages
from ovunque.orders.listing import find_order
from ovunque.platform.database import Tx
from ovunque.web.language import M_, say
from ovunque.web.pages import title_of
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.acting import ActForm, act
from ovunque.web.stores.task import show_lost
from ovunque.web.stores.view import read
from ovunque.web.visiting import Visit, Visiting

WEIGHT_MAX_G = 1_000_000
UNITS_MAX = 1_000_000
ROWS_MAX = 500

SLIP = M_("slip", "Your order")
SLIP_COLUMNS = (M_("slip", "Item"), M_("slip", "Number"), M_("slip", "Units"))

router = screens(TASKS)


class PackForm(ActForm):
    """One parcel; what goes in stands pair by pair, nothing named: all that is left."""

    weight_g: int = Field(ge=1, le=WEIGHT_MAX_G)
    sku: list[str] = Field(default=[], max_length=ROWS_MAX)
    units: list[Annotated[int, Field(ge=0, le=UNITS_MAX)]] = Field(default=[], max_length=ROWS_MAX)

    @property
    def contents(self) -> list[Wanted] | None:
        named = [
            Wanted(line_id=None, sku=sku, quantity=units)
            for sku, units in zip(self.sku, self.units, strict=False)
            if units
        ]
        return named or None


@router.post("/tasks/{task_id}/parcels")
def post_parcel(
    visit: Visiting, task_id: str, form: Annotated[PackForm, fastapi.Form()]
) -> Response:
    """What is named goes into one parcel, or all that is left; its label comes by itself."""
    id_ = parse_public_id("ful", task_id)
    request = PackRequest(
        fulfillment_id=id_,
        weight_g=form.weight_g,
        contents=form.contents,
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


class NumberForm(Form):
    """A number that somebody has from the carrier, as it will stand in a bar code."""

    tracking: str = Field(min_length=4, max_length=40, pattern=r"^[0-9A-Za-z]+$")


@router.post("/parcels/{parcel_id}/label")
def post_label(visit: Visiting, parcel_id: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """The carrier is asked again at once."""
    id_ = parse_public_id("par", parcel_id)
    visit.transact(lambda tx: try_again(tx, visit.by, id_, visit.now))
    return visit.go(task_of(visit, id_))


@router.post("/parcels/{parcel_id}/tracking")
def post_tracking(
    visit: Visiting, parcel_id: str, form: Annotated[NumberForm, fastapi.Form()]
) -> Response:
    """Without the carrier's label: a number by hand, and a label of ours with it."""
    id_ = parse_public_id("par", parcel_id)
    tracking, snapshot = form.tracking.upper(), visit.house.snapshot()

    def describe_it(tx: Tx) -> bytes:
        shipment = describe(tx, snapshot, find_parcel(tx, visit.by, id_))
        return draw_label(shipment, tracking, visit.now)

    label = Label(tracking=tracking, media_type=PDF, content=visit.read(describe_it))
    request = LabelRequest(parcel_id=id_, label=label)
    visit.transact(lambda tx: label_by_hand(tx, visit.by, request, visit.now))
    return visit.go(task_of(visit, id_))


@router.get("/parcels/{parcel_id}/carriers")
def get_carriers(visit: Visiting, parcel_id: str) -> Response:
    """Who else takes a parcel to where it goes, and when it would be there."""
    id_ = parse_public_id("par", parcel_id)
    snapshot = visit.house.snapshot()

    def work(tx: Tx) -> tuple[Parcel, tuple[Carriage, ...], Mapping[UUID, str], str]:
        parcel = find_parcel(tx, visit.by, id_)
        found = list_carriages(tx, snapshot, parcel, visit.now)
        return parcel, found, list_troubles(tx, [parcel]), find_order(tx, parcel.order_id).currency

    parcel, carriages, troubles, currency = visit.read(work)
    return visit.page(
        "stores/other_carrier.html",
        parcel=parcel,
        service=service_of(snapshot, parcel.carrier_service_id),
        carriages=carriages,
        currency=currency,
        trouble=troubles.get(parcel.id, ""),
    )


class CarrierForm(Form):
    carrier: str = Field(min_length=1, max_length=64)
    service: str = Field(min_length=1, max_length=64)


@router.post("/parcels/{parcel_id}/carriers")
def post_carrier(
    visit: Visiting, parcel_id: str, form: Annotated[CarrierForm, fastapi.Form()]
) -> Response:
    """The same goods with another carrier; a label of the first one is given back."""
    id_ = parse_public_id("par", parcel_id)
    snapshot = visit.house.snapshot()

    def work(tx: Tx) -> Parcel:
        carriages = list_carriages(tx, snapshot, find_parcel(tx, visit.by, id_), visit.now)
        chosen = choose_carriage(carriages, form.carrier, form.service)
        request = CarrierRequest(
            parcel_id=id_,
            carrier_service_id=chosen.service.id,
            figures=chosen.figures,
            company_prefix=visit.house.settings.company_prefix,
            new_id=visit.house.new_id,
        )
        return carry_otherwise(tx, visit.by, request, visit.now)

    parcel = visit.transact(work)
    return visit.go(f"/tasks/{public_id('ful', parcel.fulfillment_id)}")


def task_of(visit: Visit, parcel_id: UUID) -> str:
    parcel = visit.read(lambda tx: find_parcel(tx, visit.by, parcel_id))
    return f"/tasks/{public_id('ful', parcel.fulfillment_id)}"


@router.get("/parcels/{parcel_id}/label")
def get_label(visit: Visiting, parcel_id: str) -> Response:
    """What is stuck on a parcel, ready to print."""
    id_ = parse_public_id("par", parcel_id)
    media_type, content = visit.read(lambda tx: find_label(tx, visit.by, id_))
    headers = {"Content-Disposition": f'inline; filename="{parcel_id}"'}
    return Response(content, headers=headers, media_type=media_type)


@router.get("/parcels/{parcel_id}/label.zpl")
def get_thermal_label(visit: Visiting, parcel_id: str) -> Response:
    """The same label for a thermal printer; refused as long as it has not been bought."""
    id_ = parse_public_id("par", parcel_id)
    snapshot = visit.house.snapshot()

    def work(tx: Tx) -> bytes:
        parcel = find_to_label(tx, visit.by, id_)
        if parcel.tracking is None:
            raise Refusal("not_found", what="label: it has not been bought yet")
        return zpl_label(describe(tx, snapshot, parcel), parcel.tracking)

    headers = {"Content-Disposition": f'attachment; filename="{parcel_id}.zpl"'}
    return Response(visit.read(work), headers=headers, media_type=ZPL)


@router.get("/parcels/{parcel_id}/slip")
def get_slip(visit: Visiting, parcel_id: str) -> Response:
    """What lies in a parcel, on a sheet for whoever opens it."""
    id_ = parse_public_id("par", parcel_id)
    paper = visit.read(lambda tx: read_slip(tx, visit, id_))
    return Response(draw_slip(paper), media_type=PDF)


def read_slip(tx: Tx, visit: Visit, parcel_id: UUID) -> SlipPaper:
    parcel = find_parcel(tx, visit.by, parcel_id)
    view = read(tx, visit, parcel.fulfillment_id)
    titles = {piece.line.sku: piece.item for piece in view.lines}
    inside = Counter[str]()
    for line in view.work.lines:
        if line.parcel_id == parcel.id:
            inside[line.sku] += line.quantity
    return SlipPaper(
        order=view.order.number,
        sscc=parcel.sscc,
        title=say(visit.language, SLIP),
        columns=[say(visit.language, each) for each in SLIP_COLUMNS],
        gift=view.order.gift,
        at=parcel.opened_at,
        rows=[
            SlipRow(title=title_of(visit.language, titles[sku], sku), sku=sku, quantity=units)
            for sku, units in sorted(inside.items())
        ],
    )
