"""Terms are written part by part: each form changes the draft, or begins one of what stands."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.delivery import drafting
from ovunque.delivery.model import (
    CarrierServiceRequest,
    Promise,
    ServiceKey,
    Terms,
    VolumeCap,
)
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.web import reading
from ovunque.web.office.carrier_forms import CODE, ConditionsForm, PartForm
from ovunque.web.office.carriers import ROLES, lay_out, show
from ovunque.web.screens import Form, screens
from ovunque.web.visiting import Visit, Visiting

router = screens(ROLES)

Change = Callable[[Terms], Terms]


class NewForm(Form):
    carrier: str = CODE
    service: str = CODE
    name: str = Field(max_length=200)
    promise: Promise = Promise.HOME


class CapForm(PartForm):
    location: str = Field(default="", max_length=64)
    parcels: str = Field(default="", pattern=r"^[0-9]{0,7}$")


@router.get("/carriers/new")
def get_new(visit: Visiting) -> Response:
    return visit.page("office/carrier_new.html", asked="", refusal=None, faults=[], form=None)


@router.post("/carriers")
def post_new(visit: Visiting, form: Annotated[NewForm, fastapi.Form()]) -> Response:
    """A service begins as a draft with neither cut-off nor lanes."""
    service = CarrierServiceRequest(
        carrier=form.carrier.strip(),
        service=form.service.strip(),
        name=form.name.strip(),
        promise=form.promise,
        cutoff=None,
        pickup_days=(1, 2, 3, 4, 5),
        parcel_weight_max_g=30_000,
    )
    try:
        if visit.read(drafting.find_standing).terms.get(service.key):
            raise Refusal("already_exists", what=str(service.key))
        visit.transact(
            lambda tx: drafting.save_draft(
                tx, visit.by, Terms(service=service), visit.now, expected_version=0
            )
        )
    except Refusal as refusal:
        told = {"refusal": visit.explain(refusal), "form": form}
        faults = visit.faults_of(refusal)
        return visit.page("office/carrier_new.html", 422, asked="", faults=faults, **told)
    return visit.go(f"/carriers/{service.carrier}/{service.service}")


@router.post("/carriers/{carrier}/{service}/conditions")
def post_conditions(
    visit: Visiting, carrier: str, service: str, form: Annotated[ConditionsForm, fastapi.Form()]
) -> Response:
    def change(terms: Terms) -> Terms:
        changed = replace(
            terms.service,
            name=form.name.strip(),
            promise=form.promise,
            cutoff=form.cutoff,
            pickup_days=tuple(form.pickup_days),
            delivery_days=tuple(form.delivery_days),
            parcel_weight_max_g=reading.small_units(form.weight_max, 3),
            countries=tuple(form.countries.upper().replace(",", " ").split()),
            surcharge_ppm=reading.small_units(form.surcharge, 4),
            line_haul=form.line_haul,
            sorts=int(form.sorts),
            last_mile=form.last_mile,
            stop_m=int(form.stop_m) if form.stop_m else None,
            valid_from=form.valid_from,
            valid_until=form.valid_until,
        )
        return replace(terms, service=changed)

    key = ServiceKey(carrier, service)
    try:
        save(visit, key, form, change)
    except Refusal as refusal:
        return show(visit, key, form.start, refusal, form)
    return visit.go(page_of(key, form.start) + "#conditions")


@router.post("/carriers/{carrier}/{service}/caps")
def post_cap(
    visit: Visiting, carrier: str, service: str, form: Annotated[CapForm, fastapi.Form()]
) -> Response:
    """How many parcels a day; no number: as many as there are."""

    def change(terms: Terms) -> Terms:
        others = tuple(each for each in terms.caps if each.location != form.location)
        if not form.parcels:
            return replace(terms, caps=others)
        cap = VolumeCap(location=form.location, parcels_per_day_max=int(form.parcels))
        return replace(terms, caps=(*others, cap))

    return write(visit, ServiceKey(carrier, service), form, change, "#caps")


@router.post("/carriers/{carrier}/{service}/removal")
def post_removal(
    visit: Visiting, carrier: str, service: str, _: Annotated[PartForm, fastapi.Form()]
) -> Response:
    """Throw the draft away; what is in force stays."""
    key = ServiceKey(carrier, service)
    visit.transact(lambda tx: drafting.discard_draft(tx, key))
    stands = key in visit.read(drafting.find_standing).terms
    return visit.go(f"/carriers/{carrier}/{service}" if stands else "/carriers")


def write(
    visit: Visit, key: ServiceKey, form: PartForm, change: Change, part: str = ""
) -> Response:
    """Change the draft and go back to the page of the service; what is refused is told there."""
    try:
        save(visit, key, form, change)
    except Refusal as refusal:
        return show(visit, key, form.start, refusal)
    return visit.go(page_of(key, form.start) + part)


def save(visit: Visit, key: ServiceKey, form: PartForm, change: Change) -> None:
    """Change the draft as it was seen; where there is none, what stands becomes one."""

    def work(tx: Tx) -> None:
        terms = change(lay_out(tx, key).terms(key))
        drafting.save_draft(tx, visit.by, terms, visit.now, expected_version=int(form.version))

    visit.transact(work)


def page_of(key: ServiceKey, start: str = "") -> str:
    return f"/carriers/{key.carrier}/{key.service}" + (f"?from={start}" if start else "")
