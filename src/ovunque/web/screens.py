"""Routes that show pages: first who comes, then whether the form is ours, then the screen."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from ovunque.access.model import STORE_ROLES, Role
from ovunque.access.rules import is_proven
from ovunque.kernel.refusal import Refusal
from ovunque.platform.http.faults import faults_of_pydantic, refusal_of
from ovunque.platform.telemetry import PACED
from ovunque.web.house import House
from ovunque.web.visiting import (
    Visit,
    address_of,
    bucket_of,
    open_visit,
    safe_next,
    to_sign_in,
)

OFFICE = frozenset({Role.CARE, Role.MERCHANDISER, Role.EXECUTIVE})
MANAGERS = frozenset({Role.STORE_MANAGER, Role.AREA_MANAGER})
TASKS = MANAGERS | {Role.ASSOCIATE, Role.PARTNER}
# Partners prepare what is sold from their own places, and see nothing of anybody else's.
FLOOR = STORE_ROLES - {Role.PARTNER}
EVERYBODY = frozenset(Role)
# Where one gets a second factor, shows who one is for that, or leaves.
WITHOUT_FACTOR = ("/account", "/prove", "/sign-", "/preferences", "/language")
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

__all__ = [
    "EVERYBODY",
    "FLOOR",
    "MANAGERS",
    "OFFICE",
    "STORE_ROLES",
    "TASKS",
    "Form",
    "open_screens",
    "screens",
]


class Form(BaseModel):
    """What every form of ours carries besides its own fields."""

    model_config = ConfigDict(extra="forbid")

    form_key: str = ""


class Only:
    """The roles that a screen is for; none: it is open to the street."""

    def __init__(self, roles: frozenset[Role] | None) -> None:
        self.roles = roles

    async def __call__(self) -> None:
        """FastAPI wants something to call; the route has asked by then."""


class Proof:
    """What matters: who has not shown lately who they are is asked again."""

    async def __call__(self) -> None:
        """FastAPI wants something to call; the route has asked by then."""


def proof() -> params.Depends:
    """A dependency of a route that changes who may do what: `dependencies=[proof()]`."""
    dependency: params.Depends = Depends(Proof())
    return dependency


def to_proof(visit: Visit) -> Response:
    """Ask who they are, and come back to the page that the form stands on."""
    page = urlsplit(visit.request.headers.get("referer", "")).path
    return visit.go(f"/prove?{urlencode({'next': safe_next(page)})}")


def screens(roles: frozenset[Role]) -> APIRouter:
    """A router for screens of some roles."""
    return APIRouter(route_class=Screen, dependencies=[only(roles)])


def open_screens() -> APIRouter:
    """A router for what anybody may see: the door."""
    return APIRouter(route_class=Screen, dependencies=[only(None)])


def only(roles: frozenset[Role] | None) -> params.Depends:
    dependency: params.Depends = Depends(Only(roles))
    return dependency


class Screen(APIRoute):
    """A route whose every answer is a page, a refusal included."""

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        roles = roles_of(self)
        needs_proof = any(isinstance(each.dependency, Proof) for each in self.dependencies)

        async def show(request: Request) -> Response:
            house: House = request.app.state.house
            if not house.buckets.take(bucket_of(request), 1):
                PACED.labels("browser").inc()
                raise Refusal("too_many_requests")  # No visit yet: it would ask the database.
            visit = await open_visit(request, house)
            if visit.session is None and not house.buckets.take(address_of(request), 1):
                PACED.labels("address").inc()
                raise Refusal("too_many_requests")
            request.state.visit = visit
            if roles is not None and visit.session is None:
                return to_sign_in(request)
            try:
                return await first(visit, roles, needs_proof) or await handle(request)
            except Refusal as refusal:
                return visit.refuse(refusal)
            except RequestValidationError as error:
                return visit.refuse(in_words(error))

        return show


def in_words(error: RequestValidationError) -> Refusal:
    """What does not fit; people are told nothing of the parts that an address has for us."""
    faults = faults_of_pydantic(error.errors())
    if all(each.pointer.startswith("query:") for each in faults):
        return Refusal("address_odd")
    return refusal_of(faults)


def roles_of(route: APIRoute) -> frozenset[Role] | None:
    """Who may see a route; the last word is the route's own."""
    told = [each.dependency for each in route.dependencies if isinstance(each.dependency, Only)]
    assert told, f"{route.path} says for whom it is"
    return told[-1].roles


async def first(visit: Visit, roles: frozenset[Role] | None, needs_proof: bool) -> Response | None:
    """Where they have to go before they see this; refused when it is not for them."""
    if roles is not None:
        check_role(visit, roles)
    if visit.session is not None and lacks_factor(visit):
        return visit.go("/account")
    if visit.request.method in UNSAFE:
        await check_form(visit)
        if needs_proof and not is_proven(visit.opened, visit.now):
            return to_proof(visit)
    return None


def lacks_factor(visit: Visit) -> bool:
    """Whether they have to set up a second factor before they see this."""
    return visit.lacks_factor and not visit.request.url.path.startswith(WITHOUT_FACTOR)


def check_role(visit: Visit, roles: frozenset[Role]) -> None:
    """What is not for somebody does not exist for them."""
    if visit.person.role not in roles:
        raise Refusal("not_found", what="this page")


async def check_form(visit: Visit) -> None:
    form = await visit.request.form(max_files=1)
    told = form.get("form_key")
    if not isinstance(told, str) or not visit.is_from_our_form(told):
        raise Refusal("form_stale")
