"""Who works here: entered with a link, let go, sent out, for whoever keeps the keys."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import fastapi
from pydantic import Field
from starlette.responses import Response

from ovunque.access import entering, inviting, moving, proving
from ovunque.access.enrolling import (
    PersonRequest,
    create_person,
    disable_person,
    find_person,
    list_people,
)
from ovunque.access.hashing import SALT_BYTES_MIN, conceal
from ovunque.access.model import SEVERAL_PLACES, STORE_ROLES, Role
from ovunque.access.moving import PlacesRequest
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.platform.database import Tx
from ovunque.web.rights import ROLE_MAY
from ovunque.web.screens import Form, proof, screens
from ovunque.web.visiting import Visit, Visiting, origin_of

PROVEN = [proof()]
OTHERS_MAX = 1_000
STEPS = ("invitation", "disabling", "sign-out", "second-factor-removal")

router = screens(frozenset({Role.ADMIN}))


class PersonForm(Form):
    login: str = Field(default="", max_length=100)
    name: str = Field(default="", max_length=200)
    role: Role
    location: str = Field(default="", max_length=64)
    others: list[str] = Field(default_factory=list, max_length=OTHERS_MAX)  # Codes.


@router.get("/people")
def get_people(visit: Visiting) -> Response:
    return show(visit)


@router.post("/people", dependencies=PROVEN)
def post_person(visit: Visiting, form: Annotated[PersonForm, fastapi.Form()]) -> Response:
    """Enter a person, and show the link by which they choose their password, this once."""
    place = visit.house.snapshot().network.by_code.get(form.location)
    token = visit.house.new_secret()
    request = PersonRequest(
        id=visit.house.new_id(),
        login=form.login.strip(),
        name=form.name.strip(),
        role=form.role,
        # Nobody knows it: the link is the only way in.
        secret=conceal(visit.house.new_secret(), visit.draw(SALT_BYTES_MIN)),
        location_id=place.id if place and form.role in STORE_ROLES else None,
    )

    def enter(tx: Tx) -> None:
        person = create_person(tx, visit.by, request, visit.now)
        if form.role in SEVERAL_PLACES:
            wanted = PlacesRequest(person=person, location_ids=places_named(visit, form.others))
            moving.save_places(tx, visit.by, wanted, visit.now)
        inviting.invite(tx, visit.by, person, token, visit.now)

    try:
        visit.transact(enter)
    except Refusal as refusal:
        return show(visit, refusal=refusal, form=form)
    return show(visit, link=(request.login, token))


def places_named(visit: Visit, codes: Sequence[str]) -> list[UUID]:
    """The places of these codes; one that is not there is told."""
    known = visit.house.snapshot().network.by_code
    for each in codes:
        if each not in known:
            raise Refusal("not_found", what=f"location {each[:64]}")
    return [known[each].id for each in codes]


@router.post("/people/{login}/{step}", dependencies=PROVEN)
def post_step(
    visit: Visiting, login: str, step: str, _: Annotated[Form, fastapi.Form()]
) -> Response:
    """A new link, out everywhere, without the second factor, or let go."""
    if step not in STEPS:
        raise Refusal("not_found", what="step")
    person = visit.read(lambda tx: find_person(tx, login))
    token = visit.house.new_secret()

    def act(tx: Tx) -> None:
        match step:
            case "invitation":
                inviting.invite(tx, visit.by, person, token, visit.now)
            case "disabling":
                disable_person(tx, visit.by, person.login, visit.now)
            case "sign-out":
                entering.revoke_sessions(tx, visit.by, person, visit.now)
            case _:
                proving.remove_factor(tx, visit.by, person, visit.now)

    visit.transact(act)
    if step == "invitation":
        return show(visit, link=(person.login, token))
    return visit.go("/people")


def show(
    visit: Visit,
    *,
    link: tuple[str, str] | None = None,
    refusal: Refusal | None = None,
    form: PersonForm | None = None,
) -> Response:
    network = visit.house.snapshot().network
    return visit.page(
        "office/people.html",
        status=refusals.status_of(refusal) if refusal else 200,
        asked="",
        people=visit.read(list_people),
        proven=visit.read(proving.list_with_factor),
        places={each.id: each.name for each in network.locations},
        locations=sorted(network.by_code.values(), key=lambda each: each.name),
        roles=ROLE_MAY,
        link=(link[0], f"{origin_of(visit.request)}/welcome/{link[1]}") if link else None,
        refusal=visit.explain(refusal) if refusal else None,
        faults=visit.faults_of(refusal),
        form=form or PersonForm(role=Role.ASSOCIATE),
    )
