"""A commit that does not come back: who asked is told in time, and finds out by asking again."""

import asyncio

import pytest
from tests.api.conftest import Api
from tests.api.examples import COUNTS, NETWORK, ORDER
from tests.loops import run

from ovunque.api import waiting
from ovunque.api.call import Services
from ovunque.kernel.refusal import Refusal


def test_an_order_that_hangs_is_busy_and_done_once(
    api: Api, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, body in NETWORK.items():
        assert api.post(path, body).status_code == 201
    assert api.post("/v1/stock/counts", COUNTS).status_code == 200
    key = {"Idempotency-Key": "hangs"}

    monkeypatch.setattr(waiting, "ANSWER_SECONDS_MAX", 0.3)
    with services.database.connect() as other, other.transaction():
        other.execute("select from stock_level for update")
        hanging = api.post("/v1/orders", ORDER, headers=key)
    monkeypatch.undo()
    again = api.post("/v1/orders", ORDER, headers=key)

    assert (hanging.status_code, hanging.json()["code"]) == (503, "busy")
    assert again.status_code == 201, again.text
    rows = services.database.read(
        lambda tx: tx.execute("select count(*) from customer_order").fetchone()
    )
    assert rows == (1,)


def test_nobody_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async def ask() -> None:
        await waiting.in_time(asyncio.get_running_loop().create_future())

    monkeypatch.setattr(waiting, "ANSWER_SECONDS_MAX", 0.01)
    with pytest.raises(Refusal, match="busy"):
        run(ask())
