"""The whole API in this process, asked through its front door, on a real PostgreSQL."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from tests.factories import TESTER

from ovunque.access.keeping import KeyRequest, create_key, token_of
from ovunque.access.model import Scope
from ovunque.api.application import create_api
from ovunque.api.call import Services
from ovunque.api.routes import HOT, ROUTERS
from ovunque.app import answer_in_loop, furnish
from ovunque.platform.clock import new_secret, now
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings

NewKey = Callable[..., str]


class Api:
    """A program that calls us; every answer comes from the application itself."""

    def __init__(self, app: FastAPI, token: str | None) -> None:
        self.app = app
        self.token = token
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://ovunque.test")

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def send(self, method: str, path: str, **told: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= told.pop("headers", {})
        asked = self._client.request(method, path, headers=headers, **told)
        return self._runner.run(asked)

    def get(self, path: str, **told: Any) -> httpx.Response:
        return self.send("GET", path, **told)

    def post(self, path: str, json: Any = None, **told: Any) -> httpx.Response:
        return self.send("POST", path, json=json, **told)

    def put(self, path: str, json: Any = None, **told: Any) -> httpx.Response:
        return self.send("PUT", path, json=json, **told)


@pytest.fixture
def services(database: Database) -> Iterator[Services]:
    """What a serving process is made of."""
    with furnish(Settings(), database, answer_in_loop) as furnished:
        yield furnished


@pytest.fixture
def new_key(services: Services) -> NewKey:
    """A key with these scopes, known to the application at once."""

    def make(*scopes: Scope) -> str:
        request = KeyRequest(
            key_id=services.new_id(),
            client_id=services.new_id(),
            client=f"client of {'+'.join(scopes) or 'all'}",
            secret=new_secret(),
            scopes=frozenset(scopes or {Scope.ALL}),
        )
        services.database.transact(lambda tx: create_key(tx, TESTER, request, now()))
        services.database.read(services.keys.load)
        return token_of(request.secret)

    return make


@pytest.fixture
def api(services: Services, new_key: NewKey) -> Iterator[Api]:
    """The application, called with a key that may do everything."""
    asking = Api(create_api(services, ROUTERS, HOT), new_key())
    yield asking
    asking.close()
