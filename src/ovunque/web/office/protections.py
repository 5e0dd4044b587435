"""What keeps units from channels: rules as sentences, tried before they are applied."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import fastapi
from pydantic import BaseModel, Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.sourcing.previewing import Preview, preview
from ovunque.stock import protecting
from ovunque.stock.model import Protection, ProtectionFilter, ProtectionRequest, RuleKind
from ovunque.web import words
from ovunque.web.pages import kind_of
from ovunque.web.screens import OFFICE, Form, only, screens
from ovunque.web.visiting import Visit, Visiting

PAGE_ROWS = 50
CHANGES_SHOWN = 20
ANYTHING = "all"

router = screens(OFFICE)
EDITORS = [only(frozenset({Role.MERCHANDISER}))]


class RuleForm(Form):
    """A rule as its form says it; empty fields say nothing."""

    code: str = Field(default="", max_length=64)
    kind: RuleKind = RuleKind.BUFFER
    units: str = Field(default="", max_length=9, pattern=r"^[0-9]*$")
    percent: str = Field(default="", max_length=3, pattern=r"^[0-9]*$")
    of: str = Field(default=ANYTHING, pattern=r"^(all|category|product|sku)$")
    item: str = Field(default="", max_length=100)
    place: str = Field(default="", max_length=80)
    channels: list[str] = Field(default=[], max_length=250)
    starts: str = Field(default="", max_length=30)
    ends: str = Field(default="", max_length=30)
    version: str = Field(default="", max_length=9, pattern=r"^[0-9]*$")
    act: str = Field(default="preview", pattern=r"^(preview|apply)$")


class Query(BaseModel):
    """What the address of the list may say."""

    q: str = Field(default="", max_length=100)
    kind: str = Field(default="", max_length=20)
    after: str = Field(default="", max_length=64)


@router.get("/protections")
def get_protections(visit: Visiting, query: Annotated[Query, fastapi.Query()]) -> Response:
    """The rules that were looked for, or all, each as a sentence."""
    kind = query.kind if query.kind in set(RuleKind) else None
    q = query.q.strip() or None
    places = visit.house.snapshot().network.places_called(q) if q else ()
    asked = ProtectionFilter(q=q, kind=kind, places=places)
    found = visit.read(
        lambda tx: protecting.list_protections(tx, query.after, PAGE_ROWS + 1, asked)
    )
    shown = found[:PAGE_ROWS]
    filters = {"q": q or "", "kind": kind or ""}
    return visit.page(
        "rules/protections.html",
        asked="",
        rows=[Row(each, visit) for each in shown],
        filters=filters,
        kinds=list(RuleKind),
        more=address_of(filters | {"after": shown[-1].code}) if len(found) > PAGE_ROWS else None,
        first=address_of(filters) if query.after else None,
        may_edit=visit.person.role == Role.MERCHANDISER,
    )


def address_of(asked: Mapping[str, str]) -> str:
    return f"/protections?{urlencode({name: value for name, value in asked.items() if value})}"


@router.get("/protections/new", dependencies=EDITORS)
def get_new(visit: Visiting) -> Response:
    return show_editor(visit, RuleForm())


@router.get("/protections/{code}", dependencies=EDITORS)
def get_protection(visit: Visiting, code: str) -> Response:
    found = visit.read(lambda tx: protecting.find_protection(tx, code))
    return show_editor(visit, form_of(found, visit))


@router.post("/protections", dependencies=EDITORS)
def post_protection(visit: Visiting, form: Annotated[RuleForm, fastapi.Form()]) -> Response:
    """Say what the rule would change; apply it when that was seen."""
    try:
        asked = request_of(form, visit)
        if form.act == "preview":
            return show_editor(visit, form, seen=visit.read(lambda tx: foresee(tx, visit, asked)))
        expected = int(form.version) if form.version else None
        visit.transact(
            lambda tx: protecting.save_protection(
                tx, visit.by, asked, visit.now, expected_version=expected
            )
        )
    except Refusal as refusal:
        return show_editor(visit, form, refusal=refusal)
    return visit.go("/protections")


@router.post("/protections/{code}/removal", dependencies=EDITORS)
def post_removal(visit: Visiting, code: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """Its units are on sale again; the form of the rule is shown, to apply it anew."""
    found = visit.read(lambda tx: protecting.find_protection(tx, code))
    visit.transact(lambda tx: protecting.remove_protection(tx, visit.by, code, visit.now))
    form = form_of(found, visit).model_copy(update={"version": ""})
    return show_editor(visit, form, removed=True)


def foresee(tx: Tx, visit: Visit, asked: ProtectionRequest) -> Preview:
    return preview(tx, visit.house.snapshot(), protecting.rules_of(tx, [asked]), (), visit.now)


def show_editor(
    visit: Visit,
    form: RuleForm,
    *,
    seen: Preview | None = None,
    refusal: Refusal | None = None,
    removed: bool = False,
) -> Response:
    network = visit.house.snapshot().network
    return visit.page(
        "rules/protection.html",
        status=200 if refusal is None else 422,
        asked="",
        form=form,
        removed=removed,
        kinds=list(RuleKind),
        seen=seen,
        changes=seen.changes[:CHANGES_SHOWN] if seen else (),
        leaving=units_leaving(seen) if seen else 0,
        refusal=visit.explain(refusal) if refusal else None,
        faults=visit.faults_of(refusal),
        channels=[each.channel for _, each in sorted(network.channels.items())],
        groups=sorted({group for each in network.by_code.values() for group in each.groups}),
        locations=sorted(network.by_code.values(), key=lambda each: each.name),
    )


def units_leaving(seen: Preview) -> int:
    """Units of the channel that loses most: channels share them, so that a sum would lie."""
    return max((each.before - each.after for each in seen.totals), default=0)


def request_of(form: RuleForm, visit: Visit) -> ProtectionRequest:
    """The rule that a form asks for; times are those of the reader's place."""
    named = {form.of: form.item.strip() or None} if form.of != ANYTHING else {}
    where, _, place = form.place.partition(":")
    return ProtectionRequest(
        code=form.code.strip(),
        kind=form.kind,
        units=int(form.units) if form.units else None,
        percent=int(form.percent) if form.percent else None,
        sku=named.get("sku"),
        product=named.get("product"),
        category=named.get("category"),
        location=place if where == "location" else None,
        group=place if where == "group" else None,
        channels=tuple(form.channels),
        starts_at=instant_of(form.starts, visit),
        ends_at=instant_of(form.ends, visit),
    )


def instant_of(told: str, visit: Visit) -> datetime | None:
    """What a field of date and time says, by the clock on the reader's wall."""
    if not told:
        return None
    try:
        local = datetime.fromisoformat(told)
    except ValueError:
        raise Refusal("invalid", detail="write a date and a time.") from None
    return local.replace(tzinfo=ZoneInfo(visit.formatter.zone)).astimezone(UTC)


def form_of(found: Protection, visit: Visit) -> RuleForm:
    """The form as it would have been filled for a rule."""
    zone = ZoneInfo(visit.formatter.zone)
    named = [(name, getattr(found, name)) for name in ("category", "product", "sku")]
    of, item = next(((name, value) for name, value in named if value), (ANYTHING, ""))
    places: Sequence[tuple[str, str | None]] = (
        ("location", found.location),
        ("group", found.group),
    )

    def local(at: datetime | None) -> str:
        return at.astimezone(zone).replace(tzinfo=None).isoformat("T", "minutes") if at else ""

    return RuleForm(
        code=found.code,
        kind=RuleKind(found.kind),
        units="" if found.units is None else str(found.units),
        percent="" if found.percent is None else str(found.percent),
        of=of,
        item=item,
        place=next((f"{where}:{code}" for where, code in places if code), ""),
        channels=list(found.channels),
        starts=local(found.starts_at),
        ends=local(found.ends_at),
        version=str(found.version),
    )


class Row:
    """A rule in the list, with the names of what it speaks of."""

    def __init__(self, rule: Protection, visit: Visit) -> None:
        network = visit.house.snapshot().network
        place = network.by_code.get(rule.location or "")
        self.rule = rule
        self.word = words.PROTECTION[rule.kind]
        self.item = rule.sku or rule.product or kind_of(visit.language, rule.category or "")
        self.place = place.name if place else rule.location
        self.channels = [
            network.channels[code].channel.name if code in network.channels else code
            for code in rule.channels
        ]
        self.is_listing = rule.kind == RuleKind.LISTING
        begun = rule.starts_at is None or rule.starts_at <= visit.now
        self.is_in_force = begun and (rule.ends_at is None or visit.now < rule.ends_at)
        self.is_over = rule.ends_at is not None and rule.ends_at <= visit.now
