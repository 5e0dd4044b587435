"""Who works here: for whoever keeps the keys."""

from starlette.responses import Response

from ovunque.access.enrolling import list_people
from ovunque.access.model import Role
from ovunque.web.screens import screens
from ovunque.web.visiting import Visiting

router = screens(frozenset({Role.ADMIN}))


@router.get("/people")
def get_people(visit: Visiting) -> Response:
    network = visit.house.snapshot().network
    people = visit.read(list_people)
    places = {each.id: each.name for each in network.locations}
    return visit.page("office/people.html", asked="", people=people, places=places)
