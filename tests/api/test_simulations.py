"""Simulations over HTTP: asked for, listened to, read page by page, called off."""

import json
from collections.abc import Iterator

import pytest
from tests.api.conftest import Api
from tests.api.examples import NETWORK, Json
from tests.api.examples_of_rules import SIMULATION, STRATEGY

from ovunque.api.call import Services
from ovunque.platform import clock
from ovunque.simulation.running import run_next

FOREIGN: Json = {
    "strategies": ["italy-home"],
    "orders": [
        {
            "id": "A-1",
            "at": "2026-03-02T10:00:00Z",
            "channel": "web-it",
            "postal_code": "20121",
            "lines": [{"sku": "COAT/RED-M", "quantity": 2}],
        }
    ],
}


@pytest.fixture
def shop(api: Api) -> Api:
    for path, body in NETWORK.items():
        assert api.post(path, body).status_code == 201, path
    assert api.post("/v1/strategies", STRATEGY).status_code == 201
    return api


def run(services: Services) -> None:
    assert run_next(services.database.url, clock.now, lambda make: make())


def events(text: str) -> Iterator[tuple[str, Json]]:
    for block in text.strip().split("\n\n"):
        name, _, data = block.partition("\ndata: ")
        if data:
            yield name.removeprefix("event: "), json.loads(data)


def test_it_is_asked_for_run_and_told_as_events(shop: Api, services: Services) -> None:
    made = shop.post("/v1/simulations", SIMULATION)
    assert made.status_code == 201, made.text
    asked = made.json()
    assert (asked["state"], asked["strategies"], asked["arms"]) == ("waiting", ["italy-home"], [])
    run(services)

    path = f"/v1/simulations/{asked['id']}"
    ((name, told),) = events(shop.get(f"{path}/events").text)
    assert (name, told["state"], told["done"], told["total"]) == ("end", "done", 20, 20)
    assert [each["strategy"] for each in told["arms"]] == ["", "italy-home"]
    assert "stock_of_today" in told["gaps"]
    (listed,) = shop.get("/v1/simulations").json()["data"]
    assert listed == told
    page = shop.get(f"{path}/orders?limit=1").json()
    assert len(page["data"]) <= 1
    assert shop.get(f"{path}/orders?cursor=eA").json()["code"] == "cursor_invalid"
    assert shop.get("/v1/simulations/sim_nobody/events").json()["code"] == "not_found"


def test_orders_of_another_system_are_replayed_or_called_off(shop: Api, services: Services) -> None:
    wrong = FOREIGN | {"generate": 3}
    assert shop.post("/v1/simulations", wrong).json()["code"] == "invalid"
    first = shop.post("/v1/simulations", FOREIGN).json()
    second = shop.post("/v1/simulations", FOREIGN).json()
    path = f"/v1/simulations/{first['id']}/cancellations"
    assert shop.post(path, {}).json()["state"] == "canceled"
    run(services)
    newest, canceled = shop.get("/v1/simulations").json()["data"]
    assert (newest["id"], newest["state"], newest["total"]) == (second["id"], "done", 1)
    assert canceled["state"] == "canceled"
    assert not run_next(services.database.url, clock.now, lambda make: make())
