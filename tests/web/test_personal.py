"""Contact data is masked until somebody opens it; who does stands in the story and is counted."""

from datetime import timedelta
from typing import Any

import pytest
from starlette.types import ASGIApp
from tests.factories import TESTER
from tests.web.conftest import Browser, NewPerson, place
from tests.web.living import new_key
from tests.web.tour import BAG
from tests.web.wares import CHANNEL, MILAN, SHOPPERS

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.customers.opening import OpenRequest, open_contact
from ovunque.customers.rules import OPENINGS_MAX, initials, masked_email, masked_phone
from ovunque.kernel.ids import parse_public_id
from ovunque.kernel.refusal import Refusal
from ovunque.platform import clock
from ovunque.platform.database import Database

JACKET = "JK-LIN-SND-M"
NAME, STREET, *_ = SHOPPERS[1]


def test_what_a_mask_leaves() -> None:
    assert masked_email("ada.rossi@example.org") == "a…@example.org"
    assert masked_phone("+39 02 7654321") == "…21"
    assert (masked_email(None), masked_phone(None)) == (None, None)
    assert initials("Ada Rossi De Luca") == "A. R. D. L."


def test_contact_data_is_opened_by_customer_service_alone_and_it_is_told(
    app: ASGIApp, browser: Browser, new_person: NewPerson, offered: dict[str, Any]
) -> None:
    address = f"/orders/{offered['number']}"
    hidden = (STREET, "matteo.galli@")
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")
    browser.get(address)
    assert not any(each in browser.text for each in (*hidden, NAME))
    assert "Show contact data" not in browser.text
    opened = f"/customers/{offered['customer']}/openings"
    assert browser.post(opened, order=offered["number"]).status_code == 404

    other = Browser(app)
    new_person("chiara")
    other.sign_in("chiara")
    other.get(address)
    assert NAME in other.text
    assert not any(each in other.text for each in hidden)
    assert other.post(opened, order=offered["number"]).status_code == 303
    other.get(address)
    assert all(each in other.text for each in hidden)
    assert "Contact data was looked at" in other.text
    other.get(f"/customers/{offered['customer']}/data")
    assert "Chiara" in other.text
    other.close()


def test_who_may_fetch_goods_is_named_at_the_counter_and_masked_in_the_office(
    app: ASGIApp, browser: Browser, new_person: NewPerson, services: Services
) -> None:
    """As the order said: nobody agreed about it afterwards."""
    collector = {"name": "Pia Sforza", "phone": "+39 02 7654321"}
    fetched = {"service": "collect", "location": MILAN, "collector": collector}
    order = place(app, services, [(JACKET, 1)], fetched)
    new_person("chiara")
    browser.sign_in("chiara")
    browser.get(f"/orders/{order['number']}")
    assert "May also be fetched by P. S." in browser.text
    assert "…21" in browser.text
    assert not any(each in browser.text for each in collector.values())
    browser.post(f"/customers/{order['customer']}/openings", order=order["number"])
    browser.get(f"/orders/{order['number']}")
    assert all(each in browser.text for each in collector.values())

    shop = Browser(app)
    new_person("marta", Role.ASSOCIATE)
    shop.sign_in("marta")
    task = f"/tasks/{order['fulfillments'][0]['id']}"
    shop.get(task)
    shop.post(f"{task}/acceptance")
    shop.get(task)
    shop.post(f"{task}/picks", sku=JACKET, quantity="1")
    shop.get(task)
    assert "May also be fetched by Pia Sforza" in shop.text
    assert collector["phone"] not in shop.text
    visit = {
        "channel": CHANNEL,
        "location": MILAN,
        "customer": {"name": "Ada Neri", "email": "ada@example.com"},
        "lines": [{"sku": BAG, "quantity": 1}],
        "collector": collector,
    }
    token = new_key(services.database, services.new_id)
    services.database.read(services.keys.load)
    headers = {"Authorization": f"Bearer {token}"}
    kept = shop.send("POST", "/v1/store-reservations", json=visit, headers=headers).json()
    assert kept["collector"] == collector
    shop.get(f"/reservations/{kept['id']}")
    assert "Pia Sforza comes instead of the customer" in shop.text
    shop.close()


def test_handing_out_and_forgetting_ask_again_who_one_is(
    database: Database, browser: Browser, new_person: NewPerson, offered: dict[str, Any]
) -> None:
    new_person("chiara")
    browser.sign_in("chiara")
    address = f"/customers/{offered['customer']}"
    browser.get(f"{address}/data")
    held = browser.post(f"{address}/archive")
    assert held.headers["content-type"] == "application/zip"
    assert browser.post(f"{address}/erasure").status_code == 409
    assert "orders of this customer are under way" in browser.text

    database.transact(
        lambda tx: tx.execute("update session set proven_at = proven_at - interval '11 minutes'")
    )
    for step in ("archive", "erasure"):
        browser.get(f"{address}/data")
        asked = browser.post(f"{address}/{step}")
        assert asked.headers["location"].startswith("/prove"), step


def test_nobody_looks_at_everybody(database: Database, offered: dict[str, Any]) -> None:
    """One more than sixty people in an hour: refused, and told to whoever watches."""
    now, new_id = clock.now(), clock.new_id_source()
    customer_id = parse_public_id("cus", offered["customer"])
    for _ in range(OPENINGS_MAX):
        open_contact(database, TESTER, OpenRequest(customer_id=new_id()), now)
    wanted = OpenRequest(customer_id=customer_id)
    with pytest.raises(Refusal, match="too_many_openings"):
        open_contact(database, TESTER, wanted, now + timedelta(minutes=59))
    told = database.read(
        lambda tx: tx.execute("select body from journal where kind = 'alarm.look_ups'").fetchall()
    )
    assert told == [({"openings": OPENINGS_MAX},)]
    open_contact(database, TESTER, wanted, now + timedelta(hours=1))
