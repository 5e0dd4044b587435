"""A location on its page: paused, given hours, closed for a day; nothing is half-said."""

from datetime import date, timedelta

import pytest
from tests.web.conftest import Browser, NewPerson
from tests.web.wares import MILAN

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.network import scheduling
from ovunque.network.listing import find_location
from ovunque.platform import clock

PAGE = f"/locations/{MILAN}"


@pytest.fixture
def mara(browser: Browser, new_person: NewPerson) -> Browser:
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")
    browser.get(PAGE)
    return browser


def version(services: Services) -> int:
    return services.database.read(lambda tx: find_location(tx, MILAN)).version


def test_a_location_is_paused_and_its_capacity_set(mara: Browser, services: Services) -> None:
    seen = version(services)
    work = {"state": "paused", "capacity_per_day": "7", "handling_minutes": "45"}
    assert mara.post(f"{PAGE}/work", version=seen, **work).status_code == 303
    found = services.database.read(lambda tx: find_location(tx, MILAN))
    assert (found.state, found.capacity_per_day, found.handling_minutes) == ("paused", 7, 45)
    assert found.street, "what the form does not say stays"

    mara.get(PAGE)
    late = mara.post(f"{PAGE}/work", version=seen, **work | {"capacity_per_day": "9"})
    assert late.status_code == 422
    assert 'role="alert"' in mara.text


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
