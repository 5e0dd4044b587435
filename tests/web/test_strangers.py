"""A store's people try everything with what is another store's: ids in addresses, queries, forms.

Every screen that its roles may open is tried, with every parameter that it has, filled with what is
Milan's: `test_roles.py` sees to it that no screen is forgotten.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from starlette.types import ASGIApp
from tests.house.source import keeps
from tests.house.test_walls import WALLED
from tests.web.conftest import Browser, NewPerson
from tests.web.living import PASSWORD, new_key, order_body
from tests.web.test_roles import routes
from tests.web.wares import MILAN, ROME, SHOPPERS, TURIN

from ovunque import sweeping, worker
from ovunque.access.model import STORE_ROLES, SYSTEM, Actor, Role
from ovunque.api.call import Services
from ovunque.api.routing import query_parameters
from ovunque.fulfillment.labeling import find_parcel
from ovunque.fulfillment.model import Parcel
from ovunque.kernel.ids import parse_public_id
from ovunque.network.listing import find_location
from ovunque.platform import clock, jobs
from ovunque.platform.database import Database, Tx
from ovunque.platform.jobs import Work
from ovunque.web.screens import Screen, roles_of
from ovunque.web.visiting import Visit

PARCEL = "GET /parcels/{parcel_id}/label.zpl"
JACKET, SCARF = "JK-LIN-SND-M", "SC-CSH-SKY"
OBJECTS = ("task_id", "parcel_id", "manifest_id", "transfer_id", "pickup_id", "count_id")
# What everybody may do for themselves, and what never ends.
THEIR_OWN = ("/preferences", "/sign-out", "/live", "/account")
TOLD_BY_DEVICES = {
    "reason": "no_time",
    "consent": "counter",
    "quantity": "1",
    "weight_g": "500",
    "tracking": "AB123456",
    "identity": "a passport",
    "seen": "1",
    "key": "made-by-a-device",
    "signature": "M1 2",
    "shelf": "C-12",
    "age_s": "1",
    "days": "3",
    "ours": "true",
    "units": "1",
    "name": "Tablet at the till",
    "expected": "2026-01-05T09:30",
}
VISIT = {"day": "tomorrow", "service": "express", "begins": "09:00", "ends": "11:00"}
STEPS = ("dispatch", "receipt", "cancellation")


class Milan:
    """A store with something of everything: tasks, a parcel, a manifest, a transfer, a count."""

    def __init__(self, app: ASGIApp, services: Services, offered: dict[str, Any]) -> None:
        self.services = services
        self.browser = Browser(app)
        token = new_key(services.database, services.new_id)
        services.database.read(services.keys.load)
        self.headers = {"Authorization": f"Bearer {token}"}
        order = self.ask("POST", "/v1/orders", order_body(2, [(SCARF, 1)]))
        self.sweep()
        (work,) = order["fulfillments"]
        task = f"/v1/fulfillments/{work['id']}"
        self.ask("POST", f"{task}/acceptance", {})
        self.ask("POST", f"{task}/picks", {"barcode": SCARF, "quantity": 1})
        parcel = self.ask("POST", f"{task}/parcels", {"weight_g": 500})
        self.sweep()
        self.ask("POST", "/v1/count-tasks", {"levels": [{"location": MILAN, "sku": JACKET}]})
        plan = {"from": MILAN, "to": TURIN, "lines": [{"sku": JACKET, "quantity": 1}]}
        transfer = self.ask("POST", "/v1/transfers", plan)
        manifest = self.ask("POST", "/v1/manifests", {"location": MILAN, "carrier": "aquilone"})
        pickup = self.ask("POST", "/v1/carrier-pickups", tomorrow())
        count = self.ask("POST", "/v1/shelf-counts", {"location": MILAN, "skus": [JACKET]})
        self.ids = {
            "task_id": offered["fulfillments"][0]["id"],
            "parcel_id": parcel["parcels"][0]["id"],
            "manifest_id": manifest["id"],
            "transfer_id": transfer["id"],
            "pickup_id": pickup["id"],
            "count_id": count["id"],
        }
        names = [SHOPPERS[nth][0] for nth in (1, 2)]
        self.told = {
            **self.ids,
            "sku": JACKET,
            "location": MILAN,
            "at": MILAN,
            "origin": MILAN,
            "destination": TURIN,
            "lines": f"{JACKET} 1",
            "order": offered["number"],
            "query": "",
            "state": "planned",
            "before": self.ids["transfer_id"],
            "band": "accept",
            **TOLD_BY_DEVICES,
            **VISIT,
            "scan": self.ids["parcel_id"],
            "hit": JACKET,
            "code": JACKET,
            "carrier": "aquilone",
        }
        self.secrets = [*self.ids.values(), offered["number"], order["number"], *names]

    def ask(self, method: str, path: str, body: Any) -> Any:
        headers = self.headers | {"Idempotency-Key": clock.new_secret()}
        answer = self.browser.send(method, path, json=body, headers=headers)
        assert answer.status_code in (200, 201), (path, answer.text)
        return answer.json()

    def sweep(self) -> None:
        services = self.services
        for each in sweeping.sweepers(services.snapshot, services.new_id):
            sweeping.sweep(services.database, each, clock.now())
        runners = worker.known_jobs(services.settings, services.snapshot())
        while jobs.run_due(
            services.database, Work(runners=runners, jitter=clock.jitter), clock.now()
        ):
            pass


def tomorrow() -> dict[str, str]:
    begins = clock.now() + timedelta(days=1)
    return {
        "location": MILAN,
        "carrier": "aquilone",
        "starts_at": begins.isoformat(),
        "ends_at": (begins + timedelta(hours=1)).isoformat(),
    }


@pytest.fixture
def milan(app: ASGIApp, services: Services, offered: dict[str, Any]) -> Iterator[Milan]:
    found = Milan(app, services, offered)
    yield found
    found.browser.close()


def test_another_stores_things_are_not_there_and_stay_as_they_are(
    app: ASGIApp, database: Database, new_person: NewPerson, milan: Milan
) -> None:
    """Screens x store roles x every parameter with Milan's: 404, nothing told, nothing changed."""
    found: list[str] = []
    tried = 0
    for role in sorted(STORE_ROLES):
        login = role.value.replace("_", "-")
        new_person(login, role, ROME)
        every = list(tries(role))
        found += leaks(app, database, milan, role, every)
        tried += len(every)
    print(f"{tried} screens tried with what is another store's, {len(found)} leaks")
    keeps(found)


@pytest.mark.parametrize("planted", ["a query without filter", "a missing policy"])
def test_a_planted_leak_is_found(
    app: ASGIApp,
    database: Database,
    database_url: str,
    new_person: NewPerson,
    milan: Milan,
    monkeypatch: pytest.MonkeyPatch,
    planted: str,
) -> None:
    """Either wall alone keeps strangers out; without both the matrix names the screen."""
    monkeypatch.setattr("ovunque.web.stores.packing.find_to_label", any_parcel)
    new_person("marta", Role.ASSOCIATE, ROME)
    every = [each for each in tries(Role.ASSOCIATE) if each[0] == PARCEL]
    assert leaks(app, database, milan, "marta", every) == [], "the database is the second wall"
    if planted == "a query without filter":
        monkeypatch.setattr(Visit, "read", Visit.read_doors)
    else:
        with psycopg.connect(database_url, autocommit=True) as owner:
            for table in WALLED:
                owner.execute(f"alter table {table} disable row level security".encode())
    found = leaks(app, database, milan, "marta", every)
    assert found[0] == f"marta: {PARCEL}: 200"
    assert found[1].startswith(f"marta: {PARCEL} tells ")


def any_parcel(tx: Tx, _: Actor, parcel_id: UUID) -> Parcel:
    """Whosever it is."""
    return find_parcel(tx, SYSTEM, parcel_id)


def leaks(
    app: ASGIApp,
    database: Database,
    milan: Milan,
    who: str,
    every: Iterable[tuple[str, Screen, str]],
) -> list[str]:
    """What somebody in Rome is told of Milan, or changes there."""
    found: list[str] = []
    browser = Browser(app)
    browser.sign_in(who.replace("_", "-"), PASSWORD)
    before = fingerprint(database, milan)
    for name, route, step in every:
        browser.get("/items")
        address, query, fields = fill(route, milan.told | {"step": step})
        method = name.partition(" ")[0]
        if method == "GET":
            answer = browser.get(address, params=query)
        else:
            answer = browser.post(address, **fields)
        if any(f"{{{each}}}" in route.path for each in OBJECTS) and answer.status_code != 404:
            found.append(f"{who}: {name}: {answer.status_code}")
        sent = {*address.split("/"), *query.values()}  # They know what they sent.
        if seen := [each for each in milan.secrets if each in answer.text and each not in sent]:
            found.append(f"{who}: {name} tells {seen}")
        if (after := fingerprint(database, milan)) != before:
            changed = sorted(k for k in after if after[k] != before[k])
            found.append(f"{who}: {name} changes {changed}")
            before = after
    browser.close()
    return found


def test_ones_own_things_are_there(app: ASGIApp, new_person: NewPerson, milan: Milan) -> None:
    """The same addresses, asked by Milan: else what is hidden above would prove nothing."""
    new_person("marta", Role.ASSOCIATE, MILAN)
    browser = Browser(app)
    browser.sign_in("marta", PASSWORD)
    for name, route, _ in tries(Role.ASSOCIATE):
        if name.startswith("GET") and any(f"{{{each}}}" in route.path for each in OBJECTS):
            address = re.sub(r"\{(\w+)\}", lambda hit: milan.ids[hit[1]], route.path)
            assert browser.get(address).status_code == 200, name
    browser.close()


def tries(role: Role) -> Iterator[tuple[str, Screen, str]]:
    """Every screen for this role, once for each step that its address may name."""
    for name, route in routes():
        assert isinstance(route, Screen)
        roles = roles_of(route)
        if roles is not None and role in roles and not route.path.startswith(THEIR_OWN):
            for step in STEPS if "{step}" in route.path else ("",):
                yield name, route, step


def fill(route: Screen, told: dict[str, str]) -> tuple[str, dict[str, str], dict[str, str]]:
    """Address, query and form of a screen, all of them Milan's; what we do not know is a task."""
    models = [each.field_info.annotation for each in route.dependant.body_params]
    forms = [name for model in models for name in getattr(model, "model_fields", ())]
    any_id = told["task_id"]
    address = re.sub(r"\{(\w+)(?::path)?\}", lambda hit: told.get(hit[1], any_id), route.path)
    return (
        address,
        {name: told.get(name, any_id) for name in query_parameters(route.dependant)},
        {name: told.get(name, any_id) for name in forms if name != "form_key"},
    )


def fingerprint(database: Database, milan: Milan) -> dict[str, str]:
    """A digest of what every table holds of Milan's; who is signed in aside."""
    ids = [str(parse_public_id(each.partition("_")[0], each)) for each in milan.ids.values()]

    def read(tx: Any) -> dict[str, str]:
        place = str(find_location(tx, MILAN).id)
        tables = tx.execute(
            "select tablename from pg_tables where schemaname = 'public' and tablename <> all(%s)",
            [["session", "sign_in_try", "migration", "heartbeat"]],
        ).fetchall()
        parts = " union all ".join(
            f"select '{name}', md5(coalesce(string_agg(t::text, '' order by t::text), '')) "
            f"from {name} as t where t::text like any(%(mine)s)"
            for (name,) in tables
        )
        return dict(tx.execute(parts, {"mine": [f"%{each}%" for each in (*ids, place)]}).fetchall())

    return database.read(read)
