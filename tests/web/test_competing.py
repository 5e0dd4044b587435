"""Three stores are asked for the same order: the first has it, and it leaves the others' lists."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.web.chromium import Look
from tests.web.conftest import NewPage
from tests.web.living import Living, enter
from tests.web.test_journey import open_task
from tests.web.wares import MILAN, ROME, TURIN

from ovunque.access.model import Language, Role
from ovunque.platform import clock

SCARF = "SC-CSH-SKY"
CODE = "whoever-is-first"
STRATEGY: dict[str, Any] = {
    "code": CODE,
    "name": "Whoever is first",
    "priority": 1,
    "when": {"value_min": 2 * 14_900, "value_max": 2 * 14_900},  # Two scarves, and nothing else.
    "steps": [{"name": "Three stores", "locations": [MILAN, ROME, TURIN], "parcels_max": 1}],
    "offers": {"mode": "compete", "among": 3},
}
TINO = ("tino", "Tino Sala", Role.ASSOCIATE, TURIN, Language.ENGLISH)


def publish(alive: Living, strategy: dict[str, Any]) -> None:
    path = f"/v1/strategies/{CODE}"
    saved = alive.ask("PUT", path, json=strategy)
    assert saved.status_code == 200, saved.text
    headers = {"Idempotency-Key": f"{CODE} {strategy.get('active')}"}
    done = alive.ask("POST", f"{path}/publications", json={}, headers=headers)
    assert done.status_code == 201, done.text


@pytest.fixture
def competing(alive: Living) -> Iterator[dict[str, Any]]:
    """An order that three stores are asked for; the rule counts for this test alone."""
    enter(alive.database, clock.new_id_source(), TINO)
    publish(alive, STRATEGY)
    yield asked(alive)
    publish(alive, STRATEGY | {"active": False})


def asked(alive: Living) -> dict[str, Any]:
    """The first order after every process has heard of the rule."""
    for _ in range(20):
        order = alive.order([(SCARF, 2)])
        alive.wait_for(order, "offered")
        (work,) = alive.work_of(order)
        if len(work["offers"]) == 3:
            return order
        alive.cancel(order)
    raise AssertionError("no order is offered to three stores")


def test_it_leaves_the_other_lists_the_moment_one_takes_it(
    alive: Living, new_page: NewPage, competing: dict[str, Any]
) -> None:
    number = competing["number"]
    (work,) = alive.work_of(competing)

    def card(page: Page) -> Any:
        return page.locator(".task", has_text=number)

    luca, marta, tino = (new_page(login, Look(size="phone")) for login in ("luca", "marta", "tino"))
    luca.goto("/tasks?band=accept")
    tino.goto("/tasks?band=accept")
    for page in (luca, tino):
        expect(page.locator("#live")).to_have_attribute("data-state", "on")
        expect(card(page)).to_be_visible()
    open_task(marta, competing)  # She has it open, and is about to say yes.

    luca.get_by_role("button", name=f"Accept {number}").click()
    expect(luca.get_by_text("0 of 2 picked")).to_be_visible()
    (owned,) = alive.work_of(competing)
    assert (owned["state"], owned["location"]) == ("accepted", ROME)

    # Nobody has touched his page: the news took it away, and its address says who has it.
    expect(card(tino)).to_have_count(0)
    tino.goto(f"/tasks/{work['id']}")
    expect(tino.get_by_role("heading", name=f"{number} is with Roma Corso")).to_be_visible()
    expect(
        tino.get_by_text("Several were asked at once, and the first one has it.")
    ).to_be_visible()
    # Her yes comes too late: she is told who was faster, and goes on with what is next.
    accept = marta.get_by_role("button", name="Accetta")
    lost = marta.get_by_role("heading", name="Roma Corso")
    expect(accept.or_(lost)).to_be_visible()
    if accept.is_visible():
        accept.click()
    expect(lost).to_be_visible()
    marta.get_by_role("link", name="Prossima attività").click()
    expect(marta.locator("#tasks")).to_be_visible()
    expect(card(marta)).to_have_count(0)
    alive.cancel(competing)
