"""Whoever runs a store sees its day on one page, and nobody else's."""

from datetime import timedelta
from typing import Any

from tests.web.conftest import Browser, NewPerson
from tests.web.test_carriers_today import run_jobs
from tests.web.wares import MILAN, ROME

from ovunque.access.model import Role
from ovunque.api.call import Services
from ovunque.network.listing import find_location
from ovunque.platform import clock
from ovunque.platform.database import Database

REASON = "Water in the stock room"


def test_a_manager_sees_the_day_of_their_own_store(
    browser: Browser,
    new_person: NewPerson,
    offered: dict[str, Any],
    services: Services,
    database: Database,
) -> None:
    new_person("luca", Role.STORE_MANAGER)
    new_person("zoe", Role.ASSOCIATE, ROME)
    browser.sign_in("luca")
    task, number = offered["fulfillments"][0]["id"], offered["number"]
    browser.get("/store")
    assert "0 of " in browser.text
    assert "Waits for an answer" in browser.text
    assert "Zoe" not in browser.text
    browser.post(f"/tasks/{task}/acceptance")
    browser.get(f"/tasks/{task}")
    browser.post(f"/tasks/{task}/scans", code="JK-LIN-SND-M")
    browser.post(f"/tasks/{task}/parcels", weight_g=900)
    run_jobs(services, database)
    browser.post("/handovers", carrier="aquilone")

    browser.get("/store")
    assert "1 of 60 orders taken" in browser.text
    assert "59 left" in browser.text
    assert "Manifest of" in browser.text
    assert "100.0%" in browser.text
    browser.get(f"/store?scan={number.lower()}")
    assert f"Packing slip of {number}" in browser.text
    browser.get("/store?scan=nobody-has-this")
    assert "No parcel of this store" in browser.text

    until = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    paused = browser.post(f"/locations/{MILAN}/pause", until=until, reason=REASON)
    assert paused.headers["Location"] == "/store"
    browser.get("/store")
    assert REASON in browser.text
    assert browser.post(f"/locations/{MILAN}/opening").headers["Location"] == "/store"
    assert database.read(lambda tx: find_location(tx, MILAN)).state == "open"
