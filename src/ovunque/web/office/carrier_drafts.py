"""Terms are written part by part: each form changes the draft, or begins one of what stands."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.delivery import drafting
from ovunque.delivery.model import (
    CarrierServiceRequest,
    DatedTariff,
    LaneKey,
    LaneRequest,
    Promise,
    ServiceKey,
    Terms,
    Vehicle,
    VolumeCap,
)
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.web import reading
from ovunque.web.office.carriers import ROLES, Zone, lay_out, show
from ovunque.web.screens import Form, screens
from ovunque.web.visiting import Visit, Visiting

STEPS_SHOWN = 8
NEW = "new"
NUMBER = r"^[0-9]{1,6}$"
CODE = Field(max_length=64)

router = screens(ROLES)

Change = Callable[[Terms], Terms]


class PartForm(Form):
    version: str = Field(default="0", pattern=NUMBER)
    start: str = Field(default="", max_length=64)


class NewForm(Form):
    carrier: str = CODE
    service: str = CODE
    name: str = Field(max_length=200)
    promise: Promise = Promise.HOME


class ConditionsForm(PartForm):
    name: str = Field(max_length=200)
    promise: Promise
    cutoff: time | None = None
    pickup_days: list[int] = Field(default=[], max_length=7)
    delivery_days: list[int] = Field(default=[], max_length=7)
    weight_max: str = Field(max_length=20)
    countries: str = Field(default="", max_length=1_000)
    surcharge: str = Field(default="0", max_length=20)
    line_haul: Vehicle
    sorts: str = Field(pattern=r"^[0-9]$")
    last_mile: Vehicle
    stop_m: str = Field(default="", pattern=r"^[0-9]{0,6}$")
    valid_from: date | None = None
    valid_until: date | None = None


class LaneForm(PartForm):
    from_zone: str = CODE
    to_zone: str = CODE
    days: str = Field(default="1", pattern=r"^[0-9]{1,2}$")
    chances: str = Field(default="", max_length=200)
    surcharge: str = Field(default="0", max_length=20)
    weights: list[str] = Field(default=[], max_length=100)
    prices: list[str] = Field(default=[], max_length=100)
    act: str = Field(default="save", pattern="^(save|remove)$")
    tariff: str = Field(default="", max_length=10)  # The first day of one of some days; or new.
    valid_from: date | None = None
    valid_until: date | None = None


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
        faults = [each.detail for each in refusal.errors]
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

    return write(visit, ServiceKey(carrier, service), form, change, "#conditions")


@router.get("/carriers/{carrier}/{service}/lanes")
def get_lane(
    visit: Visiting,
    carrier: str,
    service: str,
    *,
    start: Zone = "",
    end: Annotated[str, fastapi.Query(alias="to", max_length=64)] = "",
    tariff: Annotated[str, fastapi.Query(max_length=10)] = "",
) -> Response:
    """One lane: its days, its steps of weight, its surcharge."""
    key = ServiceKey(carrier, service)
    desk = visit.read(lambda tx: lay_out(tx, key))
    terms = desk.terms(key)
    lane = next(
        (each for each in terms.lanes if (each.from_zone, each.to_zone) == (start, end)), None
    )
    dated = lane.tariffs if lane else ()
    one = next((each for each in dated if str(each.valid_from) == tariff), None)
    shown = one or lane
    rates = [(reading.short(g, 3), reading.written(c, 2)) for g, c in shown.rates] if shown else []
    return visit.page(
        "office/carrier_lane.html",
        asked="",
        key=key,
        name=terms.service.name,
        lane=lane,
        start=start,
        chances=chances_written(lane) if lane else "",
        surcharge=reading.written(shown.surcharge_cents, 2) if shown else "0.00",
        tariff=(tariff if one or tariff == NEW else "") if lane else "",
        one=one,
        rates=rates + [("", "")] * max(2, STEPS_SHOWN - len(rates)),
        zones=sorted(desk.standing.zones.countries),
        version=desk.draft.version if desk.draft else 0,
    )


@router.post("/carriers/{carrier}/{service}/lanes")
def post_lane(
    visit: Visiting, carrier: str, service: str, form: Annotated[LaneForm, fastapi.Form()]
) -> Response:
    """Write a lane, or take it out."""
    at = LaneKey(carrier, service, form.from_zone, form.to_zone)

    def change(terms: Terms) -> Terms:
        others = [each for each in terms.lanes if each.key != at]
        before = next((each for each in terms.lanes if each.key == at), None)
        if before and form.tariff:
            return replace(terms, lanes=(*others, with_tariff(before, form)))
        dated = before.tariffs if before else ()
        kept = [] if form.act == "remove" else [replace(lane_of(at, form), tariffs=dated)]
        return replace(terms, lanes=(*others, *kept))

    form.start = form.from_zone
    return write(visit, ServiceKey(carrier, service), form, change)


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
    """Change the draft as it was seen; where there is none, what stands becomes one."""

    def work(tx: Tx) -> None:
        terms = change(lay_out(tx, key).terms(key))
        drafting.save_draft(
            tx,
            visit.by,
            terms,
            visit.now,
            expected_version=int(form.version),
        )

    try:
        visit.transact(work)
    except Refusal as refusal:
        return show(visit, key, form.start, refusal)
    start = f"?from={form.start}" if form.start else ""
    return visit.go(f"/carriers/{key.carrier}/{key.service}{start}{part}")


def with_tariff(lane: LaneRequest, form: LaneForm) -> LaneRequest:
    """The lane with the prices of some days as they were written, or without them."""
    others = [each for each in lane.tariffs if str(each.valid_from) != form.tariff]
    if form.act == "remove":
        return replace(lane, tariffs=tuple(others))
    if form.valid_from is None:
        raise Refusal("invalid", detail="say from which day on these prices count.")
    fresh = DatedTariff(
        valid_from=form.valid_from,
        valid_until=form.valid_until,
        rates=rates_of(form),
        surcharge_cents=reading.small_units(form.surcharge or "0", 2),
    )
    return replace(lane, tariffs=(*others, fresh))


def rates_of(form: LaneForm) -> tuple[tuple[int, int], ...]:
    pairs = zip(form.weights, form.prices, strict=False)
    told = [(weight, price) for weight, price in pairs if weight.strip() and price.strip()]
    return tuple(
        (reading.small_units(weight, 3), reading.small_units(price, 2)) for weight, price in told
    )


def lane_of(at: LaneKey, form: LaneForm) -> LaneRequest:
    return LaneRequest(
        **at._asdict(),
        transit_days=int(form.days),
        rates=rates_of(form),
        surcharge_cents=reading.small_units(form.surcharge or "0", 2),
        transit_chances_ppm=chances_of(form.chances),
    )


def chances_of(text: str) -> tuple[int, ...]:
    """`1:60 2:30 3:10`: percent by days."""
    told: dict[int, int] = {}
    for each in text.replace(";", " ").split():
        days, colon, percent = each.partition(":")
        if not colon or not days.isascii() or not days.isdigit() or len(days) > 2:
            raise Refusal("invalid", detail="write chances as 1:60 2:30 3:10, percent by days.")
        told[int(days)] = reading.small_units(percent, 4)
    return tuple(told.get(days, 0) for days in range(max(told, default=-1) + 1))


def chances_written(lane: LaneRequest) -> str:
    chances = enumerate(lane.transit_chances_ppm)
    return " ".join(f"{days}:{reading.short(ppm, 4)}" for days, ppm in chances if ppm)
