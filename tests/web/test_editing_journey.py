"""Customer care edits an order without a mouse, and sees what it does before it is done."""

from typing import Any

from playwright.sync_api import Page, expect
from tests.web.chromium import AXE, SIZES
from tests.web.conftest import NewPage
from tests.web.living import Living
from tests.web.test_accessibility import ALL, CUT, RUN

SHIRT = "Cotton shirt, white, M"


def units(page: Page) -> Any:
    return page.get_by_label(SHIRT)


def test_an_order_is_edited_by_keyboard(alive: Living, new_page: NewPage) -> None:
    order = alive.order([("SR-COT-WHT-M", 1)])
    page = new_page("chiara")
    page.goto(f"/orders/{order['number']}")
    page.get_by_role("link", name="Edit…").press("Enter")
    units(page).fill("2")
    units(page).press("Enter")
    expect(page.get_by_role("heading", name="This would happen")).to_be_visible()
    expect(page.get_by_text("The goods cost")).to_be_visible()
    units(page).fill("9")  # Typed after the look: it is not what is done.
    page.get_by_role("button", name="Do it").press("Enter")
    expect(page.get_by_role("heading", name=order["number"])).to_be_visible()
    expect(page.get_by_text("SR-COT-WHT-M 1 → 2")).to_be_visible()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_text("SR-COT-WHT-M 2 → 1")).to_be_visible()


def test_what_an_edit_does_can_be_seen_by_everybody(alive: Living, new_page: NewPage) -> None:
    order = alive.order([("SR-COT-WHT-M", 1)])
    page = new_page("chiara")
    for wanted, seen in (("2", "This would happen"), ("99", "Out of stock")):
        page.goto(f"/orders/{order['number']}/edit")
        units(page).fill(wanted)
        units(page).press("Enter")
        expect(page.get_by_text(seen)).to_be_visible()
        page.evaluate(AXE.read_text(encoding="utf-8"))
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, size
            assert page.evaluate(CUT) == []
            assert page.evaluate(RUN, ALL) == [], (size, seen)
