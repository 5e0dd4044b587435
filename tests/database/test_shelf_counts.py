"""Shelves counted by scanning: what was scanned lies there, as of the moment in which it was."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from tests.factories import TESTER
from tests.shops import CODE, Shop, associate, open_shop

from ovunque.fulfillment.collecting import CollectRequest, collect
from ovunque.fulfillment.listing import list_picked_units
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database
from ovunque.stock import counting_shelves as counts
from ovunque.stock.counting_shelves import BeginRequest, ScanRequest, SettleRequest
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.model.counting_shelves import ShelfCount
from ovunque.stock.moving import move

STOCK = {("L001", "COAT"): 5, ("L001", "HAT"): 5, ("L000", "COAT"): 5}


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def begin(shop: Shop, *skus: str) -> UUID:
    id_ = shop.services.new_id()
    request = BeginRequest(id=id_, location_id=shop.location("L001"), skus=skus)
    shop.transact(lambda tx, by: counts.begin(tx, by, request, shop.now))
    return id_


def scan(shop: Shop, count: UUID, code: str, *, quantity: int = 1, minutes_ago: int = 0) -> UUID:
    request = ScanRequest(
        id=shop.services.new_id(),
        count_id=count,
        code=code,
        quantity=quantity,
        age=timedelta(minutes=minutes_ago),
    )
    return shop.transact(lambda tx, by: counts.scan(tx, by, request, shop.now)).id


def close(shop: Shop, count: UUID) -> ShelfCount:
    closed, _ = shop.transact(
        lambda tx, by: counts.close(tx, by, count, list_picked_units, shop.now)
    )
    return closed


def test_what_is_asked_for_and_not_scanned_is_not_there(shop: Shop) -> None:
    count = begin(shop, "COAT", "HAT")
    wrong = scan(shop, count, "COAT", quantity=4)
    shop.transact(lambda tx, by: counts.take_back(tx, by, count, wrong, shop.now))
    scan(shop, count, "COAT", quantity=3)
    closed = close(shop, count)
    assert [(each.sku, each.counted, each.expected) for each in closed.items] == [
        ("COAT", 3, 5),
        ("HAT", 0, 5),
    ]
    assert shop.level("L001", "COAT") == (3, 0, 0)
    assert shop.level("L001", "HAT") == (0, 0, 0)
    assert shop.level("L000", "COAT") == (5, 0, 0)
    with pytest.raises(Refusal, match="count_over"):
        scan(shop, count, "HAT")


def test_of_what_a_free_count_does_not_see_nothing_is_said(shop: Shop) -> None:
    count = begin(shop)
    scan(shop, count, "COAT")
    close(shop, count)
    assert shop.level("L001", "COAT") == (1, 0, 0)
    assert shop.level("L001", "HAT") == (5, 0, 0)


def test_codes_that_nobody_knows_are_kept_for_who_closes_the_count(shop: Shop) -> None:
    count = begin(shop)
    for code in ("COAT", "9999", "9999", "KEYS"):
        scan(shop, count, code)
    found = shop.database.read(lambda tx: counts.find_count(tx, TESTER, count))
    assert [each.code for each in found.unmatched] == ["9999", "9999", "KEYS"]
    hat = SettleRequest(count_id=count, code="9999", sku="HAT")
    shop.transact(lambda tx, by: counts.settle(tx, by, hat, shop.now))
    none_of_ours = SettleRequest(count_id=count, code="KEYS", sku=None)
    left = shop.transact(lambda tx, by: counts.settle(tx, by, none_of_ours, shop.now))
    assert left.unmatched == ()
    with pytest.raises(Refusal, match="not_found"):
        shop.transact(lambda tx, by: counts.settle(tx, by, hat, shop.now))
    closed = close(shop, count)
    assert {each.sku: each.counted for each in closed.items} == {"COAT": 1, "HAT": 2}


def test_what_is_sold_after_it_was_scanned_is_taken_off_again(shop: Shop) -> None:
    """The device was away for an hour: its scans are as old as they are."""
    count = begin(shop)
    shop.pass_time(minutes=90)
    sold = Movement(
        id="till-1",
        key=Key("COAT", shop.location("L001")),
        kind=MovementKind.SOLD_IN_STORE,
        quantity=1,
        occurred_at=shop.now - timedelta(minutes=30),
    )
    shop.transact(lambda tx, by: move(tx, by, "till", [sold], shop.now))
    scan(shop, count, "COAT", quantity=4, minutes_ago=60)
    scan(shop, count, "HAT", quantity=4)
    close(shop, count)
    assert shop.level("L001", "COAT") == (3, 0, 0)
    assert shop.level("L001", "HAT") == (4, 0, 0)


def test_picked_units_lie_in_a_tote_and_not_on_the_shelf(shop: Shop) -> None:
    order = shop.order([("HAT", 2)], collect_at="L001")
    shop.take(order)
    shop.pick(order, quantity=1)
    count = begin(shop, "HAT")
    scan(shop, count, "HAT", quantity=4)
    assert close(shop, count).items[0].expected == 4
    assert shop.level("L001", "HAT") == (5, 0, 2)


def test_what_is_picked_once_it_was_counted_is_counted_once(shop: Shop) -> None:
    order = shop.order([("HAT", 2)], collect_at="L001")
    shop.take(order)
    count = begin(shop, "HAT")
    scan(shop, count, "HAT", quantity=5)
    shop.pass_time(minutes=5)
    shop.pick(order)
    close(shop, count)
    assert shop.level("L001", "HAT") == (5, 0, 2)


def test_what_was_picked_before_the_count_and_is_gone_by_now_was_not_on_the_shelf(
    shop: Shop,
) -> None:
    order = shop.order([("HAT", 2)], collect_at="L001")
    shop.take(order)
    shop.pick(order)
    shop.pass_time(minutes=5)
    count = begin(shop, "HAT")
    scan(shop, count, "HAT", quantity=3)
    shop.pass_time(minutes=5)
    asked = CollectRequest(fulfillment_id=shop.work(order).id, code=CODE)
    shop.transact(lambda tx, by: collect(tx, by, asked, shop.now))
    close(shop, count)
    assert shop.level("L001", "HAT") == (3, 0, 0)


def test_two_people_close_it_once_and_strangers_do_not_find_it(shop: Shop) -> None:
    count = begin(shop, "HAT")
    bob = associate(shop, "L002")
    with pytest.raises(Refusal, match="not_found"):
        shop.database.transact(lambda tx: counts.drop(tx, bob, count, shop.now))

    def try_it(_: int) -> bool:
        try:
            close(shop, count)
        except Refusal as refusal:
            return refusal.code != "count_over"
        return True

    with ThreadPoolExecutor(4) as people:
        assert sum(people.map(try_it, range(4))) == 1
