"""Goods that do not come by their day: who waits for them is told, and not every morning."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

import pytest
from tests.database.test_back_orders import (
    announce,
    date_orders_again,
    day,
    order,
    waits,
)
from tests.shops import Shop, open_shop

from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, {("L000", "COAT"): 2}) as opened:
        yield opened
    assert check_now(database) == ()


def test_that_goods_are_late_is_told_when_it_begins_and_then_each_week(shop: Shop) -> None:
    """Not every morning; another day that is known is told at once, and so is its passing."""
    announce(shop, 3, days=2, late_days=60)
    (placed,) = order(shop, [("COAT", 4)])

    def told_by(*nths: int) -> list[int]:
        told = []
        for nth in nths:
            shop.now = datetime.combine(day(nth), time(12), UTC)
            before = shop.story(placed).count("order.expected")
            while shop.sweep("orders.date_again"):
                pass
            assert waits(shop, placed) == (2, day(nth)), "it is expected today"
            told += [nth] * (shop.story(placed).count("order.expected") - before)
        return told

    assert told_by(*range(3, 12)) == [3, 10]
    announce(shop, 3, days=14, reference="PO-2", late_days=60)
    date_orders_again(shop, datetime.combine(day(11), time(13), UTC))
    assert waits(shop, placed) == (2, day(14))
    assert told_by(*range(15, 24)) == [15, 22]
