"""The whole API in this process, asked through its front door, on a real PostgreSQL."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg import sql
from tests.api.examples import CHANNEL, ENTITY, GROUP, LOCATION
from tests.conftest import TEMPLATE
from tests.factories import TESTER
from tests.loops import Loop

from ovunque.access.keeping import KeyRequest, create_key, token_of
from ovunque.access.model import Scope
from ovunque.api.application import create_api
from ovunque.api.call import Services
from ovunque.api.routes import HOT, ROUTERS
from ovunque.app import answer_in_loop, furnish
from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.platform.clock import new_secret, now
from ovunque.platform.database import Database
from ovunque.platform.embedded import Cluster, wait_until
from ovunque.platform.settings import Settings

NewKey = Callable[..., str]

READY_SECONDS_MAX = 10.0  # A busy machine is no reason to fail here.
UNHURRIED = Settings(key_units_per_second=0)  # Thousands of asks by one key, in a moment.


class Api:
    """A program that calls us; every answer comes from the application itself."""

    def __init__(self, app: FastAPI, token: str | None) -> None:
        self.app = app
        self.token = token
        self._loop = Loop()
        transport = httpx.ASGITransport(app)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://ovunque.test")

    def close(self) -> None:
        self._loop.run(self._client.aclose())
        self._loop.close()

    def send(self, method: str, path: str, **told: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= told.pop("headers", {})
        asked = self._client.request(method, path, headers=headers, **told)
        return self._loop.run(asked)

    def get(self, path: str, **told: Any) -> httpx.Response:
        return self.send("GET", path, **told)

    def post(self, path: str, json: Any = None, **told: Any) -> httpx.Response:
        return self.send("POST", path, json=json, **told)

    def put(self, path: str, json: Any = None, **told: Any) -> httpx.Response:
        return self.send("PUT", path, json=json, **told)


@pytest.fixture
def services(database: Database) -> Iterator[Services]:
    """What a serving process is made of."""
    with furnish(UNHURRIED, database, answer_in_loop) as furnished:
        furnished.health.write_seconds_max = READY_SECONDS_MAX
        yield furnished


def key_maker(services: Services) -> NewKey:
    """Makes keys with these scopes, known to the application at once."""

    def make(*scopes: Scope | str) -> str:
        request = KeyRequest(
            key_id=services.new_id(),
            client_id=services.new_id(),
            client=f"client of {'+'.join(sorted(scopes)) or 'all'}"[:100],
            secret=new_secret(),
            scopes=frozenset(map(Scope, scopes or ["all"])),
        )
        services.database.transact(lambda tx: create_key(tx, TESTER, request, now()))
        services.database.read(services.keys.load)
        return token_of(request.secret)

    return make


@pytest.fixture
def new_key(services: Services) -> NewKey:
    return key_maker(services)


@pytest.fixture
def api(services: Services, new_key: NewKey) -> Iterator[Api]:
    """The application, called with a key that may do everything."""
    asking = Api(create_api(services, ROUTERS, HOT), new_key())
    yield asking
    asking.close()


@pytest.fixture(scope="module")
def shared_services(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Services]:
    """One database and one process for all tests of a module that do not mind each other."""
    name = f"shared_{request.module.__name__.rpartition('.')[2]}"
    made = sql.SQL("create database {} template {}").format(*map(sql.Identifier, (name, TEMPLATE)))
    gone = sql.SQL("drop database {} with (force)").format(sql.Identifier(name))
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as owner:
        owner.execute(made)
        with (
            Database(cluster.url(name)) as database,
            furnish(UNHURRIED, database, answer_in_loop) as furnished,
        ):
            furnished.health.write_seconds_max = READY_SECONDS_MAX
            yield furnished
        owner.execute(gone)


@pytest.fixture(scope="module")
def shared_key(shared_services: Services) -> NewKey:
    return key_maker(shared_services)


@pytest.fixture(scope="module")
def shared_api(shared_services: Services, shared_key: NewKey) -> Iterator[Api]:
    asking = Api(create_api(shared_services, ROUTERS, HOT), shared_key())
    yield asking
    asking.close()


@pytest.fixture
def other(services: Services, new_key: NewKey) -> Iterator[Api]:
    """Somebody else who may decide."""
    asking = Api(create_api(services, ROUTERS, HOT), new_key("stock", "read"))
    yield asking
    asking.close()


@pytest.fixture
def store(api: Api, services: Services) -> Api:
    """One location and thirty items, counted at nine: ten of each."""
    for path, body in {
        "legal-entities": ENTITY,
        "location-groups": GROUP,
        "locations": LOCATION,
        "channels": CHANNEL,
    }.items():
        made = api.post(f"/v1/{path}", body)
        assert made.status_code in (201, 409), made.text
    items = [
        ItemRequest(
            sku=f"COAT-{nth:02}",
            product="COAT",
            titles={"en": "Coat"},
            weight_g=900,
            cost_cents=2_000,
        )
        for nth in range(30)
    ]
    services.database.transact(lambda tx: save_items(tx, TESTER, items, now()))
    assert wait_until(lambda: items[-1].sku in services.snapshot().catalog.items, seconds=20)
    counts = [
        {"location": "MI-01", "sku": each.sku, "on_hand": 10, "as_of": "2026-03-02T09:00:00Z"}
        for each in items
    ]
    answer = api.post("/v1/stock/counts", {"source": "wms", "counts": counts})
    assert answer.json() == {"changed": 30, "unchanged": 0, "held": None}
    return api
