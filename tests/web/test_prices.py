"""What customers pay, written by the office; how promises were kept, seen by it."""

import pytest
from tests.web.conftest import Browser, NewPerson
from tests.web.wares import MILAN

from ovunque.access.model import Language, Role
from ovunque.api.call import Services
from ovunque.promise import pricing
from ovunque.promise.naming import name_of
from ovunque.web.office.promises import name_for


@pytest.fixture
def office(browser: Browser, new_person: NewPerson) -> Browser:
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")
    return browser


def test_a_table_is_written_checked_and_published(office: Browser, services: Services) -> None:
    assert office.get("/prices").status_code == 200
    assert "table 1" in office.text
    row = {"service": "home", "channel": "web-it", "goods_from": "50", "price": "3.90"}
    assert office.post("/prices/rows", **row).status_code == 303
    office.get("/prices")
    assert "Every channel has a price for every service" in office.text
    taken = {"service": "reserve", "goods_from": "0", "act": "remove"}
    assert office.post("/prices/rows", **taken).status_code == 303
    office.get("/prices")
    assert "has no price for: Reserve" in office.text
    refused = office.post("/prices/publications", version=2)
    assert (refused.status_code, "gaps stop these terms" in office.text) == (422, True)
    for wrong in ({"price": "much"}, {"zone": "moon"}, {"service": "beam"}):
        assert office.post("/prices/rows", **row | wrong).status_code == 422
    assert office.post("/prices/rows", **taken | {"act": "put"}).status_code == 303
    assert office.post("/prices/publications", version=3).status_code == 303
    published = services.database.read(pricing.find_published)
    office.get("/prices")
    assert office.text.count("tessalba.example</td>") == 1, "a channel has a name"
    (own,) = [each for each in published.rows if each.channel == "web-it"]
    assert (published.number, own.goods_from, own.price) == (2, 5_000, 390)
    assert office.post("/prices/removal").status_code == 303


def test_fields_show_numbers_as_their_reader_types_them(office: Browser) -> None:
    office.get("/prices")
    assert 'placeholder="0.00"' in office.text
    assert "New row of the draft" in office.text
    assert office.post("/preferences", language="it", theme="system").status_code == 303
    for page, field in (("/prices", 'placeholder="0,00"'), ("/sources", 'value="500,00"')):
        office.get(page)
        assert field in office.text


def test_only_who_sets_prices_writes_them(browser: Browser, new_person: NewPerson) -> None:
    new_person("chiara")
    browser.sign_in("chiara")
    assert browser.get("/prices").status_code == 200
    assert "New row of the draft" not in browser.text
    assert browser.post("/prices/rows", service="home", price="1").status_code == 404


def test_promises_are_told_apart_in_every_way(office: Browser) -> None:
    for by in ("service", "location", "carrier", "lane", "blame", "moon"):
        assert office.get(f"/promises?by={by}&days=90").status_code == 200
        assert "Nothing was due" in office.text


def test_promises_are_named_as_people_know_them(services: Services) -> None:
    snapshot = services.snapshot()
    place = snapshot.network.by_code[MILAN]
    service = snapshot.delivery.services[0]

    def name(key: str, by: str) -> str:
        return name_for(key, by, snapshot, Language.ENGLISH)

    sent = name(f"{place.id} {service.id} IT 20", "lane")
    assert sent == f"{place.name} → IT 20… · {service.name}"
    fetched = f"{place.id}  {place.id}"[:42]
    assert name(fetched, "lane") == f"{place.name} · fetched, without a carrier"
    assert name(str(service.id), "carrier") == service.name
    assert name("", "carrier") == "fetched, without a carrier"
    assert name_of(fetched, "lane", snapshot) == MILAN
