"""Search anything: whatever somebody has in hand, the screen that shows it."""

from typing import Annotated

import fastapi
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.catalog.listing import list_items
from ovunque.catalog.model import ItemFilter
from ovunque.insight.finding import find_orders
from ovunque.insight.model import OrderFilter
from ovunque.kernel.text import search_key
from ovunque.network.model import Location
from ovunque.web import words
from ovunque.web.care.orders import Row
from ovunque.web.screens import OFFICE, screens
from ovunque.web.visiting import Visit, Visiting

KIND_ROWS = 8

router = screens(OFFICE)


@router.get("/search")
def get_search(visit: Visiting, q: Annotated[str, fastapi.Query(max_length=200)] = "") -> Response:
    """What was found, kind by kind; a whole order number goes straight to its order."""
    asked = q.strip()
    if not asked:
        return visit.page("care/search.html", asked="", orders=[], items=[], locations=[])
    network = visit.house.snapshot().network
    found = visit.read(lambda tx: find_orders(tx, OrderFilter(q=asked), None, KIND_ROWS))
    if len(found) == 1 and search_key(found[0].order.number) == search_key(asked):
        return visit.go(f"/orders/{found[0].order.number}")
    items = visit.read(lambda tx: list_items(tx, "", KIND_ROWS, ItemFilter(q=asked)))
    return visit.page(
        "care/search.html",
        asked=asked,
        orders=[Row(each, network, by_name=visit.person.role == Role.CARE) for each in found],
        items=items,
        locations=[(each, words.LOCATION_KIND[each.kind]) for each in places(visit, asked)],
    )


def places(visit: Visit, asked: str) -> list[Location]:
    """Locations whose name, code or address has this fragment: they all fit into memory."""
    fragment = search_key(asked)
    network = visit.house.snapshot().network
    found = [
        each
        for each in network.by_code.values()
        if fragment in search_key(f"{each.code}\n{each.name}\n{each.street}\n{each.city}")
    ]
    return found[:KIND_ROWS]
