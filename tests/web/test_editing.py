"""An order is edited with the customer on the phone: looked at first, done, turned back."""

from typing import Any

import pytest
from starlette.types import ASGIApp
from tests.web.conftest import Browser, NewPerson

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.kernel.ids import parse_public_id
from ovunque.orders.listing import find_order
from ovunque.orders.model import Order


@pytest.fixture
def care(browser: Browser, new_person: NewPerson) -> Browser:
    new_person("chiara")
    browser.sign_in("chiara")
    return browser


def read(services: Services, offered: dict[str, Any]) -> Order:
    order_id = parse_public_id("ord", offered["id"])
    return services.database.read(lambda tx: find_order(tx, order_id))


def test_an_edit_is_looked_at_done_and_turned_back(
    services: Services, care: Browser, offered: dict[str, Any]
) -> None:
    page = f"/orders/{offered['number']}"
    care.get(page)
    assert "Edit…" in care.text
    care.get(f"{page}/edit")
    order = read(services, offered)
    told = {"version": str(order.version), "units-0": "2", "notes": "Ring twice"}
    assert care.post(f"{page}/edit", **told).status_code == 200
    assert "This would happen" in care.text
    assert "more." in care.text
    assert read(services, offered) == order, "nothing has happened yet"

    assert care.post(f"{page}/edits", **told).status_code == 303
    edited = read(services, offered)
    assert (edited.lines[0].wanted, edited.notes) == (2, "Ring twice")
    care.get(page)
    assert f"{edited.lines[0].sku} 1 → 2" in care.text
    assert care.post(f"{page}/edits/undo").status_code == 303
    assert read(services, offered).lines[0].wanted == 1
    assert care.post(f"{page}/edits", **told).status_code == 412
    care.get(f"{page}/edit")
    assert "Ring twice" not in care.text, "what somebody wrote is not shown"


def test_what_is_in_the_way_is_said_by_its_name(
    services: Services, care: Browser, offered: dict[str, Any]
) -> None:
    page = f"/orders/{offered['number']}"
    care.get(f"{page}/edit")
    assert care.post(f"{page}/edit", **{"units-0": "0"}).status_code == 422
    assert "An order keeps one unit at least" in care.text
    assert care.post(f"{page}/edit", **{"units-0": "999"}).status_code == 409
    assert "cannot be had like this" in care.text
    assert care.post(f"{page}/edit", **{"units-0": "many"}).status_code == 422
    assert care.post(f"{page}/edit", sku="NO-SUCH").status_code == 404
    assert care.post(f"{page}/edit", arrive_by="soon", gift="Ciao").status_code == 422
    assert care.post(f"{page}/edit", **{"units-0": "1"}).status_code == 409
    assert "as this edit would have it already" in care.text
    street = {"street-0": "Via Dante 1", "postal_code-0": "", "city-0": "Milano"}
    assert care.post(f"{page}/edit", **street).status_code == 422
    assert "Address" in care.text


def test_an_address_a_service_and_a_recipient_are_changed(
    services: Services, care: Browser, offered: dict[str, Any]
) -> None:
    page = f"/orders/{offered['number']}"
    care.get(f"{page}/edit")
    there = {
        "street-0": "Via Dante 1",
        "postal_code-0": "20121",
        "city-0": "Milano",
        "country-0": "IT",
        "name-0": "Ugo",
    }
    assert care.post(f"{page}/edits", **there).status_code == 303
    care.get(page)
    assert "Edited: it goes otherwise" in care.text
    assert "Edited by" in care.text
    fulfillment = parse_public_id("ful", offered["fulfillments"][0]["id"])
    works = [w.id for w in read(services, offered).fulfillments if w.is_live]
    assert works == [fulfillment], "in the same zone the plan stands"


def test_only_customer_care_edits(
    app: ASGIApp, new_person: NewPerson, care: Browser, offered: dict[str, Any]
) -> None:
    new_person("bruno", Role.MERCHANDISER)
    other = Browser(app)
    other.sign_in("bruno")
    page = f"/orders/{offered['number']}"
    other.get(page)
    assert "Edit…" not in other.text
    assert other.get(f"{page}/edit").status_code == 404
    other.close()
