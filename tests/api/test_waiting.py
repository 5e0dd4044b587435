"""A commit that does not come back: who asked is told in time, and finds out by asking again."""

import asyncio

import httpx
import pytest
from tests.api.conftest import Api
from tests.api.examples import COUNTS, NETWORK, ORDER
from tests.loops import run

from ovunque.api import waiting
from ovunque.api.call import Services
from ovunque.kernel.refusal import Refusal
from ovunque.platform.embedded import wait_until

SECONDS_MAX = 20


def test_an_order_that_hangs_is_busy_and_done_once(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, body in NETWORK.items():
        assert api.post(path, body).status_code == 201
    assert api.post("/v1/stock/counts", COUNTS).status_code == 200
    assert wait_until(lambda: is_sold(api), SECONDS_MAX), "the snapshot follows"
    key = {"Idempotency-Key": "hangs"}

    monkeypatch.setattr(waiting, "ANSWER_SECONDS_MAX", 0.3)
    with services.database.connect() as other, other.transaction():
        other.execute("select from stock_level for update")
        hanging = api.post("/v1/orders", ORDER, headers=key)
    monkeypatch.undo()
    assert (hanging.status_code, hanging.json()["code"]) == (503, "busy"), hanging.text

    told: list[httpx.Response] = []

    def is_told() -> bool:
        told.append(api.post("/v1/orders", ORDER, headers=key))
        return told[-1].status_code != hanging.status_code

    assert wait_until(is_told, SECONDS_MAX)
    assert told[-1].status_code == 201, told[-1].text
    rows = services.database.read(
        lambda tx: tx.execute("select count(*) from customer_order").fetchone()
    )
    assert rows == (1,)


def is_sold(api: Api) -> bool:
    asked = {"channel": ORDER["channel"], "sku": ORDER["lines"][0]["sku"]}
    items = api.get("/v1/availability", params=asked).json()["items"]
    return any(each["available"] for each in items)


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        await waiting.in_time(asyncio.get_running_loop().create_future())

    monkeypatch.setattr(waiting, "ANSWER_SECONDS_MAX", 0.01)
    with pytest.raises(Refusal, match="busy"):
        run(ask())
