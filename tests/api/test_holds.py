"""Protections and holds over HTTP, by the front door."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.api.conftest import Api
from tests.api.examples import HOLD, NETWORK, ORDER, PROTECTION, Json

from ovunque.api.call import Services
from ovunque.platform.embedded import wait_until


@pytest.fixture
def shop(api: Api, services: Services) -> Api:
    """Seven coats in Milan, sold on the web."""
    for path, body in NETWORK.items():
        assert api.post(path, body).status_code == 201, path
    as_of = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    counts = [{"location": "MI-01", "sku": "COAT/RED-M", "on_hand": 7, "as_of": as_of}]
    assert api.post("/v1/stock/counts", {"source": "wms", "counts": counts}).status_code < 300
    wait_until(lambda: shown(api) == 7, 10)
    return api


def shown(api: Api) -> int:
    told = api.get("/v1/availability?channel=web-it&sku=COAT/RED-M").json()
    return int(told["items"][0]["available"]) if told.get("items") else -1


def test_a_cart_is_held_extended_and_bought(shop: Api) -> None:
    held = shop.post("/v1/holds", HOLD, headers={"Idempotency-Key": "h-1"})
    again = shop.post("/v1/holds", HOLD, headers={"Idempotency-Key": "h-1"})
    hold = held.json()
    assert (held.status_code, hold["state"], hold["reference"]) == (201, "held", "session-1")
    assert again.json() == hold
    assert again.headers["idempotent-replayed"] == "true"
    address = f"/v1/holds/{hold['id']}"
    longer = shop.post(f"{address}/extensions", {"minutes": 60}).json()
    assert longer["expires_at"] > hold["expires_at"]
    assert shop.get(address).json() == longer
    assert [each["id"] for each in shop.get("/v1/holds?channel=web-it").json()["data"]] == [
        hold["id"]
    ]

    order: Json = ORDER | {"on_shortage": "refuse"}
    order["deliveries"] = [ORDER["deliveries"][0] | {"hold": hold["id"]}]
    placed = shop.post("/v1/orders", order, headers={"Idempotency-Key": "o-1"})
    assert placed.status_code == 201
    ended = shop.get(address).json()
    assert (ended["state"], ended["order"], ended["held"]) == (
        "converted",
        placed.json()["id"],
        [],
    )
    refused = shop.post(f"{address}/releases")
    assert (refused.status_code, refused.json()["code"]) == (409, "hold_ended")
    assert shop.post(f"{address}/extensions", {"minutes": 5}).json()["code"] == "hold_ended"


def test_a_hold_is_released_and_what_is_wrong_is_told(shop: Api) -> None:
    hold = shop.post("/v1/holds", HOLD | {"lines": [{"sku": "COAT/RED-M", "quantity": 7}]}).json()
    short = shop.post("/v1/holds", HOLD | {"reference": None})
    assert (short.status_code, short.json()["code"]) == (409, "out_of_stock")
    assert shop.post(f"/v1/holds/{hold['id']}/releases", {}).json()["state"] == "released"
    assert shop.post("/v1/holds", HOLD).status_code == 201
    for wrong in (
        HOLD | {"minutes": 0},
        HOLD | {"channel": "nobody"},
        HOLD | {"lines": [{"sku": "NO-SUCH", "quantity": 1}]},
        HOLD | {"promise": "rubbish"},
        HOLD | {"more": 1},
    ):
        assert shop.post("/v1/holds", wrong).status_code == 422
    assert shop.get("/v1/holds/hld_0").status_code == 404
    assert shop.post("/v1/holds/hld_0/releases", {}).status_code == 404


def test_units_kept_for_others_leave_sale_after_a_look(shop: Api) -> None:
    buffer = {"code": "five", "kind": "buffer", "units": 5, "category": "coats"}
    seen = shop.post("/v1/stock/protection-previews", {"protections": [buffer]}).json()
    assert seen["totals"] == [{"channel": "web-it", "before": 7, "after": 2}]
    assert shown(shop) == 7

    made = shop.post("/v1/stock/protections", buffer)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    wait_until(lambda: shown(shop) == 2, 10)
    assert shop.post("/v1/stock/protections", buffer).json()["code"] == "already_exists"
    changed = shop.put("/v1/stock/protections/five", buffer | {"units": 1})
    assert changed.json()["version"] == 2
    wait_until(lambda: shown(shop) == 6, 10)
    assert [each["code"] for each in shop.get("/v1/stock/protections").json()["data"]] == ["five"]
    assert shop.send("DELETE", "/v1/stock/protections/five").status_code == 204
    wait_until(lambda: shown(shop) == 7, 10)
    assert shop.get("/v1/stock/protections/five").status_code == 404
    wrong = shop.post("/v1/stock/protections", PROTECTION | {"sku": "NO-SUCH"}).json()
    assert wrong["errors"][0]["pointer"] == "/sku"


def test_a_person_takes_units_out_of_sale_and_puts_them_back(shop: Api) -> None:
    aside = {"location": "MI-01", "sku": "COAT/RED-M", "reason": "display", "quantity": 3}
    told = shop.post("/v1/stock/set-asides", aside)
    assert (told.status_code, told.json()["free"]) == (201, 4)
    wait_until(lambda: shown(shop) == 4, 10)
    refused = shop.post("/v1/stock/clearings", aside | {"quantity": 4}).json()
    assert refused["code"] == "not_set_aside"
    assert shop.post("/v1/stock/set-asides", aside | {"quantity": 5}).json()["code"] == (
        "not_to_set_aside"
    )
    assert shop.post("/v1/stock/clearings", aside).json()["unavailable"] == 0
    wait_until(lambda: shown(shop) == 7, 10)
