"""Where the retailer keeps and sells goods, with what is waiting there."""

from typing import Annotated

import fastapi
from starlette.responses import Response

from ovunque.access.model import Role
from ovunque.insight.finding import count_work
from ovunque.network.model import Capability, Location
from ovunque.web import words
from ovunque.web.language import M_, Message
from ovunque.web.screens import OFFICE, screens
from ovunque.web.visiting import Visiting

router = screens(OFFICE | {Role.ADMIN})

CAPABILITIES: dict[str, Message] = {
    Capability.SHIP_FROM: M_("capability", "Ships"),
    Capability.COLLECT: M_("capability", "Collect"),
    Capability.EXPRESS_COLLECT: M_("capability", "Express collect"),
    Capability.RESERVE: M_("capability", "Reserve and try"),
    Capability.PICKUP_POINT: M_("capability", "Pickup point for parcels"),
    Capability.ACCEPT_RETURNS: M_("capability", "Takes returns"),
}


@router.get("/locations")
def get_locations(
    visit: Visiting, q: Annotated[str, fastapi.Query(max_length=100)] = ""
) -> Response:
    """All of them, or those with this in name, code or city."""
    network = visit.house.snapshot().network
    work = visit.read(count_work)
    places = sorted(network.by_code.values(), key=lambda each: (each.kind, each.name))
    sought = q.strip().casefold()
    found = [each for each in places if sought in text_of(each)]
    return visit.page(
        "office/locations.html",
        asked="",
        q=q,
        rows=[Row(each, work.get(each.id, 0)) for each in found],
    )


def text_of(place: Location) -> str:
    return " ".join([place.name, place.code, place.city or "", place.postal_code or ""]).casefold()


class Row:
    def __init__(self, location: Location, work: int) -> None:
        self.location = location
        self.kind = words.LOCATION_KIND[location.kind]
        self.state = words.LOCATION_STATE[location.state]
        self.work = work
        self.can = [CAPABILITIES[each] for each in location.capabilities]
