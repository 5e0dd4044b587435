"""Items: found by any fragment, with what the whole network has of them."""

from typing import Annotated
from urllib.parse import urlencode

import fastapi
from pydantic import BaseModel, Field
from starlette.responses import Response

from ovunque.catalog.listing import list_items
from ovunque.catalog.model import Item, ItemFilter
from ovunque.sourcing.snapshot import Snapshot
from ovunque.web.screens import FLOOR, OFFICE, screens
from ovunque.web.visiting import Visit, Visiting

PAGE_ROWS = 30

router = screens(OFFICE | FLOOR)


class Query(BaseModel):
    q: str = Field(default="", max_length=200)
    after: str = Field(default="", max_length=64)


@router.get("/items")
def get_items(visit: Visiting, query: Annotated[Query, fastapi.Query()]) -> Response:
    """The catalog, page by page, in the order of skus."""
    return show(visit, query)


def show(visit: Visit, query: Query, status: int = 200) -> Response:
    q = query.q.strip()
    wanted = ItemFilter(q=q or None)
    found = visit.read(lambda tx: list_items(tx, query.after, PAGE_ROWS + 1, wanted))
    shown = found[:PAGE_ROWS]
    snapshot = visit.house.snapshot()
    more = len(found) > PAGE_ROWS
    return visit.page(
        "goods/items.html",
        status=status,
        asked=q,
        q=q,
        rows=[Row(item, snapshot, visit.person.location_id) for item in shown],
        more=f"/items?{urlencode({'q': q, 'after': shown[-1].sku})}" if more else None,
    )


class Row:
    """An item, and how much of it there is: everywhere, and where this reader works."""

    def __init__(self, item: Item, snapshot: Snapshot, here: object) -> None:
        size = len(snapshot.network.locations)
        free = snapshot.stock.free_at(item.sku, size)
        self.item = item
        self.free = int(free[free > 0].sum())
        self.places = int((free > 0).sum())
        at = snapshot.network.position_of.get(here) if here else None  # type: ignore[call-overload]
        self.here = int(free[at]) if at is not None else None
        self.is_bundle = bool(item.components)
