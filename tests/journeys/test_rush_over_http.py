"""The rush against the server as it is really started, with one, two and four API processes."""

import asyncio
import os
from collections import Counter
from itertools import cycle, product
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.database.test_rush import BUYERS, LAYOUTS, free_units
from tests.factories import TESTER
from tests.journeys.servers import api_processes, serving
from tests.loops import run
from tests.worlds import CHANNEL, build

from ovunque.access.keeping import KeyRequest, create_key, token_of
from ovunque.access.model import Scope
from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.platform.clock import new_secret, now
from ovunque.platform.database import Database

WORKERS = (1, 2, 4)
ADDRESS = {"street": "Via Torino 1", "postal_code": "20123", "city": "Milano", "country": "IT"}


def make_key(database: Database, new_id: NewId) -> str:
    request = KeyRequest(
        key_id=new_id(),
        client_id=new_id(),
        client="shop",
        secret=new_secret(),
        scopes=frozenset({Scope.ORDERS}),
    )
    database.transact(lambda tx: create_key(tx, TESTER, request, now()))
    return token_of(request.secret)


def body(cart: Any, buyer: int) -> dict[str, Any]:
    price = {"amount": 4990, "currency": "EUR"}
    return {
        "channel": CHANNEL,
        "customer": {"name": f"Buyer {buyer}", "email": f"buyer-{buyer}@example.com"},
        "lines": [{"sku": sku, "quantity": units, "unit_price": price} for sku, units in cart],
        "delivery": {"service": "home", "address": ADDRESS},
    }


async def rush(address: str, key: str, cart: Any) -> list[httpx.Response]:
    limits = httpx.Limits(max_connections=BUYERS)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=address, limits=limits, headers=headers) as client:
        return await asyncio.gather(
            *[
                client.post(
                    "/v1/orders",
                    json=body(cart, buyer),
                    headers={"Idempotency-Key": f"buyer-{buyer}"},
                    timeout=60,
                )
                for buyer in range(BUYERS)
            ]
        )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each layout once, with another number of processes; `make soak` takes all of all."""
    every = [*product(LAYOUTS, WORKERS)]
    slice_ = [*zip(LAYOUTS, cycle(WORKERS), strict=False)]
    chosen = every if metafunc.config.getoption("--every-rush") else slice_
    metafunc.parametrize(("name", "workers"), chosen)


def test_the_last_units_are_sold_exactly_by_any_number_of_processes(
    database: Database, database_url: str, new_id: NewId, tmp_path: Path, name: str, workers: int
) -> None:
    layout = LAYOUTS[name]
    build(database, layout.world, TESTER, new_id, now())
    key = make_key(database, new_id)

    with serving(
        tmp_path, {"DATABASE_URL": database_url}, "serve", "--workers", str(workers)
    ) as address:
        answers = run(rush(address, key, layout.cart))
        again = run(rush(address, key, layout.cart))
        policies = [os.sched_getscheduler(each) for each in api_processes(os.getpid())]

    assert Counter(each.status_code for each in answers) == {
        201: layout.served,
        409: BUYERS - layout.served,
    }
    assert [each.content for each in again] == [each.content for each in answers]
    assert all(each.headers["Idempotent-Replayed"] == "true" for each in again)
    assert policies == [os.SCHED_BATCH] * workers, "they wake gently"
    assert free_units(database, "COAT") == 0
    assert check_now(database) == ()
