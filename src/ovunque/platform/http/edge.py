"""The outermost layer of every request: its bounds, its figures, its line in the log.

Whatever happens inside, an answer comes out: a refusal with its reason, anything else as an
incident whose number stands in the log beside the traceback.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import psycopg
import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ovunque.kernel.ids import NewId, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.kernel.text import is_clean
from ovunque.platform import tracing
from ovunque.platform.database import first_line
from ovunque.platform.http import problems
from ovunque.platform.http.limits import Limits, Receipt
from ovunque.platform.telemetry import REQUEST_SECONDS, REQUESTS

VISIT = "ovunque.visit"
ELSEWHERE = "elsewhere"  # One label for all addresses that lead nowhere.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CLIENT_GONE = 499  # Nobody reads the answer; the figures still count it.

TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
CONTROL_ESCAPES = re.compile(rb"%(?:0[0-8bce-f]|1[0-9a-f]|7f)", re.IGNORECASE)
HEADERS: Mapping[bytes, bytes] = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"no-referrer",
    b"cache-control": b"no-store",
    # A browser takes this by https alone.
    b"strict-transport-security": b"max-age=63072000; includeSubDomains",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}


class Visit:
    """One request on its way through the house, and what is told about it afterwards."""

    __slots__ = (
        *("_send", "actor", "document", "headers", "method", "receipt", "span", "status", "trace"),
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, limits: Limits) -> None:
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.method: str = scope["method"]
        self.receipt = Receipt(receive, scope["path"], self.headers, limits)
        self.trace = ""
        self.span: Any = None  # Where somebody traces.
        self.actor: Any = None  # Who calls, once that is known.
        self.document: Any = None  # The parsed body, once there is one.
        self.status = 0
        self._send = send

    @property
    def traceparent(self) -> str:
        return self.headers.get(b"traceparent", b"").decode("latin-1")

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._complete(message["headers"])
        elif self.method == "HEAD":
            message = {**message, "body": b""}
        await self._send(message)

    def _complete(self, headers: list[tuple[bytes, bytes]]) -> None:
        told = {name for name, _ in headers}
        headers.extend(pair for pair in HEADERS.items() if pair[0] not in told)
        headers.append((b"x-request-id", self.trace.encode()))
        if not self.receipt.done:  # The rest of the body would be taken for the next request.
            headers.append((b"connection", b"close"))


def problem_document(refusal: Refusal, _: Scope) -> ASGIApp:
    """How programs are told no; people get a page instead."""
    return problems.response(refusal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the edge has to know of the application behind it."""

    limits: Limits
    new_id: NewId
    routes: Mapping[Callable[..., Any], str]  # The address of each endpoint, as a template.
    refuse: Callable[[Refusal, Scope], ASGIApp] = problem_document
    quiet: frozenset[str] = frozenset()  # Addresses that are asked every second by machines.


class Edge:
    def __init__(self, app: ASGIApp, around: Surroundings) -> None:
        self.app = app
        self._around = around
        self._log = structlog.get_logger().bind()
        self._counters: dict[tuple[str, str, int], Any] = {}
        self._clocks: dict[str, Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = Visit(scope, receive, send, self._around.limits)
        with tracing.span("request", parent=visit.traceparent) as span:
            visit.span = span
            visit.trace = self._trace(visit)
            await self._serve(visit, scope)

    async def _serve(self, visit: Visit, scope: Scope) -> None:
        started = perf_counter()
        if visit.method == "HEAD":  # A copy: the server looks at its own to leave out the body.
            scope = {**scope, "method": "GET"}
        scope[VISIT] = visit
        structlog.contextvars.bind_contextvars(trace=visit.trace)
        try:
            check_address(scope)
            await self.app(scope, visit.receipt.receive, visit.send)
        except ClientDisconnect:
            visit.status = visit.status or CLIENT_GONE
        except Exception as error:
            await self._answer(error, scope, visit)
        finally:
            self._account(visit, scope, perf_counter() - started)

    def _trace(self, visit: Visit) -> str:
        given = tracing.TRACEPARENT.fullmatch(tracing.here() or visit.traceparent)
        return given[1] if given else self._around.new_id().hex

    async def _answer(self, error: Exception, scope: Scope, visit: Visit) -> None:
        refusal = self._refusal_of(error)
        if visit.status:  # Half an answer is out: breaking it off is all that is left to say.
            raise error
        answer = self._around.refuse(refusal, scope)
        await answer(scope, visit.receipt.receive, visit.send)

    def _refusal_of(self, error: Exception) -> Refusal:
        if isinstance(error, Refusal):
            return error
        if isinstance(error, psycopg.OperationalError):
            self._log.warning("database.failed", error=first_line(error))
            return Refusal("busy")
        incident = public_id("inc", self._around.new_id())
        self._log.error("http.incident", incident=incident, exc_info=error)
        return Refusal("incident", incident=incident)

    def _account(self, visit: Visit, scope: Scope, seconds: float) -> None:
        route = self._around.routes.get(scope.get("endpoint"), ELSEWHERE)  # type: ignore[arg-type]
        method = visit.method if visit.method in METHODS else "OTHER"
        labels = (route, method, visit.status)
        counter = self._counters.get(labels)
        if counter is None:
            counter = self._counters[labels] = REQUESTS.labels(*labels)
            self._clocks[route] = REQUEST_SECONDS.labels(route)
        counter.inc()
        if visit.span is not None:
            visit.span.update_name(f"{method} {route}")
            visit.span.set_attribute("http.response.status_code", visit.status)
        self._clocks[route].observe(seconds)
        tell = self._log.debug if route in self._around.quiet else self._log.info
        tell(
            "http.request",
            method=method,
            route=route,
            status=visit.status,
            ms=round(seconds * 1000, 3),
            actor=visit.actor.name if visit.actor else None,
        )


def check_address(scope: Scope) -> None:
    """Control characters have no place in an address, however they are written."""
    if not is_clean(scope["path"]):
        raise Refusal("not_found", what="this address")
    query = scope["query_string"]
    if b"%" in query and CONTROL_ESCAPES.search(query):
        raise Refusal("invalid", detail="the query holds a control character.")


def visit_of(scope: Scope) -> Visit:
    visit = scope[VISIT]
    assert isinstance(visit, Visit)
    return visit
