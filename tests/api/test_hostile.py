"""Nothing that anybody sends breaks anything: every route of the document, the whole table.

The answer is a problem document, or a success where the input happens to be sound: never a 5xx,
never late, never an echo of what was sent.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.api import hostile
from tests.api.conftest import Api, NewKey
from tests.api.examples import (
    COUNTS,
    LOCATION,
    NAMED,
    NETWORK,
    ORDER,
    SOUND,
    STORE_WORK,
    Json,
)

SECONDS_MAX = 10.0  # However busy the machine: what hangs takes longer.
ANSWER_BYTES_MAX = 20_000
HEAVY_BYTES, HEAVY_EVERY = 100_000, 7
JSON = {"Content-Type": "application/json"}
PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Route:
    """One operation of the document, with a sound address and a sound body."""

    method: str
    path: str
    operation: Json
    known: Json = field(default_factory=dict)  # What stands in an address in place of a name.

    @property
    def is_guarded(self) -> bool:
        return "security" in self.operation

    @property
    def media(self) -> tuple[str, ...]:
        return tuple(self.operation.get("requestBody", {}).get("content", {}))

    @property
    def body(self) -> Any:
        """The sound body of this route; each that takes one needs an example."""
        if not self.media:
            return None
        return SOUND[self.path if self.path in SOUND else self.path.partition("/{")[0]]

    def fresh(self, nth: int) -> Any:
        """The sound body of something that is not there yet."""
        name = NAMED.get(self.path)
        if name is None:
            return self.body
        once: Json = {"gtins": []} if name == "sku" else {}  # A barcode is one item's alone.
        return self.body | once | {name: f"try-{nth}"}

    def address(self, part: str | None = None) -> str:
        """Its own sound address, or the one with this part in every open place."""
        known = self.known | (self.body or {})
        return PLACE.sub(lambda place: part or str(known.get(place[1], "nobody")), self.path)

    def parameters(self, where: str) -> list[str]:
        told = self.operation.get("parameters", ())
        return [each["name"] for each in told if each["in"] == where]


@dataclass
class Attack:
    """Sends what is tried, each with a key of its own, and keeps what was answered wrongly."""

    api: Api
    tried: int = 0
    broken: list[str] = field(default_factory=list)

    def send(self, what: str, route: Route, address: str, **told: Any) -> httpx.Response:
        headers = {"Idempotency-Key": f"{uuid4()}"} | told.pop("headers", {})
        began = perf_counter()
        answer = self.api.send(route.method, address, headers=headers, **told)
        seconds = perf_counter() - began
        self.tried += 1
        for wrong in faults_of(answer, seconds):
            self.broken.append(f"{route.method} {route.path}, {what}: {wrong}")
        return answer


def faults_of(answer: httpx.Response, seconds: float) -> Iterator[str]:
    if seconds > SECONDS_MAX:
        yield f"took {seconds:.1f} s"
    if answer.status_code >= 500:
        yield f"{answer.status_code} {answer.text[:200]}"
    elif answer.status_code >= 400:
        if answer.headers.get("Content-Type") != "application/problem+json":
            yield f"{answer.status_code} is no problem document"
        if len(answer.content) > ANSWER_BYTES_MAX:
            yield f"{answer.status_code} with {len(answer.content)} bytes"
    elif answer.status_code >= 300:
        yield f"{answer.status_code} leads elsewhere"


@pytest.fixture(scope="module")
def routes(shared_api: Api) -> list[Route]:
    for path, body in NETWORK.items():
        made = shared_api.post(path, body)
        assert made.status_code == 201, made.text
    work = planned_work(shared_api)
    known = {
        "customer_id": made.json()["id"],
        "fulfillment_id": work["id"],
        "order_id": work["order"],
    }
    return [
        Route(method.upper(), path, operation, known)
        for path, methods in shared_api.get("/openapi.json").json()["paths"].items()
        for method, operation in methods.items()
    ]


def planned_work(api: Api) -> Json:
    """A fulfillment that waits to be offered: nobody offers it here."""
    assert api.post("/v1/stock/counts", COUNTS).status_code == 200
    fetched = {"service": "collect", "location": LOCATION["code"]}
    order = ORDER | {"external_id": "WORK-1", "deliveries": [fetched], "on_shortage": "refuse"}
    asked = api.post("/v1/orders", order, headers={"Idempotency-Key": "work"})
    assert asked.status_code == 201, asked.text
    (work,) = asked.json()["fulfillments"]
    return dict(work)


@pytest.fixture
def attack(shared_api: Api) -> Iterator[Attack]:
    token = shared_api.token
    attacking = Attack(shared_api)
    yield attacking
    shared_api.token = token
    assert attacking.tried
    assert attacking.broken == []


# Made before, and there is no other name to try.
STANDING = {"/v1/lanes", "/v1/customers", "/v1/closures", "/v1/opening-hours"}


def taking(routes: Iterable[Route]) -> list[Route]:
    return [each for each in routes if each.media]


def test_the_sound_bodies_are_sound(shared_api: Api, routes: list[Route]) -> None:
    """What is tried below is wrong in one place, not in two."""
    for route in taking(routes):
        named = {route.path, route.path.partition("/{")[0]} & SOUND.keys()
        assert named, f"{route.method} {route.path} needs an example in tests/api/examples.py"
        headers = {"Idempotency-Key": f"sound {route.path}"}
        answer = shared_api.send(
            route.method, route.address(), json=route.fresh(0), headers=headers
        )
        standing = route.path in STANDING and answer.status_code == 409
        too_early = route.path in STORE_WORK and answer.status_code in (404, 409)
        # There is one location only, and no strategy yet.
        too_early |= route.path in ("/v1/transfers", "/v1/simulations")
        assert answer.status_code < 300 or standing or too_early, f"{route.path}: {answer.text}"


def test_no_body_breaks_a_route(attack: Attack, routes: list[Route]) -> None:
    for (nth, route), (name, body) in product(enumerate(taking(routes)), hostile.BODIES.items()):
        if len(body) > HEAVY_BYTES and nth % HEAVY_EVERY:
            continue  # One parser reads them all.
        for media in route.media:
            headers = {"Content-Type": media}
            attack.send(name, route, route.address(), content=body, headers=headers)
    assert len(hostile.BODIES) >= 50


def test_no_field_breaks_a_route(attack: Attack, routes: list[Route]) -> None:
    for route in taking(routes):
        for nth, (name, body) in enumerate(hostile.mutations(route.fresh(1))):
            fresh = body.replace(b'"try-1"', b'"try-1-%d"' % nth)
            attack.send(name, route, route.address(), content=fresh, headers=JSON)
    assert attack.tried >= 500


def test_no_address_breaks_a_route(attack: Attack, routes: list[Route]) -> None:
    for route, part in product(routes, hostile.ADDRESSES):
        if "{" in route.path:
            answer = attack.send(part, route, route.address(part), json=route.body)
            assert answer.status_code >= 400, part


def test_no_query_breaks_a_route(attack: Attack, routes: list[Route]) -> None:
    for route in routes:
        if not route.is_guarded:
            continue
        for name, value in product(route.parameters("query"), hostile.QUERIES):
            attack.send(f"{name}={value}", route, f"{route.address()}?{name}={value}")
        for odd in ("unknown=1", "=", "&&", "a" * 3_000, "%00", "limit=1&limit=2"):
            attack.send(odd, route, f"{route.address()}?{odd}", json=route.body)


def test_no_header_breaks_a_route(attack: Attack, routes: list[Route]) -> None:
    for route in taking(routes):
        for key in hostile.KEYS:
            headers: dict[str, Any] = {"Idempotency-Key": key}
            attack.send("a key", route, route.address(), json=route.body, headers=headers)
        for seen in hostile.IF_MATCHES:
            attack.send(
                "a tag", route, route.address(), json=route.body, headers={"If-Match": seen}
            )
        for media in hostile.CONTENT_TYPES:
            headers = {"Content-Type": media}
            answer = attack.send("a type", route, route.address(), content=b"{}", headers=headers)
            assert answer.status_code == 415, (route.path, media)


def test_nobody_comes_in_without_a_key(attack: Attack, routes: list[Route]) -> None:
    for route, credential in product(routes, hostile.CREDENTIALS):
        headers = {"Authorization": credential}
        answer = attack.send("no key", route, route.address(), json=route.body, headers=headers)
        if route.is_guarded:
            assert answer.status_code == 401, (route.path, credential)


def test_nobody_comes_in_with_another_scope(
    attack: Attack, routes: list[Route], shared_key: NewKey
) -> None:
    scopes = {scope for each in routes if each.is_guarded for scope in scopes_of(each)}
    for scope in sorted(scopes):
        attack.api.token = shared_key(*({*scopes} - {scope}))
        for route in routes:
            if route.is_guarded and scope in scopes_of(route):
                answer = attack.send("a scope", route, route.address(), json=route.body)
                assert answer.status_code == 403, route.path


def scopes_of(route: Route) -> list[str]:
    return list(route.operation["security"][0]["api_key"])


def test_no_method_breaks_an_address(attack: Attack, routes: list[Route]) -> None:
    for route in routes:
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "X"):
            other = replace(route, method=method)
            attack.send(method, other, route.address())


def test_the_attack_sees_what_is_broken() -> None:
    """Planted answers: each kind of breakage is found."""
    problem = {"Content-Type": "application/problem+json"}
    assert list(faults_of(httpx.Response(404, headers=problem), 0.1)) == []
    assert list(faults_of(httpx.Response(201), 0.1)) == []
    for broken, seconds in (
        (httpx.Response(500, headers=problem), 0.1),
        (httpx.Response(422, text="no"), 0.1),
        (httpx.Response(422, headers=problem, text="x" * 30_000), 0.1),
        (httpx.Response(307), 0.1),
        (httpx.Response(200), SECONDS_MAX + 1),
    ):
        assert len(list(faults_of(broken, seconds))) == 1
