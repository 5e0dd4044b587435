"""A store's day over the API: asked, taken, picked, packed, labeled, handed over, delivered."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import pytest
from tests.api.conftest import Api, NewKey
from tests.shops import Shop, open_shop
from tests.worlds import CHANNEL

from ovunque.access.model import Scope
from ovunque.api.call import Services
from ovunque.app import answer_in_loop, furnish
from ovunque.catalog.listing import find_item
from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.fulfillment.ports import Counter
from ovunque.integrations.carriers.table import TableCarrier
from ovunque.kernel.ids import NewId, public_id
from ovunque.orders.addressing import address_of, describe
from ovunque.orders.checking import check_now
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.jobs import Work, run_due
from ovunque.platform.settings import Settings
from ovunque.worker import carrier_runners

Json = dict[str, Any]
STOCK = {
    ("L001", "COAT"): 5,
    ("L001", "HAT"): 5,
    ("L002", "COAT"): 5,
    ("L003", "HAT"): 5,
}
HOME: Json = {
    "service": "home",
    "address": {
        "street": "Via Dante 1",
        "postal_code": "20121",
        "city": "Milano",
        "country": "IT",
    },
}
BARCODE = "04006381333931"
keys = (f"key-{nth}" for nth in count())


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


@pytest.fixture
def services(shop: Shop) -> Iterator[Services]:
    """A process that serves this shop, beside the shop's own."""
    with furnish(Settings(), shop.database, answer_in_loop) as furnished:
        yield furnished


def place(api: Api, *cart: tuple[str, int], delivery: Json = HOME, **more: Any) -> Json:
    body = more | {
        "channel": CHANNEL,
        "customer": {"name": "Ada Rossi", "email": "ada@example.com"},
        "lines": [
            {"sku": sku, "quantity": n, "unit_price": {"amount": 4990, "currency": "EUR"}}
            for sku, n in cart
        ],
        "delivery": delivery,
    }
    placed = api.post("/v1/orders", body, headers={"Idempotency-Key": next(keys)})
    assert placed.status_code == 201, placed.text
    order: Json = placed.json()
    return order


def sweep(shop: Shop) -> None:
    shop.now = now()
    shop.settle()


def work_of(api: Api, order: Json) -> Json:
    """The one fulfillment of an order that is live."""
    told = api.get(f"/v1/orders/{order['id']}").json()
    live = [work for work in told["fulfillments"] if work["replaced_at"] is None]
    assert len(live) == 1, live
    work: Json = api.get(f"/v1/fulfillments/{live[0]['id']}").json()
    return work


def do(api: Api, work: Json, what: str, body: Json | None = None) -> httpx.Response:
    return api.post(f"/v1/fulfillments/{work['id']}/{what}", body or {})


def done(api: Api, work: Json, what: str, body: Json | None = None) -> Json:
    answer = do(api, work, what, body)
    assert answer.status_code == 201, answer.text
    after: Json = answer.json()
    return after


def buy_labels(shop: Shop) -> None:
    """What the worker does, with the carrier that prints its labels itself."""
    counter = Counter(
        carrier_of=lambda code: TableCarrier(code, now),
        describe=lambda tx, parcel: describe(tx, shop.services.snapshot(), parcel),
        address_of=lambda id_: address_of(shop.services.snapshot(), id_),
    )
    work = Work(runners=carrier_runners(counter), jitter=lambda: 0.5)
    while run_due(shop.database, work, now()):
        pass


def test_an_order_goes_its_way_to_the_door(api: Api, shop: Shop) -> None:
    order = place(api, ("COAT", 2), ("HAT", 1))
    sweep(shop)
    work = work_of(api, order)
    (offer,) = work["offers"]
    assert (work["state"], offer["location"], offer["state"]) == ("offered", "L001", "open")
    assert offer["accept_by"] is not None

    assert done(api, work, "acceptance")["state"] == "accepted"
    coat, _ = work["lines"]
    assert done(api, work, "picks", {"line": coat["line"], "quantity": 2})["state"] == "picking"
    assert done(api, work, "picks", {"barcode": "HAT"})["state"] == "picked"
    packed = done(api, work, "parcels", {"weight_g": 1200})
    assert (packed["state"], packed["parcels"][0]["state"]) == ("packed", "open")
    buy_labels(shop)

    (parcel,) = work_of(api, order)["parcels"]
    assert parcel["tracking"].startswith("GLS")
    label = api.get(f"/v1/parcels/{parcel['id']}/label")
    assert (label.status_code, label.headers["Content-Type"]) == (200, "application/pdf")
    assert label.content.startswith(b"%PDF-")
    assert api.get(f"/v1/parcels/{parcel['id']}").json() == parcel

    visit = {
        "location": "L001",
        "carrier": "gls",
        "starts_at": now().isoformat(),
        "ends_at": (now() + timedelta(hours=1)).isoformat(),
    }
    pickup = api.post("/v1/carrier-pickups", visit).json()
    assert api.get("/v1/carrier-pickups", params={"location": "L001"}).json()["data"] == [pickup]
    assert api.get("/v1/carrier-pickups", params={"location": "L002"}).json()["data"] == []
    closed = api.post(
        "/v1/manifests", {"location": "L001", "carrier": "gls", "pickup": pickup["id"]}
    )
    assert closed.status_code == 201, closed.text
    manifest = closed.json()
    assert [each["state"] for each in manifest["parcels"]] == ["handed_over"]
    paper = api.get(f"/v1/manifests/{manifest['id']}/document")
    assert paper.content.startswith(b"%PDF-")
    assert api.get(f"/v1/manifests/{manifest['id']}").json() == manifest
    listed(api, shop, manifest)
    assert api.get(f"/v1/orders/{order['id']}").json()["status"] == "fulfilled"

    told = api.post("/v1/carrier-events", tell(parcel, "delivered"))
    assert told.json()["data"][0]["result"] == "applied"
    lines = api.get(f"/v1/orders/{order['id']}").json()["lines"]
    assert [line["delivered"] for line in lines] == [2, 1]


def listed(api: Api, shop: Shop, manifest: Json) -> None:
    """It stands in the lists that it belongs to, without its parcels, and in no other."""
    bare = {name: value for name, value in manifest.items() if name != "parcels"}
    for query in ("", "?location=L001&carrier=gls", "?signed=false", "?limit=1"):
        shown = {"data": [bare | {"parcel_count": 1}], "next_cursor": None}
        assert api.get(f"/v1/manifests{query}").json() == shown, query
    for query in ("?location=L002", "?carrier=brt", "?signed=true"):
        assert api.get(f"/v1/manifests{query}").json()["data"] == [], query
    assert api.get("/v1/manifests?location=nowhere").status_code == 404

    older = UUID(int=1)
    shop.database.transact(
        lambda tx: tx.execute(
            """
            insert into manifest (id, location_id, carrier, closed_at, closed_by)
            select %s, location_id, 'brt', closed_at, closed_by from manifest
            """,
            [older],
        )
    )
    first = api.get("/v1/manifests?limit=1").json()
    rest = api.get(f"/v1/manifests?limit=1&cursor={first['next_cursor']}").json()
    assert [each["id"] for each in first["data"]] == [manifest["id"]]
    assert [each["id"] for each in rest["data"]] == [public_id("man", older)]
    assert (rest["data"][0]["parcel_count"], rest["next_cursor"]) == (0, None)


def tell(parcel: Json, state: str) -> Json:
    event = {
        "id": f"{state}-{parcel['id']}",
        "tracking": parcel["tracking"],
        "state": state,
        "occurred_at": now().isoformat(),
    }
    return {"carrier": "gls", "events": [event]}


def test_what_a_store_does_not_find_comes_from_another(api: Api, shop: Shop) -> None:
    order = place(api, ("COAT", 2))
    sweep(shop)
    work = work_of(api, order)
    done(api, work, "acceptance")
    (line,) = work["lines"]
    done(api, work, "picks", {"line": line["line"]})
    short = {"line": line["line"], "quantity": 1, "reason": "not_found"}
    after = done(api, work, "shortages", short)
    assert (after["state"], after["lines"][0]["quantity"]) == ("picked", 1)
    sweep(shop)

    told = api.get(f"/v1/orders/{order['id']}").json()
    live = {
        work["location"]: work["state"]
        for work in told["fulfillments"]
        if work["replaced_at"] is None
    }
    assert live == {"L001": "picked", "L002": "offered"}
    level = api.get("/v1/stock/levels", params={"location": "L001", "sku": "COAT"}).json()
    assert (level["data"][0]["unavailable"], level["data"][0]["free"]) == (4, 0)


def test_a_collection_is_handed_to_who_knows_its_code(api: Api, shop: Shop) -> None:
    order = place(api, ("HAT", 1), delivery={"service": "collect", "location": "L001"})
    sweep(shop)
    work = work_of(api, order)
    done(api, work, "acceptance")
    assert done(api, work, "picks", {"barcode": "HAT"})["state"] == "ready"
    assert "pickup_code" not in work_of(api, order), "stores ask for it, they are not told"
    (told,) = api.get(f"/v1/orders/{order['id']}").json()["fulfillments"]
    wrong = "000000" if told["pickup_code"] != "000000" else "111111"

    assert do(api, work, "handover", {"code": wrong}).json()["code"] == "pickup_code_wrong"
    assert do(api, work, "handover").json()["errors"][0]["code"] == "missing"
    assert done(api, work, "handover", {"code": told["pickup_code"]})["state"] == "collected"


def test_a_key_does_it_once(api: Api, shop: Shop) -> None:
    order = place(api, ("COAT", 3))
    sweep(shop)
    work = work_of(api, order)
    done(api, work, "acceptance")
    body = {"line": work["lines"][0]["line"], "quantity": 1}
    path = f"/v1/fulfillments/{work['id']}/picks"
    first, second = (api.post(path, body, headers={"Idempotency-Key": "scan"}) for _ in range(2))

    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert work_of(api, order)["lines"][0]["picked"] == 1


def test_the_barcode_has_to_be_that_of_the_line(api: Api, shop: Shop) -> None:
    hat = shop.database.read(lambda tx: find_item(tx, "HAT"))
    named = ItemRequest(
        sku="HAT", product="HAT", titles=hat.titles, gtins=(BARCODE,), weight_g=hat.weight_g
    )
    shop.transact(lambda tx, by: save_items(tx, by, [named], now()))
    order = place(api, ("COAT", 1), ("HAT", 1))
    sweep(shop)
    work = work_of(api, order)
    done(api, work, "acceptance")
    coat, _ = work["lines"]

    wrong = do(api, work, "picks", {"line": coat["line"], "barcode": BARCODE})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "not_to_pick")
    unknown = do(api, work, "picks", {"barcode": "12345670"})
    assert unknown.json()["code"] == "not_found"
    after = done(api, work, "picks", {"barcode": BARCODE.removeprefix("0")})
    assert {line["sku"]: line["picked"] for line in after["lines"]} == {"COAT": 0, "HAT": 1}


def test_refusals_say_what_became_of_it(api: Api, shop: Shop) -> None:
    order = place(api, ("COAT", 1))
    sweep(shop)
    work = work_of(api, order)
    done(api, work, "rejection", {"reason": "no_time"})
    late = do(api, work, "acceptance")
    assert (late.status_code, late.json()["code"]) == (409, "offer_closed")
    assert late.json()["detail"].startswith(
        "This offer does not wait for an answer: it is rejected"
    )
    early = do(api, work, "parcels", {"weight_g": 100})
    assert early.json()["code"] == "transition_refused"
    empty = api.post("/v1/manifests", {"location": "L001", "carrier": "gls"})
    assert empty.json()["code"] == "nothing_to_hand_over"
    for field, code in (("location", "L999"), ("carrier", "nobody")):
        body = {"location": "L001", "carrier": "gls", field: code}
        assert api.post("/v1/manifests", body).json()["code"] == "not_found"
    odd = tell({"id": "x", "tracking": "GLS1"}, "voided")
    assert api.post("/v1/carrier-events", odd).json()["errors"][0]["pointer"] == "/events/0/state"


def test_orders_are_listed_by_what_they_have_come_to(api: Api, shop: Shop) -> None:
    first, second = place(api, ("COAT", 1)), place(api, ("HAT", 1))
    sweep(shop)
    done(api, work_of(api, first), "acceptance")

    def listed(status: str) -> list[str]:
        answer = api.get("/v1/orders", params={"status": status})
        return [order["id"] for order in answer.json()["data"]]

    assert listed("in_progress") == [first["id"]]
    assert listed("open") == [second["id"]]
    assert listed("partially_fulfilled") == listed("fulfilled") == listed("canceled") == []


def test_a_key_for_orders_does_no_store_work(api: Api, shop: Shop, new_key: NewKey) -> None:
    order = place(api, ("COAT", 1))
    sweep(shop)
    work = work_of(api, order)
    api.token = new_key(Scope.ORDERS)
    assert do(api, work, "acceptance").json()["code"] == "forbidden"


def test_an_order_is_canceled_over_the_api_once(api: Api, shop: Shop) -> None:
    order = place(api, ("COAT", 2))
    sweep(shop)
    work = work_of(api, order)
    done(api, work, "acceptance")
    done(api, work, "picks", {"barcode": "COAT"})
    path = f"/v1/orders/{order['id']}/cancellations"
    assert api.post(path, {"reason": "customer"}).json()["code"] == "idempotency_key_missing"

    first, second = (
        api.post(path, {"reason": "customer"}, headers={"Idempotency-Key": "cancel"})
        for _ in range(2)
    )
    assert (first.status_code, first.content) == (201, second.content)
    after = first.json()
    assert (after["status"], after["lines"][0]["canceled"]) == ("canceled", 2)
    again = api.post(path, {"reason": "customer"}, headers={"Idempotency-Key": "again"})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_cancel")
    assert do(api, work, "picks", {"barcode": "COAT"}).json()["code"] == "transition_refused"

    bring = {"location": "L001", "barcode": "COAT"}
    back = api.post("/v1/put-backs", bring)
    assert (back.status_code, back.json()["free"]) == (201, 5)
    assert api.post("/v1/put-backs", bring).json()["code"] == "not_to_put_back"


def test_an_order_is_kept_back_over_the_api(api: Api, shop: Shop) -> None:
    order = place(api, ("COAT", 1))
    assert order["holds"] == []
    path = f"/v1/orders/{order['id']}"
    held = api.post(f"{path}/holds", {"reason": "fraud", "owner": "Anna"})
    assert held.status_code == 201, held.text
    (hold,) = held.json()["holds"]
    assert (hold["reason"], hold["owner"]) == ("fraud", "Anna")
    sweep(shop)
    shown = api.get(path).json()
    assert shown["holds"] == [hold | {"held_at": shown["holds"][0]["held_at"]}]
    assert [each["state"] for each in shown["fulfillments"]] == ["planned"]
    mine = api.post(f"{path}/holds", {"reason": "payment"}).json()["holds"]
    assert mine[1]["owner"] == mine[1]["held_by"]
    assert api.post(f"{path}/holds", {"reason": "grace_period"}).status_code == 422

    left = api.post(f"{path}/releases", {"reason": "payment"}).json()
    assert left["holds"] == [hold]
    assert api.post(f"{path}/releases", {}).json()["holds"] == []
    assert api.post(f"{path}/releases", {}).json()["code"] == "nothing_held"
    sweep(shop)
    assert work_of(api, order)["state"] == "offered"


def test_work_is_taken_away_over_the_api(api: Api, shop: Shop) -> None:
    order = place(api, ("COAT", 1))
    sweep(shop)
    work = work_of(api, order)
    path = f"/v1/orders/{order['id']}/resourcings"
    body = {"fulfillment": work["id"], "reason": "pause"}
    assert api.post(path, body).json()["code"] == "transition_refused", "nobody has it yet"
    done(api, work, "acceptance")
    other = place(api, ("COAT", 1))
    wrong = api.post(f"/v1/orders/{other['id']}/resourcings", body)
    assert wrong.json()["code"] == "not_found"

    assert api.post(path, body).json()["lines"][0]["reserved"] == 1
    sweep(shop)
    assert work_of(api, order)["location"] == "L002"
