"""Strategies over HTTP: drafted, checked, published; the next order follows them."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.api.conftest import Api
from tests.api.examples import CART, NETWORK, ORDER, Json
from tests.api.examples_of_rules import STRATEGY

from ovunque.api.call import Services
from ovunque.platform.embedded import wait_until


@pytest.fixture
def shop(api: Api, services: Services) -> Api:
    """A store and a warehouse with the same coats; the store is cheaper."""
    for path, body in NETWORK.items():
        assert api.post(path, body).status_code == 201, path
    warehouse = NETWORK["/v1/locations"] | {
        "code": "WH-1",
        "kind": "warehouse",
        "handling_cents": 900,
    }
    assert api.post("/v1/locations", warehouse).status_code == 201
    as_of = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    counts = [
        {"location": place, "sku": "COAT/RED-M", "on_hand": 7, "as_of": as_of}
        for place in ("MI-01", "WH-1")
    ]
    wait_until(lambda: "WH-1" in services.snapshot().network.by_code, 10)
    assert api.post("/v1/stock/counts", {"source": "wms", "counts": counts}).status_code < 300
    return api


def order(shop: Api, name: str) -> Json:
    """An order for one coat, brought home."""
    body = ORDER | {"external_id": name, "on_shortage": "refuse"}
    placed = shop.post("/v1/orders", body, headers={"Idempotency-Key": name})
    assert placed.status_code == 201, placed.text
    return placed.json()  # type: ignore[no-any-return]


def place_of(shop: Api, placed: Json) -> tuple[str, Json | None]:
    """Where it is served, and by which rule."""
    (work,) = placed["fulfillments"]
    told = shop.get(f"/v1/orders/{placed['id']}/decisions").json()
    return work["location"], told["data"][0]["deliveries"][0]["strategy"]


def test_the_next_order_follows_what_is_published(shop: Api, services: Services) -> None:
    wait_until(lambda: len(services.snapshot().stock.row("COAT/RED-M")[0]) == 2, 10)
    before = order(shop, "before")
    assert place_of(shop, before) == ("MI-01", None)
    why_not = f"/v1/orders/{before['id']}/decisions?location="
    (delivery,) = shop.get(f"{why_not}WH-1").json()["data"][0]["deliveries"]
    assert [each["reason"] for each in delivery["candidates"]] == ["outranked"]
    assert shop.get(f"{why_not}nowhere").json()["code"] == "invalid"

    made = shop.post("/v1/strategies", STRATEGY)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert shop.post("/v1/strategies", STRATEGY).json()["code"] == "already_exists"
    found = shop.post("/v1/strategies/italy-home/checks").json()
    assert found == {"publishable": True, "findings": []}
    stale = shop.post("/v1/strategies/italy-home/publications", {}, headers={"If-Match": '"7"'})
    assert stale.json()["code"] == "version_conflict"
    published = shop.post("/v1/strategies/italy-home/publications", {})
    assert (published.status_code, published.json()["number"]) == (201, 1)
    wait_until(lambda: bool(services.snapshot().steering.versions), 10)

    place, rule = place_of(shop, order(shop, "after"))
    assert place == "WH-1"
    assert rule == {"code": "italy-home", "version": 1, "step": 1, "name": "Warehouse"}

    off = STRATEGY | {"active": False}
    assert shop.put("/v1/strategies/italy-home", off).status_code == 200
    try_half_of_the_orders(shop, services)
    assert shop.put("/v1/strategies/italy-home", off).status_code == 200
    assert shop.post("/v1/strategies/italy-home/publications", {}).status_code == 201
    back = shop.post("/v1/strategies/italy-home/rollbacks", {})
    assert (back.json()["number"], back.json()["restores"]) == (4, 1)
    shown = shop.get("/v1/strategies/italy-home").json()
    assert (shown["in_force"], shown["trial"], shown["draft"]) == (4, None, None)
    assert shown["versions"][0]["strategy"]["steps"][1]["goals"][0] == {
        "by": "cost",
        "within": 0,
        "within_percent": 10,
    }
    (listed,) = shop.get("/v1/strategies").json()["data"]
    assert listed == shown


def try_half_of_the_orders(shop: Api, services: Services) -> None:
    """Switched off for the half that is drawn: the figures stand beside each other."""
    path = "/v1/strategies/italy-home"
    tried = shop.post(f"{path}/publications", {"share_percent": 50}).json()
    assert (tried["number"], tried["share_percent"], tried["ended_at"]) == (2, 50, None)
    wait_until(lambda: len(services.snapshot().steering.versions) == 2, 10)
    found = {place_of(shop, order(shop, f"half {nth}"))[0] for nth in range(5)}
    (trial,) = shop.get(f"{path}/trials").json()["data"]
    assert (trial["version"], trial["state"]) == (2, "running")
    sides = trial["drawn"]["orders"], trial["others"]["orders"]
    assert sum(sides) == 5
    assert found == {at for at, orders in zip(("MI-01", "WH-1"), sides, strict=True) if orders}
    assert shop.get(path).json()["trial"] == 2
    ended = shop.post(f"{path}/trial-endings", {})
    assert (ended.status_code, ended.json()["trial"], ended.json()["in_force"]) == (201, None, 1)
    assert shop.post(f"{path}/trial-endings", {"adopt": True}).json()["code"] == "not_found"


def test_a_promised_order_follows_the_rules_in_time(shop: Api, services: Services) -> None:
    """The token held the store; the customer was told a day, and it is kept from the warehouse."""
    wait_until(lambda: len(services.snapshot().stock.row("COAT/RED-M")[0]) == 2, 10)
    told = shop.post("/v1/promises", CART | {"services": ["home"]}).json()
    option = next(each for each in told["options"] if "cheapest" in each["badges"])
    assert option["parcels"][0]["location"] == "MI-01"
    shop.post("/v1/strategies", STRATEGY)
    assert shop.post("/v1/strategies/italy-home/publications", {}).status_code == 201
    wait_until(lambda: bool(services.snapshot().steering.versions), 10)

    delivery = ORDER["deliveries"][0] | {"promise": option["token"]}
    body = ORDER | {"on_shortage": "refuse", "deliveries": [delivery]}
    placed = shop.post("/v1/orders", body, headers={"Idempotency-Key": "promised"}).json()

    assert place_of(shop, placed)[0] == "WH-1"
    assert placed["promise"]["deviation"] == "moved"


def test_what_is_wrong_is_told_where_it_stands(shop: Api) -> None:
    bad = STRATEGY | {"steps": [{"name": "A", "groups": ["nowhere"], "parcels_max": 2}]}
    assert shop.post("/v1/strategies", bad).status_code == 201
    found = shop.post("/v1/strategies/italy-home/checks").json()
    assert not found["publishable"]
    assert found["findings"][0]["pointer"] == "/steps/0/groups/0"
    refused = shop.post("/v1/strategies/italy-home/publications", {})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (
        422,
        "unknown_reference",
    )
    wrong = shop.post("/v1/strategies", STRATEGY | {"when": {"services": ["rocket"]}}).json()
    assert wrong["errors"][0]["pointer"] == "/when/services/0"
    assert shop.send("DELETE", "/v1/strategies/italy-home/draft").status_code == 204
    assert shop.get("/v1/strategies/italy-home").status_code == 404
    assert shop.post("/v1/strategies/italy-home/rollbacks", {}).status_code == 404
