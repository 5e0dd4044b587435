"""The page of an order by its link: no sign-in, both languages, no contact data."""

from typing import Any

from starlette.types import ASGIApp
from tests.web.conftest import Browser, NewPerson, place
from tests.web.wares import MILAN, SHOPPERS

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.web.shoppers.tracking import steps_of

NAME, STREET, *_ = SHOPPERS[1]
FIRST, LAST = NAME.split(maxsplit=1)


def test_a_customer_sees_their_order_and_no_contact_data(
    browser: Browser, another: Browser, new_person: NewPerson, offered: dict[str, Any]
) -> None:
    page = offered["links"]["tracking"].removeprefix("/v1")
    seen = browser.get(page)
    assert seen.status_code == 200
    assert seen.headers["x-robots-tag"] == "noindex"
    assert f"Hello {FIRST}, this is your order {offered['number']}" in browser.text
    assert not any(each in browser.text for each in (LAST, STREET, "@", "Milano Duomo"))
    assert browser.get(page[:-4] + "AAAA").status_code == 404
    browser.get(page, headers={"Accept-Language": "it"})
    assert f"Ciao {FIRST}, ecco il tuo ordine {offered['number']}" in browser.text

    new_person("chiara")
    another.sign_in("chiara")
    another.get(f"/orders/{offered['number']}")
    assert f'href="{page}"' in another.text


def test_where_it_is_fetched_is_told_and_what_is_there_is_not_expected(
    app: ASGIApp,
    browser: Browser,
    another: Browser,
    services: Services,
    new_person: NewPerson,
) -> None:
    order = place(app, services, [("JK-LIN-SND-M", 1)], {"service": "collect", "location": MILAN})
    page = order["links"]["tracking"].removeprefix("/v1")
    browser.get(page)
    assert "Collect at Milano Duomo" in browser.text
    assert "expected " in browser.text
    new_person("marta", Role.ASSOCIATE)
    another.sign_in("marta")
    task = f"/tasks/{order['fulfillments'][0]['id']}"
    for step, fields in (("acceptance", {}), ("picks", {"sku": "JK-LIN-SND-M", "quantity": "1"})):
        another.get(task)
        another.post(f"{task}/{step}", **fields)
    browser.get(page)
    assert "Waits until" in browser.text
    assert "expected " not in browser.text


def standings(progress: str, *, is_fetched: bool = False) -> list[str]:
    return [each.standing for each in steps_of(progress, is_fetched=is_fetched)]


def test_the_way_is_told_step_by_step() -> None:
    """Goods that a store gets first are being prepared; what went wrong has left the way."""
    assert standings("received") == ["now", "ahead", "ahead", "ahead"]
    assert standings("on_its_way") == ["done", "done", "now", "ahead"]
    assert standings("on_its_way", is_fetched=True) == ["done", "now", "ahead", "ahead"]
    assert standings("out_for_delivery") == ["done", "done", "now", "ahead"]
    assert standings("delivered") == standings("collected", is_fetched=True) == ["done"] * 4
    assert standings("canceled") == standings("undelivered", is_fetched=True) == []
    assert steps_of("out_for_delivery", is_fetched=False)[2].word.message.text == "Comes today"
