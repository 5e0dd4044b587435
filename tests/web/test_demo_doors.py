"""The demo's pages of doors have something on them."""

from tests.factories import TESTER
from tests.web.conftest import Browser, NewPerson
from tests.web.wares import MILAN

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.network.listing import find_location
from ovunque.platform import clock
from ovunque.simulation.doors import COPIER, DEVICES, LOST, PROGRAMS, Doors, lay_doors


def test_providers_keys_and_devices_are_not_empty(
    browser: Browser, new_person: NewPerson, services: Services
) -> None:
    """Laid twice they are there once; the program that went mad is held."""
    database = services.database
    doors = Doors(
        by=TESTER,
        store_id=database.read(lambda tx: find_location(tx, MILAN)).id,
        new_id=services.new_id,
        new_secret=clock.new_secret,
        now=clock.now(),
    )
    new_person("ada", Role.ADMIN)
    for _ in range(2):
        database.transact(lambda tx: lay_doors(tx, doors))
    browser.sign_in("ada")
    browser.get("/providers")
    assert browser.text.count("people.example.com") == 1
    browser.get("/devices")
    assert [browser.text.count(f">{name}<") for name in (*DEVICES, LOST)] == [1] * 3
    assert browser.text.count("revoked") == 1
    browser.get("/keys")
    assert all(client in browser.text for client, *_ in PROGRAMS)
    assert "41,300" in browser.text
    assert COPIER in browser.text
