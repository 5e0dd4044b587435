"""Who may see which screen: every route names its roles, and a stranger's thing does not exist."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.types import ASGIApp
from tests.house.source import keeps
from tests.web.conftest import Browser, NewPerson
from tests.web.living import PASSWORD
from tests.web.wares import MILAN, ROME

from ovunque.access.model import Role
from ovunque.web.routes import SCREENS
from ovunque.web.screens import Screen, roles_of

# Every screen and who may see it; a screen that is not here fails the build.
C, M, E, A, S, T, G, R, P = (
    *(Role.CARE, Role.MERCHANDISER, Role.EXECUTIVE, Role.ADMIN),
    *(Role.SELLER, Role.ASSOCIATE, Role.STORE_MANAGER),
    *(Role.AREA_MANAGER, Role.PARTNER),
)
EVERYBODY, OFFICE, WORK = frozenset(Role), frozenset({C, M, E}), frozenset({T, G, R, P})
MATRIX: dict[str, frozenset[Role] | None] = {
    "GET /sign-in": None,
    "POST /sign-in": None,
    "POST /language": None,
    "GET /embed/ovunque-promise.js": None,
    "GET /embed/promise": None,
    "GET /pictures/{category}/{color}/{condition}/{view}.svg": None,
    "GET /shop/{code}": None,
    "GET /shop/{code}/items/{sku:path}": None,
    "GET /shop/{code}/cart": None,
    "GET /shop/{code}/stores": None,
    "GET /tracking/{token}": None,
    "GET /manifest.webmanifest": None,
    "GET /sw.js": None,
    "GET /": EVERYBODY,
    "POST /preferences": EVERYBODY,
    "POST /sign-out": EVERYBODY,
    "GET /live": EVERYBODY,
    "GET /search": OFFICE,
    "POST /search": OFFICE,
    "GET /orders": OFFICE,
    "POST /orders": OFFICE,
    "GET /orders/{number}": OFFICE,
    "POST /orders/{number}/cancellations": frozenset({C}),
    "GET /orders/{number}/edit": frozenset({C}),
    "POST /orders/{number}/edit": frozenset({C}),
    "POST /orders/{number}/edits": frozenset({C}),
    "POST /orders/{number}/edits/undo": frozenset({C}),
    "POST /orders/{number}/holds": frozenset({C}),
    "POST /orders/{number}/releases": frozenset({C}),
    "POST /orders/{number}/pickup-answers": frozenset({C}),
    "POST /fulfillments/{fulfillment_id}/withdrawal": frozenset({C}),
    "GET /customers/{customer_id}/data": frozenset({C, A}),
    "POST /customers/{customer_id}/openings": frozenset({C}),
    "POST /customers/{customer_id}/archive": frozenset({C, A}),
    "POST /customers/{customer_id}/erasure": frozenset({C, A}),
    "GET /items": OFFICE | {S, T, G, R},
    "GET /items/{sku:path}": OFFICE | {S, T, G, R},
    "GET /stock": OFFICE,
    "GET /stock/journal": OFFICE | {S, T, G, R},
    "GET /counts": OFFICE | {S, T, G, R},
    "POST /counts": frozenset({M, G, R}),
    "POST /counts/dismissals": frozenset({M, G, R}),
    "POST /counts/assignments": frozenset({S, T, G, R}),
    "POST /counts/names": frozenset({M, G, R}),
    "POST /shelf-counts": frozenset({S, T, G, R}),
    "GET /shelf-counts/{count_id}": frozenset({S, T, G, R}),
    "GET /shelf-counts/{count_id}/review": frozenset({S, T, G, R}),
    "POST /shelf-counts/{count_id}/scans": frozenset({S, T, G, R}),
    "POST /shelf-counts/{count_id}/scans/{scan_id}/reversal": frozenset({S, T, G, R}),
    "POST /shelf-counts/{count_id}/matches": frozenset({S, T, G, R}),
    "POST /shelf-counts/{count_id}/booking": frozenset({S, T, G, R}),
    "POST /shelf-counts/{count_id}/dropping": frozenset({S, T, G, R}),
    "POST /set-asides": frozenset({T, G, R}),
    "POST /clearings": frozenset({T, G, R}),
    "GET /transfers": OFFICE | {S, T, G, R},
    "GET /transfers/new": frozenset({M, T, G, R}),
    "POST /transfers": frozenset({M, T, G, R}),
    "GET /transfers/{transfer_id}": OFFICE | {S, T, G, R},
    "POST /transfers/{transfer_id}/{step}": frozenset({M, T, G, R}),
    "GET /feeds": OFFICE,
    "GET /feeds/{feed_id}": OFFICE,
    "POST /feeds/{feed_id}/acceptance": frozenset({M}),
    "POST /feeds/{feed_id}/rejection": frozenset({M}),
    "POST /feeds/{feed_id}/undo": frozenset({M}),
    "GET /sources": frozenset({M}),
    "POST /sources": frozenset({M}),
    "GET /strategies": OFFICE,
    "GET /strategies/new": frozenset({M}),
    "GET /strategies/{code}": frozenset({M}),
    "GET /strategies/{code}/simulation": frozenset({M}),
    "POST /strategies/{code}/simulations": frozenset({M}),
    "GET /simulations": OFFICE,
    "GET /simulations/{simulation_id}": OFFICE,
    "POST /simulations/{simulation_id}/cancellation": frozenset({M}),
    "POST /strategies": frozenset({M}),
    "POST /strategies/{code}/rollback": frozenset({M}),
    "POST /strategies/{code}/removal": frozenset({M}),
    "POST /strategies/{code}/trial-ending": frozenset({M}),
    "POST /strategies/{code}/trials": frozenset({M}),
    "GET /promises": OFFICE,
    "GET /monitor": OFFICE,
    "POST /monitor/incidents": frozenset({C, M}),
    "POST /monitor/incidents/{incident_id}/end": frozenset({C, M}),
    "POST /monitor/orders/{order_id}/assignment": frozenset({C, M}),
    "GET /prices": OFFICE,
    "POST /prices/rows": frozenset({M}),
    "POST /prices/publications": frozenset({M}),
    "POST /prices/removal": frozenset({M}),
    "GET /protections": OFFICE,
    "GET /protections/new": frozenset({M}),
    "GET /protections/{code}": frozenset({M}),
    "POST /protections": frozenset({M}),
    "POST /protections/{code}/removal": frozenset({M}),
    "GET /locations": OFFICE | {A},
    "GET /locations/{code}": OFFICE | {A, G, R},
    "POST /locations/{code}/work": frozenset({M, A}),
    "POST /locations/{code}/hours": frozenset({M, A, G, R}),
    "POST /locations/{code}/closures": frozenset({M, A, G, R}),
    "POST /locations/{code}/closures/removal": frozenset({M, A, G, R}),
    "POST /locations/{code}/pause": frozenset({M, A, G, R}),
    "POST /locations/{code}/opening": frozenset({M, A, G, R}),
    "GET /carriers": frozenset({M, A}),
    "GET /carriers/new": frozenset({M, A}),
    "POST /carriers": frozenset({M, A}),
    "GET /carriers/{carrier}/{service}": frozenset({M, A}),
    "GET /carriers/{carrier}/{service}/lanes": frozenset({M, A}),
    "GET /carriers/{carrier}/{service}/prices": frozenset({M, A}),
    "GET /carriers/{carrier}/{service}/review": frozenset({M, A}),
    "POST /carriers/{carrier}/{service}/caps": frozenset({M, A}),
    "POST /carriers/{carrier}/{service}/conditions": frozenset({M, A}),
    "POST /carriers/{carrier}/{service}/lanes": frozenset({M, A}),
    "POST /carriers/{carrier}/{service}/prices": frozenset({M, A}),
    "POST /carriers/{carrier}/{service}/publications": frozenset({M, A}),
    "POST /carriers/{carrier}/{service}/removal": frozenset({M, A}),
    "POST /carriers/{carrier}/{service}/undoing": frozenset({M, A}),
    "GET /names": frozenset({M, A}),
    "POST /names": frozenset({M, A}),
    "GET /emissions": OFFICE | {A},
    "POST /emissions": frozenset({M, A}),
    "GET /imports": frozenset({M, A}),
    "POST /imports": frozenset({M, A}),
    "POST /imports/{import_id}/pause": frozenset({M, A}),
    "POST /imports/{import_id}/resumption": frozenset({M, A}),
    "GET /imports/{import_id}/errors": frozenset({M, A}),
    "GET /imports/templates/{kind}.csv": frozenset({M, A}),
    "GET /people": frozenset({A}),
    "POST /people": frozenset({A}),
    "POST /people/{login}/{step}": frozenset({A}),
    "GET /providers": frozenset({A}),
    "POST /providers": frozenset({A}),
    "POST /providers/{code}/people": frozenset({A}),
    "POST /providers/{code}/removal": frozenset({A}),
    "GET /sign-in/with/{provider}": None,
    "GET /sign-in/with/{provider}/back": None,
    "GET /prove/with/{provider}": EVERYBODY,
    "GET /keys": frozenset({A}),
    "POST /keys": frozenset({A}),
    "POST /keys/{key_id}/rotation": frozenset({A}),
    "POST /keys/{key_id}/revocation": frozenset({A}),
    "POST /keys/holds/{client_id}/release": frozenset({A}),
    "GET /devices": frozenset({A, G, R}),
    "POST /devices": frozenset({A, G, R}),
    "POST /devices/{device_id}/revocation": frozenset({A, G, R}),
    "GET /sign-in/code": None,
    "POST /sign-in/code": None,
    "POST /sign-in/pin": None,
    "GET /welcome/{token}": None,
    "POST /welcome/{token}": None,
    "GET /prove": EVERYBODY,
    "POST /prove": EVERYBODY,
    "GET /account": EVERYBODY,
    "POST /account/second-factor": EVERYBODY,
    "POST /account/second-factor/confirmation": EVERYBODY,
    "POST /account/second-factor/removal": EVERYBODY,
    "POST /account/password": EVERYBODY,
    "POST /account/pin": EVERYBODY,
    "POST /account/place": EVERYBODY,
    "POST /account/sessions/{session_id}/revocation": EVERYBODY,
    "GET /tasks": WORK,
    "POST /tasks/acceptances": WORK,
    "POST /tasks/{task_id}/extension": WORK,
    "POST /tasks/{task_id}/till-payment": WORK,
    "GET /tasks/{task_id}": WORK,
    "POST /tasks/{task_id}/acceptance": WORK,
    "POST /tasks/{task_id}/rejection": WORK,
    "POST /tasks/{task_id}/scans": WORK,
    "POST /tasks/{task_id}/picks": WORK,
    "POST /tasks/{task_id}/unpicks": WORK,
    "POST /tasks/{task_id}/shortages": WORK,
    "POST /tasks/{task_id}/parcels": WORK,
    "POST /tasks/{task_id}/collection": WORK,
    "POST /tasks/{task_id}/shelf": WORK,
    "GET /wave": WORK,
    "POST /parcels/{parcel_id}/opening": WORK,
    "GET /parcels/{parcel_id}/label": WORK,
    "POST /parcels/{parcel_id}/label": WORK,
    "POST /parcels/{parcel_id}/tracking": WORK,
    "GET /arrivals": WORK,
    "POST /arrivals/scans": WORK,
    "GET /questions": WORK,
    "POST /questions/{order_id}": WORK,
    "GET /reservations": WORK,
    "GET /reservations/{reservation_id}": WORK,
    "POST /reservations/{reservation_id}/set-aside": WORK,
    "POST /reservations/{reservation_id}/decline": WORK,
    "POST /reservations/{reservation_id}/visit": WORK,
    "POST /put-backs": WORK,
    "GET /parcels/{parcel_id}/label.zpl": WORK,
    "GET /parcels/{parcel_id}/slip": WORK,
    "GET /carriers/{carrier}": WORK,
    "POST /handovers": WORK,
    "GET /handovers/{manifest_id}": WORK,
    "GET /handovers/{manifest_id}/document": WORK,
    "POST /handovers/{manifest_id}/signature": WORK,
    "GET /pickups": WORK,
    "GET /store": frozenset({G, R}),
    "POST /tasks/{task_id}/reopening": WORK,
    "POST /tasks/{task_id}/restoring": WORK,
    "GET /parcels/{parcel_id}/carriers": WORK,
    "POST /parcels/{parcel_id}/carriers": WORK,
    "POST /pickups": WORK,
    "POST /pickups/{pickup_id}/cancellation": WORK,
    "POST /pickups/{pickup_id}/call": WORK,
}
STREAMS = {"GET /live"}


def routes() -> Iterator[tuple[str, APIRoute]]:
    for router in SCREENS:
        for route in router.routes:
            assert isinstance(route, Screen), "screens come from screens()"
            for method in sorted(route.methods or ()):
                yield f"{method} {route.path}", route


def test_every_screen_says_for_whom_it_is() -> None:
    assert {name: roles_of(route) for name, route in routes()} == MATRIX


@pytest.mark.parametrize("role", list(Role))
def test_what_is_not_for_a_role_does_not_exist(
    app: ASGIApp, new_person: NewPerson, role: Role
) -> None:
    new_person("somebody", role)
    browser = Browser(app)
    browser.sign_in("somebody")
    browser.get("/items")
    found = []
    for name, roles in MATRIX.items():
        method, _, path = name.partition(" ")
        if name in STREAMS or roles is None or path in ("/sign-out", "/"):
            continue
        filled = re.sub(r"\{[^}]+\}", "nothing", path)
        answer = browser.get(filled) if method == "GET" else browser.post(filled)
        hidden = "this page" in browser.text and answer.status_code == 404
        if hidden == (role in roles):
            found.append(f"{name}: {answer.status_code} for {role}")
    browser.close()
    keeps(found)


def test_a_strangers_task_does_not_exist(
    app: ASGIApp, new_person: NewPerson, offered: dict[str, Any]
) -> None:
    """The task is Milan's: Rome finds nothing, whatever it tries, and changes nothing."""
    task = offered["fulfillments"][0]["id"]
    new_person("luca", Role.STORE_MANAGER, ROME)
    new_person("marta", Role.ASSOCIATE, MILAN)
    rome = Browser(app)
    rome.sign_in("luca", PASSWORD)
    rome.get("/tasks")
    fields: dict[str, dict[str, Any]] = {
        "rejection": {"reason": "no_time"},
        "scans": {"code": "JK-LIN-SND-M"},
        "picks": {"sku": "JK-LIN-SND-M", "quantity": 1},
        "unpicks": {"sku": "JK-LIN-SND-M", "quantity": 1},
        "shortages": {"sku": "JK-LIN-SND-M", "quantity": 1, "reason": "damaged"},
        "parcels": {"weight_g": 500},
        "collection": {"code": "123456"},
    }
    assert offered["number"] not in rome.text
    assert rome.get(f"/tasks/{task}").status_code == 404
    for what in ("acceptance", *fields):
        rome.get("/items")
        assert rome.post(f"/tasks/{task}/{what}", **fields.get(what, {})).status_code == 404, what
    rome.close()

    milan = Browser(app)
    milan.sign_in("marta", PASSWORD)
    milan.get("/tasks")
    assert offered["number"] in milan.text
    assert milan.get(f"/tasks/{task}").status_code == 200
    milan.close()


def test_only_care_may_ask_how_to_reach_somebody(
    app: ASGIApp, new_person: NewPerson, offered: dict[str, Any]
) -> None:
    for login, role, sees in (("chiara", Role.CARE, True), ("elena", Role.EXECUTIVE, False)):
        new_person(login, role)
        browser = Browser(app)
        browser.sign_in(login, PASSWORD)
        browser.get(f"/orders/{offered['number']}")
        assert "mailto:" not in browser.text
        assert ("Show contact data" in browser.text) == sees
        browser.close()
