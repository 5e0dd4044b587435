"""What customers pay: drafted, checked for gaps, published, and promised from that moment on."""

from collections.abc import Callable
from typing import Any

from tests.api.conftest import Api
from tests.api.test_promises import (  # noqa: F401 - fixtures
    api,
    ask,
    order,
    shop,
    shop_key,
)
from tests.factories import TESTER
from tests.worlds import CHANNEL

from ovunque.api.call import Services
from ovunque.platform.clock import now
from ovunque.platform.embedded import wait_until
from ovunque.promise.model import PriceRow
from ovunque.promise.pricing import find_draft, save_rows

DRAFT = "/v1/prices/draft"


def row(service: str, price: int, **told: Any) -> dict[str, Any]:
    usual = {"channel": None, "zone": None, "goods_from": 0}
    return usual | {"service": service, "price": price} | told


def test_a_table_counts_once_it_is_published(
    api: Api,  # noqa: F811
    ask: Callable[..., Any],  # noqa: F811
) -> None:
    standing = api.get("/v1/prices").json()
    assert standing["number"] == 1
    assert api.get(DRAFT).json()["version"] == 0
    token = ask()["options"][0]["token"]

    begun = api.put(DRAFT, {"rows": [row("home", 790), row("home", 0, goods_from=100_000_00)]})
    assert begun.status_code == 200, begun.text
    gaps = {each["service"] for each in begun.json()["gaps"] if each["channel"] == CHANNEL}
    assert {"express", "collect"} <= gaps
    refused = api.post("/v1/prices/publications", {"version": 1})
    assert (refused.status_code, refused.json()["code"]) == (422, "terms_incomplete")

    rows = [each for each in standing["rows"] if each["service"] != "home"]
    whole = [*rows, row("home", 790), row("home", 590, channel=CHANNEL)]
    stale = api.put(DRAFT, {"rows": whole}, headers={"If-Match": '"0"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_conflict")
    saved = api.put(DRAFT, {"rows": whole}, headers={"If-Match": '"1"'})
    assert (saved.json()["gaps"], saved.json()["version"]) == ([], 2)
    assert api.post("/v1/prices/publications", {"version": 1}).status_code == 412
    published = api.post(
        "/v1/prices/publications", {"version": 2}, headers={"Idempotency-Key": "now"}
    )
    assert (published.status_code, published.json()["number"]) == (201, 2)
    assert api.get("/v1/prices").json()["rows"] == saved.json()["rows"]
    assert api.get(DRAFT).json()["version"] == 0
    numbers = [each["number"] for each in api.get("/v1/prices/publications").json()["data"]]
    assert numbers == [2, 1]
    wait_until(lambda: ask()["options"][0]["customer_price"]["amount"] == 590, 10)

    shipping = {"kind": "shipping", "amount": {"amount": 490, "currency": "EUR"}}
    status, placed = order(api, token, "anna", charges=[shipping])
    assert (status, placed["promise"]["customer_price"]["amount"]) == (201, 0)
    assert placed["promise"]["charged"]["amount"] == 490


def test_rows_of_a_table_mean_something(api: Api) -> None:  # noqa: F811
    wrong = [row("home", 1, channel="moon"), row("home", 1, zone="moon"), row("home", 1)]
    answer = api.put(DRAFT, {"rows": [*wrong, row("home", 2)]})
    assert answer.status_code == 422
    pointers = [each["pointer"] for each in answer.json()["errors"]]
    assert pointers == ["/rows/0/channel", "/rows/1/zone", "/rows/2", "/rows/3"]
    assert api.send("DELETE", DRAFT).status_code == 204
    assert api.send("DELETE", DRAFT).status_code == 204
    assert api.post("/v1/prices/publications", {"version": 1}).status_code == 404


def test_a_file_adds_to_the_draft(shop: Services) -> None:  # noqa: F811
    rows = [
        PriceRow(channel="", service="home", zone="", goods_from=0, price=490),
        PriceRow(channel="", service="home", zone="", goods_from=3_000, price=290),
        PriceRow(channel="", service="express", zone="", goods_from=0, price=1_290),
    ]
    told = [
        shop.database.transact(lambda tx: save_rows(tx, TESTER, rows, now(), shop.new_id))
        for _ in range(2)
    ]
    counts = [(each.created, each.changed, each.unchanged) for each in told]
    assert counts == [(1, 1, 1), (0, 0, 3)]
    draft = shop.database.read(find_draft)
    assert draft.version == 1
    assert {*rows} <= {*draft.rows}
