"""Whoever prepares an order sees at once that it is kept back, and stops."""

from typing import Any

import pytest
from starlette.types import ASGIApp
from tests.factories import TESTER
from tests.web.conftest import Browser, NewPerson, place
from tests.web.test_carriers_today import run_jobs

from ovunque.access.model import Language, Role
from ovunque.api.call import Services
from ovunque.fulfillment.model.keeping_back import HoldAsk, HoldReason
from ovunque.kernel.ids import parse_public_id
from ovunque.orders.keeping_back import HoldBackRequest, hold_back, release
from ovunque.platform import clock

COAT = "JK-LIN-SND-M"
STOP = {
    Language.ENGLISH: "Stop: this order is kept back.",
    Language.ITALIAN: "Fermati: questo ordine è bloccato.",
}


def keep(services: Services, order: dict[str, Any]) -> None:
    id_ = parse_public_id("ord", order["id"])
    request = HoldBackRequest(order_id=id_, asked=HoldAsk(reason=HoldReason.FRAUD))
    services.database.transact(lambda tx: hold_back(tx, TESTER, request, clock.now()))


def let_go(services: Services, order: dict[str, Any]) -> None:
    id_ = parse_public_id("ord", order["id"])
    services.database.transact(lambda tx: release(tx, TESTER, (id_, None), clock.now()))


@pytest.mark.parametrize("language", list(Language))
def test_who_picks_and_packs_stops_until_it_is_released(
    app: ASGIApp, services: Services, browser: Browser, new_person: NewPerson, language: Language
) -> None:
    order = place(app, services, [(COAT, 2)])
    new_person("marta", Role.ASSOCIATE)
    browser.sign_in("marta")
    task, stop = order["fulfillments"][0]["id"], STOP[language]
    browser.get("/tasks")
    browser.post("/preferences", language=language, theme="system", next="/tasks")
    browser.get("/tasks")
    browser.post(f"/tasks/{task}/acceptance")
    browser.get(f"/tasks/{task}")
    assert stop not in browser.text
    browser.post(f"/tasks/{task}/scans", code=COAT)
    keep(services, order)
    browser.get(f"/tasks/{task}")
    assert stop in browser.text
    assert "data-scan " not in browser.text, "nothing to scan into it"
    refused = browser.post(f"/tasks/{task}/scans", code=COAT)
    assert (refused.status_code, stop in browser.text) == (409, True)
    assert "data-refusal" in browser.text, "a device that was away tells it as well"
    browser.get("/tasks?band=pick")
    assert {Language.ENGLISH: "Kept back", Language.ITALIAN: "Bloccato"}[language] in browser.text

    let_go(services, order)
    browser.get(f"/tasks/{task}")
    assert stop not in browser.text
    browser.post(f"/tasks/{task}/scans", code=COAT)
    keep(services, order)
    browser.get(f"/tasks/{task}")
    assert stop in browser.text
    assert "weight_g" not in browser.text
    assert browser.post(f"/tasks/{task}/parcels", weight_g=900).status_code == 409
    let_go(services, order)
    browser.get(f"/tasks/{task}")
    assert browser.post(f"/tasks/{task}/parcels", weight_g=900).status_code == 303
    run_jobs(services, services.database)
    browser.get(f"/tasks/{task}")
    parcel = browser.text.partition('href="/parcels/')[2].partition("/")[0]
    keep(services, order)
    browser.get(f"/tasks/{task}")
    assert stop in browser.text
    assert "/label" not in browser.text
    for paper in ("label", "label.zpl"):
        assert browser.get(f"/parcels/{parcel}/{paper}").status_code == 409
    browser.get("/carriers/aquilone")
    assert order["number"] not in browser.text


def test_in_a_wave_the_others_go_on(
    app: ASGIApp, services: Services, browser: Browser, new_person: NewPerson
) -> None:
    orders = [place(app, services, [(COAT, 1)], nth=nth) for nth in (1, 2)]
    new_person("marta", Role.ASSOCIATE)
    browser.sign_in("marta")
    tasks = [order["fulfillments"][0]["id"] for order in orders]
    browser.get("/tasks")
    for task in tasks:
        browser.post(f"/tasks/{task}/acceptance")
    for task in tasks[:1]:
        browser.get(f"/tasks/{task}")
    wave = ",".join(tasks)
    services.database.transact(
        lambda tx: tx.execute(
            "update fulfillment set state = 'picking' where id = %s",
            [parse_public_id("ful", tasks[0])],
        )
    )
    keep(services, orders[0])
    browser.get(f"/wave?tasks={wave}")
    assert f"{orders[0]['number']} is kept back: put it aside" in browser.text
    scanned = browser.post(f"/tasks/{tasks[0]}/scans", code=COAT, wave=wave)
    assert scanned.status_code == 303
    assert f"of={tasks[1]}" in scanned.headers["Location"]
    browser.get(f"/wave?tasks={wave}")
    assert "Stop: this order is kept back." in browser.text
