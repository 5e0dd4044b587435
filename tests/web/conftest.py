"""The pages in this process, asked as a browser without scripts would ask."""

import asyncio
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp
from tests.factories import TESTER

from ovunque.access.enrolling import PersonRequest, create_person
from ovunque.access.model import STORE_ROLES, Role
from ovunque.api.application import create_api
from ovunque.api.routes import HOT, ROUTERS
from ovunque.app import answer_in_loop, furnish, house_of, join
from ovunque.network.listing import find_location
from ovunque.platform import clock
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings
from ovunque.web.application import create_web
from ovunque.web.live import Feed
from ovunque.web.routes import SCREENS

PASSWORD = "correct horse battery"
FORM_KEY = re.compile(r'name="form_key" value="([0-9a-f]{64})"')
ORIGIN = "http://localhost"


class Browser:
    """Keeps cookies, follows nothing, sends forms with the key of the page it looks at."""

    def __init__(self, app: ASGIApp) -> None:
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(app)
        self._client = httpx.AsyncClient(transport=transport, base_url=ORIGIN)
        self.text = ""

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def send(self, method: str, path: str, **told: Any) -> httpx.Response:
        response = self._runner.run(self._client.request(method, path, **told))
        if response.headers.get("content-type", "").startswith("text/html"):
            self.text = unescape(response.text)
        return response

    def get(self, path: str, **told: Any) -> httpx.Response:
        return self.send("GET", path, **told)

    def post(self, path: str, **fields: object) -> httpx.Response:
        """Send a form as the page in view would."""
        found = FORM_KEY.search(self.text)
        key = {"form_key": found[1]} if found else {}
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
        return self.send("POST", path, data={**key, **fields}, headers=headers)

    def sign_in(self, login: str, password: str = PASSWORD) -> httpx.Response:
        self.get("/sign-in")
        return self.post("/sign-in", login=login, password=password, next="/")

    @property
    def cookies(self) -> httpx.Cookies:
        return self._client.cookies


@pytest.fixture
def app(database: Database) -> Iterator[ASGIApp]:
    feed = Feed()
    with furnish(Settings(), database, answer_in_loop, feed) as services:
        api = create_api(services, ROUTERS, HOT)
        yield join(api, create_web(house_of(services, feed), SCREENS))


@pytest.fixture
def browser(app: ASGIApp) -> Iterator[Browser]:
    opened = Browser(app)
    yield opened
    opened.close()


NewPerson = Callable[..., None]


@pytest.fixture
def new_person(database: Database) -> NewPerson:
    """Enters people by login, role and location."""
    new_id = clock.new_id_source()

    def enter(login: str, role: Role = Role.CARE, at: str = "L001") -> None:
        place = database.read(lambda tx: find_location(tx, at)).id if role in STORE_ROLES else None
        request = PersonRequest(
            id=new_id(),
            login=login,
            name=login.title(),
            role=role,
            password=PASSWORD,
            salt=b"0123456789abcdef",
            location_id=place,
        )
        database.transact(lambda tx: create_person(tx, TESTER, request, clock.now()))

    return enter
