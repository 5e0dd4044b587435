"""The worker's rounds: bounded, one order's trouble is its own, and two workers are as one."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from threading import Event, Semaphore, Thread
from uuid import UUID

import psycopg
import pytest
from tests.shops import Shop, open_shop

from ovunque import worker
from ovunque.fulfillment import offering
from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database, Tx
from ovunque.platform.embedded import wait_until
from ovunque.platform.settings import Settings
from ovunque.sweeping import ORDERS_PER_ROUND_MAX, Sweeper, sweep, sweepers
from ovunque.worker import run_sweep

STOCK = {("L000", "BELT"): 900, ("L001", "COAT"): 900}


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def offers(shop: Shop) -> Sweeper:
    every = sweepers(shop.services.snapshot, shop.services.new_id)
    return next(each for each in every if each.name == "offers.open")


def rows_read(tx: Tx) -> int:
    """By this transaction so far, of all that a service writes."""
    found = tx.execute(
        "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int from pg_stat_xact_user_tables"
    ).fetchone()
    return found[0] if found else 0


def test_who_finds_nothing_to_do_has_not_read_all_that_is_open(shop: Shop) -> None:
    """It is looked for many times a second, on a server that has better things to do."""
    shop.order_many(150, [("BELT", 1)])
    assert sweep(shop.database, offers(shop), shop.now) == 150

    def cost(sweeper: Sweeper, tx: Tx) -> tuple[int, int]:
        before = rows_read(tx)
        return len(sweeper.list_due(tx, shop.now, ORDERS_PER_ROUND_MAX)), rows_read(tx) - before

    costs = {
        each.name: shop.database.transact(partial(cost, each))
        for each in sweepers(shop.services.snapshot, shop.services.new_id)
    }
    assert {name for name, (due, read) in costs.items() if not due and read > 100} == set()


def test_an_order_that_fails_does_not_hold_up_the_others(shop: Shop) -> None:
    orders = shop.order_many(9, [("BELT", 1)])
    bad, real = orders[4].id, offers(shop)

    def handle(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> int:
        done = real.handle(tx, order_ids, now)
        if bad in order_ids:
            raise ZeroDivisionError
        return done

    poisoned = Sweeper(name="poisoned", list_due=offering.list_due, handle=handle)
    assert sweep(shop.database, poisoned, shop.now) == 8
    assert shop.story(orders[4]) == ["order.placed"]
    assert sweep(shop.database, poisoned, shop.now) == 0, "and nobody waits for it"
    assert sweep(shop.database, real, shop.now) == 1


def test_a_database_that_is_away_is_not_the_fault_of_an_order(shop: Shop) -> None:
    shop.order_many(2, [("BELT", 1)])
    tried: list[int] = []

    def handle(tx: Tx, order_ids: Sequence[UUID], now: datetime) -> int:
        tried.append(len(order_ids))
        raise psycopg.OperationalError("gone")

    lost = Sweeper(name="lost", list_due=offering.list_due, handle=handle)
    with pytest.raises(psycopg.OperationalError):
        sweep(shop.database, lost, shop.now)
    assert tried == [2]
    assert run_sweep(shop.database, lost) == 0, "the worker goes on with the others"


def test_a_round_is_bounded(shop: Shop) -> None:
    count = ORDERS_PER_ROUND_MAX + 10
    shop.order_many(count, [("BELT", 1)])
    assert sweep(shop.database, offers(shop), shop.now) == ORDERS_PER_ROUND_MAX
    assert sweep(shop.database, offers(shop), shop.now) == 10


def test_two_workers_do_it_once(shop: Shop) -> None:
    orders = shop.order_many(150, [("COAT", 1)])
    with ThreadPoolExecutor(2) as workers:
        done = list(workers.map(lambda _: sweep(shop.database, offers(shop), shop.now), range(2)))
    assert sum(done) == 150
    assert {tuple(shop.story(order)) for order in orders} == {("order.placed", "offer.opened")}


def test_news_of_an_order_stirs_the_worker(shop: Shop) -> None:
    stirred = Event()
    with worker.following(shop.database, stirred):
        shop.order([("BELT", 1)])
        assert stirred.wait(10)


def test_a_stirred_worker_looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not wait until it would look by itself."""
    monkeypatch.setattr(worker, "SWEEP_SECONDS", 60.0)
    ending, stirred, looked = Event(), Event(), Semaphore(0)

    def look() -> int:
        looked.release()
        return 0

    running = Thread(target=worker.sweep_on, args=(ending, stirred, look))
    running.start()
    try:
        for _ in range(3):
            assert looked.acquire(timeout=10)
            stirred.set()
    finally:
        ending.set()
        stirred.set()
        running.join()


def test_the_worker_buys_labels_by_itself(shop: Shop) -> None:
    ending = Event()
    running = Thread(target=worker.run, args=(shop.database, Settings(), ending))
    running.start()
    try:
        order = shop.order([("BELT", 1)])
        assert wait_until(lambda: shop.work(order).state == "accepted", seconds=10)
        shop.pick(order)
        shop.pack(order)
        assert wait_until(lambda: shop.work(order).state == "ready", seconds=10)
    finally:
        ending.set()
        running.join()
    (parcel,) = shop.work(order).parcels
    assert parcel.tracking is not None
    assert parcel.tracking.startswith("GLS")
