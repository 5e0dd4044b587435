"""The pages in this process, asked as a browser without scripts would ask."""

import asyncio
import re
from collections.abc import Callable, Iterator
from html import unescape
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser as PlaywrightBrowser
from playwright.sync_api import BrowserContext, ConsoleMessage, Page
from psycopg import sql
from starlette.types import ASGIApp
from tests.factories import TESTER
from tests.loops import Loop
from tests.providers import FakeProvider, providing
from tests.web.chromium import Look, chromium, open_context, sign_in, why_not
from tests.web.living import PASSWORD, Cart, Living, living, new_key, order_body
from tests.web.wares import MILAN, furnish_house

from ovunque import sweeping
from ovunque.access.enrolling import PersonRequest, create_person
from ovunque.access.hashing import conceal
from ovunque.access.model import STORE_ROLES, Role
from ovunque.api.application import create_api
from ovunque.api.call import Services
from ovunque.api.routes import HOT, ROUTERS
from ovunque.app import answer_in_loop, furnish, house_of, join
from ovunque.network.listing import find_location
from ovunque.platform import clock
from ovunque.platform.database import Database
from ovunque.platform.embedded import Cluster
from ovunque.platform.migrating import migrate
from ovunque.platform.settings import Settings
from ovunque.web.application import create_web
from ovunque.web.live import Feed
from ovunque.web.routes import SCREENS

FORM_KEY = re.compile(r'name="form_key" value="([0-9a-f]{64})"')
ORIGIN = "http://localhost"
# What the browser itself says of answers that are meant, and of a network that a test took away.
EXPECTED = (
    "the server responded with a status of 4",
    "ERR_INTERNET_DISCONNECTED",
    "net::ERR_FAILED",
    "to fetch",
)
TEMPLATE = "template_house"
_names = (f"house_{nth}" for nth in count())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Only what drives a real browser may be tried again, and only where somebody asks for it."""
    chances = config.getoption("--second-chances")
    for item in items if chances else ():
        if isinstance(item, pytest.Function) and "windows" in item.fixturenames:
            item.add_marker(pytest.mark.flaky(reruns=chances))


class Browser:
    """Keeps cookies, follows nothing, sends forms with the key of the page it looks at."""

    def __init__(self, app: ASGIApp) -> None:
        self._loop = Loop()
        transport = httpx.ASGITransport(app)
        self._client = httpx.AsyncClient(transport=transport, base_url=ORIGIN)
        self.text = ""

    def close(self) -> None:
        self._loop.run(self._client.aclose())
        self._loop.close()

    def send(self, method: str, path: str, **told: Any) -> httpx.Response:
        response = self._loop.run(self._client.request(method, path, **told))
        if response.headers.get("content-type", "").startswith("text/html"):
            self.text = unescape(response.text)
        return response

    def get(self, path: str, **told: Any) -> httpx.Response:
        return self.send("GET", path, **told)

    def gather(self, path: str, times: int, headers: dict[str, str]) -> list[httpx.Response]:
        """Ask the same so often at the same moment."""

        async def ask() -> list[httpx.Response]:
            asked = (self._client.get(path, headers=headers) for _ in range(times))
            return list(await asyncio.gather(*asked))

        return self._loop.run(ask())

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


@pytest.fixture(scope="session")
def furnished(cluster: Cluster) -> str:
    """A template with places, carriers and goods: whoever works there finds them."""
    cluster.ensure_database(TEMPLATE)
    migrate(cluster.url(TEMPLATE))
    with Database(cluster.url(TEMPLATE)) as database:
        furnish_house(database, clock.new_id_source(), clock.now())
    return TEMPLATE


@pytest.fixture
def database_url(cluster: Cluster, furnished: str) -> Iterator[str]:
    """A fresh house for one test."""
    name = next(_names)
    made = sql.SQL("create database {} template {} strategy wal_log")
    gone = sql.SQL("drop database {} with (force)")
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as owner:
        owner.execute(made.format(*map(sql.Identifier, (name, furnished))))
        yield cluster.url(name)
        owner.execute(gone.format(sql.Identifier(name)))


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def services(database: Database, feed: Feed, tmp_path: Path) -> Iterator[Services]:
    settings = Settings(home=tmp_path, shop=True, providers_inside=True)
    with furnish(settings, database, answer_in_loop, feed) as furnished:
        yield furnished


@pytest.fixture
def app(services: Services, feed: Feed) -> ASGIApp:
    api = create_api(services, ROUTERS, HOT)
    return join(api, create_web(house_of(services, feed), SCREENS))


@pytest.fixture
def browser(app: ASGIApp) -> Iterator[Browser]:
    opened = Browser(app)
    yield opened
    opened.close()


@pytest.fixture
def another(app: ASGIApp) -> Iterator[Browser]:
    """Somebody else's, on the same house."""
    opened = Browser(app)
    yield opened
    opened.close()


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with providing() as running:
        yield running


NewPerson = Callable[..., None]


@pytest.fixture
def new_person(database: Database) -> NewPerson:
    """Enters people by login, role and location."""
    new_id = clock.new_id_source()

    def enter(login: str, role: Role = Role.CARE, at: str = MILAN) -> None:
        place = database.read(lambda tx: find_location(tx, at)).id if role in STORE_ROLES else None
        request = PersonRequest(
            id=new_id(),
            login=login,
            name=login.title(),
            role=role,
            secret=conceal(PASSWORD, b"0123456789abcdef"),
            location_id=place,
        )
        database.transact(lambda tx: create_person(tx, TESTER, request, clock.now()))

    return enter


@pytest.fixture
def offered(app: ASGIApp, services: Services) -> dict[str, Any]:
    """An order that Milan has been offered."""
    return place(app, services, [("JK-LIN-SND-M", 1)])


def place(
    app: ASGIApp,
    services: Services,
    cart: Cart,
    delivery: dict[str, Any] | None = None,
    nth: int = 1,
) -> dict[str, Any]:
    """An order as a program places it, and offered to whoever serves it."""
    token = new_key(services.database, services.new_id)
    services.database.read(services.keys.load)
    program = Browser(app)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"order-{nth}"}
    body = order_body(nth, cart) | ({"delivery": delivery} if delivery else {})
    answer = program.send("POST", "/v1/orders", json=body, headers=headers)
    program.close()
    assert answer.status_code == 201, answer.text
    for each in sweeping.sweepers(services.snapshot, services.new_id):
        sweeping.sweep(services.database, each, clock.now())
    order: dict[str, Any] = answer.json()
    return order


@pytest.fixture(scope="session")
def alive(cluster: Cluster) -> Iterator[Living]:
    """One house for all tests in a browser: each brings its own orders."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    cluster.ensure_database("alive")
    migrate(cluster.url("alive"))
    with living(cluster.url("alive")) as house:
        yield house


@pytest.fixture(scope="session")
def windows(alive: Living) -> Iterator[PlaywrightBrowser]:
    with chromium() as browser:
        yield browser


NewPage = Callable[..., Page]


@pytest.fixture
def new_page(windows: PlaywrightBrowser, alive: Living) -> Iterator[NewPage]:
    """Opens pages of their own browser, signed in; whatever a page complains of fails the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(login: str | None = None, look: Look | None = None) -> Page:
        context = open_context(windows, alive, look or Look())
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: note(message, complaints))
        if login is not None:
            sign_in(page, login)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert not complaints, complaints


def note(message: ConsoleMessage, complaints: list[str]) -> None:
    """Errors of ours; that the browser tells of a 4xx answer, or of no network, is none."""
    if message.type == "error" and not any(each in message.text for each in EXPECTED):
        complaints.append(message.text)
