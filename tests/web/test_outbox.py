"""What is done without a network lies on the device before anybody sees it as done."""

import pytest
from playwright.sync_api import Page, Route, expect
from tests.web.chromium import Look
from tests.web.conftest import NewPage
from tests.web.living import Living
from tests.web.test_journey import BELT, GTIN, SCARF, scan
from tests.web.test_offline import open_kept, taken

# A transaction that ends when somebody says so: whoever writes comes after it.
HOLD = """() => new Promise((held) => {
  indexedDB.open("ovunque-outbox").onsuccess = ({ target: { result: database } }) => {
    const box = database.transaction("queue", "readwrite").objectStore("queue");
    const wait = () => { if (!window.released) box.count().onsuccess = wait; };
    wait();
    held();
  };
})"""
FULL = """() => {
  IDBObjectStore.prototype.add = () => { throw new DOMException("", "QuotaExceededError"); };
}"""


@pytest.fixture
def page(alive: Living, new_page: NewPage) -> Page:
    """A task of two belts and a scarf, without a network."""
    _, task = taken(alive, [(BELT, 2), (SCARF, 1)])
    page = new_page("marta", Look(size="phone", kept=True))
    open_kept(page, task)
    page.goto(task)
    return page


def test_what_is_shown_as_done_is_kept(page: Page) -> None:
    page.context.set_offline(True)
    page.evaluate(HOLD)
    scan(page, GTIN[BELT])
    scan(page, GTIN[BELT])
    scan(page, GTIN[BELT])
    expect(page.get_by_text("0 di 3 prelevati")).to_be_visible()
    page.evaluate("window.released = true")
    expect(page.get_by_role("alertdialog")).to_contain_text("Uno di troppo")
    expect(page.get_by_text("2 di 3 prelevati")).to_be_visible()
    page.reload()
    expect(page.get_by_text("2 da inviare")).to_be_visible()
    expect(page.get_by_text("2 di 3 prelevati")).to_be_visible()


def test_a_device_without_room_says_so(page: Page) -> None:
    page.context.set_offline(True)
    page.evaluate(FULL)
    scan(page, GTIN[BELT])
    expect(page.get_by_role("alertdialog")).to_contain_text(f"non c’è posto per {GTIN[BELT]}")
    page.keyboard.press("Enter")
    expect(page.get_by_text("0 di 3 prelevati")).to_be_visible()


def test_what_was_on_its_way_is_kept_as_it_was_told(page: Page) -> None:
    told: list[Route] = []

    def hold(route: Route) -> None:
        told.append(route)

    page.route("**/scans", hold)
    with page.expect_request("**/scans"):
        scan(page, GTIN[BELT])
    page.get_by_label("Scansiona").fill(GTIN[SCARF])
    page.context.set_offline(True)
    (route,) = told
    route.abort()
    expect(page.get_by_text("1 di 3 prelevati")).to_be_visible()
    expect(page.get_by_label("Scansiona")).to_have_value(GTIN[SCARF])
    page.unroute("**/scans")
    page.context.set_offline(False)
    expect(page.locator("#outbox")).to_be_hidden()
    expect(page.locator(f"#pick-{SCARF}")).to_have_attribute("data-left", "1")
    expect(page.locator(f"#pick-{BELT}")).to_have_attribute("data-left", "1")
