"""A carrier that sells no label: its reason is shown, it is asked again, or done without."""

from typing import Any

from tests.web.conftest import Browser, NewPerson

from ovunque.access.model import Role
from ovunque.platform.database import Database

REFUSED = "Postal code not served"


def test_a_carriers_no_is_shown_and_a_number_by_hand_goes_on(
    browser: Browser, new_person: NewPerson, offered: dict[str, Any], database: Database
) -> None:
    new_person("marta", Role.ASSOCIATE)
    browser.sign_in("marta")
    task = offered["fulfillments"][0]["id"]
    browser.get("/tasks")
    browser.post(f"/tasks/{task}/acceptance")
    browser.get(f"/tasks/{task}")
    browser.post(f"/tasks/{task}/scans", code="JK-LIN-SND-M")
    browser.post(f"/tasks/{task}/parcels", weight_g=900)
    said = "update job set attempts = 1, reason = %s where kind = 'label.buy'"
    database.transact(lambda tx: tx.execute(said, [REFUSED]))

    browser.get(f"/tasks/{task}")
    assert REFUSED in browser.text
    parcel = browser.text.partition('action="/parcels/')[2].partition("/")[0]
    assert browser.post(f"/parcels/{parcel}/label").status_code == 303
    browser.get(f"/tasks/{task}")
    assert REFUSED not in browser.text
    database.transact(lambda tx: tx.execute(said, [REFUSED]))
    browser.get(f"/tasks/{task}")
    assert browser.post(f"/parcels/{parcel}/tracking", tracking="a/b").status_code == 422
    browser.get(f"/tasks/{task}")
    assert browser.post(f"/parcels/{parcel}/tracking", tracking="ab12345").status_code == 303
    browser.get(f"/tasks/{task}")
    assert "AB12345" in browser.text
    label = browser.get(f"/parcels/{parcel}/label")
    assert label.content.startswith(b"%PDF-")
