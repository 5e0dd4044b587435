"""Strategies as programs write and read them: the same document as in files."""

from typing import Annotated, Any

import msgspec
from pydantic import Field, Strict

from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.identifiers import Code
from ovunque.network.model import LocationKind
from ovunque.platform.http.faults import convert
from ovunque.sourcing.model.ruling import (
    AMONG_MAX,
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
    strategy: dict[str, Any]


class StandingShown(Shown):
    """A strategy: what counts now, what will, and what is being drafted."""

    code: str
    name: str
    version: int = Field(description="Counts up with each change of the draft: its ETag.")
    in_force: int | None = Field(description="The number of the version that counts now.")
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
        strategy=document_of(version.strategy),
    )


def show_standing(standing: Standing, now: Any) -> StandingShown:
    counting = standing.in_force(now)
    return StandingShown(
        code=standing.code,
        name=standing.latest.name,
        version=standing.edition,
        in_force=counting.number if counting else None,
        scheduled=[each.number for each in standing.scheduled(now)],
        draft=document_of(standing.draft) if standing.draft else None,
        drafted_by=standing.drafted_by,
        drafted_at=standing.drafted_at,
        versions=[show_version(each) for each in standing.versions],
    )


def show_finding(finding: Finding) -> FindingShown:
    return FindingShown(
        severity=finding.severity,
        code=finding.code,
        pointer=finding.pointer,
        detail=finding.detail,
        step=finding.step,
    )
