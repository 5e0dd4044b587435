"""Many prices of a service at once: looked at row by row, then written into the draft."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.delivery.model import DatedTariff, LaneRequest, ServiceKey, Terms
from ovunque.delivery.rules import on_day
from ovunque.delivery.rules.days import PPM
from ovunque.delivery.rules.refining import raised
from ovunque.kernel.refusal import Refusal
from ovunque.web import reading
from ovunque.web.office.carrier_drafts import write
from ovunque.web.office.carrier_forms import PartForm
from ovunque.web.office.carriers import ROLES, lay_out, period, show
from ovunque.web.screens import screens
from ovunque.web.visiting import Visiting

ROWS_SHOWN = 200
DIRECTION = "^(up|down)$"
WHICH = "^(all|start)$"

router = screens(ROLES)


class PricesForm(PartForm):
    percent: str = Field(default="", max_length=20)
    direction: str = Field(default="up", pattern=DIRECTION)
    which: str = Field(default="all", pattern=WHICH)
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """By how much, which lanes, and the prices of which day."""

    ppm: int
    start: str  # Empty: wherever lanes start.
    day: date

    def of(self, terms: Terms) -> Terms:
        return replace(
            terms,
            lanes=tuple(
                raised(each, self.ppm, self.day) if self.names(each) else each
                for each in terms.lanes
            ),
        )

    def names(self, lane: LaneRequest) -> bool:
        return self.start in ("", lane.from_zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRow:
    """Prices of a lane that change: since and until when they count, and each of their steps."""

    lane: LaneRequest
    dated: DatedTariff | None  # None: the usual ones.
    steps: tuple[tuple[int, int, int], ...]  # Up to so many g: cents before and after.


@router.get("/carriers/{carrier}/{service}/prices")
def get_prices(
    visit: Visiting, carrier: str, service: str, form: Annotated[PricesForm, fastapi.Query()]
) -> Response:
    """Which prices would change, and to what: nothing is written yet."""
    key = ServiceKey(carrier, service)
    if not form.percent.strip():
        return visit.go(f"/carriers/{carrier}/{service}")  # There it is asked for.
    desk = visit.read(lambda tx: lay_out(tx, key))
    terms = desk.terms(key)
    try:
        wanted = raise_of(form, visit.now.date())
    except Refusal as refusal:
        return show(visit, key, form.start, refusal)
    rows = list(rows_of(terms, wanted))
    lanes = [each for each in terms.lanes if wanted.names(each)]
    return visit.page(
        "office/carrier_prices.html",
        asked="",
        key=key,
        name=terms.service.name,
        form=form,
        wanted=wanted,
        rows=rows[:ROWS_SHOWN],
        more=max(0, len(rows) - ROWS_SHOWN),
        lanes=len(rows),
        version=desk.draft.version if desk.draft else 0,
        period=lambda dated: period(visit, dated),
        same=len(lanes) - len(rows),
        other=sum(len(each.tariffs) for each in lanes)
        - sum(isinstance(on_day(each, wanted.day), DatedTariff) for each in lanes),
    )


@router.post("/carriers/{carrier}/{service}/prices")
def post_prices(
    visit: Visiting, carrier: str, service: str, form: Annotated[PricesForm, fastapi.Form()]
) -> Response:
    """Prices up or down, rounded to five cents."""
    today = visit.now.date()
    return write(
        visit,
        ServiceKey(carrier, service),
        form,
        lambda terms: raise_of(form, today).of(terms),
    )


def raise_of(form: PricesForm, today: date) -> Raise:
    sign = 1 if form.direction == "up" else -1
    ppm = PPM + sign * reading.small_units(form.percent, 4)
    if ppm < 0:
        raise Refusal("invalid", detail="prices go down by 100 percent at most.")
    return Raise(
        ppm=ppm,
        start=form.start if form.which == "start" else "",
        day=form.day or today,
    )


def rows_of(terms: Terms, wanted: Raise) -> Iterator[PriceRow]:
    """The prices that would change, lane by lane."""
    for before, after in zip(terms.lanes, wanted.of(terms).lanes, strict=True):
        if before != after:
            counting = on_day(before, wanted.day)
            yield PriceRow(
                lane=before,
                dated=counting if isinstance(counting, DatedTariff) else None,
                steps=steps_of(counting.rates, on_day(after, wanted.day).rates),
            )


def steps_of(
    before: Sequence[tuple[int, int]], after: Sequence[tuple[int, int]]
) -> tuple[tuple[int, int, int], ...]:
    pairs = zip(before, after, strict=True)
    return tuple((weight_g, cents, fresh) for (weight_g, cents), (_, fresh) in pairs)
