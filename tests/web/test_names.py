"""People read names where programs read codes, on every page that shows the thing."""

import re
from datetime import timedelta

import pytest
from tests.factories import TESTER
from tests.web.conftest import Browser, NewPerson
from tests.web.wares import MILAN, ROME

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.platform.clock import now
from ovunque.stock.describing import describe_source
from ovunque.stock.model import ProtectionRequest
from ovunque.stock.model.feeding import SourceRequest
from ovunque.stock.protecting import save_protection

GIVEN = {
    ("carrier", "aquilone"): "Aquilone Corrieri",
    ("zone", "it"): "Tutta Italia",
    ("protection", "last-one"): "L’ultimo pezzo resta",
    ("source", "till-1"): "Casse di Milano",
}


@pytest.fixture
def office(browser: Browser, new_person: NewPerson, services: Services) -> Browser:
    at = now() - timedelta(minutes=1)
    source = SourceRequest(code="till-1")
    rule = ProtectionRequest(code="last-one", kind="buffer", units=1)
    services.database.transact(lambda tx: describe_source(tx, TESTER, source, None, at))
    services.database.transact(lambda tx: save_protection(tx, TESTER, rule, at))
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")
    return browser


def test_a_name_that_is_given_is_read_everywhere(
    office: Browser, another: Browser, new_person: NewPerson
) -> None:
    for (kind, code), name in GIVEN.items():
        office.get(f"/names?kind={kind}")
        assert f"<code>{code}</code>" in office.text
        done = office.post("/names", kind=kind, code=code, name=f" {name}  ")
        assert done.headers["location"] == f"/names?kind={kind}#{kind}-{code}"
    for page, kind, code in (
        ("/protections", "protection", "last-one"),
        ("/protections/last-one", "protection", "last-one"),
        ("/feeds", "source", "till-1"),
        ("/sources?code=till-1", "source", "till-1"),
        ("/carriers/aquilone/standard", "zone", "it"),
        ("/carriers/aquilone/standard/lanes?from=it&to=it", "zone", "it"),
        ("/prices", "zone", "it"),
        ("/emissions", "carrier", "aquilone"),
        ("/strategies/new?aim=economic", "carrier", "aquilone"),
        (f"/items/JK-LIN-SND-M?at={MILAN}", "protection", "last-one"),
    ):
        office.get(page)
        assert GIVEN[kind, code] in office.text, page
    new_person("marta", Role.ASSOCIATE, MILAN)
    another.sign_in("marta")
    another.get("/pickups")
    assert GIVEN["carrier", "aquilone"] in another.text
    assert "AQUILONE" not in another.text


def test_what_a_draft_lacks_and_changes_is_told_by_names(office: Browser) -> None:
    office.get("/names?kind=zone")
    office.post("/names", kind="zone", code="it", name="Tutta Italia")
    page = "/carriers/aquilone/standard"
    office.get(page)
    lane = {"from_zone": "it", "to_zone": "it", "days": "4", "weights": [""], "prices": [""]}
    assert office.post(f"{page}/lanes", version=0, **lane).status_code == 303
    office.get(f"{page}/review")
    assert "Lane Tutta Italia → Tutta Italia has no price." in office.text
    assert '<span class="strong">Tutta Italia → Tutta Italia</span>' in office.text
    assert "it → it" not in office.text


def test_who_did_something_is_told_by_their_name(
    office: Browser, another: Browser, new_person: NewPerson
) -> None:
    """In the office, and in a store whose people cannot look into the list of people."""
    office.get("/transfers/new")
    goods = {"origin": MILAN, "destination": ROME, "lines": "JK-LIN-SND-M 1"}
    page = office.post("/transfers", **goods).headers["location"]
    new_person("luca", Role.STORE_MANAGER, ROME)
    another.sign_in("luca")
    for each in (office, another):
        each.get(page)
        assert "planned by Mara, " in each.text


def test_where_else_somebody_works_is_chosen_by_name(
    browser: Browser, new_person: NewPerson
) -> None:
    new_person("ada", Role.ADMIN)
    browser.sign_in("ada")
    browser.get("/people")
    assert re.search(rf'name="others" value="{ROME}">Roma Corso', browser.text)
    told = {"login": "!", "name": "Rita", "role": Role.AREA_MANAGER, "location": MILAN}
    browser.post("/people", **told, others=[ROME])
    assert re.search(rf'name="others" value="{ROME}" checked>', browser.text), "nothing is lost"


def test_without_a_name_the_code_is_read(office: Browser) -> None:
    office.get("/protections")
    assert ">last-one</a>" in office.text
    office.get("/names?kind=protection")
    office.post("/names", kind="protection", code="last-one", name="Ultimo")
    office.get("/names?kind=protection")
    office.post("/names", kind="protection", code="last-one", name="  ")
    office.get("/protections")
    assert ">last-one</a>" in office.text


def test_what_does_not_exist_gets_no_name(office: Browser) -> None:
    office.get("/names")
    assert office.post("/names", kind="zone", code="moon", name="Luna").status_code == 404
    assert office.post("/names", kind="moon", code="it", name="Luna").status_code == 422
    assert office.post("/names", kind="zone", code="it", name="\u202eLuna").status_code == 422
