"""Somebody waits for it now: an express order has its own color and clock, and is out within it."""

from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import expect
from tests.web.chromium import Look
from tests.web.conftest import NewPage
from tests.web.living import Living, order_body
from tests.web.test_journey import GTIN, SCARF, scan

PHONE = Look(size="phone")
ANSWER_WITHIN = timedelta(minutes=5)


def order_express(alive: Living) -> dict[str, Any]:
    nth = next(alive.orders)
    body = order_body(nth, [(SCARF, 1)])
    body["delivery"]["service"] = "express"
    answer = alive.ask("POST", "/v1/orders", json=body, headers={"Idempotency-Key": f"now-{nth}"})
    assert answer.status_code == 201, answer.text
    order: dict[str, Any] = answer.json()
    return order


def test_an_express_order_is_seen_answered_and_out_within_its_clock(
    alive: Living, new_page: NewPage
) -> None:
    calm = alive.order([(SCARF, 1)])
    order = order_express(alive)
    alive.wait_until_offered(calm)
    alive.wait_for(order, "offered")
    (work,) = alive.work_of(order)
    (offer,) = (each for each in work["offers"] if each["state"] == "open")
    opened, until = (datetime.fromisoformat(offer[name]) for name in ("opened_at", "accept_by"))
    assert until - opened <= ANSWER_WITHIN

    shop = new_page("marta", PHONE)
    shop.goto("/tasks?band=accept")
    row = shop.locator(".task[data-express]").filter(has_text=order["number"])
    expect(row).to_be_visible()
    expect(shop.locator(".task[data-express]").filter(has_text=calm["number"])).to_have_count(0)
    row.get_by_role("button", name="Accetta").tap()
    scan(shop, GTIN[SCARF])
    shop.get_by_role("button", name="Chiudi il collo").tap()
    alive.wait_for(order, "ready")
    alive.ask("POST", "/v1/manifests", json={"location": "MI-DUOMO", "carrier": "aquilone"})
    alive.wait_for(order, "shipped")
