"""What things emit: the factors, and the way of what was ordered, leg by leg."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, Strict, StringConstraints

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Country, Name, Shown
from ovunque.api.call import Caller, need
from ovunque.api.editing import as_request
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.routing import resource
from ovunque.delivery import emitting
from ovunque.delivery.model import Basis, EmissionFactor, Quality
from ovunque.delivery.rules.emitting import F5_MAX, YEAR_MAX, YEAR_MIN
from ovunque.kernel.ids import public_id
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.orders.listing import find_order
from ovunque.orders.tracing import Traced, trace
from ovunque.platform.database import Tx

router = resource("delivery")
FACTORS_MAX = 1_000
OrderId = Annotated[UUID, PublicId("ord")]
METHOD = (
    "ISO 14083, as in the GLEC Framework: tank to wheel (TTW) and well to tank (WTT) in CO2e, by "
    "mass, distance and factor; distances are great circles times 1.25 on the road, packaging and "
    "the customer's own way are not counted, offsets never netted."
)


class FactorBody(Body):
    """CO2e for each unit of its basis; the most precise owner wins, then the newest year."""

    vehicle: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(
        description="A vehicle, or hub."
    )
    basis: Annotated[Basis, Strict(False)]
    carrier: Code | None = None
    service: Code | None = None
    region: Country | None = None
    year: int = Field(ge=YEAR_MIN, le=YEAR_MAX)
    ttw_f5: int = Field(ge=0, le=F5_MAX, description="From the tank to the wheel, in 10⁻⁵ kg.")
    wtt_f5: int = Field(ge=0, le=F5_MAX, description="From the well to the tank, in 10⁻⁵ kg.")
    quality: Annotated[Quality, Strict(False)]
    source: Name
    license: Name


class FactorsBody(Body):
    factors: list[FactorBody] = Field(min_length=1, max_length=FACTORS_MAX)


class FactorShown(Shown):
    vehicle: str
    basis: Basis
    carrier: str | None
    service: str | None
    region: str | None
    year: int
    ttw_f5: int
    wtt_f5: int
    quality: Quality
    source: str
    license: str


class FactorsShown(Shown):
    method: str
    data: list[FactorShown]


class FactorsAnswer(Shown):
    created: int
    changed: int
    unchanged: int


class LegShown(Shown):
    """One part of a parcel's way."""

    leg: str
    vehicle: str
    distance_m: int | None = Field(description="None where nothing moves: of a hub, of a box.")
    ttw_mg: int
    wtt_mg: int
    ttw_f5: int
    wtt_f5: int
    quality: Quality


class WayShown(Shown):
    fulfillment: str
    weight_g: int
    planned_g: int | None = Field(description="As its plan said: factors may have changed since.")
    emissions_g: int
    quality: Quality
    legs: list[LegShown]


class EmissionsAnswer(Shown):
    method: str
    fulfillments: list[WayShown]


@router.get("/emission-factors", dependencies=[need(Scope.READ)])
def get_factors(call: Caller) -> FactorsShown:
    """Every factor with its source, year, license and quality."""
    found = call.read(emitting.list_factors)
    return FactorsShown(method=METHOD, data=[show_factor(each) for each in found])


@router.post("/emission-factors", status_code=201, dependencies=[need(Scope.CONFIG)])
def post_factors(body: FactorsBody, call: Caller, once: Once) -> FactorsAnswer:
    """Tell factors, of everybody or of a carrier; of the same owner and year it is replaced."""
    asked = [
        as_request(
            EmissionFactor,
            each,
            carrier=each.carrier or "",
            service=each.service or "",
            region=each.region or "",
        )
        for each in body.factors
    ]

    def work(tx: Tx) -> FactorsAnswer:
        try:
            saved = emitting.save_factors(tx, call.by, asked, call.now, call.services.new_id)
        except Refusal as refusal:
            raise within_factors(refusal) from None
        return FactorsAnswer(
            created=saved.created, changed=saved.changed, unchanged=saved.unchanged
        )

    return once.run(work)  # type: ignore[return-value]


def within_factors(refusal: Refusal) -> Refusal:
    errors = tuple(
        Fault(f"/factors{each.pointer}", each.code, each.detail) for each in refusal.errors
    )
    return Refusal("invalid", errors=errors, **refusal.details)


@router.get("/orders/{order_id}/emissions", dependencies=[need(Scope.ORDERS)])
def get_emissions(order_id: OrderId, call: Caller) -> EmissionsAnswer:
    """What an order emits, fulfillment by fulfillment and leg by leg, with today's factors."""
    snapshot = call.services.snapshot()

    def work(tx: Tx) -> list[Traced]:
        order = find_order(tx, order_id)
        works = [each for each in order.fulfillments if each.replaced_at is None]
        return list(trace(tx, snapshot, order, works).values())

    return EmissionsAnswer(method=METHOD, fulfillments=[show_way(each) for each in call.read(work)])


def show_factor(factor: EmissionFactor) -> FactorShown:
    return FactorShown(
        vehicle=factor.vehicle,
        basis=factor.basis,
        carrier=factor.carrier or None,
        service=factor.service or None,
        region=factor.region or None,
        year=factor.year,
        ttw_f5=factor.ttw_f5,
        wtt_f5=factor.wtt_f5,
        quality=factor.quality,
        source=factor.source,
        license=factor.license,
    )


def show_way(traced: Traced) -> WayShown:
    return WayShown(
        fulfillment=public_id("ful", traced.fulfillment_id),
        weight_g=traced.weight_g,
        planned_g=traced.planned_g,
        emissions_g=traced.emissions_g,
        quality=traced.quality,
        legs=[
            LegShown(
                leg=each.leg.name,
                vehicle=vehicle,
                distance_m=each.distance_m,
                ttw_mg=each.leg.ttw_mg,
                wtt_mg=each.leg.wtt_mg,
                ttw_f5=each.factor.ttw_f5,
                wtt_f5=each.factor.wtt_f5,
                quality=each.leg.quality,
            )
            for vehicle, each in traced.legs
        ],
    )
