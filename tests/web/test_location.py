"""A location on its page: paused, given hours, closed for a day; nothing is half-said."""

from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from starlette.types import ASGIApp
from tests.web.conftest import Browser, NewPerson
from tests.web.wares import MILAN, ROME

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.network import scheduling
from ovunque.network.listing import find_location
from ovunque.network.model import Location
from ovunque.platform import clock
from ovunque.web.office.location import HOLIDAYS_SHOWN

PAGE = f"/locations/{MILAN}"


@pytest.fixture
def mara(browser: Browser, new_person: NewPerson) -> Browser:
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")
    browser.get(PAGE)
    return browser


OFFERS: dict[str, Any] = {
    "state": "open",
    "capabilities": ["ship_from", "express_collect"],
    "capacity_per_day": "7",
    "capacity_per_hour": "2",
    "handling_minutes": "45",
    "express_radius_km": "12",
    "express_minutes": "30",
    "carts": "whole",
}


def found_in(services: Services) -> Location:
    return services.database.read(lambda tx: find_location(tx, MILAN))


def test_a_location_is_found_by_its_name_its_code_or_its_city(mara: Browser) -> None:
    for q, there in (("MILANO", True), (MILAN.lower(), True), ("nowhere", False)):
        mara.get(f"/locations?q={q}")
        assert (f'href="{PAGE}"' in mara.text) == there
    assert "Nothing found" in mara.text


def test_what_a_location_offers_is_ticked_and_told(mara: Browser, services: Services) -> None:
    seen = found_in(services)
    assert mara.post(f"{PAGE}/work", version=seen.version, **OFFERS).status_code == 303
    found = found_in(services)
    assert found.capabilities == ("express_collect", "ship_from")
    assert (found.capacity_per_day, found.capacity_per_hour, found.handling_minutes) == (7, 2, 45)
    assert (found.express_radius_km, found.express_minutes, found.carts) == (12, 30, "whole")
    assert found.street == seen.street, "what the form does not say stays"

    mara.get(PAGE)
    assert 'value="express_collect" checked' in mara.text
    assert 'value="reserve">' in mara.text, "not ticked"
    late = mara.post(f"{PAGE}/work", version=seen.version, **OFFERS | {"capacity_per_day": "9"})
    assert late.status_code == 422
    assert 'role="alert"' in mara.text
    wrong = mara.post(f"{PAGE}/work", version=found.version, **OFFERS | {"express_minutes": "0"})
    assert wrong.status_code == 422


def test_a_manager_pauses_their_own_store_and_opens_it_again(
    app: ASGIApp, new_person: NewPerson, services: Services
) -> None:
    new_person("gina", Role.STORE_MANAGER, MILAN)
    browser = Browser(app)
    browser.sign_in("gina")
    assert browser.get(PAGE).status_code == 200
    assert f"{PAGE}/work" not in browser.text, "what it offers is the retailer's to say"
    assert browser.get(f"/locations/{ROME}").status_code == 404
    assert browser.post(f"/locations/{ROME}/pause").status_code == 404

    browser.get(PAGE)
    assert browser.post(f"{PAGE}/pause", until="2020-01-01T10:00").status_code == 422
    assert browser.post(f"{PAGE}/pause", until="soon").status_code == 422
    assert found_in(services).state == "open"
    tomorrow = clock.now().date() + timedelta(days=1)
    told = {"until": f"{tomorrow}T18:30", "reason": "Water in the stock room"}
    assert browser.post(f"{PAGE}/pause", **told).status_code == 303
    found = found_in(services)
    assert (found.state, found.pause_reason) == ("paused", "Water in the stock room")
    assert found.paused_until is not None
    local = found.paused_until.astimezone(ZoneInfo(found.time_zone))
    assert str(local.replace(tzinfo=None)) == f"{tomorrow} 18:30:00", "by the clock of the place"

    browser.get(PAGE)
    assert "Water in the stock room" in browser.text
    assert browser.post(f"{PAGE}/opening").status_code == 303
    found = found_in(services)
    assert (found.state, found.paused_until, found.pause_reason) == ("open", None, None)
    browser.close()


def test_hours_are_written_as_people_write_them(mara: Browser, services: Services) -> None:
    assert "it works round the clock" in mara.text
    week = {"monday": "", "tuesday": "09:30-13:00, 15:00-19:30", "saturday": "10:00-24:00"}
    assert mara.post(f"{PAGE}/hours", **week).status_code == 303
    hours = services.database.read(lambda tx: scheduling.find_hours(tx, MILAN))
    assert hours.monday == ()
    assert hours.tuesday == ((570, 780), (900, 1170))
    mara.get(PAGE)
    assert 'value="09:30-13:00 15:00-19:30"' in mara.text


@pytest.mark.parametrize("wrong", ["9-13", "13:00-09:00", "09:00-11:00 10:00-12:00", "x"])
def test_wrong_hours_change_nothing(mara: Browser, services: Services, wrong: str) -> None:
    assert mara.post(f"{PAGE}/hours", tuesday=wrong).status_code == 422
    assert f'value="{wrong}"' in mara.text, "what was typed is kept"
    mara.get(PAGE)
    assert "it works round the clock" in mara.text


def test_a_day_is_closed_with_its_reason(mara: Browser) -> None:
    day: date = clock.now().date() + timedelta(days=9)
    assert mara.post(f"{PAGE}/closures", day=str(day), name="Stocktaking").status_code == 303
    mara.get(PAGE)
    assert "Stocktaking" in mara.text
    assert mara.post(f"{PAGE}/closures", day="2026-02-31").status_code == 422


def test_a_day_that_was_wrong_is_taken_back(mara: Browser, services: Services) -> None:
    """Christmas is closed by itself, once hours are told; what somebody said goes away again."""
    today: date = clock.now().date()
    christmas = date(today.year + (today > date(today.year, 12, 24)), 12, 25)
    assert "public holiday" not in mara.text, "it works round the clock"
    assert mara.post(f"{PAGE}/hours", friday="09:00-18:00").status_code == 303
    mara.get(PAGE)
    before = mara.text.count("public holiday")
    assert before == HOLIDAYS_SHOWN
    mara.post(f"{PAGE}/closures", day=str(christmas), name="Open", hours="10:00-12:00")
    mara.get(PAGE)
    assert "10:00-12:00" in mara.text
    assert mara.text.count("public holiday") < before
    assert mara.post(f"{PAGE}/closures/removal", day=str(christmas)).status_code == 303
    assert services.database.read(scheduling.list_closures) == ()
    mara.get(PAGE)
    assert mara.text.count("public holiday") == before
    assert mara.post(f"{PAGE}/closures/removal", day=str(christmas)).status_code == 303
