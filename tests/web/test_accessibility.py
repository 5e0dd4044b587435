"""Everybody can use it: axe finds nothing, the keyboard suffices, the narrowest phone shows all."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.web.chromium import AXE, SIZES, Look, Theme, open_context, sign_in
from tests.web.conftest import NewPage
from tests.web.living import PASSWORD, Living
from tests.web.tour import Stop, Tour
from tests.web.wares import WARES

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
TARGET_PX_MIN = 24
ALL = {"type": "tag", "values": TAGS}
# A tablet shows what a phone shows, with more room: only what is near each other can be too near.
OF_SIZES = {"type": "rule", "values": ["target-size", "scrollable-region-focusable"]}
# Night changes colors alone: everything else has been looked at by day, in the same size.
OF_COLORS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
LOOKS: tuple[tuple[str, Theme, dict[str, Any]], ...] = (
    ("desktop", "light", ALL),
    ("desktop", "dark", OF_COLORS),
    ("phone", "light", ALL),
    ("phone", "dark", OF_COLORS),
    ("tablet", "light", OF_SIZES),
)
# A selector for each of thousands of elements took two fifths of the time; nobody reads them.
RUN = """
async (asked) => {
  const how = {runOnly: asked, resultTypes: ["violations"], selectors: false};
  const found = await axe.run(document, how);
  return found.violations.map((v) => [v.id, v.nodes.map((n) => [n.html.slice(0, 200),
    (n.any[0] || n.all[0] || n.none[0] || {}).message])]);
}
"""
# What can be touched and is smaller than it may be; links within a sentence may (2.5.8).
SMALL = """
(least) => [...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
  .filter((e) => e.checkVisibility() && !e.closest(".hide, .skip") && !e.matches("p a, dd a, dt a"))
  .filter((e) => !e.matches("a.cover, a.plain"))
  .map((e) => [e.outerHTML.slice(0, 120), e.getBoundingClientRect()])
  .filter(([_, box]) => box.width > 0 && (box.width < least || box.height < least))
  .map(([html, box]) => `${html}: ${box.width} x ${box.height}`)
"""
# Columns that a card cuts off; where there are many, they scroll within a box of their own.
CUT = """
() => [...document.querySelectorAll("table, .pieces > li, .run")]
  .filter((e) => e.checkVisibility() && !e.closest(".grid-scroll, .wide-table"))
  .filter((e) => e.offsetWidth > e.parentElement.clientWidth + 1
    || e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.outerHTML.slice(0, 120))
"""
# Menus that open beyond an edge of the screen.
BEYOND = """
() => [...document.querySelectorAll("details.menu")].filter((e) => e.checkVisibility())
  .map((menu) => {
    menu.open = true;
    const { left, right } = menu.querySelector(".menu-body").getBoundingClientRect();
    menu.open = false;
    return [menu.textContent.trim().slice(0, 40), left, right];
  })
  .filter(([, left, right]) => left < 0 || right > innerWidth)
"""


@pytest.fixture(scope="module")
def stops(alive: Living) -> list[Stop]:
    return list(Tour(alive).stops())


@cache
def axe() -> str:
    return AXE.read_text(encoding="utf-8")


def walk(browser: Browser, alive: Living, stops: list[Stop], look: Look) -> Iterator[Page]:
    """Every screen in turn, each person in a browser of their own."""
    for login in dict.fromkeys(stop.login for stop in stops):
        context = open_context(browser, alive, look)
        page = context.new_page()
        if login is not None:
            sign_in(page, login)
        for stop in stops:
            if stop.login == login:
                visit(page, stop)
                yield page
        context.close()


def visit(page: Page, stop: Stop) -> None:
    page.goto(stop.path)
    if stop.scan is not None:
        page.locator("form[data-scan] input:not([type=hidden])").fill(stop.scan)
        page.keyboard.press("Enter")
        expect(page.locator("[data-alarm]")).to_be_visible()


def test_axe_finds_nothing(windows: Browser, alive: Living, stops: list[Stop]) -> None:
    """On a desk and on a phone, by day and by night; on a tablet, where nothing sticks out."""
    found: dict[str, Any] = {}
    for page in walk(windows, alive, stops, Look()):
        page.evaluate(axe())
        for size, theme, rules in LOOKS:
            width, height = SIZES[size]
            page.set_viewport_size({"width": width, "height": height})
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                found[f"{page.url}, {size}"] = f"{wide} pixels wide"
            if cut := page.evaluate(CUT):
                found[f"{page.url}, {size}, cut"] = cut
            if violations := page.evaluate(RUN, rules):
                found[f"{page.url}, {size}, {theme}"] = violations
    assert not found, "\n".join(f"{where}: {json.dumps(each)}" for where, each in found.items())


def test_axe_finds_what_is_planted(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/sign-in")
    page.evaluate(axe())
    assert page.evaluate(RUN, ALL) == []
    page.evaluate("document.querySelector('main').append(new Image())")
    (violation,) = page.evaluate(RUN, ALL)
    assert (violation[0], violation[1][0][0]) == ("image-alt", "<img>")
    page.evaluate("document.querySelector('main').style.color = '#eee'")
    assert "color-contrast" in [each[0] for each in page.evaluate(RUN, OF_COLORS)]


def test_every_screen_fits_the_narrowest_phone(
    windows: Browser, alive: Living, stops: list[Stop]
) -> None:
    width, _ = SIZES["narrow"]
    wide, small, beyond = {}, {}, {}
    for page in walk(windows, alive, stops, Look(size="narrow")):
        wide[page.url] = page.evaluate("document.documentElement.scrollWidth")
        small[page.url] = page.evaluate(SMALL, TARGET_PX_MIN)
        beyond[page.url] = page.evaluate(BEYOND)
    assert {url: each for url, each in wide.items() if each > width} == {}
    assert {url: each for url, each in small.items() if each} == {}
    assert {url: each for url, each in beyond.items() if each} == {}


def tab_to(page: Page, role: str, name: str) -> None:
    """Press Tab until the focus is there; nobody should have to press it a hundred times."""
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    expect(wanted).to_be_visible()
    for _ in range(100):
        page.keyboard.press("Tab")
        if wanted.evaluate("(e) => e === document.activeElement"):
            return
    raise AssertionError(f"the keyboard never reaches {role} {name}")


def test_the_office_needs_no_mouse(alive: Living, new_page: NewPage) -> None:
    order = alive.order([("SR-COT-WHT-M", 1)])
    page = new_page()
    page.goto("/orders")
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("chiara")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Orders")).to_be_visible()

    expect(page.locator("html")).to_have_attribute("data-ready", "")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search anything")).to_be_focused()
    page.keyboard.type(order["external_id"])
    page.keyboard.press("Enter")
    tab_to(page, "link", order["number"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=order["number"])).to_be_visible()
    tab_to(page, "link", "Cotton shirt, white, M")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Why this number")).to_be_visible()


def test_the_store_needs_no_mouse(alive: Living, new_page: NewPage) -> None:
    order = alive.order([("BT-PEL-BRN-38", 1)])
    alive.wait_until_offered(order)
    page = new_page("marta")
    expect(page.locator("html")).to_have_attribute("data-ready", "")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(order["number"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=order["number"])).to_be_visible()
    page.keyboard.press("a")
    expect(page.get_by_label("Scansiona un articolo")).to_be_focused()
    page.keyboard.type("no such code")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alertdialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Scansiona un articolo")).to_be_focused()
    page.keyboard.type(next(ware[1] for ware in WARES if ware[0] == "BT-PEL-BRN-38"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Peso del collo")).to_be_visible()
    tab_to(page, "button", "Chiudi il collo e prendi l’etichetta")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Stampa l’etichetta")).to_be_visible()
