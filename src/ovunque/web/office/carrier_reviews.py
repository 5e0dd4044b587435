"""Before terms count: what they lack, what changes, and what that would have meant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.delivery import drafting, publishing
from ovunque.delivery.model import DatedTariff, Draft, LaneRequest, ServiceKey, Terms
from ovunque.delivery.rules.days import PPM
from ovunque.delivery.rules.differences import Difference, Part, differences
from ovunque.delivery.rules.effects import Effects
from ovunque.delivery.rules.gaps import Gap
from ovunque.insight.comparing import compare
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.web import language, words
from ovunque.web.formatting import NO_BREAK
from ovunque.web.naming import NameBook
from ovunque.web.office.carriers import ROLES, period
from ovunque.web.screens import Form, screens
from ovunque.web.visiting import Visit, Visiting

CHANGES_SHOWN = 60
EXAMPLES_SHOWN = 8

Rates = tuple[tuple[int, int], ...]

router = screens(ROLES)


class PublishForm(Form):
    version: str = Field(default="", pattern=r"^[0-9]{0,6}$")
    standing: str = Field(default="", max_length=16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    draft: Draft
    before: Terms | None
    gaps: tuple[Gap, ...]
    effects: Effects


@router.get("/carriers/{carrier}/{service}/review")
def get_review(visit: Visiting, carrier: str, service: str) -> Response:
    return show(visit, ServiceKey(carrier, service))


@router.post("/carriers/{carrier}/{service}/publications")
def post_publication(
    visit: Visiting, carrier: str, service: str, form: Annotated[PublishForm, fastapi.Form()]
) -> Response:
    """The draft counts from now on."""
    key = ServiceKey(carrier, service)
    try:
        visit.transact(
            lambda tx: publishing.publish(
                tx,
                visit.by,
                key,
                visit.now,
                visit.house.new_id,
                seen=form.standing,
                version=int(form.version) if form.version else None,
            )
        )
    except Refusal as refusal:
        if refusal.code == "not_found":
            raise
        return show(visit, key, refusal)
    return visit.go(f"/carriers/{carrier}/{service}#history")


@router.post("/carriers/{carrier}/{service}/undoing")
def post_undoing(
    visit: Visiting, carrier: str, service: str, _: Annotated[Form, fastapi.Form()]
) -> Response:
    """What stood before the last publication counts again."""
    key = ServiceKey(carrier, service)
    visit.transact(lambda tx: publishing.undo(tx, visit.by, key, visit.now, visit.house.new_id))
    return visit.go(f"/carriers/{carrier}/{service}#history")


def look(tx: Tx, key: ServiceKey, today: date) -> Review:
    draft = drafting.find_draft(tx, key)
    if draft is None:
        raise Refusal("not_found", what=f"draft of {str(key)[:130]}")
    standing = drafting.find_standing(tx)
    return Review(
        draft=draft,
        before=standing.terms.get(key),
        gaps=drafting.check(tx, draft.terms, standing, today),
        effects=compare(tx, draft.terms, standing, today),
    )


def show(visit: Visit, key: ServiceKey, refusal: Refusal | None = None) -> Response:
    seen = visit.read(lambda tx: look(tx, key, visit.now.date()))
    changes, names = differences(seen.before, seen.draft.terms), visit.names
    return visit.page(
        "office/carrier_review.html",
        status=200 if refusal is None else 422,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        key=key,
        draft=seen.draft,
        is_new=seen.before is None,
        standing=drafting.digest_of(seen.before),
        gaps=[(each.stops, told(visit, names, each)) for each in seen.gaps],
        stops=sum(each.stops for each in seen.gaps),
        changes=[Shown(visit, names, each) for each in changes[:CHANGES_SHOWN]],
        more=max(0, len(changes) - CHANGES_SHOWN),
        effects=seen.effects,
        examples=seen.effects.examples[:EXAMPLES_SHOWN],
    )


def told(visit: Visit, names: NameBook, gap: Gap) -> str:
    """A gap in words, with zones and places as people know them."""
    details = dict(gap.details)
    if gap.lane is not None:
        details["lane"] = " → ".join(names.all("zone", (gap.lane.from_zone, gap.lane.to_zone)))
    for kind in details.keys() & {"zone", "location"}:
        details[kind] = names(kind, details[kind])
    return language.explain_gap(visit.language, replace(gap, details=details))


class Shown:
    """A change in words: what, before, after."""

    def __init__(self, visit: Visit, names: NameBook, change: Difference) -> None:
        kind = "location" if change.part == Part.CAP else "zone"
        self.of = " → ".join(names.all(kind, filter(None, change.of.split(" > "))))
        self.field = words.TERM[change.field]
        self.before = text_of(visit, change.field, change.before)
        self.after = text_of(visit, change.field, change.after)
        if change.field == "rates":
            self._shorten(visit, change.before, change.after)

    def _shorten(self, visit: Visit, before: Rates, after: Rates) -> None:
        """The first and the last price, unless the change lies between them."""
        steps = [[weight for weight, _ in rates] for rates in (before, after)]
        if before and steps[0] == steps[1]:
            spans = span(visit, before), span(visit, after)
            if spans[0] != spans[1]:
                self.before, self.after = spans


def text_of(visit: Visit, field: str, value: Any) -> str:
    """A value of the terms for a reader; nothing where there is none."""
    if value is None:
        return ""
    write = WRITERS.get(field)
    return write(visit, value) if write else plain(visit, value)


def plain(visit: Visit, value: Any) -> str:
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return visit.formatter.number(value) if isinstance(value, int) else str(value)


def prices(visit: Visit, rates: Rates) -> str:
    f = visit.formatter
    return ", ".join(
        f"≤{NO_BREAK}{f.grams(weight_g)}: {f.money(cents, visit.currency)}"
        for weight_g, cents in rates
    )


def span(visit: Visit, rates: Rates) -> str:
    f, cents = visit.formatter, [each for _, each in rates]
    return f"{f.money(cents[0], visit.currency)} – {f.money(cents[-1], visit.currency)}"


def chances(visit: Visit, chances_ppm: tuple[int, ...]) -> str:
    f = visit.formatter
    return ", ".join(
        f"{f.days(days)}: {f.percent(Decimal(chance) / PPM)}"
        for days, chance in enumerate(chances_ppm)
        if chance
    )


def weekdays(visit: Visit, days: tuple[int, ...]) -> str:
    names = list(words.WEEKDAY.values())
    return ", ".join(language.say(visit.language, names[each - 1]) for each in days)


def lane(visit: Visit, told: LaneRequest) -> str:
    return f"{visit.formatter.days(told.transit_days)} · {prices(visit, told.rates)}"


def dated(visit: Visit, tariffs: tuple[DatedTariff, ...]) -> str:
    return "; ".join(f"{period(visit, each)}: {prices(visit, each.rates)}" for each in tariffs)


WRITERS: Mapping[str, Callable[[Visit, Any], str]] = {
    "all": lane,
    "rates": prices,
    "tariffs": dated,
    "valid_from": lambda visit, day: visit.formatter.on(day),
    "valid_until": lambda visit, day: visit.formatter.on(day),
    "transit_days": lambda visit, days: visit.formatter.days(days),
    "transit_chances_ppm": chances,
    "surcharge_cents": lambda visit, cents: visit.formatter.money(cents, visit.currency),
    "surcharge_ppm": lambda visit, ppm: visit.formatter.percent(Decimal(ppm) / PPM),
    "parcel_weight_max_g": lambda visit, grams: visit.formatter.grams(grams),
    "pickup_days": weekdays,
    "delivery_days": weekdays,
    "line_haul": lambda visit, told: language.say(visit.language, words.VEHICLE[told]),
    "last_mile": lambda visit, told: language.say(visit.language, words.VEHICLE[told]),
    "promise": lambda visit, told: language.say(visit.language, words.SERVICE[told].message),
}
