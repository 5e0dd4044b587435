"""Bounds: a program asks for so much and no more, people are served meanwhile, thieves are held."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp
from tests.web.conftest import Browser, NewPerson
from tests.web.living import new_key
from tests.web.wares import MILAN

from ovunque.access.model import Role
from ovunque.api.application import create_api
from ovunque.api.call import Services
from ovunque.api.routes import HOT, ROUTERS
from ovunque.api.turns import AT_ONCE_MAX
from ovunque.app import answer_in_loop, furnish, house_of, join
from ovunque.platform import clock
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.http.pacing import Buckets
from ovunque.platform.settings import Settings
from ovunque.web.application import create_web
from ovunque.web.live import Feed
from ovunque.web.routes import SCREENS

SKU = "JK-LIN-SND-M"
NOTHING_A_SECOND = 1e-9


@pytest.fixture
def services(database: Database, feed: Feed, tmp_path: Path) -> Iterator[Services]:
    settings = Settings(home=tmp_path, key_stock_units=100, key_stock_percent=1)
    with furnish(settings, database, answer_in_loop, feed) as furnished:
        yield furnished


@pytest.fixture
def token(services: Services) -> str:
    made = new_key(services.database, services.new_id)
    services.database.read(services.keys.load)
    return made


def ask(
    program: Browser, token: str, method: str, path: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(clock.new_secret())}
    return program.send(method, path, headers=headers, json=body)


def count(units: int, minute: int) -> dict[str, Any]:
    at = clock.now() - timedelta(minutes=20 - minute)
    row = {"location": MILAN, "sku": SKU, "on_hand": units, "as_of": at.isoformat()}
    return {"source": "erp", "counts": [row]}


def test_a_program_gets_what_it_may_ask_for_and_people_are_served(
    services: Services, feed: Feed, token: str
) -> None:
    """Beyond its bucket 429 with Retry-After; a browser has a bucket of its own."""
    bounded = replace(services, buckets=Buckets(NOTHING_A_SECOND, 100 / NOTHING_A_SECOND))
    api = create_api(bounded, ROUTERS, HOT)
    web = create_web(replace(house_of(services, feed), buckets=Buckets(1e-9, 3e9)), SCREENS)
    program, person = Browser(join(api, web)), Browser(join(api, web))
    answers = [ask(program, token, "GET", "/v1/channels") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    told = answers[-1]
    assert (told.headers["retry-after"], told.json()["code"]) == ("1", "too_many_requests")
    path = f"/v1/availability?channel=web-it&sku={SKU}"
    asked = [ask(program, token, "GET", path).status_code for _ in range(25)]
    assert asked == [*(status for status in asked if status != 429), *[429] * asked.count(429)]
    assert asked.count(429) == 5, "what is left of a hundred is twenty of these"
    # A page without a cookie yet costs its address twice.
    pages = [person.get("/sign-in").status_code for _ in range(4)]
    assert pages == [200, 200, 429, 429]
    assert person.get("/sign-in").headers["retry-after"] == "1"
    program.close()
    person.close()


def test_programs_by_the_dozen_leave_room_for_people(
    app: ASGIApp, browser: Browser, services: Services, token: str
) -> None:
    """They wait for a lock; only so many hold a connection, and a page finds one.

    Nothing else of the house reads webhooks here, as its follower does with keys.
    """
    statuses: list[int] = []

    asking = Browser(app)

    def flood() -> None:
        headers = {"Authorization": f"Bearer {token}"}
        found = asking.gather("/v1/webhooks", AT_ONCE_MAX * 3, headers)
        statuses.extend(each.status_code for each in found)

    with services.database._connection() as tx, tx.transaction():
        tx.execute("lock table webhook in access exclusive mode")
        thread = Thread(target=flood)
        thread.start()

        def waiting() -> int:
            told = services.database.read(
                lambda tx: tx.execute(
                    "select count(*) from pg_locks where not granted and relation = "
                    "'webhook'::regclass"
                ).fetchone()
            )
            assert told is not None
            return int(told[0])

        assert wait_until(lambda: waiting() == AT_ONCE_MAX, seconds=30)
        assert browser.get("/sign-in").status_code == 200
        assert waiting() <= AT_ONCE_MAX
    thread.join()
    asking.close()
    assert set(statuses) <= {200, 503}


def test_a_program_that_suddenly_moves_too_much_is_held_for_a_person(
    app: ASGIApp, browser: Browser, new_person: NewPerson, services: Services, token: str
) -> None:
    program = Browser(app)
    new_person("ada", Role.ADMIN)

    def tell(units: int, minute: int) -> httpx.Response:
        return ask(program, token, "POST", "/v1/stock/counts", count(units, minute))

    def stands(units: int) -> bool:
        place = services.snapshot().network.by_code[MILAN]
        return services.snapshot().stock.on_hand_of(SKU, place.id) == units

    assert tell(60, 1).status_code == 200
    assert wait_until(lambda: stands(60), seconds=30)
    held = tell(5_000, 2)
    assert (held.status_code, held.json()["code"]) == (403, "key_held")
    assert tell(61, 3).status_code == 403, "nothing else is written either"
    order = ask(program, token, "POST", "/v1/orders", {})
    assert order.json()["code"] == "key_held"
    assert ask(program, token, "GET", "/v1/stock/levels").status_code == 200
    browser.sign_in("ada")
    browser.get("/people")
    assert "is held: look at it" in browser.text, "whoever can let it go is told on every page"
    browser.get("/keys")
    assert "is held" in browser.text
    found = re.search(r"/keys/holds/(cli_\w+)/release", browser.text)
    assert found
    assert browser.post(f"/keys/holds/{found[1]}/release").status_code == 303
    services.database.read(services.keys.load)
    browser.get("/people")
    assert "is held" not in browser.text
    assert tell(62, 4).status_code == 200
    browser.get("/keys")
    assert browser.post(f"/keys/holds/{found[1]}/release").status_code == 404
    facts = services.database.read(
        lambda tx: tx.execute(
            "select kind, actor from journal where kind in ('key.held', 'key.released')"
            " order by position"
        ).fetchall()
    )
    assert [kind for kind, _ in facts] == ["key.held", "key.released"]
    assert facts[1][1] == "ada"
    program.close()
