"""Parcels that are fetched in a store: expected, scanned, and each told what it is."""

from typing import Any

from playwright.sync_api import Page, expect
from tests.web.chromium import Look
from tests.web.conftest import NewPage
from tests.web.living import Living
from tests.web.tour import TROUSERS, Tour
from tests.web.wares import MILAN, ROME

PHONE = Look(size="phone")
# Keys as a scanner sends them, faster than any finger, with the focus nowhere.
BURST = """
async (text) => {
  while (!("ready" in document.documentElement.dataset)) await new Promise(requestAnimationFrame);
  document.activeElement.blur();
  for (const key of [...text, "Enter"])
    document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
}
"""

# News whose list was read before a scan, and comes after its answer: once it is let go.
LATE = """
() => {
  const fetch = window.fetch;
  const gate = new Promise((open) => { window.letGo = open; });
  window.fetch = async (address, options) => {
    const answer = await fetch(address, options);
    if (options.method !== "GET") return answer;
    window.isHeld = true;
    await gate;
    options.signal?.throwIfAborted();
    return answer;
  };
  document.getElementById("live").dispatchEvent(new Event("news"));
}
"""
DRAWN = "() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


def packed(living: Living, at: str) -> tuple[dict[str, Any], str]:
    """An order on its way to a store, and the number of its parcel."""
    order = Tour(living).take([(TROUSERS, 1)], [TROUSERS], weight_g=700, collect_at=at)
    work = living.work_of(order)[0]
    shown = living.ask("GET", f"/v1/fulfillments/{work['id']}").json()
    return order, shown["parcels"][0]["sscc"]


def alarm_says(page: Page, text: str) -> None:
    """It fills the screen until somebody has seen it; a key suffices."""
    alarm = page.get_by_role("alertdialog")
    expect(alarm).to_contain_text(text)
    expect(alarm.get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(alarm).to_be_hidden()


def test_a_parcel_is_expected_scanned_and_received_once(alive: Living, new_page: NewPage) -> None:
    shop = new_page("marta", PHONE)
    shop.goto("/arrivals")
    expect(shop.locator("#live")).to_have_attribute("data-state", "on")
    order, sscc = packed(alive, MILAN)
    strange, theirs = packed(alive, ROME)
    card = shop.locator(".task", has_text=order["number"])
    expect(card).to_contain_text("Magazzino Piacenza")  # It came by itself.
    expect(shop.locator(".task", has_text=strange["number"])).to_have_count(0)

    shop.evaluate(BURST, "4006381333931")
    alarm_says(shop, "Collo sconosciuto")
    shop.evaluate(BURST, f"(00){theirs}")
    alarm_says(shop, "Roma Corso")

    shop.evaluate(BURST, f"00{sscc}")
    expect(shop.locator("#arrivals").get_by_role("status")).to_contain_text(order["number"])
    expect(card).to_have_count(0)
    alive.wait_for(order, "ready")

    field = shop.get_by_label("Scansiona o digita un collo")
    field.fill(sscc)
    field.press("Enter")
    alarm_says(shop, "Già ricevuto")

    second, _ = packed(alive, MILAN)
    shop.get_by_role("button", name=f"{second['number']} è qui").press("Enter")
    expect(shop.locator("#arrivals").get_by_role("status")).to_contain_text("scaffale")
    shop.get_by_role("link", name="Apri").click()
    expect(shop.get_by_role("heading", name=second["number"])).to_be_visible()


def test_late_news_does_not_take_away_what_a_scan_said(alive: Living, new_page: NewPage) -> None:
    shop = new_page("marta", PHONE)
    shop.goto("/arrivals")
    order, sscc = packed(alive, MILAN)
    expect(shop.locator(".task", has_text=order["number"])).to_be_visible()
    shop.evaluate(LATE)
    shop.wait_for_function("() => window.isHeld")
    shop.evaluate(BURST, f"00{sscc}")
    said = shop.locator("#arrivals").get_by_role("status")
    expect(said).to_contain_text(order["number"])
    shop.evaluate("() => window.letGo()")
    shop.evaluate(DRAWN)
    expect(said).to_contain_text(order["number"], timeout=1)
