"""Carriers' services: what each costs, how long it takes, and who is writing other terms of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Self

import fastapi
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.delivery import drafting, publishing
from ovunque.delivery.drafting import Standing
from ovunque.delivery.model import (
    TO_THE_DOOR,
    DatedTariff,
    Draft,
    LaneRequest,
    Promise,
    Publication,
    ServiceKey,
    Terms,
    Vehicle,
)
from ovunque.delivery.rules import carried, on_day
from ovunque.delivery.rules.differences import differences
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import Location
from ovunque.platform.database import Tx
from ovunque.web import words
from ovunque.web.office.carrier_forms import ConditionsForm, conditions_of
from ovunque.web.screens import screens
from ovunque.web.visiting import Visit, Visiting

ROLES = frozenset({Role.MERCHANDISER, Role.ADMIN})
LIKELY_PPM = 900_000

router = screens(ROLES)

Zone = Annotated[str, fastapi.Query(alias="from", max_length=64)]


@router.get("/carriers")
def get_carriers(visit: Visiting) -> Response:
    """All services, and those that are only drafted."""
    standing, drafted = visit.read(
        lambda tx: (drafting.find_standing(tx), drafting.list_drafted(tx))
    )
    keys = sorted(standing.terms.keys() | drafted.keys())
    return visit.page(
        "office/carriers.html",
        asked="",
        rows=[
            Row(key, standing.terms.get(key), drafted.get(key), visit.now.date()) for key in keys
        ],
    )


@router.get("/carriers/{carrier}/{service}")
def get_carrier(visit: Visiting, carrier: str, service: str, start: Zone = "") -> Response:
    return show(visit, ServiceKey(carrier, service), start)


class Row:
    """A service in the list, in a few numbers."""

    def __init__(
        self,
        key: ServiceKey,
        terms: Terms | None,
        drafted: tuple[str, datetime] | None,
        today: date,
    ) -> None:
        lanes = terms.lanes if terms else ()
        bands = (
            [carried(terms.service, each, today) for each in lanes if each.rates] if terms else []
        )
        self.key = key
        self.terms = terms
        self.drafted = drafted
        self.word = words.SERVICE[terms.service.promise] if terms else None
        self.works = Works.on(terms, today) if terms else Works()
        self.lanes = len(lanes)
        self.days = (
            min((each.transit_days for each in lanes), default=0),
            max((each.transit_days for each in lanes), default=0),
        )
        self.cents = (
            min((each[0][1] for each in bands), default=0),
            max((each[-1][1] for each in bands), default=0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """Since when a service will work for us, or until when it did; neither: it does."""

    begins: date | None = None
    ended: date | None = None

    @classmethod
    def on(cls, terms: Terms, today: date) -> Self:
        first, last = terms.service.valid_from, terms.service.valid_until
        return cls(
            begins=first if first and today < first else None,
            ended=last if last and last < today else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What lies on the table when somebody looks at a service."""

    standing: Standing
    draft: Draft | None
    history: tuple[Publication, ...]
    locations: list[Location]

    def terms(self, key: ServiceKey) -> Terms:
        """As they are being written, else as they are in force."""
        found = self.draft.terms if self.draft else self.standing.terms.get(key)
        if found is None:
            raise Refusal("not_found", what=f"carrier service {str(key)[:130]}")
        return found


def lay_out(tx: Tx, key: ServiceKey) -> Desk:
    try:
        history = publishing.list_publications(tx, key)
    except Refusal:
        history = ()
    return Desk(
        standing=drafting.find_standing(tx),
        draft=drafting.find_draft(tx, key),
        history=history,
        locations=drafting.list_all_locations(tx),
    )


class LaneRow:
    """A lane of the tariff, with its price at each step."""

    def __init__(
        self, visit: Visit, lane: LaneRequest, edges: Sequence[int], before: LaneRequest | None
    ) -> None:
        self.lane = lane
        counting = on_day(lane, visit.now.date())
        prices = dict(counting.rates)
        self.cents = [prices.get(edge) for edge in edges]
        self.surcharge_cents = counting.surcharge_cents
        self.days = period(visit, counting) if isinstance(counting, DatedTariff) else ""
        self.likely = likely_days(lane)
        self.is_changed = before != lane


def period(visit: Visit, dated: DatedTariff) -> str:
    """The days on which prices count."""
    first = visit.formatter.on(dated.valid_from)
    return f"{first} – {visit.formatter.on(dated.valid_until) if dated.valid_until else '…'}"


def likely_days(lane: LaneRequest) -> int | None:
    """Days within which nine of ten parcels arrive, where the lane tells chances."""
    reached = 0
    for days, chance_ppm in enumerate(lane.transit_chances_ppm):
        reached += chance_ppm
        if reached >= LIKELY_PPM:
            return days
    return None


def show(
    visit: Visit,
    key: ServiceKey,
    start: str = "",
    refusal: Refusal | None = None,
    typed: ConditionsForm | None = None,
) -> Response:
    """A service on its page; what was refused of its conditions as it was typed."""
    desk = visit.read(lambda tx: lay_out(tx, key))
    terms = desk.terms(key)
    in_force = desk.standing.terms.get(key)
    starts = sorted({each.from_zone for each in terms.lanes})
    chosen = start if start in starts else next(iter(starts), "")
    lanes = [each for each in terms.lanes if each.from_zone == chosen]
    today = visit.now.date()
    edges = sorted({weight_g for each in lanes for weight_g, _ in on_day(each, today).rates})
    before = {each.key: each for each in in_force.lanes} if in_force else {}
    return visit.page(
        "office/carrier.html",
        status=200 if refusal is None else 422,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        faults=visit.faults_of(refusal),
        key=key,
        terms=terms,
        word=words.SERVICE[terms.service.promise],
        works=Works.on(terms, today),
        today=today,
        in_force=in_force,
        draft=desk.draft,
        changes=len(differences(in_force, terms)),
        version=desk.draft.version if desk.draft else 0,
        starts=starts,
        chosen=chosen,
        edges=edges,
        lanes=[LaneRow(visit, each, edges, before.get(each.key)) for each in lanes],
        history=desk.history,
        locations=desk.locations,
        names={each.code: each.name for each in desk.locations},
        promises=[(each.value, words.SERVICE[each].message) for each in Promise],
        hauls=[(each.value, words.VEHICLE[each]) for each in Vehicle],
        miles=[(each.value, words.VEHICLE[each]) for each in Vehicle if each in TO_THE_DOOR],
        weekdays=list(enumerate(words.WEEKDAY.values(), start=1)),
        form=typed or conditions_of(terms.service),
    )
