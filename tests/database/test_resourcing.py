"""Units that a location will not serve find another place, in one piece or in several."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from tests.factories import TESTER
from tests.shops import Shop, open_shop, wait_for_stock

from ovunque import worker
from ovunque.access.model import SYSTEM
from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.fulfillment.model import FulfillmentState, Reason
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.orders.listing import list_decisions, list_orders
from ovunque.orders.model import Order, OrderStatus
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.settings import Settings

STOCK = {
    ("L000", "BELT"): 8,
    ("L001", "COAT"): 3,
    ("L001", "HAT"): 2,
    ("L002", "COAT"): 1,
    ("L003", "COAT"): 1,
    ("L003", "HAT"): 1,
}
SET = ItemRequest(
    sku="SET",
    product="SET",
    titles={"en": "Hat and belts"},
    weight_g=800,
    components=(("HAT", 1), ("BELT", 2)),
)


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def say_no(shop: Shop, order: Order, code: str = "L001", reason: Reason = Reason.NO_TIME) -> None:
    for work in shop.live(order):
        if shop.at(work) == code:
            request = RejectRequest(fulfillment_id=work.id, reason=reason)
            turn_down(shop, request)


def turn_down(shop: Shop, request: RejectRequest) -> None:
    shop.database.transact(lambda tx: reject(tx, SYSTEM, request, shop.now))


def places(shop: Shop, order: Order) -> list[tuple[str, str, int]]:
    return sorted(
        (shop.at(work), row.sku, row.quantity) for work in shop.live(order) for row in work.lines
    )


def test_units_move_to_the_next_best_place_and_the_decision_says_who_was_left_out(
    shop: Shop,
) -> None:
    order = shop.order([("COAT", 1)])
    shop.settle()
    say_no(shop, order)
    assert shop.read(order.id).status == OrderStatus.OPEN
    shop.settle()

    assert places(shop, order) == [("L002", "COAT", 1)]
    before, after = shop.read(order.id).fulfillments
    assert (before.state, before.is_live) == (FulfillmentState.REJECTED, False)
    assert after.state == FulfillmentState.OFFERED
    first, second = shop.database.read(lambda tx: list_decisions(tx, order.id))
    assert (first.nth, second.nth) == (1, 2)
    assert second.body["excluded"] == [str(shop.location("L001"))]


def test_who_said_no_once_is_not_asked_again(shop: Shop) -> None:
    """Not even when there is time again: the order remembers, longer than the item does."""
    order = shop.order([("COAT", 1)])
    shop.settle()
    asked = []
    for code in ("L001", "L002", "L003"):
        asked.append(shop.at(shop.work(order)))
        say_no(shop, order, code)
        shop.pass_time(hours=2)
        shop.settle()

    assert asked == ["L001", "L002", "L003"]
    assert shop.live(order) == []
    assert shop.read(order.id).lines[0].unplaced == 1
    assert shop.read(order.id).status == OrderStatus.OPEN
    assert shop.story(order)[-1] == "order.unplaced"


def test_what_can_be_had_moves_and_the_rest_is_unplaced(shop: Shop) -> None:
    order = shop.order([("COAT", 3)])
    shop.settle()
    say_no(shop, order)
    shop.settle()

    assert places(shop, order) == [("L002", "COAT", 1), ("L003", "COAT", 1)]
    (line,) = shop.read(order.id).lines
    assert (line.unplaced, line.reserved) == (1, 2)


def test_two_orders_that_wait_share_what_is_left(shop: Shop) -> None:
    """Each is planned on what the one before leaves; neither takes the other's."""
    orders = [shop.order([("COAT", 1)]) for _ in range(3)]
    shop.settle()
    for order in orders:
        say_no(shop, order)
    shop.settle()

    unplaced = [shop.read(order.id).lines[0].unplaced for order in orders]
    assert sorted(unplaced) == [0, 0, 1]


def sell_sets(shop: Shop) -> None:
    shop.database.transact(lambda tx: save_items(tx, TESTER, [SET], shop.now))
    wait_for_stock(shop, "SET")


def test_a_part_of_a_bundle_is_sought_for_itself(shop: Shop) -> None:
    sell_sets(shop)
    order = shop.order([("SET", 1)])
    assert places(shop, order) == [("L000", "BELT", 2), ("L001", "HAT", 1)]
    shop.settle()
    say_no(shop, order)
    shop.settle()

    assert places(shop, order) == [("L000", "BELT", 2), ("L003", "HAT", 1)]
    (line,) = shop.read(order.id).lines
    assert (line.reserved, line.in_work) == (1, 0), "a set is as far as its last part"


def test_a_part_that_nobody_has_waits_for_somebody_who_gets_it(shop: Shop) -> None:
    """The belts are in work: the set is not given up, and the hat is looked for again later."""
    sell_sets(shop)
    order = shop.order([("SET", 2)])
    shop.settle()
    say_no(shop, order)
    shop.settle()  # One hat is found elsewhere, the other one is not.

    assert places(shop, order) == [
        ("L000", "BELT", 4),
        ("L001", "HAT", 1),
        ("L003", "HAT", 1),
    ]
    assert shop.read(order.id).lines[0].unplaced == 0
    story = shop.story(order)
    shop.pass_time(minutes=10)
    shop.settle()
    assert shop.story(order) == story, "nothing has changed, and nothing is told"


def test_whole_sets_that_wait_are_served_whole_or_given_up(shop: Shop) -> None:
    sell_sets(shop)
    order = shop.order([("SET", 2)])
    shop.settle()
    say_no(shop, order, "L001")
    shop.database.transact(
        lambda tx: [
            reject(
                tx, SYSTEM, RejectRequest(fulfillment_id=work.id, reason=Reason.CLOSED), shop.now
            )
            for work in shop.live(order)
            if shop.at(work) == "L000"
        ]
    )
    shop.settle()

    assert shop.live(order) == []
    assert shop.read(order.id).lines[0].unplaced == 2, "nobody else has belts"


def test_what_a_store_will_not_give_out_is_sent_there(shop: Shop) -> None:
    order = shop.order([("HAT", 1)], collect_at="L001")
    shop.settle()
    say_no(shop, order)
    shop.settle()
    (work,) = shop.live(order)
    assert shop.at(work) != "L001"
    assert work.collect_at is not None, "it is fetched where it was to be fetched"


def test_lists_find_orders_by_what_they_have_come_to(shop: Shop) -> None:
    given_up = shop.order([("HAT", 1)], collect_at="L001")
    begun = shop.order([("BELT", 1)])
    shop.settle()
    say_no(shop, given_up)
    shop.settle()
    fresh = shop.order([("COAT", 1)])

    def listed(status: OrderStatus) -> list[Order]:
        found = shop.database.read(
            lambda tx: list_orders(tx, channel_id=None, status=status, before=None, limit=9)
        )
        assert all(each.status == status for each in found)
        return list(found)

    assert [each.id for each in listed(OrderStatus.OPEN)] == [fresh.id, given_up.id]
    assert [each.id for each in listed(OrderStatus.IN_PROGRESS)] == [begun.id]
    for status in set(OrderStatus) - {OrderStatus.OPEN, OrderStatus.IN_PROGRESS}:
        assert listed(status) == []


def test_the_worker_moves_units_by_itself(shop: Shop, tmp_path: Path) -> None:
    """The real worker, on the real clock: nobody calls anything by hand."""
    ending = Event()
    running = Thread(target=worker.run, args=(shop.database, Settings(home=tmp_path), ending))
    running.start()
    try:
        order = shop.order([("COAT", 1)])
        assert wait_until(lambda: bool(shop.work(order).offers), seconds=10)
        say_no(shop, order)
        assert wait_until(
            lambda: any(shop.at(work) == "L002" and work.offers for work in shop.live(order)),
            seconds=10,
        )
    finally:
        ending.set()
        running.join()
