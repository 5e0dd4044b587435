"""A carrier's terms on their pages: drafted part by part, checked, published, put back."""

import re
from datetime import date
from urllib.parse import urlencode

import pytest
from tests.web.conftest import Browser, NewPerson

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.delivery import drafting
from ovunque.delivery.model import ServiceKey, Terms
from ovunque.web.formatting import NO_BREAK
from ovunque.web.office.carrier_lanes import chances_of

KEY = ServiceKey("aquilone", "standard")
PAGE = "/carriers/aquilone/standard"
CONDITIONS = {
    "name": "Aquilone Standard",
    "promise": "home",
    "cutoff": "16:30",
    "pickup_days": ["1", "2", "3", "4", "5"],
    "weight_max": "30",
    "countries": "it",
    "surcharge": "4,5",
    "line_haul": "rail",
    "sorts": "2",
    "last_mile": "van_electric",
    "stop_m": "",
}


@pytest.fixture
def mara(browser: Browser, new_person: NewPerson) -> Browser:
    """A merchandiser at a carrier's page."""
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")
    browser.get(PAGE)
    return browser


def terms(services: Services) -> Terms:
    return services.database.read(drafting.find_standing).terms[KEY]


def version(services: Services) -> int:
    found = services.database.read(lambda tx: drafting.find_draft(tx, KEY))
    return found.version if found else 0


def test_terms_are_written_checked_published_and_put_back(
    mara: Browser, services: Services
) -> None:
    stood = terms(services)
    lane = stood.lanes[0]
    at = {"from_zone": lane.from_zone, "to_zone": lane.to_zone}

    assert mara.post(f"{PAGE}/conditions", version=0, **CONDITIONS).status_code == 303
    empty = {"days": "2", "weights": [""], "prices": [""]}
    mara.post(f"{PAGE}/lanes", version=1, **at, **empty)
    mara.post(f"{PAGE}/caps", version=2, location="", parcels="500")
    mara.get(f"{PAGE}/review")
    assert "has no price." in mara.text
    assert "disabled" in mara.text, "it cannot be published like that"
    assert "16:30" in mara.text
    assert mara.post(f"{PAGE}/publications", version=3).status_code == 422
    assert terms(services) == stood, "nothing of it counts yet"

    priced = {"days": "2", "chances": "1:20 2:70 3:10", "surcharge": "1,80"}
    steps = {"weights": ["1", "30"], "prices": ["5,90", "12.5"]}
    mara.get(PAGE)
    mara.post(f"{PAGE}/lanes", version=3, **at, **priced, **steps)
    assert mara.post(f"{PAGE}/prices", version=4, percent="10", direction="up").status_code == 303
    new = {"tariff": "new", "valid_from": "2031-01-01", "weights": ["30"], "prices": ["9"]}
    assert mara.post(f"{PAGE}/lanes", version=5, **at, **new).status_code == 303
    twice = {**new, "valid_from": "2030-12-01", "valid_until": "2031-01-01"}
    mara.post(f"{PAGE}/lanes", version=6, **at, **twice)
    mara.get(f"{PAGE}/review")
    assert "two tariffs count at once" in mara.text
    mara.post(f"{PAGE}/lanes", version=7, **at, tariff="2030-12-01", act="remove")
    mara.get(f"{PAGE}/lanes?from={lane.from_zone}&to={lane.to_zone}&tariff=2031-01-01")
    assert 'value="9.00"' in mara.text
    mara.get(f"{PAGE}/review")
    assert mara.post(f"{PAGE}/publications", version=8, standing=digest(stood)).status_code == 303

    now = terms(services)
    (changed,) = (each for each in now.lanes if each.key == lane.key)
    assert changed.rates == ((1_000, 650), (30_000, 1_375)), "649 and 1375 to five cents"
    assert changed.surcharge_cents == 180
    assert [(each.valid_from, each.rates) for each in changed.tariffs] == [
        (date(2031, 1, 1), ((30_000, 900),))
    ]
    assert changed.transit_chances_ppm == (0, 200_000, 700_000, 100_000)
    assert (now.service.surcharge_ppm, now.service.line_haul) == (45_000, "rail")
    assert now.caps[0].parcels_per_day_max == 500

    mara.get(PAGE)
    assert "Version 1" in mara.text
    assert mara.post(f"{PAGE}/undoing").status_code == 303
    assert terms(services) == stood


def spaced(page: str) -> str:
    return page.replace(NO_BREAK, " ")


def digest(stood: Terms) -> str:
    return drafting.digest_of(stood)


def test_two_people_do_not_write_over_each_other(mara: Browser, services: Services) -> None:
    mara.post(f"{PAGE}/caps", version=0, location="", parcels="500")
    late = mara.post(f"{PAGE}/caps", version=0, location="", parcels="9")
    assert late.status_code == 422
    assert 'role="alert"' in mara.text
    mara.get(PAGE)
    assert mara.post(f"{PAGE}/removal", version=version(services)).status_code == 303
    assert version(services) == 0


def test_a_new_service_begins_as_a_draft(mara: Browser) -> None:
    new = {"carrier": "saetta", "service": "notte", "name": "Saetta Notte", "promise": "express"}
    assert mara.post("/carriers", **new).headers["location"] == "/carriers/saetta/notte"
    mara.get("/carriers/saetta/notte/review")
    assert "Nobody says until when parcels are taken." in mara.text
    mara.get("/carriers")
    assert "Not in force yet" in mara.text
    taken = new | {"carrier": "aquilone", "service": "standard"}
    assert mara.post("/carriers", **taken).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": "ten"},
        {"percent": ""},
        {"percent": "-5"},
        {"percent": "1,2,3"},
        {"percent": "101", "direction": "down"},
    ],
)
def test_what_is_no_number_changes_nothing(
    mara: Browser, services: Services, wrong: dict[str, str]
) -> None:
    assert mara.post(f"{PAGE}/prices", version=0, **wrong).status_code == 422
    assert version(services) == 0


def test_many_prices_are_looked_at_before_they_change(mara: Browser, services: Services) -> None:
    """The list of December goes up, the usual one and that of January stay."""
    stood = terms(services)
    lane = stood.lanes[0]
    at = {"from_zone": lane.from_zone, "to_zone": lane.to_zone, "tariff": "new", "prices": ["9"]}
    december = {"valid_from": "2030-12-01", "valid_until": "2030-12-31", "weights": ["30"]}
    mara.post(f"{PAGE}/lanes", version=0, **at, **december)
    mara.post(f"{PAGE}/lanes", version=1, **at, valid_from="2031-01-01", weights=["29"])
    asked = {"percent": "10", "direction": "up", "which": "start", "day": "2030-12-24"}
    asked["start"] = lane.from_zone

    mara.get(f"{PAGE}/prices?{urlencode(asked)}")
    assert version(services) == 2, "it was only looked at"
    rows = re.findall(r"<dt>.*?</dd>", mara.text, re.DOTALL)
    assert len(rows) == sum(each.from_zone == lane.from_zone for each in stood.lanes)
    (dated,) = [each for each in rows if "Usual prices" not in each]
    assert f"{lane.from_zone} → {lane.to_zone}" in dated
    assert "1 Dec 2030 – 31 Dec 2030" in spaced(dated)
    assert re.findall(r"<(?:del|ins)>€(.*?)</", dated) == ["9.00", "9.90"]
    assert "1 list of other days stays as it is." in mara.text

    assert mara.post(f"{PAGE}/prices", version=2, **asked).status_code == 303
    draft = services.database.read(lambda tx: drafting.find_draft(tx, KEY))
    assert draft is not None
    (changed,) = (each for each in draft.terms.lanes if each.key == lane.key)
    assert changed.rates == lane.rates
    assert [each.rates for each in changed.tariffs] == [((30_000, 990),), ((29_000, 900),)]
    others = {each.key: each for each in stood.lanes if each.from_zone != lane.from_zone}
    assert others == {each.key: each for each in draft.terms.lanes if each.key in others}

    mara.get(f"{PAGE}/prices?{urlencode(asked | {'percent': '0'})}")
    assert "no price moves" in mara.text
    assert mara.get(f"{PAGE}/prices?{urlencode(asked | {'percent': 'x'})}").status_code == 422

    without = mara.get(f"{PAGE}/prices")
    assert (without.status_code, without.headers["location"]) == (303, PAGE)
    for odd in ({"day": "someday"}, {"direction": "sideways"}):
        assert mara.get(f"{PAGE}/prices?{urlencode(asked | odd)}").status_code == 422
        assert "choose it on the page" in mara.text
        assert "query:" not in mara.text


def test_a_service_that_has_not_begun_or_ended_says_so(mara: Browser, services: Services) -> None:
    for days, word in (
        ({"valid_from": "2999-01-01"}, "from 1 Jan 2999"),
        ({"valid_until": "2020-01-31"}, "ended 31 Jan 2020"),
    ):
        mara.post(f"{PAGE}/conditions", version=version(services), **CONDITIONS, **days)
        mara.get(PAGE)
        assert word in spaced(mara.text)
        stood = terms(services)
        mara.post(f"{PAGE}/publications", version=version(services), standing=digest(stood))
        mara.get("/carriers")
        assert word in spaced(mara.text)


def test_a_lane_that_is_refused_is_shown_as_it_was_typed(mara: Browser, services: Services) -> None:
    """Eight steps are not typed again because of one letter."""
    lane = terms(services).lanes[0]
    typed = {"days": "3", "chances": "3:100", "surcharge": "1,25", "tariff": ""}
    typed |= {"weights": ["1", "30"], "prices": ["5,90", "l2.50"]}  # type: ignore[dict-item]
    at = {"from_zone": lane.from_zone, "to_zone": lane.to_zone}
    assert mara.post(f"{PAGE}/lanes", version=0, **at, **typed).status_code == 422
    for each in ("l2.50", "5,90", "1,25", "3:100"):
        assert f'value="{each}"' in mara.text
    assert 'role="alert"' in mara.text
    assert version(services) == 0
    spread = " ".join(f"{days}:1.2345" for days in range(80))  # 98.76 percent of it.
    many = typed | {"chances": spread + " 80:1.24", "prices": ["5", "9"]}
    assert mara.post(f"{PAGE}/lanes", version=0, **at, **many).status_code == 303
    assert mara.get(f"{PAGE}/lanes?from={lane.from_zone}&to={lane.to_zone}").status_code == 200
    new = {"from_zone": lane.from_zone, "to_zone": lane.to_zone, "tariff": "new", "prices": ["x"]}
    days = {"valid_from": "2031-01-01", "valid_until": "2031-02-01", "weights": ["2"]}
    assert mara.post(f"{PAGE}/lanes", version=1, **new, **days).status_code == 422
    assert 'value="2031-01-01"' in mara.text
    assert 'value="2031-02-01"' in mara.text


def test_conditions_that_are_refused_are_shown_as_they_were_typed(
    mara: Browser, services: Services
) -> None:
    typed = CONDITIONS | {"weight_max": "3o", "sorts": "7", "valid_until": "2031-02-01"}
    assert mara.post(f"{PAGE}/conditions", version=0, **typed).status_code == 422
    for each in ("3o", "4,5", "16:30", "7", "2031-02-01", "it"):
        assert f'value="{each}"' in mara.text
    assert '<option value="rail" selected>' in mara.text
    assert version(services) == 0


def test_a_factor_that_is_refused_is_shown_as_it_was_typed(mara: Browser) -> None:
    mara.get("/emissions")
    typed = {"vehicle": "rail", "basis": "tonne_km", "region": "it", "year": "2025", "ttw": "0,02"}
    typed |= {"wtt": "o.01", "quality": "modelled", "source": "Audit", "license": "ours"}
    typed |= {"owner": "aquilone"}
    assert mara.post("/emissions", **typed).status_code == 422
    for each in ("it", "2025", "0,02", "o.01", "Audit", "ours"):
        assert f'value="{each}"' in mara.text
    for each in ("rail", "tonne_km", "modelled", "aquilone"):
        assert f'<option value="{each}" selected>' in mara.text


def test_chances_are_written_as_days_and_percent() -> None:
    assert chances_of("") == ()
    assert chances_of("1:60; 3:40") == (0, 600_000, 0, 400_000)
