"""How much a store has to do for an order, and what happens when two take it at once."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect
from tests.web.chromium import Look
from tests.web.conftest import NewPage
from tests.web.living import Living
from tests.web.test_arrivals import BURST
from tests.web.tour import BOOTS, DRESS, SCARF

PHONE = Look(size="phone")
TAPS_MAX = 12
RACED = 3 * 14_900  # The value of the orders that two stores are asked for at once.
STRATEGY = {
    "code": "two-at-once",
    "name": "Two at once",
    "priority": 1,
    "when": {"value_min": RACED, "value_max": RACED},
    "steps": [{"name": "Stores", "kinds": ["store"], "parcels_max": 1}],
    "offers": {"mode": "compete", "among": 2},
}
# Tapped by the browser itself at a moment that both pages know, and when the row was gone.
TAP_AT = "(button, at) => setTimeout(() => button.click(), at - Date.now())"
WATCH = """
(row) => {
  const look = () => document.getElementById(row) || (window.goneAt ??= Date.now());
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}
"""


@dataclass
class Hand:
    """Somebody at a store: whatever they tap or scan is counted."""

    page: Page
    acts: int = 0

    def tap(self, element: Locator) -> None:
        self.acts += 1
        element.tap()

    def scan(self, code: str) -> None:
        self.acts += 1
        self.page.evaluate(BURST, code)


def test_two_items_from_their_offer_to_the_manifest_in_twelve_taps(
    alive: Living, new_page: NewPage
) -> None:
    order = alive.order([(BOOTS, 1), (DRESS, 1)])
    alive.wait_for(order, "offered")
    shop = new_page("marta", PHONE)
    shop.goto("/tasks?band=accept")
    hand = Hand(shop)
    hand.tap(shop.get_by_role("button", name=f"Accetta {order['number']}"))
    for nth, sku in enumerate((BOOTS, DRESS)):
        expect(shop.get_by_text(f"{nth} di 2 prelevati")).to_be_visible()
        hand.scan(sku)
    hand.tap(shop.get_by_role("button", name="Chiudi il collo"))
    expect(shop.get_by_role("link", name="Stampa l’etichetta")).to_be_visible()
    sscc = alive.ask("GET", f"/v1/fulfillments/{alive.work_of(order)[0]['id']}").json()
    hand.tap(shop.get_by_role("link", name="Ai corrieri"))
    hand.tap(shop.get_by_role("link", name="Scansiona", exact=True))
    expect(shop.locator("#manifest")).to_be_visible()
    hand.scan(sscc["parcels"][0]["sscc"])
    expect(shop.locator("#manifest input:checked")).to_have_count(1)
    hand.tap(shop.get_by_role("button", name="Chiudi la distinta"))
    expect(shop.get_by_role("link", name="Stampa la distinta")).to_be_visible()
    alive.wait_for(order, "shipped")
    print(f"from offer to manifest, two items: {hand.acts} taps and scans")
    assert hand.acts <= TAPS_MAX


def asked_twice(alive: Living) -> dict[str, Any]:
    """An order that Milan and Rome may both take."""

    order = alive.order([(SCARF, 3)])
    alive.wait_until_offered(order)
    for _ in range(20):  # The strategy is known a moment after it was published.
        if len(offers_of(alive, order)) == 2:
            return order
        alive.cancel(order)
        order = alive.order([(SCARF, 3)])
        alive.wait_until_offered(order)
    raise AssertionError(alive.work_of(order))


def offers_of(alive: Living, order: dict[str, Any]) -> list[str]:
    (work,) = alive.work_of(order)
    return sorted(each["state"] for each in work["offers"])


def test_two_stores_tap_accept_at_the_same_moment(alive: Living, new_page: NewPage) -> None:
    assert alive.ask("POST", "/v1/strategies", json=STRATEGY).status_code == 201
    path = "/v1/strategies/two-at-once/publications"
    assert alive.ask("POST", path, json={}).status_code == 201
    order = asked_twice(alive)
    pages = [new_page("marta", PHONE), new_page("luca", PHONE)]
    buttons = []
    for page in pages:
        page.goto("/tasks?band=accept")
        expect(page.locator("#live")).to_have_attribute("data-state", "on")
        card = page.locator(".task", has_text=order["number"])
        buttons.append(card.get_by_role("button").element_handle())
    soon = pages[0].evaluate("() => Date.now() + 1500")
    for page, button in zip(pages, buttons, strict=True):
        page.evaluate(f"([button, at]) => ({TAP_AT})(button, at)", [button, soon])
    alive.wait_for(order, "accepted")
    assert offers_of(alive, order) == ["claimed", "withdrawn"]
    for page in pages:
        expect(page.locator(".task", has_text=order["number"])).to_have_count(0)
    owners = [page for page in pages if page.locator("form[data-scan][data-queue]").count()]
    assert len(owners) == 1

    # Once more, one of them only looks: the row goes from their screen by itself.
    second = asked_twice(alive)
    (looks,) = (page for page in pages if page not in owners)
    for page in (looks, owners[0]):
        page.goto("/tasks?band=accept")
        expect(page.locator(".task", has_text=second["number"])).to_be_visible()
    expect(looks.locator("#live")).to_have_attribute("data-state", "on")
    row = second["fulfillments"][0]["id"]
    looks.evaluate(WATCH, row)
    tapped = owners[0].evaluate("() => Date.now()")
    owners[0].locator(f"#{row}").get_by_role("button").tap()
    expect(looks.locator(f"#{row}")).to_have_count(0)
    print(f"gone from the other screen {looks.evaluate('window.goneAt') - tapped} ms after the tap")
