"""Routes that read their bodies strictly, after they know who calls."""

from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from ovunque.access.model import Scope
from ovunque.api.call import SAFE, Need, authenticate, services_of
from ovunque.api.costs import cost_of
from ovunque.api.turns import turn
from ovunque.kernel.refusal import Fault, Refusal
from ovunque.platform.http import strict_json
from ovunque.platform.http.edge import visit_of
from ovunque.platform.http.faults import convert, pointer, refusal_of

PARSED_ON_THE_LOOP_MAX = (
    16_000  # Bytes: a larger body is parsed aside, others are served meanwhile.
)
KNOWN_SECONDS_MAX = 0.5

T = TypeVar("T")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def resource(tag: str) -> APIRouter:
    """A router for one kind of thing under `/v1`; its tag groups it in the documents."""
    return APIRouter(
        prefix="/v1",
        tags=[tag],
        route_class=StrictRoute,
        generate_unique_id_function=lambda route: route.name,
    )


class StrictRequest(Request):
    """A request whose body was parsed already."""

    async def json(self) -> Any:
        return visit_of(self.scope).document


class StrictRoute(APIRoute):
    """First who calls, then the address, then the body; only then the route itself.

    What was configured is known to this process when it is answered: whoever makes a location may
    tell its stock by the next request.
    """

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        scope = scope_needed(self)
        cost = max(cost_of(each, self.path_format) for each in self.methods or ())
        parameters = frozenset(query_parameters(self.dependant))
        takes_body = self.body_field is not None
        configures = scope == Scope.CONFIG and not (self.methods or set()) <= SAFE

        async def handle_strictly(request: Request) -> Response:
            authenticate(request, scope, cost)
            if query := request.scope["query_string"]:
                refuse_unknown(query, parameters)
            strict = StrictRequest(request.scope, request.receive)
            document = visit_of(request.scope).document = await read_document(strict)
            if document and not takes_body:
                raise Refusal("invalid", detail="this request takes no body.")
            async with turn():
                response = await handle(strict)
            if configures:
                await run_in_threadpool(services_of(request).wait_for_now, KNOWN_SECONDS_MAX)
            return response

        return handle_strictly


def scope_needed(route: APIRoute) -> Scope:
    needs = [each.dependency for each in route.dependencies if isinstance(each.dependency, Need)]
    assert len(needs) == 1, f"{route.path} names one scope that it needs"
    return needs[0].scope


async def read_document(request: Request) -> Any:
    """The parsed body; None without one."""
    body = await request.body()
    if not body:
        return None
    if len(body) > PARSED_ON_THE_LOOP_MAX:
        return await run_in_threadpool(strict_json.parse, body)
    return strict_json.parse(body)


async def read_struct(request: Request, wanted: type[T]) -> T:
    """The body of a hot route as the msgspec type it takes."""
    document = visit_of(request.scope).document = await read_document(request)
    if document is None:
        raise Refusal("malformed_json", detail="it is empty")
    return convert(document, wanted)


def query_parameters(dependant: Dependant) -> Iterator[str]:
    yield from (each.alias for each in dependant.query_params)
    for other in dependant.dependencies:
        yield from query_parameters(other)


def refuse_unknown(query: bytes, known: Iterable[str]) -> None:
    """A mistyped parameter is told, not passed over: it would have meant something."""
    for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name not in known:
            at = f"query:{pointer('', name)[1:]}"
            raise refusal_of((Fault(at, "unknown_field", "There is no such parameter here."),))
