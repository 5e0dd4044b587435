"""What carriers agreed to and what boxes emit, as carts and pages are told of it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.api.conftest import Api
from tests.api.examples_carriers import CARRIER
from tests.api.test_promises import FAR, api, ask, order, shop, shop_key  # noqa: F401 - fixtures
from tests.factories import TESTER
from tests.worlds import CHANNEL, put

from ovunque.api.call import Services
from ovunque.platform.clock import now
from ovunque.platform.embedded import wait_until
from ovunque.stock.model import ProtectionRequest
from ovunque.stock.protecting import save_protections

PAGE = f"/v1/promises?channel={CHANNEL}&country=IT&postal_code=20123"


def test_pages_and_carts_are_promised_nothing_by_a_carrier_that_does_not_work_for_us(
    api: Api,  # noqa: F811
    ask: Callable[..., Any],  # noqa: F811
) -> None:
    """Not before its first day, and not after its last; in between both ways say the same."""
    today = now().astimezone(ZoneInfo("Europe/Rome")).date()
    path = "/v1/carriers/gls/standard"

    def valid(first: date | None, last: date | None) -> None:
        stands = api.get(path)
        days = {"valid_from": first and str(first), "valid_until": last and str(last)}
        headers = {"If-Match": stands.headers["etag"]}
        body = {name: told for name, told in stands.json().items() if name in CARRIER}
        assert api.put(path, body | days, headers=headers).status_code == 200

    def told() -> list[list[str]]:
        """When each option of a page arrives, and of a cart; or what stands in the way."""
        (page,) = api.get(f"{PAGE}&sku=COAT&service=home").json()["items"]
        cart = ask(lines=[{"sku": "COAT", "quantity": 1}])
        return [
            [each["arrives"]["latest"] for each in one["options"]]
            or [each["code"] for each in one["problems"]]
            for one in (page, cart)
        ]

    before = told()
    nothing = [["not_deliverable"]] * 2
    assert before[0] == before[1] != nothing[0]
    day = timedelta(days=1)
    for first, last in ((today + 60 * day, None), (None, today - day)):
        valid(first, last)
        assert wait_until(lambda: told() == nothing, 10)
        valid(today - day, today + 60 * day)
        assert wait_until(lambda: told() == before, 10)


def test_a_box_is_counted_once_somebody_told_what_it_emits(
    api: Api,  # noqa: F811
    ask: Callable[..., Any],  # noqa: F811
) -> None:
    """120 g to each parcel, whatever it weighs and wherever it goes."""
    before = ask()
    assert before["emissions"]["not_counted"].startswith("packaging")
    grams = [each["emissions_g"] for each in before["options"]]
    box = {"vehicle": "packaging", "basis": "parcel", "year": 2026, "ttw_f5": 10_000}
    told = box | {"wtt_f5": 2_000, "quality": "modelled", "source": "us", "license": "ours"}
    answer = api.post("/v1/emission-factors", {"factors": [told]}, headers={"Idempotency-Key": "b"})
    assert answer.status_code == 201, answer.text
    assert wait_until(lambda: "packaging" in ask()["emissions"]["scope"], 10)
    after = ask()
    assert [each["emissions_g"] for each in after["options"]] == [
        each + 120 * len(option["parcels"])
        for each, option in zip(grams, after["options"], strict=True)
    ]
    status, placed = order(api, after["options"][0]["token"], "anna")
    assert status == 201
    (way,) = api.get(placed["links"]["self"] + "/emissions").json()["fulfillments"]
    (leg,) = [each for each in way["legs"] if each["leg"] == "packaging"]
    assert leg["distance_m"] is None


def test_what_there_is_too_little_of_comes_in_another_size_or_on_another_date(
    api: Api,  # noqa: F811
    ask: Callable[..., Any],  # noqa: F811
    shop: Services,  # noqa: F811
) -> None:
    """Three belts: two come in five days and two in twelve; the long one is here, XL in spring."""
    belts = [{"sku": "BELT", "quantity": 3}]
    assert ask(lines=belts)["alternatives"] == []
    today = now().date()
    days = [str(today + timedelta(days=each)) for each in (5, 12)]
    coming = [
        {"reference": day, "location": FAR, "sku": "BELT", "quantity": 2, "due_on": day}
        for day in days
    ]
    told = api.post("/v1/stock/incoming", {"incoming": coming})
    assert told.status_code in (200, 201), told.text
    for sku in ("BELT-L", "BELT-S", "BELT-XL"):
        item = {"sku": sku, "product": "BELT", "titles": {"en": sku}, "weight_g": 300}
        assert api.post("/v1/items", item).status_code == 201
    launch = ProtectionRequest(
        code="spring", kind="listing", sku="BELT-XL", starts_at=now() + timedelta(days=40)
    )
    shop.database.transact(lambda tx: save_protections(tx, TESTER, [launch], now()))
    put(shop.database, {(FAR, "BELT-L"): 4, (FAR, "BELT-S"): 2, (FAR, "BELT-XL"): 9}, TESTER, now())

    later = {"line": 0, "sku": "BELT", "condition": "new", "available": 3, "expected_on": days[1]}
    longer = {"line": 0, "sku": "BELT-L", "condition": "new", "available": 4, "expected_on": None}
    assert wait_until(lambda: ask(lines=belts)["alternatives"] == [later, longer], 10)
    size = len(shop.snapshot().network.locations)
    assert wait_until(lambda: shop.snapshot().stock.free_at("BELT-XL", size).sum() == 9, 10)
    assert ask(lines=belts)["alternatives"] == [later, longer]
    belts[0]["quantity"] = 5
    assert ask(lines=belts)["alternatives"] == []
