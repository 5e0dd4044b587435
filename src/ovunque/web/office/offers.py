"""What a location offers, as people set it: its ways of serving, how much, how far, and pauses."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.kernel.refusal import Refusal
from ovunque.network.listing import find_location
from ovunque.network.model import Capability, Carts, Location, LocationRequest, LocationState
from ovunque.network.saving import save_location
from ovunque.web.office.location import EDITORS, KEEPERS, NUMBER, own, show
from ovunque.web.screens import Form, screens
from ovunque.web.visiting import Visit, Visiting

REASON_MAX = 100

router = screens(KEEPERS)


class OffersForm(Form):
    state: LocationState
    capabilities: list[Capability] = Field(default_factory=list)
    capacity_per_day: str = Field(pattern=NUMBER)
    capacity_per_hour: str = Field(pattern=NUMBER)
    handling_minutes: str = Field(pattern=NUMBER)
    express_radius_km: str = Field(pattern=NUMBER)
    express_minutes: str = Field(pattern=NUMBER)
    carts: Carts
    version: str = Field(pattern=NUMBER)


class PauseForm(Form):
    until: str = Field(default="", max_length=25)
    reason: str = Field(default="", max_length=REASON_MAX)


@router.post("/locations/{code}/work", dependencies=EDITORS)
def post_work(visit: Visiting, code: str, form: Annotated[OffersForm, fastapi.Form()]) -> Response:
    """By which ways it serves, how much it can do, how far and how soon."""
    pauses = form.state == LocationState.PAUSED
    before = request_of(find(visit, code))
    return save(
        visit,
        replace(
            before,
            state=form.state,
            paused_until=before.paused_until if pauses else None,
            pause_reason=before.pause_reason if pauses else None,
            capabilities=tuple(form.capabilities),
            capacity_per_day=int(form.capacity_per_day),
            capacity_per_hour=int(form.capacity_per_hour),
            handling_minutes=int(form.handling_minutes),
            express_radius_km=int(form.express_radius_km),
            express_minutes=int(form.express_minutes),
            carts=form.carts,
        ),
        seen=int(form.version),
    )


@router.post("/locations/{code}/pause")
def post_pause(visit: Visiting, code: str, form: Annotated[PauseForm, fastapi.Form()]) -> Response:
    """Nothing is promised from here any more, and nothing new is offered, until it opens again."""
    own(visit, code)
    location = find(visit, code)
    try:
        until = instant_of(form.until, location, visit.now)
        refuse_other(location, LocationState.OPEN, LocationState.PAUSED)
    except Refusal as refusal:
        return show(visit, code, refusal)
    paused = replace(
        request_of(location),
        state=LocationState.PAUSED,
        paused_until=until,
        pause_reason=form.reason.strip() or None,
    )
    return save(visit, paused, seen=None)


@router.post("/locations/{code}/opening")
def post_opening(visit: Visiting, code: str, _: Annotated[Form, fastapi.Form()]) -> Response:
    """The pause is over, before its time or because it had none."""
    own(visit, code)
    location = find(visit, code)
    try:
        refuse_other(location, LocationState.OPEN, LocationState.PAUSED)
    except Refusal as refusal:
        return show(visit, code, refusal)
    opened = replace(
        request_of(location), state=LocationState.OPEN, paused_until=None, pause_reason=None
    )
    return save(visit, opened, seen=None)


def find(visit: Visit, code: str) -> Location:
    return visit.read(lambda tx: find_location(tx, code))


def request_of(location: Location) -> LocationRequest:
    names = LocationRequest.__dataclass_fields__
    return LocationRequest(**{k: v for k, v in asdict(location).items() if k in names})


def refuse_other(location: Location, *states: LocationState) -> None:
    """A place that is planned or closed has nothing to pause."""
    if location.state not in states:
        raise Refusal("invalid", detail="only a location that is open can pause.")


def instant_of(told: str, location: Location, now: datetime) -> datetime | None:
    """By the clock of the place, as browsers write it; nothing: until somebody opens it."""
    if not told:
        return None
    try:
        at = datetime.fromisoformat(told)
        instant = at.replace(tzinfo=ZoneInfo(location.time_zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refusal("invalid", detail="say until when as 2026-12-24T18:30.") from None
    if instant <= now:
        raise Refusal("invalid", detail="a pause ends later than now.")
    return instant


def save(visit: Visit, asked: LocationRequest, seen: int | None) -> Response:
    try:
        visit.transact(
            lambda tx: save_location(
                tx, visit.by, asked, visit.now, visit.house.new_id, expected_version=seen
            )
        )
    except Refusal as refusal:
        return show(visit, asked.code, refusal)
    return visit.go("/store" if visit.location else f"/locations/{asked.code}")
