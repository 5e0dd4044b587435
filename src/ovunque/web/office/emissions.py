"""What things emit, for each kilometer and tonne: factors with where they come from."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.delivery import emitting
from ovunque.delivery.model import HUB, PACKAGING, Basis, EmissionFactor, Quality, Vehicle
from ovunque.kernel.refusal import Refusal
from ovunque.web import reading, words
from ovunque.web.language import M_, Message
from ovunque.web.screens import OFFICE, Form, only, screens
from ovunque.web.visiting import Visit, Visiting

DIGITS = 5
EDITORS = frozenset({Role.MERCHANDISER, Role.ADMIN})

BASIS: Mapping[str, Message] = {
    "tonne_km": M_("basis", "tonne and kilometer"),
    "vehicle_km": M_("basis", "kilometer of the vehicle"),
    "tonne_handled": M_("basis", "tonne handled"),
    "parcel": M_("basis", "parcel"),
}
router = screens(OFFICE | {Role.ADMIN})


class FactorForm(Form):
    vehicle: str = Field(max_length=40)
    basis: Basis
    owner: str = Field(default="", max_length=130)
    region: str = Field(default="", max_length=2)
    year: str = Field(pattern=r"^[0-9]{4}$")
    ttw: str = Field(max_length=20)
    wtt: str = Field(max_length=20)
    quality: Quality
    source: str = Field(max_length=200)
    license: str = Field(max_length=200)


@router.get("/emissions")
def get_emissions(visit: Visiting) -> Response:
    return show(visit)


@router.post("/emissions", dependencies=[only(EDITORS)])
def post_factor(visit: Visiting, form: Annotated[FactorForm, fastapi.Form()]) -> Response:
    """A carrier's own figure, or a better one for everybody."""
    carrier, _, service = form.owner.partition(" ")
    try:
        factor = EmissionFactor(
            vehicle=form.vehicle,
            basis=form.basis,
            carrier=carrier,
            service=service,
            region=form.region.strip().upper(),
            year=int(form.year),
            ttw_f5=reading.small_units(form.ttw, DIGITS),
            wtt_f5=reading.small_units(form.wtt, DIGITS),
            quality=form.quality,
            source=form.source.strip(),
            license=form.license.strip(),
        )
        visit.transact(
            lambda tx: emitting.save_factors(tx, visit.by, [factor], visit.now, visit.house.new_id)
        )
    except Refusal as refusal:
        return show(visit, refusal, form)
    return visit.go("/emissions")


class Row:
    """A factor as a line of the table."""

    def __init__(self, factor: EmissionFactor, visit: Visit) -> None:
        f = visit.formatter
        self.factor = factor
        self.name = words.VEHICLE[factor.vehicle]
        self.basis = BASIS[factor.basis]
        self.quality = words.QUALITY[factor.quality]
        self.owner = "/".join(each for each in (factor.carrier, factor.service) if each)
        self.ttw, self.wtt, self.all = (
            f.number(Decimal(value).scaleb(-DIGITS), decimals=3)
            for value in (factor.ttw_f5, factor.wtt_f5, factor.ttw_f5 + factor.wtt_f5)
        )


def show(visit: Visit, refusal: Refusal | None = None, form: FactorForm | None = None) -> Response:
    factors = visit.read(emitting.list_factors)
    services = visit.house.snapshot().delivery.services
    year: datetime = visit.now
    return visit.page(
        "office/emissions.html",
        status=200 if refusal is None else 422,
        asked="",
        form=form,
        refusal=visit.explain(refusal) if refusal else None,
        faults=visit.faults_of(refusal),
        own=[Row(each, visit) for each in factors if each.carrier],
        rows=[Row(each, visit) for each in factors if not each.carrier],
        may_edit=visit.person.role in EDITORS,
        vehicles=[(each, words.VEHICLE[each]) for each in (*Vehicle, HUB, PACKAGING)],
        bases=[(each.value, BASIS[each]) for each in Basis],
        qualities=[(each.value, words.QUALITY[each].message) for each in Quality],
        carriers=sorted({each.carrier for each in services}),
        services=services,
        year=year.year,
    )
