"""Search anything: whatever somebody has in hand, the screen that shows it."""

from typing import Annotated
from urllib.parse import urlencode

import fastapi
from pydantic import Field
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
from ovunque.web.screens import OFFICE, Form, screens
from ovunque.web.visiting import Visit, Visiting

KIND_ROWS = 8
TEXT_MAX, HIDDEN_MAX = 200, 1_200

router = screens(OFFICE)


class SearchForm(Form):
    q: str = Field(default="", max_length=TEXT_MAX)


@router.post("/search")
def post_search(visit: Visiting, form: Annotated[SearchForm, fastapi.Form()]) -> Response:
    """What is sought comes in a form, and goes on hidden: it may be somebody's name."""
    return visit.go(f"/search?{urlencode({'q': visit.house.veil.hide(form.q.strip())})}")


@router.get("/search")
def get_search(
    visit: Visiting, q: Annotated[str, fastapi.Query(max_length=HIDDEN_MAX)] = ""
) -> Response:
    """What was found, kind by kind; a whole order number goes straight to its order."""
    asked = visit.house.veil.reveal(q).strip()[:TEXT_MAX]
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
        hidden=visit.house.veil.hide(asked),
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
