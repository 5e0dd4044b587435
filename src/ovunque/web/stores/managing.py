"""Whoever runs a store: how much it takes today, pauses, days, people, figures, prints, history."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated

import fastapi
from starlette.responses import Response

from ovunque.access.enrolling import list_people
from ovunque.access.model import Person
from ovunque.insight.storekeeping import (
    Answers,
    Asked,
    Print,
    count_taken,
    list_history,
    list_prints,
    look_at_answers,
)
from ovunque.insight.working import list_tasks
from ovunque.network.listing import find_location
from ovunque.network.model import Location
from ovunque.platform.database import Tx
from ovunque.web import words
from ovunque.web.formatting import zone_of
from ovunque.web.language import M_
from ovunque.web.office.location import days_of, hours_of
from ovunque.web.rights import ROLE_MAY
from ovunque.web.screens import MANAGERS, screens
from ovunque.web.stores.scanning import code_of
from ovunque.web.stores.tasks import here
from ovunque.web.visiting import Visit, Visiting
from ovunque.web.words import Word

DAYS = 28
ASKED: Mapping[str, Word] = {
    "open": Word(M_("asked", "Waits for an answer"), "info", "timer"),
    "claimed": Word(M_("asked", "Accepted"), "success", "circle-check"),
    "rejected": Word(M_("asked", "Refused"), "danger", "circle-x"),
    "expired": Word(M_("asked", "Not answered"), "danger", "hourglass"),
    "withdrawn": Word(M_("asked", "Went elsewhere"), "neutral", "undo-2"),
}

router = screens(MANAGERS)


@dataclass(frozen=True, slots=True)
class Load:
    """How much of a day's work is taken."""

    capacity: int  # None told: 0.
    taken: int
    waiting: int

    @property
    def left(self) -> int:
        return max(0, self.capacity - self.taken)


@dataclass(frozen=True, slots=True)
class Seen:
    """All that was read for the page, at one moment."""

    location: Location
    load: Load
    answers: Answers
    prints: tuple[Print, ...]
    history: tuple[Asked, ...]


@router.get("/store")
def get_store(
    visit: Visiting, scan: Annotated[str, fastapi.Query(max_length=200)] = ""
) -> Response:
    """One page for whoever runs the store; `scan` is what shall be printed again."""
    seen = visit.read(lambda tx: look(tx, visit, code_of(scan)))
    return visit.page(
        "stores/manager.html",
        seen=seen,
        location=seen.location,
        state=words.LOCATION_STATE[seen.location.state],
        place=replace(visit.formatter, zone=seen.location.time_zone),
        may_pause=True,
        unlike=days_of(visit, seen.location, hours_of(visit, seen.location.code)),
        people=people(visit),
        days=DAYS,
        ends=ASKED,
        may=ROLE_MAY,
        not_found=scan.strip() if scan.strip() and not seen.prints else "",
        share=share,
    )


def look(tx: Tx, visit: Visit, wanted: str) -> Seen:
    at = here(visit)
    location = find_location(tx, at.code)
    midnight = visit.now.astimezone(zone_of(at.time_zone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    return Seen(
        location=location,
        load=Load(
            capacity=location.capacity_per_day,
            taken=count_taken(tx, at.id, since(midnight, 0)),
            waiting=len(list_tasks(tx, at.id)),
        ),
        answers=look_at_answers(tx, at.id, since(midnight, DAYS)),
        prints=list_prints(tx, at.id, wanted),
        history=list_history(tx, at.id),
    )


def since(midnight: datetime, days: int) -> datetime:
    return midnight - timedelta(days=days)


def share(part: int, whole: int) -> Decimal:
    return Decimal(part) / whole if whole else Decimal(0)


def people(visit: Visit) -> list[Person]:
    """Who works here now, in the order of their names."""
    everybody = visit.read_doors(list_people)
    mine = (p for p in everybody if p.location_id == here(visit).id and p.disabled_at is None)
    return sorted(mine, key=lambda each: each.name)
