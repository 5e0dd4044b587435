"""A shelf is counted with a handheld: the network comes and goes, no scan is lost or told twice."""

from playwright.sync_api import Page, expect
from tests.web.chromium import Look, wait_for
from tests.web.conftest import NewPage
from tests.web.living import Living
from tests.web.test_journey import GTIN
from tests.web.test_offline import KEPT

UNKNOWN = "4099999999996"
LEATHER, WOOL = "GL-PEL-BLK", "GL-LAN-GRY"


def test_a_count_goes_on_without_a_network_and_ends_with_its_differences(
    alive: Living, new_page: NewPage
) -> None:
    levels = [{"location": "MI-DUOMO", "sku": sku} for sku in (LEATHER, WOOL)]
    alive.ask("POST", "/v1/count-tasks", json={"levels": levels})
    page = new_page("marta", Look(size="phone", kept=True))
    page.goto("/counts")
    page.get_by_role("button", name="Conta quanto richiesto").click()
    log = page.locator("#log")
    scan(page, GTIN[LEATHER])
    expect(log.get_by_role("listitem")).to_have_count(1)
    scan(page, UNKNOWN)
    expect(log).to_contain_text("Nessuno conosce questo codice")
    wait_for(page, KEPT, [page.evaluate("location.pathname")])

    page.context.set_offline(True)
    for code in (GTIN[LEATHER], GTIN[WOOL], "9788800000004"):
        scan(page, code)
    expect(page.locator("[data-counted]")).to_have_text("5")
    page.reload()
    expect(page.get_by_text("3 da inviare")).to_be_visible()
    expect(page.locator("[data-counted]")).to_have_text("5")

    page.context.set_offline(False)
    expect(page.locator("#outbox")).to_be_hidden()
    expect(log.get_by_role("listitem")).to_have_count(5)
    page.get_by_role("link", name="Guarda le differenze").click()
    expect(page.get_by_text("2 codici che nessuno conosce")).to_be_visible()
    strange = page.get_by_role("listitem").filter(has_text=UNKNOWN)
    strange.get_by_role("textbox").fill(WOOL)
    strange.get_by_role("button", name="È questo").click()
    expect(page.get_by_text("1 codice che nessuno conosce")).to_be_visible()
    page.get_by_role("button", name="Nessuno dei nostri").click()
    expect(page.get_by_role("listitem").filter(has_text=WOOL)).to_have_count(0)
    page.get_by_role("button", name="Registra quanto contato").click()
    expect(page.get_by_text("Registrato da")).to_be_visible()
    counted = {each["sku"]: each["on_hand"] for each in here(alive)}
    assert (counted[LEATHER], counted[WOOL]) == (2, 2)


def scan(page: Page, code: str) -> None:
    page.get_by_label("Scansiona ogni pezzo").fill(code)
    page.keyboard.press("Enter")


def here(alive: Living) -> list[dict[str, object]]:
    found: list[dict[str, object]] = alive.ask("GET", "/v1/stock/levels?location=MI-DUOMO").json()[
        "data"
    ]
    return found
