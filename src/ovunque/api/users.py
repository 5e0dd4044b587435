"""People who work here: entered by a program that knows who is hired, invited, let go."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import Field, StringConstraints

from ovunque.access import enrolling, entering, inviting, moving, rules
from ovunque.access.enrolling import PersonRequest
from ovunque.access.events import PERSON_PREFIX
from ovunque.access.hashing import conceal
from ovunque.access.model import (
    SEVERAL_PLACES,
    Language,
    Person,
    PersonFilter,
    Role,
    Scope,
)
from ovunque.access.moving import PlacesRequest
from ovunque.api.bodies import Body, Instant, Shown
from ovunque.api.call import Call, Caller, need
from ovunque.api.carrier_pickups import EmptyBody
from ovunque.api.fulfillments_bodies import place_of
from ovunque.api.idempotent import Once, Told
from ovunque.api.identifiers import Code, PublicId
from ovunque.api.orders_shown import code_of
from ovunque.api.paging import Listed, Paging
from ovunque.api.routing import resource
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform.database import Tx
from ovunque.platform.http.faults import refusal_of

PLACES_MAX = 1_000

router = resource("users")
CONFIG = [need(Scope.CONFIG)]

UserId = Annotated[UUID, PublicId(PERSON_PREFIX)]
Login = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class UserBody(Body):
    login: Login = Field(description="The name they sign in with, in small letters.")
    name: Annotated[str, Field(min_length=1, max_length=200)]
    role: Annotated[Role, Field(strict=False)]
    location: Code | None = Field(default=None, description="Where store people work.")
    locations: list[Code] = Field(
        default_factory=list,
        max_length=PLACES_MAX,
        description="Where else, of an area manager or a partner.",
    )
    language: Annotated[Language | None, Field(strict=False)] = None


class UserShown(Shown):
    id: UserId
    login: str
    name: str
    role: Role
    location: str | None = Field(description="Where they work now; null: for all locations.")
    locations: list[str] = Field(description="All places that they may work for.")
    language: Language | None
    created_at: Instant
    disabled_at: Instant | None = Field(description="When they were let go, if they were.")


class UserInvited(UserShown):
    welcome: str | None = Field(
        description="The path on the screens' address where they choose a password, within three"
        " days and once. Shown this once: a replayed answer has none."
    )


@router.get("/users", dependencies=CONFIG)
def get_users(
    call: Caller,
    page: Paging,
    role: Annotated[Role | None, Query()] = None,
    location: Annotated[Code | None, Query()] = None,
    left: Annotated[bool | None, Query(description="Only who was let go, or who was not.")] = None,
) -> Listed[UserShown]:
    """People in the order of their logins; those who left too."""
    wanted = PersonFilter(role=role, location_id=place_of(call, location), left=left)

    def read(tx: Tx) -> list[UserShown]:
        found = enrolling.list_some(tx, wanted, page.after or "", page.rows_max)
        return [show(tx, call, each) for each in found]

    return page.show(call.read(read), lambda each: each, lambda each: each.login)


@router.get("/users/{login}", dependencies=CONFIG)
def get_user(login: Login, call: Caller) -> UserShown:
    """One person."""
    return call.read(lambda tx: show(tx, call, enrolling.find_person(tx, login)))


@router.post("/users", status_code=201, response_model=UserInvited, dependencies=CONFIG)
def post_user(body: UserBody, call: Caller, once: Once) -> Response:
    """Enter a person, who is invited to choose a password. Nobody lets in who may do more."""
    refuse_more(call, body.role)
    token = call.services.new_secret()
    request = PersonRequest(
        id=call.new_id(),
        login=body.login,
        name=body.name,
        role=body.role,
        # Nobody knows it: the invitation is the only way in.
        secret=conceal(call.services.new_secret(), call.services.new_secret().encode()),
        location_id=place_named(call, body.location, "/location"),
        language=body.language,
    )
    others = [
        place
        for nth, code in enumerate(body.locations)
        if (place := place_named(call, code, f"/locations/{nth}")) is not None
    ]

    def work(tx: Tx) -> Told:
        person = enrolling.create_person(tx, call.by, request, call.now)
        if others or person.role in SEVERAL_PLACES:
            wanted = PlacesRequest(person=person, location_ids=others)
            moving.save_places(tx, call.by, wanted, call.now)
        return invited(tx, call, person, token)

    return once.run(work)


@router.post(
    "/users/{login}/invitations",
    status_code=201,
    response_model=UserInvited,
    dependencies=CONFIG,
)
def post_user_invitation(login: Login, _: EmptyBody, call: Caller, once: Once) -> Response:
    """Invite somebody again, who may choose another password; an older invitation is void."""
    token = call.services.new_secret()

    def work(tx: Tx) -> Told:
        person = enrolling.find_person(tx, login)
        refuse_more(call, person.role)
        return invited(tx, call, person, token)

    return once.run(work)


@router.post(
    "/users/{login}/deactivation", status_code=201, response_model=UserShown, dependencies=CONFIG
)
def post_user_deactivation(login: Login, _: EmptyBody, call: Caller, once: Once) -> Response:
    """Let somebody go: they are out at once, and what they did stays in their name."""
    return once.run(
        lambda tx: show(tx, call, enrolling.disable_person(tx, call.by, login, call.now))
    )


@router.post(
    "/users/{login}/sign-outs", status_code=201, response_model=UserShown, dependencies=CONFIG
)
def post_user_sign_out(login: Login, _: EmptyBody, call: Caller, once: Once) -> Response:
    """End all sessions of somebody: whoever has a lost phone of theirs is out."""

    def work(tx: Tx) -> UserShown:
        person = enrolling.find_person(tx, login)
        entering.revoke_sessions(tx, call.by, person, call.now)
        return show(tx, call, person)

    return once.run(work)


def refuse_more(call: Call, role: Role) -> None:
    """A key that lets somebody in who may do more than it could do so itself a moment later."""
    if beyond := rules.beyond(call.by, rules.scopes_to_enter(role)):
        raise Refusal("forbidden", scope=beyond[0])
    if not rules.may_let_in(call.by, role):
        raise Refusal("beyond_own")


def place_named(call: Call, code: str | None, pointer: str) -> UUID | None:
    if code is None:
        return None
    location = call.services.snapshot().network.by_code.get(code)
    if location is None:
        fault = Fault(pointer, "unknown_reference", f"There is no location {code}.")
        raise refusal_of((fault,))
    return location.id


def invited(tx: Tx, call: Call, person: Person, token: str) -> Told:
    inviting.invite(tx, call.by, person, token, call.now)
    shown = show(tx, call, person).model_dump()
    return Told(
        sent=UserInvited(**shown, welcome=f"/welcome/{token}"),
        stored=UserInvited(**shown, welcome=None),
    )


def show(tx: Tx, call: Call, person: Person) -> UserShown:
    snapshot = call.services.snapshot()
    places = moving.list_places(tx, person) if person.location_id is not None else ()
    return UserShown(
        id=person.id,
        login=person.login,
        name=person.name,
        role=person.role,
        location=code_of(person.location_id, snapshot) if person.location_id else None,
        locations=sorted(code_of(each, snapshot) for each in places),
        language=person.language,
        created_at=person.created_at,
        disabled_at=person.disabled_at,
    )
