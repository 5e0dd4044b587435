"""Reserve & collect on a phone: found by scan, tried on, a part of it bought."""

from typing import Any

from playwright.sync_api import Page, expect
from tests.web.chromium import Look
from tests.web.conftest import NewPage
from tests.web.living import Living
from tests.web.test_arrivals import BURST
from tests.web.tour import BAG, BOOTS, DRESS
from tests.web.wares import CHANNEL, MILAN

PHONE = Look(size="phone")


def reserve(alive: Living, who: str, skus: list[str]) -> dict[str, Any]:
    body = {
        "channel": CHANNEL,
        "location": MILAN,
        "customer": {"name": who, "email": f"{who.split(maxsplit=1)[0].lower()}@example.com"},
        "lines": [{"sku": sku, "quantity": 1} for sku in skus],
    }
    answer = alive.ask("POST", "/v1/store-reservations", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def reserved(alive: Living, sku: str) -> int:
    """Units that Milan keeps of an item, whoever they are for."""
    (level,) = alive.ask("GET", f"/v1/stock/levels?location={MILAN}&sku={sku}").json()["data"]
    units: int = level["reserved"]
    return units


def ticked(page: Page) -> int:
    return page.locator("input[data-codes]:checked").count()


def test_a_visitor_tries_two_things_and_buys_one(alive: Living, new_page: NewPage) -> None:
    shop = new_page("marta", PHONE)
    shop.goto("/reservations")
    expect(shop.locator("#live")).to_have_attribute("data-state", "on")
    before = reserved(alive, BAG)
    kept = reserve(alive, "Ornella Villa", [BAG, DRESS])
    card = shop.locator(".task", has_text="Ornella Villa")
    card.get_by_role("link", name="Metti da parte: Ornella Villa").click()  # It came by itself.

    shop.evaluate(BURST, BAG)
    expect(shop.locator("#missing")).to_contain_text("1 ancora da trovare")
    shop.evaluate(BURST, BOOTS)
    alarm = shop.get_by_role("alertdialog")
    expect(alarm).to_be_visible()
    shop.keyboard.press("Enter")
    expect(alarm).to_be_hidden()
    shop.evaluate(BURST, DRESS)
    expect(shop.locator("#missing")).to_contain_text("0 ancora da trovare")
    assert ticked(shop) == 2
    shop.get_by_label("Codice dello scaffale").fill("r4")
    shop.get_by_role("button", name="Tutto trovato: è da parte").click()
    expect(shop.locator(".shelf")).to_contain_text("R4")

    shop.goto("/reservations")
    shop.get_by_label("Il codice del cliente").fill(kept["code"])
    shop.keyboard.press("Enter")
    expect(shop.get_by_role("heading", name="Ornella Villa")).to_be_visible()
    expect(shop.locator("#missing")).to_contain_text("Non acquistati: 2")
    shop.evaluate(BURST, DRESS)
    expect(shop.locator("#missing")).to_contain_text("Non acquistati: 1")
    shop.get_by_role("button", name="Si acquista solo ciò che è spuntato").click()
    expect(shop.locator("[data-outcome]")).to_contain_text("390,00")

    path = f"/v1/store-reservations/{kept['id']}"
    after = alive.ask("GET", path).json()
    assert after["state"] == "partly_bought"
    assert {line["sku"]: line["bought"] for line in after["lines"]} == {BAG: 0, DRESS: 1}
    assert reserved(alive, BAG) == before
