"""How promises were kept, by what they are told apart by, and on whose side it lay."""

from decimal import Decimal
from typing import Annotated

import fastapi
from starlette.responses import Response

from ovunque.access.model import Language
from ovunque.delivery.rules.days import PPM
from ovunque.insight.finding import count_endangered
from ovunque.promise import scoring
from ovunque.promise.model import Tally
from ovunque.promise.naming import name_of
from ovunque.promise.rules.scoring import has_drifted
from ovunque.sourcing.snapshot import Snapshot
from ovunque.web import words
from ovunque.web.language import M_, Message, say
from ovunque.web.screens import OFFICE, screens
from ovunque.web.visiting import Visit, Visiting

DAYS = (7, 28, 90)
ROWS_MAX = 100
NAMES: dict[str, Message] = {
    "service": M_("promises", "Service"),
    "location": M_("promises", "Location"),
    "carrier": M_("promises", "Carrier"),
    "lane": M_("promises", "Lane"),
    "blame": M_("promises", "Who caused it"),
}

FETCHED = M_("promises", "fetched, without a carrier")

router = screens(OFFICE)


@router.get("/promises")
def get_promises(
    visit: Visiting,
    by: Annotated[str, fastapi.Query(max_length=20)] = "service",
    days: Annotated[str, fastapi.Query(max_length=3)] = "28",
) -> Response:
    """Promises that were due lately: kept, early, late, beside what they said."""
    by = by if by in scoring.BY else "service"
    span = next((each for each in DAYS if str(each) == days), DAYS[1])
    found = visit.read(lambda tx: scoring.list_tallies(tx, by, span, visit.now))
    return visit.page(
        "office/promises.html",
        asked="",
        by=by,
        days=span,
        names=NAMES,
        spans=DAYS,
        rows=[Row(each, by, visit) for each in found[:ROWS_MAX]],
        endangered=visit.read(count_endangered),
    )


class Row:
    """Promises of one kind."""

    def __init__(self, tally: Tally, by: str, visit: Visit) -> None:
        self.tally = tally
        self.name = name_for(tally.key, by, visit.house.snapshot(), visit.language)
        self.word = words.SERVICE.get(tally.key) if by == "service" else None
        self.blame = words.BLAME.get(tally.key) if by == "blame" else None
        self.kept = Decimal(tally.kept + tally.early) / tally.due
        self.said = Decimal(tally.confidence_ppm) / PPM
        drifts = has_drifted(tally.due, tally.kept + tally.early, tally.confidence_ppm)
        self.drifts = drifts and by != "blame"


def name_for(key: str, by: str, snapshot: Snapshot, language: Language) -> str:
    """A place and a carrier by the names that people know; who fetches it needs no carrier."""
    if by == "lane":
        location, carrier, destination = f"{key}  ".split(" ", 2)
        place = name_for(location, "location", snapshot, language)
        if not carrier:
            return f"{place} · {say(language, FETCHED)}"
        service = name_for(carrier, "carrier", snapshot, language)
        return f"{place} → {destination.strip()}… · {service}"
    if by == "carrier":
        services = {str(each.id): each.name for each in snapshot.delivery.services}
        return services.get(key) or key or say(language, FETCHED)
    name = name_of(key, by, snapshot)
    known = snapshot.network.by_code.get(name) if by == "location" else None
    return (known.name if known else name) or "–"
