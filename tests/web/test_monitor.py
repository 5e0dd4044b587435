"""The orchestration monitor: something has happened, and it is over."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.web.conftest import Browser, NewPerson
from tests.web.wares import MILAN

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.kernel.ids import public_id
from ovunque.sourcing.declaring import list_standing


def test_an_incident_is_declared_and_ended_on_the_screen(
    browser: Browser, new_person: NewPerson, services: Services
) -> None:
    new_person("mara", Role.MERCHANDISER)
    browser.sign_in("mara")
    browser.get("/monitor")
    assert "Nothing has happened." in browser.text
    assert "Nothing for a person" in browser.text
    wrong = browser.post("/monitor/incidents", reason="Where?")
    assert wrong.status_code == 422

    over = "2999-07-01T18:00"
    assert browser.post("/monitor/incidents", reason="When?", ends="tonight").status_code == 422
    water = {"location": MILAN, "reason": "Water in the stock room.", "ends": over}
    done = browser.post("/monitor/incidents", **water)
    assert done.status_code == 303
    browser.get("/monitor")
    assert "Water in the stock room." in browser.text
    (incident,) = services.database.read(list_standing)
    assert (incident.extent.location, incident.opened_by) == (MILAN, "mara")
    rome = datetime.fromisoformat(over).replace(tzinfo=ZoneInfo("Europe/Rome"))
    assert incident.ends_at == rome.astimezone(UTC), "by the clock on the reader's wall"

    path = f"/monitor/incidents/{public_id('inc', incident.id)}/end"
    assert browser.post(path).status_code == 303
    assert services.database.read(list_standing) == ()
    assert browser.post(path).status_code == 404
