"""Scans that come faster than the answers to those before them."""

from playwright.sync_api import Route, expect
from tests.web.chromium import Look
from tests.web.conftest import NewPage
from tests.web.living import Living
from tests.web.test_journey import BELT, GTIN, SCARF
from tests.web.test_offline import taken


def test_the_same_code_typed_again_before_the_answer_stays(
    alive: Living, new_page: NewPage
) -> None:
    _, task = taken(alive, [(BELT, 2), (SCARF, 1)])
    page = new_page("marta", Look(size="phone"))
    page.goto(task)
    told: list[Route] = []

    def hold(route: Route) -> None:
        told.append(route)

    page.route("**/scans", hold, times=1)
    field = page.get_by_label("Scansiona un articolo")
    with page.expect_request("**/scans"):
        field.fill(GTIN[BELT])
        field.press("Enter")
    field.fill(GTIN[BELT])
    told[0].continue_()
    expect(page.get_by_text("1 di 3 prelevati")).to_be_visible()
    expect(field).to_have_value(GTIN[BELT])
    field.press("Enter")
    expect(page.get_by_text("2 di 3 prelevati")).to_be_visible()
