"""Stock across the network: items down, places across, and what is free in each pair."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from urllib.parse import urlencode

import fastapi
from pydantic import BaseModel, Field
from starlette.responses import Response

from ovunque.catalog.listing import list_items
from ovunque.catalog.model import Item, ItemFilter
from ovunque.kernel.text import search_key
from ovunque.network.model import Location, LocationKind, LocationState
from ovunque.network.snapshot import NetworkView
from ovunque.sourcing.snapshot import Snapshot
from ovunque.web import words
from ovunque.web.screens import OFFICE, screens
from ovunque.web.visiting import Visiting

PAGE_ROWS = 30
PLACES_MAX = 12  # Columns that a desk has room for; the rest is a narrower question away.
LAST_UNITS = 2

router = screens(OFFICE)


class Query(BaseModel):
    """What the address of the grid may say."""

    q: str = Field(default="", max_length=200)
    place: str = Field(default="", max_length=200)
    group: str = Field(default="", max_length=64)
    condition: str = Field(default="", max_length=64)
    after: str = Field(default="", max_length=64)
    skip: int = Field(default=0, ge=0, le=100_000)  # So many places stand further left.


@router.get("/stock")
def get_stock(visit: Visiting, query: Annotated[Query, fastapi.Query()]) -> Response:
    """The grid, page by page in the order of skus; its filters stand in the address."""
    asked = {
        name: value.strip()
        for name, value in query.model_dump(exclude={"after", "skip"}).items()
        if value
    }
    snapshot = visit.house.snapshot()
    places = choose_places(snapshot.network, asked.get("group", ""), asked.get("place", ""))
    wanted = ItemFilter(q=asked.get("q"), condition=asked.get("condition"))
    found = visit.read(lambda tx: list_items(tx, query.after, PAGE_ROWS + 1, wanted))
    shown = found[:PAGE_ROWS]
    skip = query.skip if query.skip < len(places) else 0
    aside = {"skip": str(skip)} if skip else {}
    more = asked | aside | {"after": shown[-1].sku} if len(found) > PAGE_ROWS else None
    steps = Steps(asked | {"after": query.after}, skip, len(places))
    return visit.page(
        "goods/stock.html",
        asked="",
        filters=query,
        places=places[skip : skip + PLACES_MAX],
        places_count=len(places),
        steps=steps,
        kinds=[(each.value, words.LOCATION_KIND[each].message) for each in LocationKind],
        groups=groups_of(snapshot.network),
        rows=[Row(item, snapshot, places, skip) for item in shown],
        more=f"/stock?{urlencode(more)}" if more else None,
        is_narrowed=bool(asked),
    )


def choose_places(network: NetworkView, group: str, fragment: str) -> list[Location]:
    """The places of a kind or a group whose name, code or city has a fragment: big ones first."""
    fragment = search_key(fragment)
    found = [
        each
        for each in network.by_code.values()
        if each.state != LocationState.CLOSED
        and (not group or group == each.kind or group in each.groups)
        and (not fragment or fragment in search_key(f"{each.name} {each.code} {each.city}"))
    ]
    kinds = list(LocationKind)
    return sorted(found, key=lambda each: (kinds.index(LocationKind(each.kind)), each.name))


def groups_of(network: NetworkView) -> Sequence[str]:
    return sorted({group for each in network.by_code.values() for group in each.groups})


class Steps:
    """The addresses of the places further left and right, with the same items."""

    def __init__(self, asked: Mapping[str, str], skip: int, count: int) -> None:
        self.first, self.last = skip + 1, min(count, skip + PLACES_MAX)
        told = {name: value for name, value in asked.items() if value}

        def address(to: int) -> str:
            return f"/stock?{urlencode(told | ({'skip': str(to)} if to else {}))}"

        self.left = address(max(0, skip - PLACES_MAX)) if skip else None
        self.right = address(skip + PLACES_MAX) if self.last < count else None


class Row:
    """An item, what is free of it in each place, and in all places that were asked for."""

    def __init__(
        self, item: Item, snapshot: Snapshot, places: Sequence[Location], skip: int
    ) -> None:
        network = snapshot.network
        free = snapshot.stock.free_at(item.sku, len(network.locations))
        at = [int(free[network.position_of[each.id]]) for each in places]
        self.item = item
        self.condition = words.CONDITION[item.condition]
        self.cells = [Cell(place, units) for place, units in zip(places, at, strict=True)]
        self.shown = self.cells[skip : skip + PLACES_MAX]
        self.total = sum(units for units in at if units > 0)
        self.is_bundle = bool(item.components)

    @property
    def best(self) -> "Sequence[Cell]":
        """The cells that a narrow screen has room for: where most of it lies."""
        having = [cell for cell in self.cells if cell.units]
        return sorted(having, key=lambda cell: -cell.units)[:4]


class Cell:
    """The free units of an item in a place."""

    def __init__(self, place: Location, units: int) -> None:
        self.place = place
        self.units = units

    @property
    def mood(self) -> str:
        """How a number is to be read: `short`, `none`, `few` or `some`."""
        if self.units < 0:
            return "short"
        if self.units == 0:
            return "none"
        return "few" if self.units <= LAST_UNITS else "some"
