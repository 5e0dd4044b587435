"""A house that is alive: its server on a socket, a worker behind it, people who may enter."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from threading import Event, Thread
from typing import Any

import httpx
import uvicorn
from tests.factories import TESTER
from tests.web.wares import CHANNEL, MILAN, SHOPPERS, WARES, furnish_house

from ovunque import app, worker
from ovunque.access.enrolling import PersonRequest, create_person
from ovunque.access.hashing import conceal
from ovunque.access.keeping import KeyRequest, create_key, token_of
from ovunque.access.model import STORE_ROLES, Language, Role, Scope
from ovunque.kernel.ids import NewId
from ovunque.network.listing import find_location
from ovunque.platform import clock
from ovunque.platform.database import Database, DatabaseSizes
from ovunque.platform.embedded import wait_until
from ovunque.platform.http.protocol import uvicorn_options
from ovunque.platform.settings import Settings

PASSWORD = "correct horse battery"
SECONDS_MAX = 20
PEOPLE = (  # Login, name, role, place, language.
    ("marta", "Marta Colombo", Role.ASSOCIATE, MILAN, Language.ITALIAN),
    ("luca", "Luca Ferri", Role.STORE_MANAGER, "RM-CORSO", Language.ENGLISH),
    ("sofia", "Sofia Greco", Role.SELLER, MILAN, Language.ITALIAN),
    ("chiara", "Chiara Neri", Role.CARE, None, Language.ENGLISH),
    ("mara", "Mara Longo", Role.MERCHANDISER, None, Language.ENGLISH),
    ("elena", "Elena Serra", Role.EXECUTIVE, None, Language.ITALIAN),
    ("ada", "Ada Bianchi", Role.ADMIN, None, Language.ENGLISH),
)
PRICES = {ware[0]: ware[8] for ware in WARES}

Cart = Sequence[tuple[str, int]]


def order_body(nth: int, cart: Cart, collect_at: str | None = None) -> dict[str, Any]:
    """An order as a web shop sends it; whose it is and where it goes follows from its number."""
    name, street, postal_code, city = SHOPPERS[nth % len(SHOPPERS)]
    address = {"street": street, "postal_code": postal_code, "city": city, "country": "IT"}
    delivery: dict[str, Any] = {"service": "home", "address": address}
    if collect_at is not None:
        delivery = {"service": "collect", "location": collect_at}
    return {
        "channel": CHANNEL,
        "external_id": f"web-{2_000 + nth}",
        "customer": {
            "name": name,
            "email": f"{name.lower().replace(' ', '.')}@example.com",
            "phone": f"+39 300 555 {1_000 + nth % len(SHOPPERS)}",
        },
        "lines": [
            {
                "sku": sku,
                "quantity": units,
                "unit_price": {"amount": PRICES[sku], "currency": "EUR"},
            }
            for sku, units in cart
        ],
        "delivery": delivery,
    }


@dataclass
class Living:
    """Where it is, and how a program talks to it."""

    url: str
    token: str
    database: Database
    orders: "count[int]"

    def order(self, cart: Cart, collect_at: str | None = None) -> dict[str, Any]:
        """An order through the front door of programs, as it was accepted."""
        nth = next(self.orders)
        body = order_body(nth, cart, collect_at)
        headers = {"Idempotency-Key": f"order-{nth}"}
        answer = self.ask("POST", "/v1/orders", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def ask(self, method: str, path: str, **told: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | told.pop("headers", {})
        return httpx.request(method, self.url + path, headers=headers, timeout=20, **told)

    def cancel(self, order: dict[str, Any]) -> None:
        path, headers = f"/v1/orders/{order['id']}/cancellations", {"Idempotency-Key": order["id"]}
        answer = self.ask("POST", path, json={"reason": "customer"}, headers=headers)
        assert answer.status_code == 201, answer.text

    def work_of(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """The fulfillments of an order as they stand."""
        found = self.ask("GET", f"/v1/orders/{order['id']}").json()
        work: list[dict[str, Any]] = found["fulfillments"]
        return work

    def wait_for(self, order: dict[str, Any], *states: str) -> None:
        """Until the fulfillments of an order are in these states."""

        def stands() -> bool:
            return sorted(each["state"] for each in self.work_of(order)) == sorted(states)

        assert wait_until(stands, SECONDS_MAX), [each["state"] for each in self.work_of(order)]

    def wait_until_offered(self, order: dict[str, Any]) -> None:
        """Until every place that has to do with an order knows of it."""

        def stands() -> bool:
            return all(each["state"] != "planned" for each in self.work_of(order))

        assert wait_until(stands, SECONDS_MAX)


@contextmanager
def living(database_url: str) -> Iterator[Living]:
    """The whole house in this process: server, worker, goods, people."""
    new_id, settings = clock.new_id_source(), Settings(shop=True, providers_inside=True)
    with Database(database_url, DatabaseSizes(connections_max=16)) as database:
        furnish_house(database, new_id, clock.now())
        for person in PEOPLE:
            enter(database, new_id, person)
        with serving(settings, database) as url, working(settings, database):
            token = new_key(database, new_id)
            yield Living(url=url, token=token, database=database, orders=count())


@contextmanager
def serving(settings: Settings, database: Database) -> Iterator[str]:
    application = app.create(settings, database)
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        options = uvicorn_options(settings)
        server = uvicorn.Server(uvicorn.Config(application, **options))
        thread = Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        assert wait_until(lambda: server.started, SECONDS_MAX)
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def working(settings: Settings, database: Database) -> Iterator[None]:
    ending = Event()
    thread = Thread(target=worker.run, args=(database, settings, ending))
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def enter(
    database: Database, new_id: NewId, person: tuple[str, str, Role, str | None, Language]
) -> None:
    login, name, role, at, language = person
    place = database.read(lambda tx: find_location(tx, at)).id if at else None
    assert (role in STORE_ROLES) == (place is not None)
    request = PersonRequest(
        id=new_id(),
        login=login,
        name=name,
        role=role,
        secret=conceal(PASSWORD, b"0123456789abcdef"),
        location_id=place,
        language=language,
    )
    database.transact(lambda tx: create_person(tx, TESTER, request, clock.now()))


def new_key(database: Database, new_id: NewId) -> str:
    request = KeyRequest(
        key_id=new_id(),
        client_id=new_id(),
        client="web shop",
        secret=clock.new_secret(),
        scopes=frozenset({Scope.ALL}),
    )
    database.transact(lambda tx: create_key(tx, TESTER, request, clock.now()))
    return token_of(request.secret)
