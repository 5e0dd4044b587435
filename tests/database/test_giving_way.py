"""A true count below what is reserved: who gives way, and who finds another place."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.factories import NOW, TESTER, TURIN, put_stock, take
from tests.shops import Shop, open_shop
from tests.worlds import put

from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.orders.giving_way import list_due
from ovunque.platform.database import Database
from ovunque.stock.claiming import claim
from ovunque.stock.model import Ask, Key, Reservation

STOCK = {("L000", "COAT"): 3, ("L001", "COAT"): 2, ("L000", "HAT"): 5}


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def recount(shop: Shop, units: int, code: str = "L000") -> None:
    """Somebody counts coats, a minute later."""
    shop.pass_time(minutes=1)
    put(shop.database, {(code, "COAT"): units}, TESTER, shop.now)


def shortages(shop: Shop) -> int:
    rows = shop.database.read(lambda tx: tx.execute("select units from shortage").fetchall())
    return sum(units for (units,) in rows)


def test_what_lost_its_units_is_sourced_elsewhere(shop: Shop) -> None:
    """Three sold from a shelf of one: the two last come from the next place, or wait for it."""
    orders = [shop.order([("COAT", 1)]) for _ in range(3)]
    assert {shop.at(shop.work(each)) for each in orders} == {"L000"}

    recount(shop, 1)
    assert shortages(shop) == 2
    shop.settle()

    assert [shop.at(shop.work(each)) for each in orders] == ["L000", "L001", "L001"]
    assert shortages(shop) == 0
    assert "fulfillment.short" in shop.story(orders[2])


def test_what_is_picked_stays_and_the_rest_of_a_line_goes(shop: Shop) -> None:
    picked, waiting = shop.order([("COAT", 1)]), shop.order([("COAT", 2)])
    shop.take(picked)
    shop.pick(picked)

    recount(shop, 2)
    shop.settle()

    assert shop.at(shop.work(picked)) == "L000"
    assert sorted((shop.at(work), work.lines[0].quantity) for work in shop.live(waiting)) == [
        ("L000", 1),
        ("L001", 1),
    ]


def test_whose_rest_is_ready_has_a_code_of_their_own(shop: Shop) -> None:
    """Two customers lose a coat each in one sweep, and fetch the other: nobody fetches both."""
    recount(shop, 4, "L001")
    orders = [shop.order([("COAT", 2)], collect_at="L001") for _ in range(2)]
    for order in orders:
        shop.take(order)
        shop.pick(order, quantity=1)
    recount(shop, 2, "L001")
    shop.settle()

    ready = [next(w for w in shop.live(order) if w.state == "ready") for order in orders]
    codes = [work.pickup_code for work in ready]
    assert None not in codes
    assert codes[0] != codes[1]


def test_what_nobody_has_is_unplaced(shop: Shop) -> None:
    order = shop.order([("COAT", 3)])
    recount(shop, 0, "L001")
    recount(shop, 1)
    shop.settle()

    (line,) = shop.read(order.id).lines
    assert (line.placed, line.unplaced) == (1, 2)
    assert shortages(shop) == 0


def test_a_count_that_heals_takes_nothing_from_anybody(shop: Shop) -> None:
    order = shop.order([("COAT", 3)])
    recount(shop, 1)
    recount(shop, 3)

    assert shop.database.read(lambda tx: list_due(tx, shop.now, 10)) == ()
    assert shortages(shop) == 0
    assert shop.at(shop.work(order)) == "L000"


def test_holds_give_way_before_orders(database: Database, new_id: NewId) -> None:
    """Two hold a coat each, one has bought one: a count of two costs the younger hold alone."""
    key = Key("COAT", TURIN)
    database.transact(lambda tx: put_stock(tx, key, on_hand=3))
    bought = take(new_id, key)
    holds = [
        Reservation(
            id=new_id(),
            line_id=new_id(),
            key=key,
            quantity=1,
            expires_at=NOW + timedelta(minutes=15),
        )
        for _ in range(2)
    ]
    asks = [Ask(plans=((each,),)) for each in (bought, *holds)]
    database.transact(lambda tx: claim(tx, asks, NOW))

    later = NOW + timedelta(minutes=1)
    database.transact(lambda tx: put_stock(tx, key, on_hand=2, as_of=later))

    rows = database.read(
        lambda tx: tx.execute("select state from reservation order by id").fetchall()
    )
    assert [state for (state,) in rows] == ["allocated", "held", "released"]
    level = database.read(
        lambda tx: tx.execute("select on_hand, reserved from stock_level").fetchone()
    )
    assert level == (2, 2)
