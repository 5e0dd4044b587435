"""Parcels that customers fetch here come from elsewhere: each is scanned as it comes in."""

from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.fulfillment.receiving import ReceiveRequest, receive
from ovunque.fulfillment.rules import pickup_code
from ovunque.insight.arriving import EXPECTED_MAX, Arriving, find_arriving, list_expected
from ovunque.kernel.ids import public_id
from ovunque.web import words
from ovunque.web.screens import TASKS, Form, screens
from ovunque.web.stores.scanning import code_of
from ovunque.web.stores.tasks import here
from ovunque.web.visiting import Visit, Visiting

CONFLICT = 409

router = screens(TASKS)


class ScanForm(Form):
    code: str = Field(default="", max_length=200)


@router.get("/arrivals")
def get_arrivals(
    visit: Visiting, hit: Annotated[str, fastapi.Query(max_length=40)] = ""
) -> Response:
    """What is on its way here, and what has just been received."""
    found = visit.read(lambda tx: find_arriving(tx, hit)) if hit else None
    mine = found if found is not None and found.collect_at == here(visit).id else None
    return show(visit, hit=mine)


@router.post("/arrivals/scans")
def post_scan(visit: Visiting, form: Annotated[ScanForm, fastapi.Form()]) -> Response:
    """One scan, one parcel; what does not belong here fills the screen until it was seen."""
    code = code_of(form.code)
    if not code:
        return visit.go("/arrivals")
    found = visit.read(lambda tx: find_arriving(tx, code))
    if found is None:
        return show(visit, status=CONFLICT, scanned=code, wrong="unknown")
    if found.collect_at != here(visit).id:
        return show(visit, status=CONFLICT, scanned=code, wrong="elsewhere", elsewhere=found)
    if found.arrived_at is not None:
        return show(visit, status=CONFLICT, scanned=code, wrong="again", elsewhere=found)
    request = ReceiveRequest(
        location_id=here(visit).id,
        sscc=found.sscc,
        pickup_code=pickup_code(visit.house.new_secret()),
    )
    visit.transact(lambda tx: receive(tx, visit.by, request, visit.now))
    return visit.go(f"/arrivals?hit={found.sscc}")


class Row:
    """A parcel in the list."""

    def __init__(self, parcel: Arriving, visit: Visit) -> None:
        snapshot = visit.house.snapshot()
        network = snapshot.network
        position = network.position_of.get(parcel.location_id)
        services = {each.id: each for each in snapshot.delivery.services}
        service = services.get(parcel.carrier_service_id)
        self.parcel = parcel
        self.task = public_id("ful", parcel.fulfillment_id)
        self.word = words.PARCEL[parcel.state]
        self.service = words.SERVICE[parcel.service]
        self.origin = network.locations[position].name if position is not None else ""
        self.carrier = service.name if service else ""
        self.is_late = parcel.arrives_at is not None and parcel.arrives_at < visit.now


def show(
    visit: Visit,
    *,
    status: int = 200,
    hit: Arriving | None = None,
    scanned: str = "",
    wrong: str = "",
    elsewhere: Arriving | None = None,
) -> Response:
    expected = visit.read(lambda tx: list_expected(tx, here(visit).id))
    network = visit.house.snapshot().network
    at = network.position_of.get(elsewhere.collect_at) if elsewhere else None
    return visit.page(
        "stores/arrivals.html",
        status=status,
        rows=[Row(each, visit) for each in expected],
        is_cut=len(expected) == EXPECTED_MAX,
        hit=Row(hit, visit) if hit else None,
        left=sum(each.fulfillment_id == hit.fulfillment_id for each in expected) if hit else 0,
        scanned=scanned,
        wrong=wrong,
        elsewhere=elsewhere,
        place=network.locations[at].name if at is not None else "",
    )
