"""A newcomer writes the rules of sourcing, in a real browser, and the next order follows them."""

import re

from playwright.sync_api import Page, expect
from tests.web.conftest import NewPage
from tests.web.living import Living

SHIRT = "SR-COT-WHT-M"


def fill_step(page: Page, nth: int, name: str, **choices: str) -> None:
    page.locator(f"#name-{nth}").fill(name)
    for field, value in choices.items():
        page.locator(f"#{field}-{nth}").select_option(value)


def test_a_newcomer_writes_rules_and_the_next_order_follows_them(
    alive: Living, new_page: NewPage
) -> None:
    """Warehouse first, else the store in time with the least emissions, at most two parcels."""
    alive.order([(SHIRT, 1)])
    page = new_page("mara")
    page.goto("/strategies")
    page.get_by_role("link", name="New strategy").click()
    page.get_by_label("Name", exact=True).fill("Green and in time")
    page.get_by_label("Code", exact=True).fill("green")
    page.get_by_label("Home", exact=True).check()

    write_steps(page)
    try_one_order(page)

    simulate(page)

    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("orders follow it from now on")
    expect(page.get_by_role("region", name="Published")).to_contain_text("Version 1")

    after = follow(alive)
    care = new_page("chiara")
    care.goto(f"/orders/{after['number']}")
    why = care.get_by_role("region", name="Why this location")
    expect(why).to_contain_text("strategy green, version 1, step 1 «Warehouse first»")
    expect(why.locator("tr[data-chosen]")).to_contain_text("Magazzino")
    why.get_by_label("Why not", exact=True).select_option(index=0)
    why.get_by_role("button", name="Ask").click()
    expect(why.get_by_role("status")).to_contain_text(re.compile(r"\w+"))

    # Switched off for half of the orders, and then for all: that is a version too.
    page.get_by_label("Switched off").check()
    try_half(page, alive)
    page.get_by_label("Switched off").check()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("region", name="Published")).to_contain_text("Version 3")


def write_steps(page: Page) -> None:
    """With the mouse and the keyboard; a step that is never reached is told and taken away."""
    # The second step first: it is moved up and down again by its buttons, with the keyboard.
    fill_step(
        page, 0, "Greenest store", kind="store", promise="kept", aim="lowest_emissions", parcels="2"
    )
    page.get_by_role("button", name="Add a step").click()
    expect(page.locator("#name-0")).to_have_value("Greenest store")
    fill_step(page, 1, "Warehouse first", kind="warehouse")
    page.get_by_role("button", name="Move step 2 up").press("Enter")
    expect(page.locator("#name-0")).to_have_value("Warehouse first")
    expect(page.locator("#step-2")).to_contain_text(
        "by the promised day, at most 2 parcels → lowest emissions"
    )

    page.get_by_role("button", name="Add a step").click()
    fill_step(page, 2, "Once more", kind="warehouse")
    page.get_by_role("button", name="Check").click()
    checks = page.get_by_role("region", name="Check")
    expect(checks).to_contain_text("step 3: never reached: whatever it could serve, step 1 serves")
    page.get_by_role("button", name="Remove step 3").click()
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("status")).to_contain_text("Nothing counts before it is published")


def try_one_order(page: Page) -> None:
    """By the draft it would come from the warehouse; nothing is written."""
    trial = page.get_by_role("region", name="Try one order")
    trial.get_by_label("Item", exact=True).fill(SHIRT)
    trial.get_by_label("Post code").fill("20121")
    trial.get_by_role("button", name="Try it").click()
    expect(trial.get_by_role("status").first).to_contain_text("step 1 Warehouse first")
    expect(trial.get_by_role("status").first).to_contain_text("Magazzino")


def simulate(page: Page) -> None:
    """Beside what counts now and beside the fastest, on the orders of the last days."""
    page.get_by_role("link", name="Simulate it on orders").click()
    page.get_by_label("Compare with").select_option("fastest")
    page.get_by_role("button", name="Simulate").click()
    table = page.get_by_role("table")
    expect(table).to_contain_text("Green and in time")
    expect(table.get_by_role("row", name="Cost of an order")).to_contain_text("€")
    expect(page.locator(".tradeoff circle")).to_have_count(3)
    page.get_by_role("link", name="Green and in time").click()


def try_half(page: Page, alive: Living) -> None:
    """A trial with the figures of both sides, and its end."""
    page.get_by_label("Percent of the orders").fill("50")
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("a share of the orders follows it")
    alive.order([(SHIRT, 1)])
    page.get_by_role("link", name="Strategies", exact=True).first.click()
    expect(page.get_by_text("Version 2 on trial, 50 %")).to_be_visible()
    page.get_by_role("link", name="Green and in time").click()
    trial = page.get_by_role("region", name="Trial of version 2")
    expect(trial.get_by_role("row", name="Cost of an order")).to_be_visible()
    trial.get_by_role("button", name="End the trial").click()
    expect(page.get_by_role("status")).to_contain_text("no order follows it any more")
    expect(page.get_by_role("region", name="Published")).to_contain_text("trial, 50 % of orders")


def follow(alive: Living) -> dict[str, str]:
    """An order after every process has heard of the strategy."""
    for _ in range(20):
        order = alive.order([(SHIRT, 1)])
        told = alive.ask("GET", f"/v1/orders/{order['id']}/decisions").json()
        if told["data"][0]["deliveries"][0]["strategy"]:
            return order
    raise AssertionError("no order follows the strategy")
