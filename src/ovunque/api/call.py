"""Who calls, and what a route gets to work with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Request, Security, params
from fastapi.security.base import SecurityBase
from fastapi.security.http import HTTPBase

from ovunque.access.keyring import KeyRing
from ovunque.access.model import STRANGER, Actor, Scope
from ovunque.access.pacing import Pacer
from ovunque.api.availability_shown import Teller
from ovunque.api.health import Health
from ovunque.api.promise_book import PageBook
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.receiving import Intake
from ovunque.platform.clock import Clock, new_secret
from ovunque.platform.database import Database, Tx
from ovunque.platform.http.edge import visit_of
from ovunque.platform.http.pacing import Buckets
from ovunque.platform.http.peer import address_of
from ovunque.platform.settings import Settings
from ovunque.platform.telemetry import PACED
from ovunque.promise.sealing import Promises
from ovunque.sourcing.snapshot import Snapshot

T = TypeVar("T")
SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What the composition root built, handed to every route."""

    database: Database
    clock: Clock
    new_id: NewId
    keys: KeyRing
    settings: Settings
    snapshot: Callable[[], Snapshot]
    intake: Intake
    promises: Promises
    teller: Teller
    pages: PageBook
    buckets: Buckets
    pacer: Pacer
    new_secret: Callable[[], str] = new_secret
    wait_for_now: Callable[[float], object] = lambda _: None  # Until this process knows of it.
    health: Health = field(default_factory=Health)

    def weigh(self, by: Actor, units: int, now: datetime) -> None:
        """Count what a program is about to move; held for it, it is refused here from now on."""
        try:
            self.pacer.weigh(self.database, by, units, now)
        except Refusal:
            self.database.read(self.keys.load)
            raise


@dataclass(frozen=True, slots=True)
class Call:
    """One request by somebody we know: its instant, and its way to the database."""

    by: Actor
    now: datetime
    services: Services

    def new_id(self) -> UUID:
        return self.services.new_id()

    def transact(self, work: Callable[[Tx], T]) -> T:
        return self.services.database.transact(work)

    def read(self, work: Callable[[Tx], T]) -> T:
        return self.services.database.read(work)


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def authenticate(request: Request, scope: Scope, cost: int) -> Actor:
    """Who sends this request; refused when nobody we know does, without that scope, or too often.

    A missing key, a wrong one and an expired one are answered alike.
    """
    visit = visit_of(request.scope)
    kind, _, token = visit.headers.get(b"authorization", b"").partition(b" ")
    services, address = services_of(request), address_of(request.scope)
    keys = services.keys
    found = keys.find(token.decode("latin-1"), address) if token else None
    if found is None or kind.lower() != b"bearer":
        raise Refusal("unauthenticated")
    visit.actor = found
    if not found.may(scope):
        raise Refusal("forbidden", scope=scope.value)
    if keys.held and found.client_id in keys.held and visit.method not in SAFE:
        raise Refusal("key_held")
    if not services.buckets.take(found.client_id, cost):
        PACED.labels("key").inc()
        raise Refusal("too_many_requests")
    return found


def greet(request: Request, cost: int) -> Actor:
    """Anybody, as long as nobody at their address asks too often."""
    if not services_of(request).buckets.take(address_of(request.scope), cost):
        PACED.labels("address").inc()
        raise Refusal("too_many_requests")
    return STRANGER


class Need(SecurityBase):
    """The scope that a route needs. Its route asks for it before the body is read."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.model = HTTPBase(scheme="bearer").model
        self.scheme_name = "api_key"

    async def __call__(self) -> None:
        """FastAPI documents a dependency only if it can be called; the work is done by then."""


def need(scope: Scope) -> params.Security:
    """A dependency of a route or a router: `dependencies=[need(Scope.CONFIG)]`."""
    dependency: params.Security = Security(Need(scope), scopes=[scope.value])
    return dependency


async def call_of(request: Request) -> Call:
    services = services_of(request)
    by = visit_of(request.scope).actor
    assert isinstance(by, Actor), "every route names the scope it needs"
    return Call(by=by, now=services.clock(), services=services)


Caller = Annotated[Call, Depends(call_of)]
