"""What was agreed with carriers: drafts that are checked before they take effect, and undone."""

from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Depends, Response
from pydantic import Field

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Instant, LocalTime, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.delivery import (
    DatedRates,
    LaneTerms,
    Rate,
    ServiceTerms,
    Weight,
    prices_of,
    show_prices,
    times_of,
)
from ovunque.api.editing import IfMatch, as_request, same, tagged
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.routing import resource
from ovunque.delivery import drafting, publishing
from ovunque.delivery.drafting import CAP_MAX, CAPS_MAX, LANES_MAX, Standing
from ovunque.delivery.model import (
    CarrierServiceRequest,
    Draft,
    LaneRequest,
    Publication,
    ServiceKey,
    Terms,
    VolumeCap,
)
from ovunque.delivery.rules import RATES_MAX
from ovunque.delivery.rules.differences import Difference, differences
from ovunque.delivery.rules.effects import Effects, Option, Shift
from ovunque.delivery.rules.gaps import Gap
from ovunque.insight.comparing import compare
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx

router = resource("delivery")
READ, CONFIG = [need(Scope.READ)], [need(Scope.CONFIG)]
TERMS = "/carriers/{carrier}/{service}"
DIGEST = Field(
    default=None,
    max_length=16,
    pattern="^[0-9a-f]*$",
    description="`standing` as it was when the differences were looked at.",
)


async def service_address(carrier: Code, service: Code) -> ServiceKey:
    return ServiceKey(carrier, service)


Address = Annotated[ServiceKey, Depends(service_address)]


class DraftService(ServiceTerms):
    """A carrier's service whose cut-off may still be unknown."""

    cutoff: LocalTime | None = None  # type: ignore[assignment]


class DraftLane(LaneTerms):
    """A lane whose prices may still be unknown."""

    rates: list[Rate] = Field(default=[], max_length=RATES_MAX)


class Cap(Body):
    """How many parcels are taken in a day: at a location, or all together."""

    location: Code | None = None
    parcels_per_day_max: int = Field(ge=1, le=CAP_MAX)


class DraftBody(Body):
    """All terms of a service: what is not named here goes when they take effect."""

    carrier: Code
    service: Code
    conditions: DraftService
    lanes: list[DraftLane] = Field(max_length=LANES_MAX)
    caps: list[Cap] = Field(default=[], max_length=CAPS_MAX)


class ServiceShown(Shown):
    name: str
    promise: str
    cutoff: LocalTime | None
    pickup_days: list[int]
    parcel_weight_max_g: Weight
    countries: list[str]
    line_haul: str
    sorts: int
    last_mile: str
    stop_m: int | None
    delivery_days: list[int]
    surcharge_ppm: int
    valid_from: date | None
    valid_until: date | None


class LaneShown(Shown):
    from_zone: str
    to_zone: str
    transit_days: int
    transit_chances_ppm: list[int]
    surcharge_cents: int
    rates: list[Rate]
    tariffs: list[DatedRates]


class TermsShown(Shown):
    conditions: ServiceShown
    lanes: list[LaneShown]
    caps: list[Cap]


class GapShown(Shown):
    code: str
    stops: bool = Field(description="Whether the terms cannot take effect with it.")
    from_zone: str | None
    to_zone: str | None
    detail: str


class TermChangeShown(Shown):
    part: str
    of: str
    field: str
    before: Any
    after: Any


class TermsAnswer(Shown):
    """Terms in force; `standing` names exactly these."""

    standing: str
    terms: TermsShown


class DraftAnswer(Shown):
    terms: TermsShown
    standing: str = Field(description="Names the terms in force that it was compared with.")
    gaps: list[GapShown]
    changes: list[TermChangeShown]
    changed_by: str
    changed_at: Instant
    version: int


class WayShown(Shown):
    carrier: str
    service: str
    price_cents: int
    transit_days: int


class ShiftShown(Shown):
    order: str
    weight_g: int
    before: WayShown | None
    after: WayShown | None


class EffectsAnswer(Shown):
    """What the draft would have meant for the newest parcels; nothing is written."""

    parcels: int
    another_is_cheapest: int
    not_carried_any_more: int
    carried_now: int
    cents_before: int
    cents_after: int
    later: int
    sooner: int
    examples: list[ShiftShown]


class PublicationBody(Body):
    undo: bool = Field(default=False, description="Bring back what stood before the last one.")
    standing: str | None = DIGEST


class PublicationAnswer(Shown):
    number: int
    published_by: str
    published_at: Instant
    changes: list[TermChangeShown]
    terms: TermsShown


class Publications(Shown):
    data: list[PublicationAnswer]


@router.get(f"{TERMS}/terms", dependencies=READ)
def get_terms(key: Address, call: Caller) -> TermsAnswer:
    """All that is agreed with a carrier about a service: prices, days, volume caps."""
    terms = call.read(drafting.find_standing).terms.get(key)
    if terms is None:
        raise Refusal("not_found", what=f"carrier service {key}")
    return TermsAnswer(standing=drafting.digest_of(terms), terms=show_terms(terms))


@router.get(f"{TERMS}/draft", response_model=DraftAnswer, dependencies=READ)
def get_draft(key: Address, call: Caller) -> Response:
    """The draft with its gaps, and what would change."""
    shown = call.read(lambda tx: look(tx, need_draft(tx, key), call.now))
    return tagged(shown, shown.version)


@router.put(f"{TERMS}/draft", response_model=DraftAnswer, dependencies=CONFIG)
def put_draft(key: Address, body: DraftBody, call: Caller, seen: IfMatch) -> Response:
    """Write terms that do not count yet; they may have gaps."""
    same("/carrier", body.carrier, key.carrier)
    same("/service", body.service, key.service)
    terms = terms_of(key, body)

    def save(tx: Tx) -> DraftAnswer:
        draft = drafting.save_draft(tx, call.by, terms, call.now, expected_version=seen)
        return look(tx, draft, call.now)

    shown = call.transact(save)
    return tagged(shown, shown.version)


@router.delete(f"{TERMS}/draft", status_code=204, dependencies=CONFIG)
def delete_draft(key: Address, call: Caller) -> None:
    """Throw a draft away: nothing of it counts."""
    call.transact(lambda tx: drafting.discard_draft(tx, key))


@router.get(f"{TERMS}/draft/effects", dependencies=READ)
def get_effects(key: Address, call: Caller) -> EffectsAnswer:
    """Who would have been cheapest for the newest parcels, had the draft been in force."""

    def look_back(tx: Tx) -> EffectsAnswer:
        terms, today = need_draft(tx, key).terms, call.now.date()
        return show_effects(compare(tx, terms, drafting.find_standing(tx), today))

    return call.read(look_back)


@router.get(f"{TERMS}/publications", dependencies=READ)
def get_publications(key: Address, call: Caller) -> Publications:
    """Every time that terms of a service took effect, the newest first."""
    found = call.read(lambda tx: publishing.list_publications(tx, key))
    return Publications(data=[show_publication(each) for each in found])


@router.post(
    f"{TERMS}/publications",
    status_code=201,
    response_model=PublicationAnswer,
    dependencies=CONFIG,
)
def post_publication(key: Address, body: PublicationBody, call: Caller, once: Once) -> Response:
    """The draft takes effect; or what stood before the last publication does again."""
    return once.run(lambda tx: show_publication(take_effect(tx, call, key, body)))


def take_effect(tx: Tx, call: Call, key: ServiceKey, body: PublicationBody) -> Publication:
    act = publishing.undo if body.undo else publishing.publish
    return act(tx, call.by, key, call.now, call.services.new_id, seen=body.standing)


def need_draft(tx: Tx, key: ServiceKey) -> Draft:
    found = drafting.find_draft(tx, key)
    if found is None:
        raise Refusal("not_found", what=f"draft of {key}")
    return found


def terms_of(key: ServiceKey, body: DraftBody) -> Terms:
    named = key._asdict()
    service = as_request(
        CarrierServiceRequest, body.conditions, **times_of(body.conditions), **named
    )
    lanes = (
        as_request(
            LaneRequest,
            each,
            **prices_of(each),
            **named,
        )
        for each in body.lanes
    )
    caps = (
        VolumeCap(location=each.location or "", parcels_per_day_max=each.parcels_per_day_max)
        for each in body.caps
    )
    return Terms(service=service, lanes=tuple(lanes), caps=tuple(caps))


def look(tx: Tx, draft: Draft, now: datetime) -> DraftAnswer:
    standing: Standing = drafting.find_standing(tx)
    before = standing.terms.get(draft.terms.key)
    return DraftAnswer(
        terms=show_terms(draft.terms),
        standing=drafting.digest_of(before),
        gaps=[show_gap(each) for each in drafting.check(tx, draft.terms, standing, now.date())],
        changes=[show_difference(each) for each in differences(before, draft.terms)],
        changed_by=draft.changed_by,
        changed_at=draft.changed_at,
        version=draft.version,
    )


def show_terms(terms: Terms) -> TermsShown:
    return TermsShown(
        conditions=ServiceShown(**asdict(terms.service)),
        lanes=[show_lane(each) for each in terms.lanes],
        caps=[
            Cap(location=each.location or None, parcels_per_day_max=each.parcels_per_day_max)
            for each in terms.caps
        ],
    )


def show_lane(lane: LaneRequest) -> LaneShown:
    return LaneShown(**(asdict(lane) | show_prices(lane)))


def show_gap(gap: Gap) -> GapShown:
    return GapShown(
        code=gap.code,
        stops=gap.stops,
        from_zone=gap.lane.from_zone if gap.lane else None,
        to_zone=gap.lane.to_zone if gap.lane else None,
        detail=gap.sentence,
    )


def show_difference(change: Difference) -> TermChangeShown:
    def value(told: Any) -> Any:
        return show_lane(told).model_dump(mode="json") if isinstance(told, LaneRequest) else told

    shown = replace(change, before=value(change.before), after=value(change.after))
    return TermChangeShown(**asdict(shown))


def show_publication(done: Publication) -> PublicationAnswer:
    return PublicationAnswer(
        number=done.number,
        published_by=done.published_by,
        published_at=done.published_at,
        changes=[show_difference(each) for each in differences(done.before, done.terms)],
        terms=show_terms(done.terms),
    )


def show_effects(found: Effects) -> EffectsAnswer:
    return EffectsAnswer(
        parcels=found.parcels,
        another_is_cheapest=found.another,
        not_carried_any_more=found.lost,
        carried_now=found.won,
        cents_before=found.cents_before,
        cents_after=found.cents_after,
        later=found.later,
        sooner=found.sooner,
        examples=[show_shift(each) for each in found.examples],
    )


def show_shift(shift: Shift) -> ShiftShown:
    return ShiftShown(
        order=shift.errand.order,
        weight_g=shift.errand.weight_g,
        before=show_option(shift.before),
        after=show_option(shift.after),
    )


def show_option(option: Option | None) -> WayShown | None:
    if option is None:
        return None
    return WayShown(**option.service._asdict(), price_cents=option.cents, transit_days=option.days)
