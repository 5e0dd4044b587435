"""Strategies: a list, an editor with a card for each step, one order tried, taken back."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.delivery.model import Service
from ovunque.insight import judging
from ovunque.kernel.money import digits_of
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import LocationKind
from ovunque.platform.database import Tx
from ovunque.sourcing import publishing
from ovunque.sourcing.explaining import Explained
from ovunque.sourcing.model import Destination
from ovunque.sourcing.model.ruling import (
    ALL_PERCENT,
    PARCELS_MAX,
    Aim,
    PlanStep,
    Standing,
    Strategy,
)
from ovunque.sourcing.publishing import PublishRequest, RollBackRequest
from ovunque.sourcing.rules.findings import SERVICES, Finding, faults_of
from ovunque.sourcing.rules.presets import preset
from ovunque.sourcing.trying import TrialRequest, try_order, with_draft
from ovunque.web import words
from ovunque.web.care.why import Choice
from ovunque.web.office.protections import instant_of
from ovunque.web.office.strategy_form import (
    KINDS,
    StrategyForm,
    form_of,
    minor,
    moved,
    number,
    strategy_of,
)
from ovunque.web.screens import OFFICE, Form, only, screens
from ovunque.web.visiting import Visit, Visiting

LISTED_MAX, TRIALS_MAX = 200, 3

router = screens(OFFICE)
EDITORS = [only(frozenset({Role.MERCHANDISER}))]


class NumberForm(Form):
    number: str = Field(default="", pattern=r"^[0-9]{0,6}$")


class EndingForm(Form):
    adopt: bool = False


class TrialForm(Form):
    """One order as somebody imagines it."""

    channel: str = Field(default="", max_length=64)
    service: str = Field(default="home", max_length=20)
    sku: str = Field(default="", max_length=64)
    quantity: str = Field(default="1", pattern=r"^[0-9]{0,5}$")
    more: str = Field(default="", max_length=64)
    country: str = Field(default="", max_length=2)
    postal_code: str = Field(default="", max_length=12)
    location: str = Field(default="", max_length=64)
    value: str = Field(default="", max_length=20)
    promised: str = Field(default="", max_length=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an editor shows besides the document."""

    status: int = 200
    said: str = ""  # saved, checked, published, scheduled, restored
    looked_at: int | None = None  # The step that was moved.
    refusal: Refusal | None = None
    findings: tuple[Finding, ...] | None = None
    trial_form: TrialForm = field(default_factory=TrialForm)
    tried: tuple["Tried", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of one order: by the draft, or by what counts."""

    is_draft: bool
    choice: Choice | None


@router.get("/strategies")
def get_strategies(visit: Visiting) -> Response:
    """All strategies, in the order in which they are asked."""
    found = visit.read(lambda tx: publishing.list_strategies(tx, limit=LISTED_MAX))
    ordered = sorted(found, key=lambda each: (each.latest.priority, each.code))
    return visit.page(
        "rules/strategies.html",
        asked="",
        rows=[Row(each, visit) for each in ordered],
        may_edit=visit.person.role == Role.MERCHANDISER,
        aims=words.AIM,
    )


@router.get("/strategies/new", dependencies=EDITORS)
def get_new_strategy(
    visit: Visiting, aim: Annotated[str, fastapi.Query(max_length=20)] = ""
) -> Response:
    """An editor with one step, or with what one word says."""
    if aim in set(Aim):
        return show_editor(visit, preset(Aim(aim)), Shown())
    blank = Strategy(code="", name="", steps=(PlanStep(name=""),))
    return show_editor(visit, blank, Shown())


@router.get("/strategies/{code}", dependencies=EDITORS)
def get_strategy(
    visit: Visiting, code: str, said: Annotated[str, fastapi.Query(max_length=20)] = ""
) -> Response:
    standing = visit.read(lambda tx: publishing.find_strategy(tx, code))
    return show_editor(visit, standing.latest, Shown(said=said), standing)


@router.post("/strategies", dependencies=EDITORS)
def post_strategy(visit: Visiting, form: Annotated[StrategyForm, fastapi.Form()]) -> Response:
    """Move a step, save the draft, check it, or publish it."""
    strategy = strategy_of(form, digits_of(visit.currency))
    standing = standing_of(visit, strategy.code if form.edition else "")
    try:
        if form.act not in ("save", "check", "publish"):
            changed, at = moved(strategy, form.act)
            return show_editor(visit, changed, Shown(looked_at=at), standing, form.edition)
        if form.act == "check":
            publishing.refuse(faults_of(strategy))
            found = findings_of(visit, strategy)
            shown = Shown(said="checked", findings=found)
            return show_editor(visit, strategy, shown, standing, form.edition)
        return save(visit, form, strategy)
    except Refusal as refusal:
        shown = Shown(status=422, refusal=refusal)
        return show_editor(visit, strategy, shown, standing, form.edition)


def save(visit: Visit, form: StrategyForm, strategy: Strategy) -> Response:
    expected = int(form.edition or 0)
    starts_at = instant_of(form.starts, visit)
    share = ALL_PERCENT if form.share == "" else int(form.share)
    network = visit.house.snapshot().network
    known = publishing.known_in(network, visit.house.snapshot().delivery)

    def work(tx: Tx) -> str:
        publishing.save_draft(tx, visit.by, strategy, visit.now, expected_edition=expected)
        if form.act == "save":
            return "saved"
        request = PublishRequest(
            code=strategy.code, known=known, starts_at=starts_at, share_percent=share
        )
        version = publishing.publish(tx, visit.by, request, visit.now)
        if version.starts_at > visit.now:
            return "scheduled"
        return "tried" if version.is_trial else "published"

    said = visit.transact(work)
    return visit.go(f"/strategies/{strategy.code}?said={said}")


@router.post("/strategies/{code}/rollback", dependencies=EDITORS)
def post_rollback(
    visit: Visiting, code: str, form: Annotated[NumberForm, fastapi.Form()]
) -> Response:
    """An earlier version counts again."""
    request = RollBackRequest(code=code, number=number(form.number))
    visit.transact(lambda tx: publishing.roll_back(tx, visit.by, request, visit.now))
    return visit.go(f"/strategies/{code}?said=restored")


@router.post("/strategies/{code}/trial-ending", dependencies=EDITORS)
def post_trial_ending(
    visit: Visiting, code: str, form: Annotated[EndingForm, fastapi.Form()]
) -> Response:
    """What is tried by a share of the orders is dropped, or counts for all of them."""
    visit.transact(
        lambda tx: publishing.end_trial(tx, visit.by, code, visit.now, adopts=form.adopt)
    )
    return visit.go(f"/strategies/{code}?said={'adopted' if form.adopt else 'dropped'}")


@router.post("/strategies/{code}/removal", dependencies=EDITORS)
def post_removal(visit: Visiting, code: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """The draft is gone; what was published goes on counting."""
    visit.transact(lambda tx: publishing.discard_draft(tx, visit.by, code, visit.now))
    return visit.go("/strategies")


@router.post("/strategies/{code}/trials", dependencies=EDITORS)
def post_trial(visit: Visiting, code: str, form: Annotated[TrialForm, fastapi.Form()]) -> Response:
    """One order by the draft, beside what counts now: nothing is written."""
    standing = visit.read(lambda tx: publishing.find_strategy(tx, code))
    try:
        shown = Shown(trial_form=form, tried=try_both(visit, standing, form))
    except Refusal as refusal:
        shown = Shown(status=422, trial_form=form, refusal=refusal)
    return show_editor(visit, standing.latest, shown, standing)


def try_both(visit: Visit, standing: Standing, form: TrialForm) -> tuple[Tried, ...]:
    snapshot = visit.house.snapshot()
    skus = [sku for sku in (form.sku.strip(), form.more.strip()) if sku]
    units = number(form.quantity) or 1
    location = snapshot.network.by_code.get(form.location)
    fetched = not Service(form.service).goes_to_an_address if form.service in set(Service) else None
    if fetched is None or (fetched and location is None):
        raise Refusal("invalid", detail="say where it goes.")
    request = TrialRequest(
        channel=form.channel,
        lines=tuple((sku, units if nth == 0 else 1) for nth, sku in enumerate(skus)),
        destination=Destination(
            service=form.service,
            country=None if fetched else form.country.upper() or "IT",
            postal_code=None if fetched else form.postal_code,
            location_id=location.id if fetched and location else None,
        ),
        value_cents=minor(form.value, digits_of(visit.currency)) or 0,
        promised_by=instant_of(form.promised, visit),
    )
    draft = with_draft(snapshot.steering, standing.latest, visit.now)
    arms = ((True, draft), (False, snapshot.steering))
    return tuple(
        Tried(is_draft=is_draft, choice=choice_of(visit, trial.explained))
        for is_draft, steering in arms
        if (trial := try_order(snapshot, steering, request, visit.now))
    )


def choice_of(visit: Visit, explained: Explained | None) -> Choice | None:
    return Choice(explained, visit.house.snapshot()) if explained else None


def standing_of(visit: Visit, code: str) -> Standing | None:
    if not code:
        return None
    try:
        return visit.read(lambda tx: publishing.find_strategy(tx, code))
    except Refusal:
        return None


def findings_of(visit: Visit, strategy: Strategy) -> tuple[Finding, ...]:
    snapshot = visit.house.snapshot()
    known = publishing.known_in(snapshot.network, snapshot.delivery)
    return visit.read(lambda tx: publishing.findings(tx, strategy, known, visit.now))


def show_editor(
    visit: Visit,
    strategy: Strategy,
    shown: Shown,
    standing: Standing | None = None,
    edition: str | None = None,
) -> Response:
    snapshot = visit.house.snapshot()
    network = snapshot.network
    if edition is None:
        edition = str(standing.edition) if standing else ""
    found = shown.findings
    if found is None and standing is not None and not shown.refusal:
        found = findings_of(visit, strategy)
    channels = [each.channel for _, each in sorted(network.channels.items())]
    return visit.page(
        "rules/strategy.html",
        status=shown.status,
        asked="",
        strategy=strategy,
        form=form_of(strategy, edition, digits_of(visit.currency)),
        shown=shown,
        standing=standing,
        counting=standing.in_force(visit.now) if standing else None,
        trials=trials_of(visit, standing),
        findings=found,
        refusal=visit.explain(shown.refusal) if shown.refusal else None,
        faults=visit.faults_of(shown.refusal),
        kinds=KINDS,
        aims=words.AIM,
        services=SERVICES,
        parcels_max=PARCELS_MAX,
        channels=channels,
        groups=sorted({group for each in network.locations for group in each.groups}),
        carriers=sorted({each.key.carrier for each in snapshot.delivery.services}),
        locations=sorted(
            (each for each in network.locations if each.kind == LocationKind.STORE),
            key=lambda each: each.name,
        ),
        currency=visit.currency,
        zone=ZoneInfo(visit.formatter.zone),
    )


def trials_of(visit: Visit, standing: Standing | None) -> tuple[judging.Trial, ...]:
    """The newest trials of a strategy, with what became of their orders."""
    if standing is None or not any(each.is_trial for each in standing.versions):
        return ()
    return visit.read(lambda tx: judging.list_trials(tx, standing.code))[:TRIALS_MAX]


class Row:
    """A strategy in the list."""

    def __init__(self, standing: Standing, visit: Visit) -> None:
        self.standing = standing
        self.strategy = standing.latest
        self.counting = standing.in_force(visit.now)
        self.trial = standing.trial(visit.now)
        self.scheduled = standing.scheduled(visit.now)

    @property
    def since(self) -> datetime | None:
        return self.counting.starts_at if self.counting else None
