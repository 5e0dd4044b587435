"""What happens while an answer is on its way is on the page."""

from playwright.sync_api import APIResponse, Route, expect
from tests.web.conftest import NewPage
from tests.web.living import Living
from tests.web.test_journey import BELT, GTIN, JACKET, scan
from tests.web.test_offline import taken

NOTE_RETURN = """() => {
  window.went = false;
  document.addEventListener("htmx:finally:request", ({ detail }) => {
    window.went ||= detail.ctx.request.method === "GET";
  });
  const looking = () => { window.returned ||= document.querySelector("#progress") !== null; };
  new MutationObserver(looking).observe(document.body, { childList: true, subtree: true });
}"""
NOTE_SWAPS = """() => document.addEventListener("htmx:after:swap", ({ detail }) => {
  window.swapped ||= detail.ctx.request.method === "POST";
})"""


def test_news_that_overtakes_an_answer_is_asked_for_again(alive: Living, new_page: NewPage) -> None:
    """The answer to a scan was written before another one's pick, and comes after its news."""
    _, task = taken(alive, [(JACKET, 1), (BELT, 2)])
    page = new_page("marta")
    page.goto(task)
    page.evaluate(NOTE_SWAPS)

    def hold(route: Route) -> None:
        written = route.fetch()
        pick = {"barcode": BELT, "quantity": 1}
        alive.ask("POST", f"/v1/fulfillments/{task.rpartition('/')[2]}/picks", json=pick)
        expect(page.get_by_text("2 di 3 prelevati")).to_be_visible()
        route.fulfill(response=written)

    page.route(f"**{task}/scans", hold)
    scan(page, GTIN[JACKET])
    page.wait_for_function("() => window.swapped")
    expect(page.get_by_text("2 di 3 prelevati")).to_be_visible()


def test_an_answer_that_was_overtaken_does_not_take_the_page_back(
    alive: Living, new_page: NewPage
) -> None:
    """What was asked because of another one's pick comes after the answer to the last scan."""
    _, task = taken(alive, [(JACKET, 1), (BELT, 2)])
    page = new_page("marta")
    page.goto(task)
    scan(page, GTIN[JACKET])
    expect(page.get_by_text("1 di 3 prelevati")).to_be_visible()
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    page.route(f"**{task}", hold)
    pick = {"barcode": BELT, "quantity": 1}
    with page.expect_request(f"**{task}"):
        alive.ask("POST", f"/v1/fulfillments/{task.rpartition('/')[2]}/picks", json=pick)
    scan(page, GTIN[BELT])
    expect(page.get_by_role("button", name="Chiudi il collo")).to_be_visible()
    page.evaluate(NOTE_RETURN)
    ((route, written),) = held
    route.fulfill(response=written)
    page.wait_for_function("() => window.went")
    assert not page.evaluate("window.returned")


def test_who_packs_an_order_that_is_kept_back_is_told_to_stop(
    alive: Living, new_page: NewPage
) -> None:
    """Nobody has touched the page: the news took the form away."""
    order, task = taken(alive, [(JACKET, 1)])
    pick = {"barcode": JACKET, "quantity": 1}
    alive.ask("POST", f"/v1/fulfillments/{task.rpartition('/')[2]}/picks", json=pick)
    page = new_page("marta")
    page.goto(task)
    expect(page.get_by_role("button", name="Chiudi il collo")).to_be_visible()
    expect(page.locator("#live")).to_have_attribute("data-state", "on")
    alive.ask("POST", f"/v1/orders/{order['id']}/holds", json={"reason": "fraud"})
    expect(page.get_by_text("Fermati: questo ordine è bloccato")).to_be_visible()
    expect(page.get_by_role("button", name="Chiudi il collo")).to_have_count(0)
