"""The pages as one application: screens in, HTML out, an edge of its own around it."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Scope

from ovunque.access.model import Theme
from ovunque.kernel.refusal import Refusal
from ovunque.platform import refusals
from ovunque.platform.http import problems
from ovunque.platform.http.edge import Edge, Surroundings
from ovunque.platform.http.limits import Limits
from ovunque.web import language, sentences
from ovunque.web.house import House
from ovunque.web.visiting import language_cookie

OFF = TelemetryConfig(tracing=False, metrics=False, logs=False)  # The edge has its own figures.
FORM_BYTES_MAX = 100_000
FORM = frozenset({"application/x-www-form-urlencoded"})
FILE = frozenset({"multipart/form-data"})
FOR_FILES = ("/imports",)  # Where people send files.


def create_web(house: House, routers: Sequence[APIRouter]) -> FastAPI:
    """The application of these screens."""
    web = FastAPI(
        openapi_url=None,
        redirect_slashes=False,
        telemetry=OFF,
        exception_handlers={HTTPException: answer_http},
    )
    web.state.house = house
    routes: list[BaseRoute] = [Route("/static/{version}/{name:path}", get_asset)]
    web.router.routes = routes + [route for router in routers for route in router.routes]
    web.add_middleware(Edge, around=surroundings(house, web.router.routes))
    return web


def surroundings(house: House, routes: Sequence[BaseRoute]) -> Surroundings:
    def refuse(refusal: Refusal, scope: Scope) -> ASGIApp:
        return refusal_page(house, refusal, Request(scope))

    return Surroundings(
        limits=Limits(
            kinds=FORM,
            body_bytes_max=FORM_BYTES_MAX,
            receipt_seconds_max=house.settings.receipt_seconds_max,
            bulk=dict.fromkeys(FOR_FILES, FILE),
        ),
        new_id=house.new_id,
        routes={route.endpoint: route.path_format for route in routes if isinstance(route, Route)},
        refuse=refuse,
        quiet=frozenset({"/static/{version}/{name}"}),
    )


async def get_asset(request: Request) -> Response:
    house: House = request.app.state.house
    found = house.pages.assets.answer(request)
    return found or refusal_page(house, Refusal("not_found", what="this file"), request)


async def answer_http(request: Request, error: Exception) -> Response:
    """What the routing itself refuses: there is no visit yet, so nothing is told of anybody."""
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 404:
            refusal = Refusal("not_found", what=request.url.path[:80])
        case 405:
            refusal = Refusal("method_not_allowed", allowed="GET")
        case _:
            refusal = Refusal("invalid", detail=str(error.detail))
    return refusal_page(request.app.state.house, refusal, request)


def refusal_page(house: House, refusal: Refusal, request: Request) -> Response:
    """A page for whom we do not know: no name, no menu, a way back to the start."""
    chosen = language.choose(
        request.headers.get("accept-language", ""), (language_cookie(request),)
    )
    status = refusals.status_of(refusal)
    response = house.pages.respond(
        chosen,
        "stranger.html",
        status=status,
        title=language.title_of(chosen, refusal),
        text=sentences.explain(chosen, refusal),
        theme=Theme.SYSTEM,
    )
    if status in problems.RETRIED_STATUSES:
        response.headers["Retry-After"] = str(problems.RETRY_AFTER_SECONDS)
    return response
