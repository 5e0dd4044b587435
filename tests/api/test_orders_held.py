"""Orders that are kept back, over HTTP."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.api.conftest import Api
from tests.api.test_store_work import place, sweep, work_of
from tests.shops import Shop, open_shop

from ovunque.api.call import Services
from ovunque.app import answer_in_loop, furnish
from ovunque.cli.orders import describe
from ovunque.kernel.ids import NewId, parse_public_id
from ovunque.platform.clock import now
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, {("L001", "COAT"): 5}) as opened:
        yield opened


@pytest.fixture
def services(shop: Shop) -> Iterator[Services]:
    with furnish(Settings(), shop.database, answer_in_loop) as furnished:
        yield furnished


def test_an_order_waits_from_its_first_moment_until_somebody_has_looked(
    api: Api, shop: Shop
) -> None:
    ends = now() + timedelta(hours=2)
    asked = {"reason": "payment", "expires_at": f"{ends:%FT%T+00:00}", "on_expiry": "cancel"}
    order = place(api, ("COAT", 1), holds=[asked, {"reason": "fraud", "owner": "Anna"}])
    told = {each["reason"]: (each["owner"], each["on_expiry"]) for each in order["holds"]}
    assert told == {"payment": (order["holds"][1]["held_by"], "cancel"), "fraud": ("Anna", None)}
    path = f"/v1/orders/{order['id']}"
    kept = api.get(path).json()["holds"]
    assert kept == order["holds"]
    assert kept[1]["expires_at"][:19] == f"{ends:%FT%T}"
    sweep(shop)
    assert work_of(api, order)["offers"] == []

    found = shop.read(parse_public_id("ord", order["id"]))
    printed = describe(found, shop.services.snapshot())
    assert "  kept back: fraud, Anna\n" in printed
    assert f", until {ends:%F %H:%M} UTC, then cancel\n" in printed

    again = {"reason": "payment", "minutes": 5, "expires_at": f"{ends:%FT%T+00:00}"}
    refused = api.post(f"{path}/holds", again)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/expires_at")
    again = {"reason": "manual", "expires_at": f"{ends:%FT%T+00:00}"}
    held = api.post(f"{path}/holds", again).json()["holds"]
    assert [each["expires_at"][:19] for each in held if each["reason"] == "manual"] == [
        f"{ends:%FT%T}"
    ]
    body = {"reason": "address", "minutes": 5, "on_expiry": "release"}
    held = api.post(f"{path}/holds", body).json()["holds"]
    assert [each["on_expiry"] for each in held if each["reason"] == "address"] == ["release"]
