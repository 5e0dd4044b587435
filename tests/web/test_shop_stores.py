"""Who chooses a store sees how far it is and until when it is open today, the nearest first."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Geolocation, expect
from tests.factories import TESTER
from tests.web.conftest import Browser, NewPage
from tests.web.wares import CHANNEL, MILAN, ROME

from ovunque.api.call import Services
from ovunque.kernel.spans import Span
from ovunque.network.model import ClosureRequest
from ovunque.network.scheduling import save_closures
from ovunque.platform.clock import now
from ovunque.platform.embedded import wait_until

STORES = f"/shop/{CHANNEL}/stores?line=SR-COT-WHT-M:1"
AT_ROME: Geolocation = {"latitude": 41.9, "longitude": 12.5}
AWAY = re.compile(r"#map-pin\"></use></svg>([^<]+)</p>")
DAY = 24 * 60


def names(browser: Browser, told: str) -> list[str]:
    assert browser.get(STORES + told).status_code == 200
    return [each.partition(">")[2].partition("<")[0] for each in browser.text.split("<h2")[1:]]


@pytest.mark.parametrize(
    ("told", "first", "away"),
    [
        ("&postal_code=00187", "Roma Corso", "about 1\u00a0km"),
        ("&postal_code=20121", "Milano Duomo", "about 1\u00a0km"),
        ("&near=41.900,12.480", "Roma Corso", "0\u00a0km"),
        ("&near=41.900,12.500", "Roma Corso", "1.7\u00a0km"),
        ("&near=41.900,12.500&postal_code=20121", "Milano Duomo", "about 1\u00a0km"),
    ],
)
def test_the_nearest_store_stands_first(browser: Browser, told: str, first: str, away: str) -> None:
    assert names(browser, told)[0] == first
    found = AWAY.findall(browser.text)
    assert found[0].strip() == away
    assert len(found) == len(names(browser, told)) > 1


@pytest.mark.parametrize(
    "told",
    ["", "&postal_code=99999", "&near=x", "&near=95.000,9.0", "&near=1.0,999.0", "&near=١.٠,١.٠"],
)
def test_where_nothing_is_known_no_distance_is_told(browser: Browser, told: str) -> None:
    assert len(names(browser, told)) > 1
    assert AWAY.findall(browser.text) == []


def test_where_somebody_is_goes_along_until_they_forget_it(browser: Browser) -> None:
    browser.get(f"{STORES}&near=41.9,12.5")
    assert browser.text.count("near=41.900%2C12.500") > 1, "the way back and each choice keep it"
    forget = re.search(r'href="([^"]+)">Forget it', browser.text)
    assert forget is not None
    browser.get(forget[1])
    assert "Forget it" not in browser.text
    assert "line=SR-COT-WHT-M" in browser.text, "the cart stays"


def test_a_store_tells_its_hours_of_today(browser: Browser, services: Services) -> None:
    at = now()
    today = at.date()
    days = [today + timedelta(days=each) for each in (-1, 0, 1)]  # Whatever the zone says.

    def tell(spans: tuple[Span, ...], place: str) -> None:
        closures = [ClosureRequest(location=place, day=each, hours=spans) for each in days]
        services.database.transact(
            lambda tx: save_closures(tx, TESTER, closures, at, services.new_id)
        )

    tell(((0, DAY),), MILAN)
    tell((), ROME)

    def said() -> str:
        return browser.get(f"{STORES}&postal_code=20121").text

    assert wait_until(lambda: "Today 00:00–24:00" in said(), 30)
    assert wait_until(lambda: "Closed today" in said(), 30)
    assert said().count("Open now") == 1


def test_the_visitor_is_asked_where_they_are_only_when_they_want(new_page: NewPage) -> None:
    page = new_page()
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation(AT_ROME)
    page.goto(f"{STORES}&postal_code=20121")
    expect(page.locator("h2").first).to_have_text("Milano Duomo")
    page.get_by_role("button", name="Use where I am").click()
    expect(page.locator("h2").first).to_have_text("Roma Corso")
    expect(page.get_by_label("Post code")).to_have_value("")
    page.get_by_label("Post code").fill("20121")
    page.get_by_role("button", name="Show dates").click()
    expect(page.locator("h2").first).to_have_text("Milano Duomo")


def test_who_does_not_say_where_they_are_is_told_what_else_works(new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{STORES}&postal_code=20121")
    button = page.get_by_role("button", name="Use where I am")
    button.click()
    expect(page.get_by_text("A post code does as well.")).to_be_visible()
    expect(button).to_be_enabled()
