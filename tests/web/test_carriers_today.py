"""The band of carriers: who comes, asking one to come, undoing it, and signing the manifest."""

import re
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
from tests.web.conftest import Browser, NewPerson

from ovunque import worker
from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.platform import clock, jobs
from ovunque.platform.database import Database
from ovunque.platform.jobs import Work

VISIT = {"carrier": "aquilone", "day": "tomorrow", "begins": "09:00", "ends": "11:00"}
PICKUP = re.compile(r'action="/pickups/(pic_\w+)/cancellation"')


def run_jobs(services: Services, database: Database) -> None:
    database.transact(lambda tx: tx.execute("update job set due_at = %s", [clock.now()]))
    work = Work(
        runners=worker.known_jobs(services.settings, services.snapshot()), jitter=clock.jitter
    )
    while jobs.run_due(database, work, clock.now()):
        pass


def test_a_carrier_is_asked_to_come(
    browser: Browser,
    new_person: NewPerson,
    services: Services,
    database: Database,
) -> None:
    new_person("marta", Role.ASSOCIATE)
    browser.sign_in("marta")
    assert browser.get("/tasks?band=carriers").headers["Location"] == "/pickups"
    browser.get("/pickups")
    assert "AQUILONE" in browser.text
    assert browser.post("/pickups", **VISIT | {"carrier": "nobody"}).status_code == 404
    browser.get("/pickups")
    assert browser.post("/pickups", **VISIT | {"ends": "08:00"}).status_code == 422
    assert browser.post("/pickups", **VISIT).status_code == 303
    assert browser.post("/pickups", **VISIT).status_code == 409
    browser.get("/pickups")
    assert "The carrier is being asked" in browser.text
    (pickup,) = PICKUP.findall(browser.text)
    assert browser.post(f"/pickups/{pickup}/cancellation").status_code == 303
    browser.get("/pickups")
    assert not PICKUP.findall(browser.text)

    assert browser.post("/pickups", **VISIT).status_code == 303
    run_jobs(services, database)
    browser.get("/pickups")
    assert "confirmed: OV-" in browser.text


def test_what_is_handed_over_is_signed_for_once(
    browser: Browser,
    new_person: NewPerson,
    offered: dict[str, Any],
    services: Services,
    database: Database,
) -> None:
    new_person("marta", Role.ASSOCIATE)
    browser.sign_in("marta")
    task = offered["fulfillments"][0]["id"]
    browser.get("/tasks")
    browser.post(f"/tasks/{task}/acceptance")
    browser.get(f"/tasks/{task}")
    browser.post(f"/tasks/{task}/scans", code="JK-LIN-SND-M")
    browser.post(f"/tasks/{task}/parcels", weight_g=900)
    run_jobs(services, database)
    browser.get("/pickups")
    assert "1 parcel ready" in browser.text
    manifest = browser.post("/handovers", carrier="aquilone").headers["Location"]
    blank = page_of(browser.get(f"{manifest}/document").content)
    browser.get(manifest)
    assert browser.post(f"{manifest}/signature", name=" ").status_code == 422
    browser.get(manifest)
    drawn = {"name": "Ugo Neri", "signature": "M10 80L90 20L170 80L250 20"}
    assert browser.post(f"{manifest}/signature", **drawn).status_code == 303
    browser.get(manifest)
    assert drawn["signature"] in browser.text
    signed = page_of(browser.get(f"{manifest}/document").content)
    assert ("Ugo Neri" in blank[0], "Ugo Neri" in signed[0]) == (False, True)
    assert (blank[1], signed[1]) == (0, 3)
    browser.get(manifest)
    again = browser.post(f"{manifest}/signature", name="Somebody else")
    assert again.status_code == 409


def page_of(content: bytes) -> tuple[str, int]:
    """The words of a page, and how many strokes of a pen are on it."""
    page = pypdfium2.PdfDocument(content)[0]
    text = page.get_textpage().get_text_range()
    signed = text.find("Received by: Ugo") >= 0
    paths = [each for each in page.get_objects() if each.type == pypdfium2.raw.FPDF_PAGEOBJ_PATH]
    return text, len([each for each in paths if each.get_bounds()[3] < 700]) if signed else 0
