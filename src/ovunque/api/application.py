"""The API as one application: routes in, problem documents out."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Lifespan, Scope

from ovunque.api import system, tokens
from ovunque.api.call import Services, authenticate, greet
from ovunque.api.costs import BULK, cost_of
from ovunque.api.metrics import Watcher
from ovunque.api.openapi import HotRoute, write_document
from ovunque.api.routing import StrictRoute, refuse_unknown
from ovunque.kernel.refusal import Refusal
from ovunque.platform.http import problems
from ovunque.platform.http.edge import Edge, Surroundings
from ovunque.platform.http.faults import faults_of_pydantic, refusal_of
from ovunque.platform.http.limits import JSON, Limits

NO_CONTENT = 204
OFF = TelemetryConfig(tracing=False, metrics=False, logs=False)  # The edge has its own figures.
DESCRIPTION = "Every unit sellable everywhere, with a promise that is kept."


def create_api(
    services: Services,
    routers: Sequence[APIRouter],
    hot: Sequence[HotRoute] = (),
    lifespan: Lifespan[FastAPI] | None = None,
) -> FastAPI:
    """The application of these routes; the hot ones are tried first."""
    api = assemble(routers, hot, lifespan)
    api.state.services = services
    api.state.watcher = Watcher()
    api.state.openapi = cache(lambda: write_document(api, hot, system.PATHS))
    api.add_middleware(Edge, around=surroundings(services, api.routes, hot))
    return api


def describe_api(routers: Sequence[APIRouter], hot: Sequence[HotRoute] = ()) -> dict[str, Any]:
    """The contract of these routes, without anything that serves them."""
    return write_document(assemble(routers, hot, None), hot, system.PATHS)


def assemble(
    routers: Sequence[APIRouter], hot: Sequence[HotRoute], lifespan: Lifespan[FastAPI] | None
) -> FastAPI:
    """All routes in one application, with nothing around them yet."""
    api = FastAPI(
        title="Ovunque",
        version=version("ovunque"),
        summary="Omnichannel order management",
        description=DESCRIPTION,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        telemetry=OFF,
        exception_handlers={HTTPException: answer_http, RequestValidationError: answer_faults},
    )
    api.router.routes = list_routes(routers, hot)
    return api


def list_routes(routers: Sequence[APIRouter], hot: Sequence[HotRoute]) -> list[BaseRoute]:
    """All routes in one row: a router keeps its prefix in the paths of its routes."""
    strict = [route for router in routers for route in router.routes]
    assert all(isinstance(route, StrictRoute) for route in strict), "routers come from resource()"
    return [*map(guarded, hot), *system.ROUTES, *strict]


def guarded(hot: HotRoute) -> Route:
    """A hot route behind the same authentication as any other."""
    cost = BULK if hot.bulk else cost_of(hot.method, hot.path)
    known = frozenset(each.name for each in hot.parameters if each.where == "query")

    async def handle(request: Request) -> Response:
        by = authenticate(request, hot.scope, cost) if hot.scope else greet(request, cost)
        if query := request.scope["query_string"]:
            refuse_unknown(query, known)
        return await hot.endpoint(request, by)

    kind = MediaRoute if hot.beside else Route
    route = kind(hot.path, handle, methods=[hot.method], name=hot.endpoint.__name__)
    if isinstance(route, MediaRoute):
        route.media = frozenset(hot.request_media)
    return route


class MediaRoute(Route):
    """A route for some media only; others find the next one of the same address."""

    media: frozenset[str] = frozenset()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        told = Headers(scope=scope).get("content-type", "")
        if told.partition(";")[0].strip().lower() not in self.media:
            return Match.NONE, {}
        return super().matches(scope)


def surroundings(
    services: Services, routes: Sequence[BaseRoute], hot: Sequence[HotRoute]
) -> Surroundings:
    settings = services.settings
    limits = Limits(
        body_bytes_max=settings.body_bytes_max,
        bulk_bytes_max=settings.bulk_bytes_max,
        receipt_seconds_max=settings.receipt_seconds_max,
        others={
            tokens.PATH: frozenset({tokens.FORM}),
            **{each.path: JSON for each in hot if each.beside},
        },
        bulk={each.path: frozenset(each.request_media) for each in hot if each.bulk},
    )
    return Surroundings(
        limits=limits,
        new_id=services.new_id,
        routes={route.endpoint: route.path_format for route in routes if isinstance(route, Route)},
        quiet=system.QUIET,
    )


async def answer_faults(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return problems.response(refusal_of(faults_of_pydantic(error.errors())))


async def answer_http(request: Request, error: Exception) -> Response:
    """What the routing itself refuses."""
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 404:
            return problems.response(Refusal("not_found", what="this address"))
        case 405:
            return answer_method(request)
        case _:
            return problems.response(Refusal("invalid", detail=str(error.detail)))


def answer_method(request: Request) -> Response:
    """The methods of an address, to whoever asks for them or missed them."""
    allowed = ", ".join(sorted(methods_of(request.app.routes, request.scope["path"])))
    headers = {"Allow": allowed}
    if request.method == "OPTIONS":
        return Response(status_code=NO_CONTENT, headers=headers)
    return problems.response(Refusal("method_not_allowed", allowed=allowed), headers)


def methods_of(routes: Sequence[BaseRoute], path: str) -> set[str]:
    found = {"OPTIONS"}
    for route in routes:
        if isinstance(route, Route) and route.path_regex.match(path):
            found |= route.methods or set()
    return found | ({"HEAD"} if "GET" in found else set())
