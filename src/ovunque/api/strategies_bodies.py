"""Strategies as programs write and read them: the same document as in files."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from pydantic import Field, Strict

from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.identifiers import Code
from ovunque.insight.judging import Side, Trial, ends_of
from ovunque.network.model import LocationKind
from ovunque.platform.http.faults import convert
from ovunque.sourcing.model.ruling import (
    ALL_PERCENT,
    AMONG_MAX,
    GRACE_MINUTES_MAX,
    PARCELS_MAX,
    Aim,
    Measure,
    OfferMode,
    Otherwise,
    Standing,
    Strategy,
    Version,
)
from ovunque.sourcing.rules.findings import (
    GOALS_MAX,
    NAME_MAX,
    NUMBER_MAX,
    PRICE_MAX,
    STEPS_MAX,
    Finding,
)

LISTED_MAX = 250
Codes = Annotated[list[Code], Field(max_length=LISTED_MAX)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
Countries = Annotated[list[Country], Field(max_length=LISTED_MAX)]
Cents = Annotated[int, Field(ge=0, le=NUMBER_MAX)]
Title = Annotated[str, Field(min_length=1, max_length=NAME_MAX)]


class ConditionsBody(Body):
    """To which orders the strategy applies: all that is said must hold."""

    channels: Codes = Field(default=[])
    services: list[str] = Field(default=[], max_length=20)
    countries: Countries = Field(default=[])
    value_min: Cents | None = Field(default=None, description="Minor units of its currency.")
    value_max: Cents | None = None
    since: Instant | None = None
    until: Instant | None = None


class ToleranceBody(Body):
    """A measure to keep low, and by how much the goals behind it may miss it."""

    by: Annotated[Measure, Strict(False)]
    within: int = Field(default=0, ge=0, le=NUMBER_MAX, description="Cents, minutes, g, parcels.")
    within_percent: int = Field(default=0, ge=0, le=1_000)


class PriceBody(Body):
    """All in money, in minor units and percent: what else counts beside the cost."""

    tonne: int = Field(default=0, ge=0, le=PRICE_MAX["tonne"], description="Of CO2e.")
    day: int = Field(default=0, ge=0, le=PRICE_MAX["day"], description="Later than the earliest.")
    last_units: int = Field(
        default=0,
        ge=0,
        le=PRICE_MAX["last_units"],
        description="Percent of the margin that a unit would have brought its store.",
    )
    overstock: int = Field(
        default=0,
        ge=0,
        le=PRICE_MAX["overstock"],
        description="Percent of the price that a unit loses which nobody there would buy.",
    )
    refusal: int = Field(
        default=0, ge=0, le=PRICE_MAX["refusal"], description="For a unit that is not found."
    )
    busy: int = Field(
        default=0,
        ge=0,
        le=PRICE_MAX["busy"],
        description="For a parcel of a place with a whole day's work waiting.",
    )


class StepBody(Body):
    """Where to look, and what for; a step that cannot serve an order passes it on."""

    name: Title
    kinds: list[Annotated[LocationKind, Strict(False)]] = Field(default=[], max_length=5)
    groups: Codes = Field(default=[])
    not_groups: Codes = Field(default=[])
    countries: Countries = Field(default=[])
    locations: Codes = Field(default=[])
    not_locations: Codes = Field(default=[])
    carriers: Codes = Field(default=[], description="`carrier` or `carrier/service`.")
    distance_km_max: int | None = Field(default=None, ge=0, le=20_000)
    days_max: int | None = Field(default=None, ge=0, le=365)
    keeps_promise: bool = Field(default=False, description="Only what arrives by the day told.")
    days_late_max: int = Field(default=0, ge=0, le=365)
    keep_units: int = Field(default=0, ge=0, le=1_000_000, description="That stay, of each item.")
    busy_percent_max: int | None = Field(default=None, ge=0, le=10_000)
    aim: Annotated[Aim, Strict(False)] = Aim.ECONOMIC
    goals: list[ToleranceBody] = Field(default=[], max_length=GOALS_MAX)
    price: PriceBody | None = None
    parcels_max: int = Field(default=PARCELS_MAX, ge=1, le=PARCELS_MAX)
    splits: bool = Field(default=True, description="Units of a line in several parcels.")
    part: bool = Field(default=False, description="May serve a part, if the order accepts that.")


class OffersBody(Body):
    """Whom to ask for the work of an order, how many at once, and for how long."""

    mode: Annotated[OfferMode, Strict(False)] = OfferMode.ASSIGN
    among: int = Field(default=3, ge=1, le=AMONG_MAX, description="Who compete, or are compared.")
    minutes: int = Field(default=30, ge=1, le=10_000, description="Of opening hours, to answer.")
    hour: Cents = Field(default=100, le=1_000_000, description="What an hour of waiting counts.")
    asked_max: int = Field(default=8, ge=1, le=100, description="Then a person decides.")
    grace_minutes: int = Field(
        default=0, ge=0, le=GRACE_MINUTES_MAX, description="Before anybody is asked."
    )


class StrategyBody(Body):
    """The retailer's rules for some orders: the steps are tried in their order."""

    code: Code
    name: Title
    priority: int = Field(default=100, ge=0, le=1_000, description="The lowest is asked first.")
    active: bool = True
    when: ConditionsBody = ConditionsBody()
    steps: list[StepBody] = Field(min_length=1, max_length=STEPS_MAX)
    otherwise: Annotated[Otherwise, Strict(False)] = Otherwise.ANYWHERE
    offers: OffersBody | None = Field(
        default=None, description="None: stores are asked one by one, others have it at once."
    )


class VersionShown(Shown):
    """What was published: it never changes again."""

    number: int
    published_at: Instant
    published_by: str
    starts_at: Instant
    restores: int | None
    share_percent: int = Field(description="Below 100 a trial, beside what counts for the others.")
    ended_at: Instant | None
    strategy: dict[str, Any]


class StandingShown(Shown):
    """A strategy: what counts now, what will, and what is being drafted."""

    code: str
    name: str
    version: int = Field(description="Counts up with each change of the draft: its ETag.")
    in_force: int | None = Field(description="The number of the version that counts now.")
    trial: int | None = Field(description="The number of the version that is being tried.")
    scheduled: list[int]
    draft: dict[str, Any] | None
    drafted_by: str | None
    drafted_at: Instant | None
    versions: list[VersionShown]


class FindingShown(Shown):
    severity: str
    code: str
    pointer: str
    detail: str
    step: int | None


class CheckShown(Shown):
    """What a check of the draft found; with an error it cannot be published."""

    publishable: bool
    findings: list[FindingShown]


class StrategyPublicationBody(Body):
    starts_at: Instant | None = Field(default=None, description="None: at once.")
    share_percent: int = Field(
        default=ALL_PERCENT,
        ge=1,
        le=ALL_PERCENT,
        description="Below 100 a trial: so many of a hundred orders follow it, drawn by lot.",
    )


class StrategyTrialEndingBody(Body):
    adopt: bool = Field(default=False, description="From now on all orders follow it.")


class TrialSideShown(Shown):
    """What became of the orders of one side; means are of orders served and not canceled."""

    orders: int
    canceled: int
    unserved: int = Field(description="With units that nobody serves yet.")
    served: int
    cost_cents: float = Field(description="Mean of an order.")
    emissions_g: float = Field(description="Mean of an order.")
    parcels: float = Field(description="Mean of an order.")
    split: int = Field(description="Orders in several parcels.")
    lead_minutes_p50: int | None = Field(description="To the planned arrival.")
    claim_minutes_p50: int | None = Field(description="Until somebody who was asked took it.")
    noes: int = Field(description="Offers that were turned down or left alone.")
    promised: int = Field(description="Promises of which is known what became of them.")
    kept: int


class TrialShown(Shown):
    """A version tried by a share of the orders, and the orders that it was not drawn for."""

    version: int
    share_percent: int
    state: str = Field(description="`scheduled`, `running` or `ended`.")
    starts_at: Instant
    ended_at: Instant | None
    drawn: TrialSideShown
    others: TrialSideShown
    cost_difference_cents: float | None = Field(
        description="How much more an order of the trial costs; None: too few orders."
    )
    cost_margin_cents: float | None = Field(description="So unsure is that, at 95 %.")


class TrialsShown(Shown):
    data: list[TrialShown]


class StrategyRollbackBody(Body):
    version: int | None = Field(
        default=None, ge=1, le=1_000_000, description="None: the one that counted before."
    )


def strategy_of(body: StrategyBody) -> Strategy:
    return convert(body.model_dump(mode="json"), Strategy)


def document_of(strategy: Strategy) -> dict[str, Any]:
    """All its words, defaults included."""
    found: dict[str, Any] = msgspec.to_builtins(whole(strategy))
    return found


def whole(told: Any) -> Any:
    if isinstance(told, msgspec.Struct):
        return {name: whole(getattr(told, name)) for name in told.__struct_fields__}
    return [whole(each) for each in told] if isinstance(told, tuple) else told


def show_version(version: Version) -> VersionShown:
    return VersionShown(
        number=version.number,
        published_at=version.published_at,
        published_by=version.published_by,
        starts_at=version.starts_at,
        restores=version.restores,
        share_percent=version.share_percent,
        ended_at=version.ended_at,
        strategy=document_of(version.strategy),
    )


def show_standing(standing: Standing, now: Any) -> StandingShown:
    counting, trial = standing.in_force(now), standing.trial(now)
    return StandingShown(
        code=standing.code,
        name=standing.latest.name,
        version=standing.edition,
        in_force=counting.number if counting else None,
        trial=trial.number if trial else None,
        scheduled=[each.number for each in standing.scheduled(now)],
        draft=document_of(standing.draft) if standing.draft else None,
        drafted_by=standing.drafted_by,
        drafted_at=standing.drafted_at,
        versions=[show_version(each) for each in standing.versions],
    )


def show_trial(trial: Trial, now: datetime) -> TrialShown:
    version, difference = trial.version, trial.cost_difference
    return TrialShown(
        version=version.number,
        share_percent=version.share_percent,
        state=ends_of(trial, now),
        starts_at=version.starts_at,
        ended_at=version.ended_at,
        drawn=show_side(trial.drawn),
        others=show_side(trial.others),
        cost_difference_cents=round(difference[0], 1) if difference else None,
        cost_margin_cents=round(difference[1], 1) if difference else None,
    )


def show_side(side: Side) -> TrialSideShown:
    shown = {name: getattr(side, name) for name in TrialSideShown.model_fields}
    means = ("cost_cents", "emissions_g", "parcels")
    return TrialSideShown(**shown | {name: round(shown[name], 3) for name in means})


def show_finding(finding: Finding) -> FindingShown:
    return FindingShown(
        severity=finding.severity,
        code=finding.code,
        pointer=finding.pointer,
        detail=finding.detail,
        step=finding.step,
    )
