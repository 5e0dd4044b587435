"""A store cannot hand over: its counter asks the customer, or customer service does."""

from typing import Any

import pytest
from starlette.types import ASGIApp
from tests.web.conftest import Browser, NewPerson
from tests.web.living import new_key, order_body
from tests.web.wares import MILAN

from ovunque import sweeping
from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.platform import clock

JACKET = "JK-LIN-SND-M"
HOME = {"street": "Via Dante 1", "postal_code": "20121", "city": "Milano", "country": "IT"}


@pytest.fixture
def shop(app: ASGIApp, new_person: NewPerson) -> Browser:
    """Somebody at the counter of Milan, and customer service is there as well."""
    new_person("marta", Role.ASSOCIATE, MILAN)
    new_person("chiara")
    opened = Browser(app)
    opened.sign_in("marta")
    return opened


def sweep(services: Services) -> None:
    for each in sweeping.sweepers(services.snapshot, services.new_id):
        sweeping.sweep(services.database, each, clock.now())


def refused(shop: Browser, app: ASGIApp, services: Services) -> dict[str, Any]:
    """Goods that were ready, and are damaged."""
    token = new_key(services.database, services.new_id)
    services.database.read(services.keys.load)
    program = Browser(app)
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "one"}
    body = order_body(1, [(JACKET, 1)], collect_at=MILAN)
    order: dict[str, Any] = program.send("POST", "/v1/orders", json=body, headers=headers).json()
    program.close()
    sweep(services)
    task = f"/tasks/{order['fulfillments'][0]['id']}"
    shop.get("/tasks")
    assert shop.post(f"{task}/acceptance").status_code == 303
    assert shop.post(f"{task}/scans", code=JACKET, wave="", key="").status_code == 303
    shop.get(task)
    assert shop.post(f"{task}/rejection", reason="damaged").status_code == 303
    sweep(services)
    return order


def test_a_counter_hears_what_the_customer_wants_instead(
    services: Services, app: ASGIApp, shop: Browser
) -> None:
    order = refused(shop, app, services)
    shop.get("/tasks")
    assert 'href="/questions"' in shop.text
    shop.get("/questions")
    assert order["number"] in shop.text
    to = f"/questions/{order['id']}"
    nowhere = HOME | {"country": "US"}
    assert shop.post(to, answer="delivery", **nowhere).status_code == 409
    assert order["number"] in shop.text
    assert shop.post(to, answer="delivery", **(HOME | {"street": ""})).status_code == 422
    assert shop.post(to, answer="transfer").status_code == 303
    assert shop.post(to, answer="transfer").status_code == 409
    shop.get("/questions")
    assert order["number"] not in shop.text
    shop.close()


def test_customer_service_has_it_delivered(
    services: Services, app: ASGIApp, shop: Browser, browser: Browser
) -> None:
    order = refused(shop, app, services)
    browser.sign_in("chiara")
    page = f"/orders/{order['number']}"
    browser.get(page)
    assert "The customer has to say what happens instead" in browser.text
    assert browser.post(f"{page}/pickup-answers", answer="delivery", **HOME).status_code == 303
    sweep(services)
    browser.get(page)
    assert "The customer wants it delivered instead" in browser.text
    assert "Delivery to Milano" in browser.text
    shop.close()
