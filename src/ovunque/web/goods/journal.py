"""What became of an item: every count and every movement, place by place."""

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

import fastapi
from pydantic import BaseModel, Field
from starlette.responses import Response

from ovunque.catalog.listing import find_item
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import Location
from ovunque.network.snapshot import NetworkView
from ovunque.stock import recalling
from ovunque.stock.model.recalling import Happening
from ovunque.web import words
from ovunque.web.screens import FLOOR, OFFICE, screens
from ovunque.web.visiting import Visiting

PAGE_ROWS = 100

router = screens(OFFICE | FLOOR)


class Query(BaseModel):
    """Of which item, at which place, and before which moment."""

    sku: str = Field(max_length=64)
    at: str = Field(default="", max_length=64)
    until: str = Field(default="", max_length=40)


@router.get("/stock/journal")
def get_journal(visit: Visiting, query: Annotated[Query, fastapi.Query()]) -> Response:
    """Thirty days at once, the newest first; further back page by page."""
    item = visit.read(lambda tx: find_item(tx, query.sku))
    network = visit.house.snapshot().network
    place = network.by_code.get(query.at)
    where = place.id if place else None
    until = moment_of(query.until, visit.now)
    found = visit.read(lambda tx: recalling.list_happenings(tx, item.sku, where, until, PAGE_ROWS))
    begin = found[-1].at if len(found) >= PAGE_ROWS else until - recalling.WINDOW
    is_first = visit.read(lambda tx: recalling.is_first(tx, item.sku, where, begin))
    asked = {"sku": item.sku, "at": query.at}
    older = asked | {"until": begin.isoformat()}
    return visit.page(
        "goods/journal.html",
        asked="",
        item=item,
        chosen=place.code if place else "",
        rows=[Row(each, network) for each in found],
        since=begin,
        until=until if query.until else None,
        older=None if is_first else f"/stock/journal?{urlencode(older)}",
        newest=f"/stock/journal?{urlencode(asked)}",
        locations=sorted(network.by_code.values(), key=lambda each: each.name),
    )


def moment_of(told: str, now: datetime) -> datetime:
    """The moment before which an address wants to read; none: now."""
    if not told:
        return now
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        raise Refusal("cursor_invalid") from None
    if found.tzinfo is None or found.year < recalling.FIRST_YEAR:
        raise Refusal("cursor_invalid")
    return min(found, now)


class Row:
    """An entry with its place and its word."""

    def __init__(self, told: Happening, network: NetworkView) -> None:
        self.told = told
        self.word = words.MOVEMENT[told.kind] if told.kind else words.COUNTED
        self.place: Location = network.locations[network.position_of[told.location_id]]
        self.is_late = (told.recorded_at - told.at).total_seconds() > LATE_S


LATE_S = 60  # From then on it matters when we came to know.
