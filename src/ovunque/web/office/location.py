"""One location: what it is, how much it can do, when it works, and days unlike the others."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.kernel.public_holidays import holidays_from
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.spans import parse_span, text_of_span
from ovunque.network import scheduling
from ovunque.network.listing import find_legal_entity, find_location
from ovunque.network.model import (
    WEEKDAYS,
    ClosureRequest,
    Location,
    LocationState,
    OpeningHours,
    OpeningHoursRequest,
    Spans,
)
from ovunque.network.rules import PPM, SPANS_MAX, confidence_ppm, is_sure
from ovunque.web import words
from ovunque.web.language import Message
from ovunque.web.office.locations import CAPABILITIES
from ovunque.web.screens import MANAGERS, OFFICE, Form, only, screens
from ovunque.web.visiting import Visit, Visiting

CLOSURES_MAX = 200
HOLIDAYS_SHOWN = 6
TEXT_MAX = 100
NUMBER = r"^[0-9]{1,6}$"

KEEPERS = MANAGERS | {Role.MERCHANDISER, Role.ADMIN}

router = screens(OFFICE | MANAGERS | {Role.ADMIN})
EDITORS = [only(frozenset({Role.MERCHANDISER, Role.ADMIN}))]


class WeekForm(Form):
    monday: str = Field(default="", max_length=TEXT_MAX)
    tuesday: str = Field(default="", max_length=TEXT_MAX)
    wednesday: str = Field(default="", max_length=TEXT_MAX)
    thursday: str = Field(default="", max_length=TEXT_MAX)
    friday: str = Field(default="", max_length=TEXT_MAX)
    saturday: str = Field(default="", max_length=TEXT_MAX)
    sunday: str = Field(default="", max_length=TEXT_MAX)


class DayForm(Form):
    day: date
    hours: str = Field(default="", max_length=TEXT_MAX)
    name: str = Field(default="", max_length=TEXT_MAX)


class RemovalForm(Form):
    day: date


@router.get("/locations/{code}")
def get_location(visit: Visiting, code: str) -> Response:
    own(visit, code)
    return show(visit, code)


def own(visit: Visit, code: str) -> None:
    """Who works at one location sees no other's page."""
    if visit.location is not None and visit.location.code != code:
        raise Refusal("not_found", what="location")


@router.post("/locations/{code}/hours", dependencies=[only(KEEPERS)])
def post_hours(visit: Visiting, code: str, form: Annotated[WeekForm, fastapi.Form()]) -> Response:
    """A whole week, as it is written: `09:30-13:00 15:00-19:30`."""
    own(visit, code)
    try:
        week = {name: spans_of(getattr(form, name)) for name in WEEKDAYS}
        asked = OpeningHoursRequest(location=code, **week)
        visit.transact(
            lambda tx: scheduling.save_hours_of_one(
                tx, visit.by, asked, visit.now, visit.house.new_id
            )
        )
    except Refusal as refusal:
        return show(visit, code, refusal, week=form.model_dump(include=set(WEEKDAYS)))
    return visit.go(f"/locations/{code}#hours")


@router.post("/locations/{code}/closures", dependencies=[only(KEEPERS)])
def post_closure(visit: Visiting, code: str, form: Annotated[DayForm, fastapi.Form()]) -> Response:
    """A day with other hours, or with none."""
    own(visit, code)
    try:
        asked = ClosureRequest(
            location=code, day=form.day, hours=spans_of(form.hours), name=form.name.strip() or None
        )
        visit.transact(
            lambda tx: scheduling.save_closure(tx, visit.by, asked, visit.now, visit.house.new_id)
        )
    except Refusal as refusal:
        return show(visit, code, refusal)
    return visit.go("/store#days" if visit.location else f"/locations/{code}#days")


@router.post("/locations/{code}/closures/removal", dependencies=[only(KEEPERS)])
def post_closure_removal(
    visit: Visiting, code: str, form: Annotated[RemovalForm, fastapi.Form()]
) -> Response:
    """The day is like the others again."""
    own(visit, code)
    visit.transact(lambda tx: scheduling.remove_closure(tx, visit.by, code, form.day, visit.now))
    return visit.go("/store#days" if visit.location else f"/locations/{code}#days")


def spans_of(text: str) -> Spans:
    """Hours as somebody writes them, apart by blanks or commas."""
    spans = [parse_span(each) for each in text.replace(",", " ").split()]
    if None in spans or len(spans) > SPANS_MAX:
        raise Refusal("invalid", detail=f"write hours as 09:30-13:00, at most {SPANS_MAX} a day.")
    return tuple(each for each in spans if each is not None)


def text_of(spans: Spans) -> str:
    return " ".join(map(text_of_span, spans))


def show(
    visit: Visit,
    code: str,
    refusal: Refusal | None = None,
    week: dict[str, str] | None = None,
) -> Response:
    location = visit.read(lambda tx: find_location(tx, code))
    owner = visit.read(lambda tx: find_legal_entity(tx, location.legal_entity))
    hours = hours_of(visit, code)
    return visit.page(
        "office/location.html",
        status=200 if refusal is None else 422,
        asked="",
        refusal=visit.explain(refusal) if refusal else None,
        faults=visit.faults_of(refusal),
        location=location,
        owner=owner,
        kind=words.LOCATION_KIND[location.kind],
        state=words.LOCATION_STATE[location.state],
        states=states_of(location),
        services=list(CAPABILITIES.items()),
        place=replace(visit.formatter, zone=location.time_zone),
        week=[(words.WEEKDAY[name], name, (week or told(hours))[name]) for name in WEEKDAYS],
        has_hours=hours is not None,
        unlike=days_of(visit, location, hours),
        sure=sureness(location),
        doubting=doubting(visit, location),
        may_edit=visit.person.role in (Role.MERCHANDISER, Role.ADMIN),
        may_pause=visit.person.role in KEEPERS,
        works_here=visit.location is not None,
        may_open_orders=visit.person.role in OFFICE,
    )


def states_of(location: Location) -> list[tuple[str, Message]]:
    """What somebody may choose; to pause has a form of its own."""
    every = [each for each in LocationState if each != LocationState.PAUSED]
    paused = [LocationState.PAUSED] if location.state == LocationState.PAUSED else []
    return [(each.value, words.LOCATION_STATE[each].message) for each in (*paused, *every)]


def sureness(location: Location) -> Decimal:
    """How likely a unit of its books is really there, between 0 and 1."""
    return (
        Decimal(confidence_ppm(location.kind, location.asked_units, location.missing_units)) / PPM
    )


def doubting(visit: Visit, location: Location) -> list[str]:
    """The channels that would sell from here if it were surer of its stock."""
    channels = [each.channel for each in visit.house.snapshot().network.channels.values()]
    return sorted(
        each.name
        for each in channels
        if each.pool in location.groups and not is_sure(location, each.confidence_percent_min)
    )


def told(hours: OpeningHours | None) -> dict[str, str]:
    return {name: text_of(getattr(hours, name)) if hours else "" for name in WEEKDAYS}


def hours_of(visit: Visit, code: str) -> OpeningHours | None:
    """None: it works round the clock."""
    try:
        return visit.read(lambda tx: scheduling.find_hours(tx, code))
    except Refusal:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day unlike the others; nobody told of a public holiday: that it is one is known."""

    day: date
    hours: str = ""
    name: str = ""
    is_told: bool = True


def days_of(visit: Visit, location: Location, hours: OpeningHours | None) -> list[Day]:
    """From yesterday on: where it is today may still be yesterday."""
    since = visit.now.date() - timedelta(days=1)
    found = visit.read(
        lambda tx: scheduling.list_closures(tx, (location.code, since), CLOSURES_MAX)
    )
    told = {
        each.day: Day(day=each.day, hours=text_of(each.hours), name=each.name or "")
        for each in found
        if each.location == location.code
    }
    ahead = holidays_from(location.country, since) if hours else ()  # Else it never closes.
    known = [Day(day=each, is_told=False) for each in ahead[:HOLIDAYS_SHOWN] if each not in told]
    return sorted([*told.values(), *known], key=lambda each: each.day)
