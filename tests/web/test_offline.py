"""The network goes away in the middle of the work: it goes on, and is told once when it is back."""

import re
from typing import Any

from playwright.sync_api import Page, expect
from tests.web.chromium import Look, asked, wait_for
from tests.web.conftest import Browser, NewPage, NewPerson
from tests.web.living import Living
from tests.web.test_journey import BELT, GTIN, JACKET, SCARF, scan
from tests.web.wares import SHOPPERS

from ovunque.access.model import Role

KEPT = "([path]) => caches.open('ovunque-pages').then((c) => c.match(path)).then(Boolean)"
GONE = "() => caches.has('ovunque-pages').then((has) => !has)"
# All that a device holds of us, but the files that everybody gets.
HELD = """async () => {
  const told = [JSON.stringify({ ...localStorage, ...sessionStorage })];
  for (const name of (await caches.keys()).filter((each) => !each.startsWith("ovunque-shell"))) {
    const cache = await caches.open(name);
    for (const each of await cache.keys()) {
      told.push(each.url, await (await cache.match(each)).text());
    }
  }
  const done = (request) => new Promise((resolve) => {
    request.onsuccess = () => resolve(request.result);
  });
  for (const { name } of await indexedDB.databases()) {
    const database = await done(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const all = database.transaction(store).objectStore(store).getAll();
      told.push(JSON.stringify(await done(all)));
    }
    database.close();
  }
  return told.join("\\n");
}"""
DEVICE = Look(size="phone", kept=True)


def taken(alive: Living, cart: list[tuple[str, int]]) -> tuple[dict[str, Any], str]:
    """An order that Milan has accepted, and its task."""
    order = alive.order(cart)
    alive.wait_for(order, "offered")
    (work,) = alive.work_of(order)
    alive.ask("POST", f"/v1/fulfillments/{work['id']}/acceptance", json={})
    return order, f"/tasks/{work['id']}"


def open_kept(page: Page, *tasks: str) -> None:
    """The list of tasks, once the device has kept those named."""
    page.goto("/tasks?band=pick")
    for task in tasks:
        wait_for(page, KEPT, [task])


def test_work_goes_on_without_a_network_and_is_told_once(alive: Living, new_page: NewPage) -> None:
    order, task = taken(alive, [(JACKET, 1), (BELT, 2)])
    lost, lost_task = taken(alive, [(SCARF, 1)])
    page = new_page("marta", DEVICE)
    open_kept(page, task, lost_task)
    page.goto(task)
    scan(page, GTIN[JACKET])
    expect(page.get_by_text("1 di 3 prelevati")).to_be_visible()

    page.context.set_offline(True)
    scan(page, GTIN[BELT])
    expect(page.get_by_text("2 di 3 prelevati")).to_be_visible()
    expect(page.get_by_text("1 da inviare")).to_be_visible()
    scan(page, GTIN[SCARF])
    expect(page.get_by_role("alertdialog")).to_contain_text("Non in questa attività")
    page.keyboard.press("Enter")
    page.reload()
    expect(page.get_by_text("2 di 3 prelevati")).to_be_visible()
    scan(page, GTIN[BELT])
    page.get_by_role("button", name="Chiudi il collo").click()
    expect(page.get_by_text("3 da inviare")).to_be_visible()

    # Another task of the same device, canceled while it hears nothing; and what needs the network.
    page.goto(lost_task)
    scan(page, GTIN[SCARF])
    expect(page.get_by_text("4 da inviare")).to_be_visible()
    page.get_by_text("Manca…").click()
    page.get_by_role("button", name="Danneggiato").click()
    expect(page.get_by_text("Per questo serve la rete")).to_be_visible()
    alive.cancel(lost)

    page.context.set_offline(False)
    refused = page.get_by_role("listitem").filter(has_text=lost["number"])
    expect(refused).to_contain_text("È stato annullato")
    alive.wait_for(order, "ready")
    (work,) = alive.work_of(order)
    assert sum(line["picked"] for line in work["lines"]) == 3
    assert len(work["parcels"]) == 1
    page.reload()
    refused.get_by_role("button", name="Ho letto").click()
    expect(refused).to_have_count(0)
    expect(page.locator("#outbox")).to_be_hidden()

    numbers = order["number"], lost["number"]
    nobody_is_named(page, numbers)
    nothing_is_left(page, numbers)


def nobody_is_named(page: Page, numbers: tuple[str, ...]) -> None:
    """What is kept says neither who somebody is nor where they live, and opens nothing."""
    held = page.evaluate(HELD)
    assert any(each in held for each in numbers), "it was looked at where things lie"
    cookies = [each.get("value", "") for each in page.context.cookies()]
    personal = [word for name, street, *_ in SHOPPERS for word in (street, f"{name.split()[1]}@")]
    assert [each for each in (*personal, "@example.com", "+39 300", *cookies) if each in held] == []


def nothing_is_left(page: Page, numbers: tuple[str, ...]) -> None:
    """Who signs out leaves no page behind: the next one at the tablet sees nothing of theirs."""
    kept = "async () => (await caches.keys()).includes('ovunque-pages')"
    assert page.evaluate(kept)
    page.evaluate("document.querySelector('form[action=\"/sign-out\"]').submit()")
    page.wait_for_url(re.compile("/sign-in"))
    wait_for(page, GONE)
    left = asked(page, HELD)
    assert [each for each in (*numbers, "MI-DUOMO") if each in left] == []


def test_a_customer_is_served_without_a_network(alive: Living, new_page: NewPage) -> None:
    """The device knows a right code from a wrong one, and forgets all of it at the end."""
    order = alive.order([(BELT, 1)], collect_at="MI-DUOMO")
    alive.wait_for(order, "offered")
    (work,) = alive.work_of(order)
    for what, body in (("acceptance", {}), ("picks", {"barcode": BELT, "quantity": 1})):
        alive.ask("POST", f"/v1/fulfillments/{work['id']}/{what}", json=body)
    page = new_page("marta", DEVICE)
    open_kept(page, f"/tasks/{work['id']}")
    page.context.set_offline(True)
    page.goto(f"/tasks/{work['id']}")
    code = page.get_by_label("Il codice del cliente")
    code.fill("000000x")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alertdialog")).to_contain_text("Codice sbagliato")
    page.keyboard.press("Enter")
    code.fill(alive.work_of(order)[0]["pickup_code"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 da inviare")).to_be_visible()

    page.context.set_offline(False)
    alive.wait_for(order, "collected")
    expect(page.locator("#outbox")).to_be_hidden()
    page.goto("/tasks")
    page.locator("summary", has=page.locator(".face")).click()
    page.get_by_role("button", name="Esci").click()
    page.wait_for_url("**/sign-in*")  # News that came meanwhile may add where they were.
    wait_for(page, GONE)


def test_what_a_device_sends_twice_is_done_once(
    browser: Browser, new_person: NewPerson, offered: dict[str, Any]
) -> None:
    """The answer got lost, so the device asks again under the same key."""
    task = f"/tasks/{offered['fulfillments'][0]['id']}"
    new_person("marta", Role.ASSOCIATE)
    browser.sign_in("marta")
    browser.get(task)
    browser.post(f"{task}/acceptance")
    for _ in range(2):
        answer = browser.post(f"{task}/scans", code="JK-LIN-SND-M", key="made-here")
        assert answer.status_code == 303
        browser.get(task)
    answer = browser.post(f"{task}/scans", code="JK-LIN-SND-M", key="another")
    assert answer.status_code == 409
    for _ in range(2):
        browser.get(task)
        assert browser.post(f"{task}/parcels", weight_g=500, key="parcel").status_code == 303
    assert browser.get(task).text.count("SSCC") == 1
