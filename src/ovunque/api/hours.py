"""When locations work: their weeks, and days unlike the others."""

from datetime import date
from typing import Annotated

from fastapi import Response
from pydantic import Field, StringConstraints

from ovunque.access.model import Scope
from ovunque.api.bodies import Body, Day, Name, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.editing import NOTHING, IfMatch, create, same, tagged
from ovunque.api.idempotent import Once
from ovunque.api.identifiers import Code
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.spans import SPAN, parse_span, text_of_span
from ovunque.network import scheduling
from ovunque.network.model import (
    WEEKDAYS,
    Closure,
    ClosureRequest,
    OpeningHours,
    OpeningHoursRequest,
    Spans,
)
from ovunque.network.rules import SPANS_MAX
from ovunque.platform.database import Tx

router = resource("network")
READ, CONFIG = [need(Scope.READ)], [need(Scope.CONFIG)]
IMPOSSIBLE = (0, 0)  # Ends when it begins: the rules refuse it by its place.

Span = Annotated[
    str, StringConstraints(pattern=f"^{SPAN.pattern}$"), Field(examples=["09:30-13:00"])
]
Hours = Annotated[list[Span], Field(max_length=SPANS_MAX)]


class OpeningHoursBody(Body):
    """A whole week in local time; a day that is not named is closed."""

    location: Code
    monday: Hours = Field(default=[])
    tuesday: Hours = Field(default=[])
    wednesday: Hours = Field(default=[])
    thursday: Hours = Field(default=[])
    friday: Hours = Field(default=[])
    saturday: Hours = Field(default=[])
    sunday: Hours = Field(default=[])


class OpeningHoursAnswer(Shown):
    location: str
    monday: list[str]
    tuesday: list[str]
    wednesday: list[str]
    thursday: list[str]
    friday: list[str]
    saturday: list[str]
    sunday: list[str]
    version: int


class ClosureBody(Body):
    """A day unlike its weekday; without hours it is closed."""

    location: Code
    day: Day
    hours: Hours = Field(default=[])
    name: Name | None = None


class ClosureAnswer(Shown):
    location: str
    day: date
    hours: list[str]
    name: str | None
    version: int


@router.get("/opening-hours", dependencies=READ)
def get_weeks(call: Caller, page: Paging) -> Listed[OpeningHoursAnswer]:
    """Opening hours in the order of their locations' codes."""
    found = call.read(lambda tx: scheduling.list_hours(tx, page.after or "", page.rows_max))
    return page.show(found, show_hours, lambda each: each.location)


@router.get("/opening-hours/{location:path}", response_model=OpeningHoursAnswer, dependencies=READ)
def get_week(location: Code, call: Caller) -> Response:
    """The week of one location; one that tells none works round the clock."""
    found = call.read(lambda tx: scheduling.find_hours(tx, location))
    return tagged(show_hours(found), found.version)


@router.post(
    "/opening-hours", status_code=201, response_model=OpeningHoursAnswer, dependencies=CONFIG
)
def post_week(body: OpeningHoursBody, call: Caller, once: Once) -> Response:
    """Tell when a location works; one that tells it already is left as it is."""
    return create(once, lambda tx: show_hours(save_hours(tx, call, body, NOTHING)))


@router.put(
    "/opening-hours/{location:path}", response_model=OpeningHoursAnswer, dependencies=CONFIG
)
def put_week(location: Code, body: OpeningHoursBody, call: Caller, seen: IfMatch) -> Response:
    """Tell when a location works, in place of what was told before."""
    same("/location", body.location, location)
    saved = call.transact(lambda tx: save_hours(tx, call, body, seen))
    return tagged(show_hours(saved), saved.version)


@router.get("/closures", dependencies=READ)
def get_closures(call: Caller, page: Paging) -> Listed[ClosureAnswer]:
    """Closures in the order of their locations' codes and days."""
    code, day = page.after_parts(2)
    after = (code, read_day(day))
    found = call.read(lambda tx: scheduling.list_closures(tx, after, page.rows_max))
    return page.show(found, show_closure, lambda each: f"{each.location} {each.day}")


@router.get("/closures/{location:path}/{day}", response_model=ClosureAnswer, dependencies=READ)
def get_closure(location: Code, day: date, call: Caller) -> Response:
    """One day of a location."""
    found = call.read(lambda tx: scheduling.find_closure(tx, location, day))
    return tagged(show_closure(found), found.version)


@router.post("/closures", status_code=201, response_model=ClosureAnswer, dependencies=CONFIG)
def post_closure(body: ClosureBody, call: Caller, once: Once) -> Response:
    """Tell of a day unlike the others; one that is told already is left as it is."""
    return create(once, lambda tx: show_closure(save_closure(tx, call, body, NOTHING)))


@router.put("/closures/{location:path}/{day}", response_model=ClosureAnswer, dependencies=CONFIG)
def put_closure(
    location: Code, day: date, body: ClosureBody, call: Caller, seen: IfMatch
) -> Response:
    """Tell of a day unlike the others, in place of what was told before."""
    same("/location", body.location, location)
    same("/day", str(body.day), str(day))
    saved = call.transact(lambda tx: save_closure(tx, call, body, seen))
    return tagged(show_closure(saved), saved.version)


@router.delete("/closures/{location:path}/{day}", status_code=204, dependencies=CONFIG)
def delete_closure(location: Code, day: date, call: Caller) -> None:
    """Take back what was told of a day: it is like its weekday again."""

    def take_back(tx: Tx) -> None:
        scheduling.find_closure(tx, location, day)
        scheduling.remove_closure(tx, call.by, location, day, call.now)

    call.transact(take_back)


def read_day(text: str) -> date:
    """The day in a cursor of ours; none: before all days."""
    try:
        return date.fromisoformat(text) if text else date.min
    except ValueError:
        raise Refusal("cursor_invalid") from None


def spans_of(told: list[str]) -> Spans:
    return tuple(parse_span(each) or IMPOSSIBLE for each in told)


def texts_of(spans: Spans) -> list[str]:
    return [text_of_span(each) for each in spans]


def save_hours(tx: Tx, call: Call, body: OpeningHoursBody, seen: int | None) -> OpeningHours:
    week = {name: spans_of(getattr(body, name)) for name in WEEKDAYS}
    asked = OpeningHoursRequest(location=body.location, **week)
    return scheduling.save_hours_of_one(
        tx, call.by, asked, call.now, call.services.new_id, expected_version=seen
    )


def show_hours(hours: OpeningHours) -> OpeningHoursAnswer:
    week = {name: texts_of(getattr(hours, name)) for name in WEEKDAYS}
    return OpeningHoursAnswer(location=hours.location, version=hours.version, **week)


def save_closure(tx: Tx, call: Call, body: ClosureBody, seen: int | None) -> Closure:
    asked = ClosureRequest(
        location=body.location, day=body.day, hours=spans_of(body.hours), name=body.name
    )
    return scheduling.save_closure(
        tx, call.by, asked, call.now, call.services.new_id, expected_version=seen
    )


def show_closure(closure: Closure) -> ClosureAnswer:
    return ClosureAnswer(
        location=closure.location,
        day=closure.day,
        hours=texts_of(closure.hours),
        name=closure.name,
        version=closure.version,
    )
