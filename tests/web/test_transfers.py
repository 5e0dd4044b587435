"""Goods between our places on pages: planned by one, sent by another, received with one missing."""

import re

from starlette.types import ASGIApp
from tests.web.conftest import Browser, NewPerson
from tests.web.wares import MILAN, ROME, TURIN

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.network.listing import find_location
from ovunque.stock.reading import list_levels_of

JACKET = "JK-LIN-SND-M"


def on_hand(services: Services, at: str) -> int:
    place = services.database.read(lambda tx: find_location(tx, at)).id
    levels = services.database.read(lambda tx: list_levels_of(tx, [JACKET]))
    return next((each.on_hand for each in levels if each.key.location_id == place), 0)


def test_goods_leave_and_come_with_one_missing(
    app: ASGIApp, services: Services, browser: Browser, new_person: NewPerson
) -> None:
    new_person("mara", Role.MERCHANDISER)
    new_person("luca", Role.STORE_MANAGER, ROME)
    milan, rome = on_hand(services, MILAN), on_hand(services, ROME)
    assert milan >= 2
    browser.sign_in("mara")
    browser.get("/transfers/new")
    plan = {"origin": MILAN, "destination": ROME, "lines": f"{JACKET} 2"}
    page = browser.post("/transfers", **plan).headers["location"]
    assert on_hand(services, MILAN) == milan, "planned is not gone"

    browser.get(page)
    assert browser.post(f"{page}/dispatch", **{f"units.{JACKET}": "2"}).status_code == 303
    assert (on_hand(services, MILAN), on_hand(services, ROME)) == (milan - 2, rome)

    luca = Browser(app)
    luca.sign_in("luca")
    luca.get("/transfers")
    assert "Under way" in luca.text
    luca.get(page)
    came = {f"units.{JACKET}": "1", "last": "true"}
    assert luca.post(f"{page}/receipt", **came).status_code == 303
    luca.get(page)
    assert "1 missing" in luca.text
    assert on_hand(services, ROME) == rome + 1
    assert luca.post(f"{page}/receipt", **came).status_code == 409, "it is closed"
    luca.close()


def test_a_plan_that_cannot_be_is_refused_on_the_page(
    browser: Browser, new_person: NewPerson
) -> None:
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")
    browser.get("/transfers/new")
    plan = {"origin": MILAN, "destination": ROME, "lines": JACKET}
    for wrong in (
        {"destination": MILAN},
        {"origin": "nowhere"},
        {"lines": ""},
        {"lines": "NOTHING 1"},
        {"lines": f"{JACKET} many"},
        {"lines": f"{JACKET} 0"},
    ):
        assert browser.post("/transfers", **plan | wrong).status_code == 422, wrong
        assert 'role="alert"' in browser.text


def test_what_does_not_leave_changes_nothing(
    browser: Browser, services: Services, new_person: NewPerson
) -> None:
    new_person("marta", Role.ASSOCIATE)
    before = on_hand(services, MILAN)
    browser.sign_in("marta")
    browser.get("/transfers/new")
    plan = {"origin": MILAN, "destination": ROME, "lines": f"{JACKET} 1"}
    page = browser.post("/transfers", **plan).headers["location"]
    assert re.fullmatch(r"/transfers/trf_[0-9a-z]{26}", page)
    browser.get(page)
    assert browser.post(f"{page}/dispatch", **{f"units.{JACKET}": "one"}).status_code == 409
    assert browser.post(f"{page}/cancellation").status_code == 303
    browser.get(page)
    assert "Canceled" in browser.text
    assert on_hand(services, MILAN) == before


def test_transfers_are_found_by_what_goes_and_where(
    app: ASGIApp, browser: Browser, new_person: NewPerson
) -> None:
    new_person("mara", Role.MERCHANDISER)
    new_person("luca", Role.STORE_MANAGER, ROME)
    browser.sign_in("mara")
    browser.get("/transfers/new")
    soon = {"expected": "2026-01-05T09:30"}
    plans = (
        {"origin": MILAN, "destination": ROME, "lines": f"{JACKET} 2", **soon},
        {"origin": MILAN, "destination": TURIN, "lines": "SC-CSH-SKY 1"},
    )
    to_rome, to_turin = (browser.post("/transfers", **each).headers["location"] for each in plans)

    def found(address: str, reader: Browser = browser) -> tuple[bool, bool]:
        assert reader.get(address).status_code == 200
        return to_rome in reader.text, to_turin in reader.text

    assert found("/transfers") == (True, True)
    assert "expected" in browser.text
    assert "Late" in browser.text
    assert found("/transfers?q=lin-snd") == (True, False)
    assert found(f"/transfers?location={TURIN}") == (False, True)
    assert found("/transfers?q=nothing") == (False, False)
    assert "Fewer letters find more" in browser.text
    assert "/transfers?location=&amp;q" not in browser.text
    found("/transfers?q=lin-snd&state=planned")
    assert "/transfers?q=lin-snd&state=dispatched" in browser.text, "tabs keep what was sought"
    luca = Browser(app)
    luca.sign_in("luca")
    assert found(f"/transfers?location={TURIN}", luca) == (True, False), "a store sees its own"
    luca.close()
