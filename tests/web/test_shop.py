"""The shop to look at: what is promised changes with the place and the cart, and is embedded."""

import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from playwright.sync_api import expect
from starlette.types import ASGIApp
from tests.factories import TESTER
from tests.web.chromium import Look
from tests.web.conftest import Browser, NewPage
from tests.web.living import Living
from tests.web.wares import CHANNEL, MILAN

from ovunque.api.call import Services
from ovunque.app import house_of
from ovunque.catalog.model import PieceRequest
from ovunque.platform.clock import now
from ovunque.platform.embedded import wait_until
from ovunque.stock.listing_pieces import list_piece, withdraw
from ovunque.web.application import create_web
from ovunque.web.live import Feed
from ovunque.web.routes import SCREENS

PICTURE = "/pictures/shirts/dark-navy/used_a/2.svg"
SHIRT, BAG = "SR-COT-WHT-M", "BG-PEL-RST"
EMBED = f"/embed/promise?channel={CHANNEL}&sku={SHIRT}&country=IT&postal_code=20121"


def test_pages_of_a_shop_say_when(browser: Browser) -> None:
    assert browser.get(f"/shop/{CHANNEL}").status_code == 200
    assert SHIRT in browser.text
    product = f"/shop/{CHANNEL}/items/{SHIRT}?country=IT&postal_code=20121"
    assert browser.get(product).status_code == 200
    assert "Get it" in browser.text
    assert browser.get(f"/shop/{CHANNEL}/cart").status_code == 200
    assert "The cart is empty" in browser.text


def test_each_store_stands_once_with_every_way_of_fetching_it_there(browser: Browser) -> None:
    browser.get(f"/shop/{CHANNEL}/stores?line={SHIRT}:1&postal_code=20121")
    stores = browser.text.split("<h2")[1:]
    names = [store.partition(">")[2].partition("<")[0] for store in stores]
    assert len(names) == len(set(names)) > 1
    assert all(("Collect" in store, "Reserve" in store) == (True, True) for store in stores)


@pytest.mark.parametrize(
    "path",
    [
        "/shop/nothing",
        f"/shop/{CHANNEL}/items/NOTHING",
        "/shop/%00/cart",
        f"/shop/{CHANNEL}/items/{SHIRT}/more",
    ],
)
def test_what_is_not_sold_has_no_page(browser: Browser, path: str) -> None:
    assert browser.get(path).status_code == 404


@pytest.mark.parametrize("line", ["x", f"{SHIRT}:-1", f"{SHIRT}:99999999999", ":", f"{SHIRT}:0"])
def test_a_strange_cart_is_a_cart(browser: Browser, line: str) -> None:
    address = f"/shop/{CHANNEL}/cart"
    assert browser.get(address, params={"line": line, "postal_code": "\u202e1"}).status_code == 200


def test_who_does_not_want_the_shop_has_none(services: Services) -> None:
    closed = replace(services, settings=services.settings.model_copy(update={"shop": False}))
    shut = Browser(create_web(house_of(closed, Feed()), SCREENS))
    assert shut.get(f"/shop/{CHANNEL}").status_code == 404
    assert shut.get(EMBED).status_code == 200, "what others embed is another thing"
    shut.close()


def test_what_is_embedded_speaks_the_language_that_is_asked_for(
    browser: Browser, app: ASGIApp
) -> None:
    told = browser.get(f"{EMBED}&lang=it")
    assert told.headers["access-control-allow-origin"] == "*"
    (first, *_) = told.json()["options"]
    assert {"service", "text", "price", "order_by", "within", "guess"} == first.keys()
    assert any(each["text"].startswith("Lo ricevi") for each in told.json()["options"])
    assert browser.get(f"{EMBED}&lang=xx").status_code == 422
    unknown = browser.get(EMBED.replace(SHIRT, "NOTHING"))
    assert (unknown.status_code, unknown.json()["options"]) == (200, [])
    assert browser.get(EMBED.replace(CHANNEL, "nothing")).status_code == 404


def test_what_is_only_guessed_is_told_as_such(
    browser: Browser, services: Services, new_page: NewPage
) -> None:
    """No countdown, no exact day, no emissions that nobody reckoned."""
    services.promises.lag_seconds = lambda: 61.0
    said = browser.get(f"{EMBED}&lang=en")
    assert [each["guess"] for each in said.json()["options"]] == [True, True]
    assert all(each["text"].startswith("By ") for each in said.json()["options"])
    assert browser.get(f"/shop/{CHANNEL}/cart?line={SHIRT}:1&postal_code=20121").status_code == 200
    assert "A careful estimate" in browser.text
    assert "no extra transport" not in browser.text

    page = new_page()  # Of a house that keeps up: what is embedded comes from the other one.
    page.route("**/embed/promise?*", lambda route: route.fulfill(json=said.json()))
    page.goto(f"/shop/{CHANNEL}/items/{SHIRT}?postal_code=20121")
    expect(page.locator("ovunque-promise li[part~=guess]")).to_have_count(2)
    expect(page.locator("ovunque-promise small")).to_have_count(0)


def test_what_is_gone_is_told_with_what_is_nearest_to_it(browser: Browser) -> None:
    """The choice of before came yesterday, cheaper and lighter: said aloud, the like is chosen."""
    cart = {"line": f"{SHIRT}:1", "postal_code": "20121"}

    def choose(told: str) -> int:
        return browser.get(f"/shop/{CHANNEL}/cart", params=cart | {"choice": told}).status_code

    choose("home  2026-03-02T17:00:00+00:00 0 1")
    assert 'role="status"' in browser.text
    said = browser.text.partition('role="status"')[2].partition("</p>")[0]
    for word in ("has changed", "Get it", "instead of", "more"):
        assert word in said
    chosen = re.search(r'value="(home [^"]+)" checked', browser.text)
    assert chosen is not None
    choose(chosen[1])
    assert "has changed" not in browser.text
    for strange in ("home", "home x y z w", "home  2026-03-02T17:00:00+00:00 ² 1"):
        assert choose(strange) == 200


def test_a_piece_is_shown_beside_the_new_item(browser: Browser, services: Services) -> None:
    request = PieceRequest(
        sku=f"{SHIRT}-U1",
        like=SHIRT,
        serial="SN-1",
        condition="used_a",
        location=MILAN,
        price_cents=1_900,
        note="Left cuff worn",
        photos=("https://photos.example/1.jpg", PICTURE),
    )
    services.database.transact(lambda tx: list_piece(tx, TESTER, request, now()))

    def shown() -> str:
        return browser.get(f"/shop/{CHANNEL}/items/{SHIRT}?postal_code=20121").text

    assert wait_until(lambda: "Left cuff worn" in shown(), 30)
    assert "The same in another condition" in shown()
    assert f'<img src="{PICTURE}"' in shown()
    assert '<img src="https:' not in shown(), "what lies elsewhere is fetched by whoever asks"
    assert browser.get(f"/shop/{CHANNEL}/items/{SHIRT}-U1?postal_code=20121").status_code == 200
    services.database.transact(lambda tx: withdraw(tx, TESTER, f"{SHIRT}-U1", now()))
    assert wait_until(lambda: "Left cuff worn" not in shown(), 30), "what is gone is not shown"


def test_pieces_without_photos_are_drawn(browser: Browser) -> None:
    """Any kind, color and grade, by words that we may never have heard."""
    drawn = set()
    for part in ("shirts/white/used_a/1", "coats/dark-navy/used_c/2", "tents/%3C/refurbished/2"):
        answer = browser.get(f"/pictures/{part}.svg")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")
        ElementTree.fromstring(answer.text)
        drawn.add(answer.text)
    assert len(drawn) == 3
    for wrong in ("shirts/white/used_a/3", "shirts/white/used_a/x", "shirts/white/worn/1"):
        assert browser.get(f"/pictures/{wrong}.svg").status_code in (404, 422)


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_options_change_as_the_cart_changes(new_page: NewPage, size: str) -> None:
    page = new_page(look=Look(size=size))
    page.goto(f"/shop/{CHANNEL}/items/{SHIRT}?postal_code=20121")
    expect(page.locator("ovunque-promise b").first).to_be_visible()
    page.get_by_role("button", name="Add to the cart").click()
    ways = page.locator("#ways .way")
    expect(ways.first).to_be_visible()
    total = page.locator("#ways .card-foot .num").last.inner_text()
    page.get_by_label("Units of").first.select_option(label="3")
    expect(page.locator("#ways .card-foot .num").last).not_to_have_text(total)
    ways.last.get_by_role("radio").check()
    expect(ways.last.get_by_role("radio")).to_be_checked()
    page.get_by_role("link", name="Choose a store").click()
    expect(page.get_by_role("heading", name="Choose a store")).to_be_visible()


def test_the_shop_needs_no_mouse(new_page: NewPage, alive: Living) -> None:
    page = new_page()
    page.goto(f"/shop/{CHANNEL}/cart?line={SHIRT}:1&postal_code=20121")
    first = page.locator("#ways input[type=radio]").first
    first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#ways input[type=radio]").nth(1)).to_be_checked()


def test_an_element_that_learns_nothing_shows_what_it_was_given(new_page: NewPage) -> None:
    page = new_page()
    page.route("**/embed/promise*", lambda route: route.fulfill(status=404))
    page.goto(f"/shop/{CHANNEL}/items/{SHIRT}?postal_code=20121")
    expect(page.locator("ovunque-promise").get_by_text("Get it").first).to_be_visible()
