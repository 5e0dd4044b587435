"""The people of `demo --live`, at the real API: they keep the house busy, and it stays true."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from tests.api.conftest import Api
from tests.shops import Shop, open_shop
from tests.worlds import CHANNEL

from ovunque.api.call import Services
from ovunque.app import answer_in_loop, furnish
from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database
from ovunque.platform.settings import Settings
from ovunque.simulation.acting import Json, Stage, Troupe
from ovunque.simulation.orders import OrderBody

STEP, STEPS_MAX = timedelta(seconds=10), 120
ORDERS_MIN = 12
DEEDS = ("accepted", "picked", "packed", "fetched", "delivered", "received")
STOCK = {(place, sku): 30 for place in ("L000", "L001") for sku in ("COAT", "HAT")}


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


@pytest.fixture
def services(shop: Shop) -> Iterator[Services]:
    with furnish(Settings(), shop.database, answer_in_loop) as furnished:
        yield furnished


class Front:
    """The API as the people of the demo reach it, in this process."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.answers: list[tuple[str, int, Json]] = []

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Json]:
        headers = {"Idempotency-Key": str(uuid4())}
        answer = self._api.send(method, path, json=body, headers=headers)
        self.answers.append((path, answer.status_code, answer.json()))
        return answer.status_code, answer.json()


def bodies() -> Iterator[OrderBody]:
    for number in count(1):
        collected = number % 4 == 0
        yield {
            "external_id": f"live-{number}",
            "channel": CHANNEL,
            "customer": {"email": f"shopper-{number}@example.com", "name": "Ada Rossi"},
            "lines": [
                {"sku": sku, "quantity": 1, "unit_price": {"amount": 4990, "currency": "EUR"}}
                for sku in ("COAT", "HAT")[: 1 + number % 2]
            ],
            "deliveries": [
                {"service": "collect", "location": "L001" if number % 8 else "L002"}  # Sent there.
                if collected
                else {
                    "service": "home",
                    "address": {
                        "name": "Ada Rossi",
                        "street": "Via Dante 1",
                        "postal_code": "20121",
                        "city": "Milano",
                        "country": "IT",
                    },
                }
            ],
            "on_shortage": "refuse",
        }


def test_the_people_of_the_demo_keep_the_house_busy(shop: Shop, api: Api) -> None:
    """Some minutes of theirs: whatever they do is answered, and the checks hold afterwards.

    They go by chance: what a store does not find is not sold any more, and orders are refused.
    """
    front = Front(api)
    start = shop.now - STEP * STEPS_MAX
    troupe = Troupe(bodies=bodies(), carriers=("gls",), rng=Random(4))
    stage = Stage(front, troupe, start)
    for nth in range(STEPS_MAX):
        stage.play(start + STEP * nth)
        shop.pass_time(seconds=1)
        shop.settle()
        shop.label()
        if stage.done["orders"] >= ORDERS_MIN and all(stage.done[deed] for deed in DEEDS):
            break
    else:
        pytest.fail(f"not everything was done: {stage.done}")

    promised = [body for path, status, body in front.answers if path == "/v1/promises"]
    assert any(body["options"] for body in promised)
    assert {status for _, status, _ in front.answers} <= {200, 201, 409}
