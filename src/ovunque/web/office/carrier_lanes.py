"""One lane of a service: its days, its steps of weight, its prices of some days."""

from dataclasses import replace
from datetime import date
from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.delivery.model import DatedTariff, LaneKey, LaneRequest, ServiceKey, Terms
from ovunque.kernel.money import digits_of
from ovunque.kernel.refusal import Refusal
from ovunque.web import reading
from ovunque.web.office.carrier_drafts import page_of, save
from ovunque.web.office.carrier_forms import CODE, PartForm
from ovunque.web.office.carriers import ROLES, Zone, lay_out
from ovunque.web.screens import screens
from ovunque.web.visiting import Visit, Visiting

STEPS_SHOWN = 8
NEW = "new"

router = screens(ROLES)


class LaneForm(PartForm):
    from_zone: str = CODE
    to_zone: str = CODE
    days: str = Field(default="1", pattern=r"^[0-9]{1,2}$")
    chances: str = Field(default="", max_length=2_000)
    surcharge: str = Field(default="0", max_length=20)
    weights: list[str] = Field(default=[], max_length=100)
    prices: list[str] = Field(default=[], max_length=100)
    act: str = Field(default="save", pattern="^(save|remove)$")
    tariff: str = Field(default="", max_length=10)  # The first day of one of some days; or new.
    valid_from: date | None = None
    valid_until: date | None = None


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
    return show_lane(visit, LaneKey(carrier, service, start, end), tariff)


@router.post("/carriers/{carrier}/{service}/lanes")
def post_lane(
    visit: Visiting, carrier: str, service: str, form: Annotated[LaneForm, fastapi.Form()]
) -> Response:
    """Write a lane, or take it out."""
    at = LaneKey(carrier, service, form.from_zone, form.to_zone)
    digits = digits_of(visit.currency)

    def change(terms: Terms) -> Terms:
        others = [each for each in terms.lanes if each.key != at]
        before = next((each for each in terms.lanes if each.key == at), None)
        if before and form.tariff:
            return replace(terms, lanes=(*others, with_tariff(before, form, digits)))
        dated = before.tariffs if before else ()
        kept = [] if form.act == "remove" else [replace(lane_of(at, form, digits), tariffs=dated)]
        return replace(terms, lanes=(*others, *kept))

    key = ServiceKey(carrier, service)
    try:
        save(visit, key, form, change)
    except Refusal as refusal:
        return show_lane(visit, at, form.tariff, refusal, form)
    return visit.go(page_of(key, form.from_zone))


def show_lane(
    visit: Visit,
    at: LaneKey,
    tariff: str,
    refusal: Refusal | None = None,
    typed: LaneForm | None = None,
) -> Response:
    """A lane as it stands in the draft; what was refused as it was typed."""
    key = ServiceKey(at.carrier, at.service)
    desk = visit.read(lambda tx: lay_out(tx, key))
    terms = desk.terms(key)
    lane = next((each for each in terms.lanes if each.key == at), None)
    dated = lane.tariffs if lane else ()
    one = next((each for each in dated if str(each.valid_from) == tariff), None)
    form = typed or form_of(at, (lane, one), digits_of(visit.currency))
    rates = list(zip(form.weights, form.prices, strict=False))
    return visit.page(
        "office/carrier_lane.html",
        status=200 if refusal is None else 422,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        faults=visit.faults_of(refusal),
        key=key,
        name=terms.service.name,
        lane=lane,
        form=form,
        tariff=(tariff if one or tariff == NEW else "") if lane else "",
        one=one,
        rates=rates + [("", "")] * max(2, STEPS_SHOWN - len(rates)),
        zones=sorted(desk.standing.zones.countries),
        version=desk.draft.version if desk.draft else 0,
    )


def form_of(
    at: LaneKey, told: tuple[LaneRequest | None, DatedTariff | None], digits: int
) -> LaneForm:
    """The fields as a lane fills them, with the prices of some days or the usual ones."""
    lane, one = told
    shown = one or lane
    rates = shown.rates if shown else ()
    return LaneForm(
        from_zone=at.from_zone,
        to_zone=at.to_zone,
        days=str(lane.transit_days if lane else 1),
        chances=chances_written(lane) if lane else "",
        surcharge=reading.written(shown.surcharge_cents if shown else 0, digits),
        weights=[reading.short(weight_g, 3) for weight_g, _ in rates],
        prices=[reading.written(cents, digits) for _, cents in rates],
        valid_from=one.valid_from if one else None,
        valid_until=one.valid_until if one else None,
    )


def with_tariff(lane: LaneRequest, form: LaneForm, digits: int) -> LaneRequest:
    """The lane with the prices of some days as they were written, or without them."""
    others = [each for each in lane.tariffs if str(each.valid_from) != form.tariff]
    if form.act == "remove":
        return replace(lane, tariffs=tuple(others))
    if form.valid_from is None:
        raise Refusal("invalid", detail="say from which day on these prices count.")
    fresh = DatedTariff(
        valid_from=form.valid_from,
        valid_until=form.valid_until,
        rates=rates_of(form, digits),
        surcharge_cents=reading.small_units(form.surcharge or "0", digits),
    )
    return replace(lane, tariffs=(*others, fresh))


def rates_of(form: LaneForm, digits: int) -> tuple[tuple[int, int], ...]:
    pairs = zip(form.weights, form.prices, strict=False)
    told = [(weight, price) for weight, price in pairs if weight.strip() and price.strip()]
    return tuple(
        (reading.small_units(weight, 3), reading.small_units(price, digits))
        for weight, price in told
    )


def lane_of(at: LaneKey, form: LaneForm, digits: int) -> LaneRequest:
    return LaneRequest(
        **at._asdict(),
        transit_days=int(form.days),
        rates=rates_of(form, digits),
        surcharge_cents=reading.small_units(form.surcharge or "0", digits),
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
