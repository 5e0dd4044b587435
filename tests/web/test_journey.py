"""One order, end to end, in a real browser: seen by care, worked by a store, explained."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.web.chromium import Look
from tests.web.conftest import NewPage
from tests.web.living import Living
from tests.web.test_arrivals import BURST
from tests.web.wares import MILAN, WARES

PHONE = Look(size="phone")
GTIN = {ware[0]: ware[1][1:] for ware in WARES}  # As it is printed: a GTIN-13.
JACKET, BELT, SCARF, BOOTS = "JK-LIN-SND-M", "BL-PEL-BLK-95", "SC-CSH-SKY", "BT-PEL-BRN-38"


# Where a page would go is noted, and it stays.
HELD = """
() => {
  window.asked = [];
  document.addEventListener("submit", (event) => {
    event.preventDefault();
    window.asked.push(event.target.querySelector("[name=scan]").value);
  });
  document.addEventListener("click", (event) => {
    event.preventDefault();
    window.asked.push(event.target.closest("a")?.getAttribute("href"));
  });
}
"""


def scan(page: Page, code: str) -> None:
    page.get_by_label("Scansiona un articolo").fill(code)
    page.keyboard.press("Enter")


def scan_and_undo(shop: Page) -> None:
    scan(shop, GTIN[BELT])
    expect(shop.get_by_text("1 di 3 prelevati")).to_be_visible()
    # Not the one of having accepted, which is there until the scan's answer has come.
    of_scan = shop.locator("form:not([action$=reopening])")
    of_scan.get_by_role("button", name="Annulla").click()
    expect(shop.get_by_text("0 di 3 prelevati")).to_be_visible()


def accept_new(shop: Page, order: dict[str, Any]) -> None:
    """It waits behind its number until somebody wants to see it."""
    card = shop.locator(".task", has_text=order["number"])
    expect(card).to_be_hidden()
    shop.get_by_role("link", name="Mostra 1 nuovo").click()
    card.get_by_role("button", name="Accetta").click()


def pack_twice(shop: Page) -> None:
    """Too early, and opened again."""
    shop.get_by_role("button", name="Chiudi il collo").click()
    shop.get_by_role("button", name="Riaprilo").click()
    shop.get_by_role("button", name="Chiudi il collo").click()


def open_task(page: Page, order: dict[str, Any]) -> None:
    page.goto(f"/tasks?scan={order['number']}")
    expect(page.get_by_role("heading", name=order["number"])).to_be_visible()


def test_an_order_is_placed_seen_worked_shipped_and_explained(
    alive: Living, new_page: NewPage
) -> None:
    console = new_page("chiara")
    alive.wait_for(alive.order([(SCARF, 1)]), "offered")
    shop = new_page("marta", PHONE)
    expect(shop.locator("#live")).to_have_attribute("data-state", "on")

    order = alive.order([(JACKET, 1), (BELT, 2)])

    # The console finds it by any fragment; the store's list has it without being asked.
    console.goto("/search?q=" + order["external_id"][-4:])
    console.get_by_role("link", name=order["number"]).click()
    expect(console.get_by_role("heading", name=order["number"])).to_be_visible()
    expect(console.locator("#live")).to_have_attribute("data-state", "on")
    accept_new(shop, order)

    # Picking: a wrong piece fills the screen, the right ones count up by themselves.
    expect(shop.get_by_text("0 di 3 prelevati")).to_be_visible()
    scan(shop, GTIN[SCARF])
    alarm = shop.get_by_role("alertdialog")
    expect(alarm).to_contain_text("Articolo sbagliato")
    expect(alarm.get_by_role("link")).to_be_focused()
    shop.keyboard.press("Enter")
    expect(alarm).to_be_hidden()
    scan_and_undo(shop)
    for nth, sku in enumerate((JACKET, BELT, BELT), start=1):
        scan(shop, GTIN[sku])
        if nth < 3:
            expect(shop.get_by_text(f"{nth} di 3 prelevati")).to_be_visible()

    # Packing, the label, the carrier.
    pack_twice(shop)
    label = shop.get_by_role("link", name="Stampa l’etichetta")
    expect(label).to_be_visible()
    paper = shop.request.get(label.get_attribute("href") or "")
    assert paper.body().startswith(b"%PDF")
    shop.get_by_role("link", name="Ai corrieri").click()
    shop.get_by_role("button", name="Consegna", exact=True).click()
    expect(shop.get_by_role("heading", name="affidat")).to_be_visible()

    # The order page has followed, and says why it went this way.
    expect(console.locator("header .chip", has_text="Fulfilled")).to_be_visible()
    expect(console.get_by_text("Handed to the carrier at Milano Duomo")).to_be_visible()
    expect(console.get_by_text("2 units picked at Milano Duomo")).to_be_visible()
    why = console.get_by_role("region", name="Why this location")
    expect(why.locator("tr[data-chosen]")).to_contain_text("Milano Duomo")
    expect(why.locator("tr", has_text="Magazzino Piacenza")).to_contain_text("has only 2 of 3")


def test_a_wave_is_picked_into_totes(alive: Living, new_page: NewPage) -> None:
    """Two orders at once: each piece goes to the first that wants it; one is canceled meanwhile."""
    shop = new_page("marta", PHONE)
    orders = [alive.order([(JACKET, 1), (SCARF, 1)]), alive.order([(JACKET, 1)])]
    for order in orders:
        alive.wait_for(order, "offered")
        (work,) = alive.work_of(order)
        alive.ask("POST", f"/v1/fulfillments/{work['id']}/acceptance", json={})
    names = ",".join(alive.work_of(order)[0]["id"] for order in orders)
    shop.goto(f"/wave?tasks={names}")
    expect(shop.get_by_text("0 di 3 prelevati")).to_be_visible()
    expect(shop.locator("#live")).to_have_attribute("data-state", "on")

    scan(shop, GTIN[JACKET])
    expect(shop.get_by_text(f"{JACKET} nella cesta A")).to_be_visible()
    scan(shop, GTIN[JACKET])
    expect(shop.get_by_text(f"{JACKET} nella cesta B")).to_be_visible()
    scan(shop, GTIN[JACKET])
    expect(shop.get_by_role("alertdialog")).to_contain_text("Uno di troppo")
    shop.keyboard.press("Enter")
    expect(shop.get_by_role("alertdialog")).to_be_hidden()
    expect(shop.locator("#live")).to_have_attribute("data-state", "on")

    alive.cancel(orders[1])
    expect(shop.get_by_text(f"{orders[1]['number']} non c’è più")).to_be_visible()
    scan(shop, GTIN[SCARF])
    expect(shop.get_by_role("heading", name="Tutto prelevato")).to_be_visible()
    shop.get_by_role("link", name=f"Continua con {orders[0]['number']}").click()
    expect(shop.get_by_label("Peso del collo")).to_be_visible()


def test_parcels_are_scanned_into_the_manifest_and_one_stays(
    alive: Living, new_page: NewPage
) -> None:
    """Two parcels of one order: the one that nobody scanned is still here when the carrier left."""
    order = alive.order([(BOOTS, 2)])
    alive.wait_for(order, "offered")
    (work,) = alive.work_of(order)
    for what, body in (("acceptance", {}), ("picks", {"barcode": BOOTS, "quantity": 2})):
        alive.ask("POST", f"/v1/fulfillments/{work['id']}/{what}", json=body)
    shop = new_page("marta", PHONE)
    shop.goto(f"/tasks/{work['id']}")
    shop.get_by_text("Solo una parte").click()
    shop.get_by_label("Stivali in pelle").fill("1")
    shop.get_by_role("button", name="Chiudi il collo").click()
    expect(shop.get_by_text("1 collo è già chiuso")).to_be_visible()
    shop.get_by_role("button", name="Chiudi il collo").click()
    expect(shop.get_by_role("link", name="Stampa l’etichetta")).to_have_count(2)

    first, second = alive.work_of(order)[0]["parcels"]
    shop.goto("/carriers/aquilone")
    shop.get_by_label("Scansiona un collo").fill(first["tracking"])
    shop.keyboard.press("Enter")
    expect(shop.locator("li", has_text=first["tracking"]).get_by_role("checkbox")).to_be_checked()
    expect(
        shop.locator("li", has_text=second["tracking"]).get_by_role("checkbox")
    ).not_to_be_checked()
    shop.get_by_label("Scansiona un collo").fill("0000")
    shop.keyboard.press("Enter")
    expect(shop.get_by_role("alertdialog")).to_be_visible()
    shop.keyboard.press("Enter")
    shop.get_by_role("button", name="Chiudi la distinta").click()
    expect(shop.get_by_role("heading", name="1 collo")).to_be_visible()
    states = {each["id"]: each["state"] for each in alive.work_of(order)[0]["parcels"]}
    assert states == {first["id"]: "handed_over", second["id"]: "labeled"}


def test_a_rejected_offer_goes_to_the_next_best_place(alive: Living, new_page: NewPage) -> None:
    shop = new_page("marta", PHONE)
    order = alive.order([("SC-LAN-RED", 1)])
    alive.wait_for(order, "offered")

    open_task(shop, order)
    shop.get_by_text("Rifiuta…").click()
    shop.get_by_role("button", name="In esposizione").click()
    expect(shop.locator(".task", has_text=order["number"])).to_have_count(0)
    undo = shop.locator("form.undo", has_text=order["number"])
    undo.get_by_role("button").click()
    expect(shop.get_by_role("button", name="Accetta")).to_be_visible()
    shop.get_by_text("Rifiuta…").click()
    shop.get_by_role("button", name="In esposizione").click()
    expect(undo).to_be_visible()
    at_once = "update job set due_at = now() where kind = 'refusal.apply'"
    alive.database.transact(lambda tx: tx.execute(at_once))
    alive.wait_for(order, "offered", "rejected")

    console = new_page("chiara")
    console.goto(f"/orders/{order['number']}")
    expect(console.get_by_text("Milano Duomo said no: on display")).to_be_visible()
    expect(console.get_by_text("Sourced again, without Milano Duomo")).to_be_visible()
    expect(console.get_by_text("Offered to Roma Corso")).to_be_visible()
    console.get_by_text("1 earlier attempt").click()
    expect(console.locator(".chip", has_text="Rejected")).to_be_visible()


def test_what_is_missing_goes_on_elsewhere(alive: Living, new_page: NewPage) -> None:
    shop = new_page("marta", PHONE)
    order = alive.order([("SC-LAN-GRY", 1), (BOOTS, 1)])
    alive.wait_for(order, "offered")
    open_task(shop, order)
    shop.get_by_role("button", name="Accetta").click()
    scan(shop, GTIN[BOOTS])
    expect(shop.get_by_text("1 di 2 prelevati")).to_be_visible()

    shop.get_by_text("Manca…").click()
    shop.get_by_role("button", name="Danneggiato").click()

    expect(shop.get_by_label("Peso del collo")).to_be_visible()
    alive.wait_for(order, "picked", "rejected", "offered")


def test_two_stores_one_piece_the_second_is_told(alive: Living, new_page: NewPage) -> None:
    """The page was open already when a colleague took it: the answer says what became of it."""
    order = alive.order([(BOOTS, 1)])
    alive.wait_for(order, "offered")
    marta, colleague = new_page("marta", PHONE), new_page("marta", PHONE)
    open_task(marta, order)
    open_task(colleague, order)

    marta.get_by_role("button", name="Accetta").click()
    expect(marta.get_by_text("0 di 1 prelevati")).to_be_visible()
    colleague.get_by_role("button", name="Accetta").click()
    expect(colleague.get_by_role("heading", name="Proposta chiusa")).to_be_visible()


def test_a_customer_fetches_what_is_ready(alive: Living, new_page: NewPage) -> None:
    shop = new_page("marta", PHONE)
    order = alive.order([(BELT, 1)], collect_at=MILAN)
    alive.wait_for(order, "offered")
    open_task(shop, order)
    shop.get_by_role("button", name="Accetta").click()
    scan(shop, GTIN[BELT])
    shop.get_by_label("Codice dello scaffale").fill("c-12")
    shop.get_by_role("button", name="Mettilo lì").click()
    expect(shop.get_by_text("C-12")).to_be_visible()
    code = shop.get_by_label("Il codice del cliente")
    code.fill("000000x")
    shop.get_by_role("button", name="Consegna").click()
    expect(shop.get_by_role("alert")).to_contain_text("Non è il codice")

    (work,) = alive.work_of(order)
    shop.get_by_label("Il codice del cliente").fill(work["pickup_code"])
    shop.get_by_text("Viene qualcun altro, o firma").click()
    shop.get_by_label("Chi è venuto al posto del cliente").fill("Paolo Riva")
    shop.get_by_role("img", name="Firma").click(position={"x": 40, "y": 30})
    shop.get_by_role("button", name="Consegna").click()

    expect(shop.get_by_text("È uscito. Grazie.")).to_be_visible()


def test_a_scanner_is_heard_wherever_the_focus_is(alive: Living, new_page: NewPage) -> None:
    shop = new_page("marta", PHONE)
    order = alive.order([(JACKET, 1)])
    alive.wait_for(order, "offered")
    shop.goto("/tasks")
    # All at once, as a scanner types: a busy machine makes single keys a person's.
    shop.evaluate(BURST, order["number"])

    expect(shop.get_by_role("heading", name=order["number"])).to_be_visible()


def test_the_last_digit_of_a_scan_is_no_command(alive: Living, new_page: NewPage) -> None:
    """Each band has a digit; what a scan asks for may be slower than a command waits."""
    shop = new_page("marta", PHONE)
    shop.goto("/tasks")
    shop.clock.install()
    shop.evaluate(HELD)
    shop.evaluate(BURST, "OV-10002")

    shop.clock.run_for(1_000)

    assert shop.evaluate("window.asked") == ["OV-10002"]


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_everything_works_without_scripts(alive: Living, new_page: NewPage, size: str) -> None:
    order = alive.order([(BELT, 1)], collect_at=MILAN)
    alive.wait_for(order, "offered")
    shop = new_page("marta", Look(size=size, scripts=False))
    shop.locator(".task", has_text=order["number"]).get_by_role("button", name="Accetta").click()
    shop.get_by_label("Scansiona un articolo").fill(GTIN[SCARF])
    shop.keyboard.press("Enter")
    shop.get_by_role("link", name="Continua").click()
    shop.get_by_role("button", name="prelevato", exact=False).click()
    (work,) = alive.work_of(order)
    shop.get_by_label("Il codice del cliente").fill(work["pickup_code"])
    shop.get_by_role("button", name="Consegna").click()
    expect(shop.get_by_text("È uscito. Grazie.")).to_be_visible()

    care = new_page("chiara", Look(size=size, scripts=False))
    care.get_by_label("Any fragment").fill(order["external_id"])
    care.get_by_role("button", name="Show").click()
    care.get_by_role("link", name=order["number"]).click()
    expect(care.get_by_text(re.compile("Collected at Milano Duomo"))).to_be_visible()
