"""Shelves counted by scanning: what was scanned lies there, as of the moment in which it was."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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
from ovunque.orders.model import Order
from ovunque.platform.database import Database, Link
from ovunque.platform.embedded import wait_until
from ovunque.stock import counting_shelves as counts
from ovunque.stock.confirming import announce_feed
from ovunque.stock.counting import ColumnsRequest, take_columns
from ovunque.stock.counting import count as take_count
from ovunque.stock.counting_shelves import BeginRequest, ScanRequest, SettleRequest
from ovunque.stock.model import Count, Key, Movement, MovementKind
from ovunque.stock.model.counting_shelves import ShelfCount
from ovunque.stock.model.feeding import Source
from ovunque.stock.moving import move
from ovunque.stock.reading import list_levels_of
from ovunque.stock.rules.columns import columns_of, taken
from ovunque.stock.weighing import begin as begin_whole

STOCK = {
    ("L001", "COAT"): 5,
    ("L001", "HAT"): 5,
    ("L000", "COAT"): 5,
    ("L000", "SCARF"): 5,
}


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
    sell(shop, "till-1", minutes_ago=30)
    scan(shop, count, "COAT", quantity=4, minutes_ago=60)
    scan(shop, count, "HAT", quantity=4)
    close(shop, count)
    assert shop.level("L001", "COAT") == (3, 0, 0)
    assert shop.level("L001", "HAT") == (4, 0, 0)


def sale(
    shop: Shop, id_: str, sku: str = "COAT", quantity: int = 1, minutes_ago: int = 0
) -> Movement:
    return Movement(
        id=id_,
        key=Key(sku, shop.location("L001")),
        kind=MovementKind.SOLD_IN_STORE,
        quantity=quantity,
        occurred_at=shop.now - timedelta(minutes=minutes_ago),
    )


def sell(shop: Shop, id_: str, sku: str = "COAT", quantity: int = 1, minutes_ago: int = 0) -> None:
    told = sale(shop, id_, sku, quantity, minutes_ago)
    shop.transact(lambda tx, by: move(tx, by, "till", [told], shop.now))


def seen(shop: Shop, count: UUID) -> dict[str, tuple[int | None, int | None]]:
    """What the page before booking shows: counted and expected."""
    found = shop.database.read(
        lambda tx: counts.compare(
            tx, counts.find_count(tx, TESTER, count), list_picked_units, shop.now
        )
    )
    return {each.sku: (each.counted, each.expected) for each in found}


def on_hand(shop: Shop) -> Counter[str]:
    """Of each item at the store; of what has no level there is nothing."""
    levels = shop.database.read(lambda tx: list_levels_of(tx, sorted({sku for _, sku in STOCK})))
    here = shop.location("L001")
    return Counter({each.key.sku: each.on_hand for each in levels if each.key.location_id == here})


def book_as_seen(shop: Shop, count: UUID) -> dict[str, tuple[int | None, int | None]]:
    """Booking changes each level by the difference that was shown, and keeps that."""
    shown = seen(shop, count)
    before = on_hand(shop)
    closed = close(shop, count)
    assert {each.sku: (each.counted, each.expected) for each in closed.items} == shown
    for sku, (counted, expected) in shown.items():
        change = on_hand(shop)[sku] - before[sku]
        assert change == (counted or 0) - (expected or 0), sku
    return shown


def hand_out(shop: Shop, order: Order) -> None:
    asked = CollectRequest(fulfillment_id=shop.work(order).id, code=CODE)
    shop.transact(lambda tx, by: collect(tx, by, asked, shop.now))


def test_what_is_sold_after_it_was_scanned_is_neither_lost_nor_found(shop: Shop) -> None:
    count = begin(shop, "COAT", "HAT")
    scan(shop, count, "COAT", quantity=5)
    scan(shop, count, "HAT", quantity=4)
    shop.pass_time(minutes=5)
    sell(shop, "sold-since", quantity=2)
    sell(shop, "sold-since-too", "HAT")
    shop.pass_time(minutes=5)
    assert book_as_seen(shop, count) == {"COAT": (5, 5), "HAT": (4, 5)}
    assert shop.level("L001", "COAT") == (3, 0, 0)


def test_what_left_by_an_order_since_it_was_scanned_is_neither_lost_nor_found(shop: Shop) -> None:
    before, since = (shop.order([("HAT", n)], collect_at="L001") for n in (1, 2))
    shop.take(before)
    shop.pick(before)
    shop.take(since)
    shop.pass_time(minutes=5)
    count = begin(shop, "HAT")
    scan(shop, count, "HAT", quantity=4)
    shop.pass_time(minutes=5)
    shop.pick(since)
    hand_out(shop, before)
    hand_out(shop, since)
    assert book_as_seen(shop, count) == {"HAT": (4, 4)}
    assert shop.level("L001", "HAT") == (2, 0, 0)


def test_what_was_scanned_and_sold_before_the_last_scan_is_taken_off(shop: Shop) -> None:
    """Whether the till tells of it before the count is booked or after it."""
    count = begin(shop, "COAT", "HAT")
    for sku in ("COAT", "HAT"):
        scan(shop, count, sku, quantity=2)
    shop.pass_time(minutes=30)
    sell(shop, "told-at-once", "COAT")
    told_late = sale(shop, "told-late", "HAT")
    shop.pass_time(minutes=30)
    for sku in ("COAT", "HAT"):
        scan(shop, count, sku, quantity=3)
    assert book_as_seen(shop, count) == {"COAT": (5, 5), "HAT": (5, 5)}
    shop.transact(lambda tx, by: move(tx, by, "till", [told_late], shop.now))
    assert on_hand(shop) == Counter(COAT=4, HAT=4)


def test_more_was_sold_meanwhile_than_had_been_scanned(shop: Shop) -> None:
    """Two of the three were never counted; at worst the third is found again."""
    count = begin(shop, "COAT")
    scan(shop, count, "COAT")
    shop.pass_time(minutes=30)
    sell(shop, "till-1", quantity=3)
    shop.pass_time(minutes=30)
    scan(shop, count, "COAT")
    assert book_as_seen(shop, count) == {"COAT": (2, 3)}
    assert shop.level("L001", "COAT") == (1, 0, 0)


def test_what_is_picked_or_leaves_before_the_last_scan_is_no_difference(shop: Shop) -> None:
    before, since = (shop.order([("HAT", 1)], collect_at="L001") for _ in range(2))
    shop.take(before)
    shop.pick(before)
    shop.take(since)
    shop.pass_time(minutes=5)
    count = begin(shop, "HAT")
    scan(shop, count, "HAT", quantity=2)
    shop.pass_time(minutes=5)
    shop.pick(since)
    hand_out(shop, before)
    shop.pass_time(minutes=5)
    scan(shop, count, "HAT", quantity=2)
    assert book_as_seen(shop, count) == {"HAT": (4, 4)}
    assert shop.level("L001", "HAT") == (4, 0, 1)


def test_a_newer_count_makes_a_shelf_count_change_nothing(shop: Shop) -> None:
    count = begin(shop, "COAT")
    scan(shop, count, "COAT", quantity=2)
    shop.pass_time(minutes=5)
    newer = Count(key=Key("COAT", shop.location("L001")), on_hand=4, as_of=shop.now)
    shop.transact(lambda tx, by: take_count(tx, by, "erp", [newer], shop.now))
    assert book_as_seen(shop, count) == {"COAT": (2, 2)}
    assert shop.level("L001", "COAT") == (4, 0, 0)


def test_what_nobody_knew_to_be_there_is_found_when_it_is_booked(shop: Shop) -> None:
    count = begin(shop)
    scan(shop, count, "SCARF", quantity=2)
    assert book_as_seen(shop, count) == {"SCARF": (2, 0)}


def test_a_whole_count_that_came_meanwhile_says_of_what_it_does_not_name(shop: Shop) -> None:
    count = begin(shop)
    scan(shop, count, "SCARF", quantity=2)
    shop.pass_time(minutes=5)
    whole = {shop.location("L001"): shop.now}
    shop.transact(lambda tx, _: begin_whole(tx, Source(code="erp"), whole, shop.now))
    assert book_as_seen(shop, count) == {"SCARF": (2, 2)}
    assert on_hand(shop)["SCARF"] == 0


def test_a_newer_count_that_found_what_we_have_is_newer_too(shop: Shop) -> None:
    """It stands beside its level, where nobody looks who reads levels alone."""
    count = begin(shop, "COAT")
    scan(shop, count, "COAT", quantity=2)
    shop.pass_time(minutes=5)
    erp, here, noon = Source(code="erp"), shop.location("L001"), shop.now
    same = columns_of([Count(key=Key("COAT", here), on_hand=5, as_of=noon)])
    shop.pass_time(minutes=5)
    ground = shop.transact(
        lambda tx, _: announce_feed(tx, UUID(int=1), erp, {here: (noon, noon)}, shop.now)
    )
    request = ColumnsRequest(source=erp, told=taken(same, []), same=same, ground=ground)
    shop.transact(lambda tx, by: take_columns(tx, by, request, shop.now))
    assert book_as_seen(shop, count) == {"COAT": (2, 2)}
    assert shop.level("L001", "COAT") == (5, 0, 0)


def test_what_is_told_while_it_is_booked_is_in_the_difference_that_is_kept(shop: Shop) -> None:
    count = begin(shop, "COAT")
    shop.pass_time(minutes=10)
    scan(shop, count, "COAT", quantity=4)
    told = sale(shop, "told-late", minutes_ago=5)
    with Link.connect(shop.database.conninfo) as tx, ThreadPoolExecutor(1) as desk:
        move(tx, TESTER, "till", [told], shop.now)
        closing = desk.submit(close, shop, count)
        assert wait_until(lambda: somebody_waits(shop.database), seconds=10)
        tx.commit()
        items = closing.result(10).items
    assert [(each.counted, each.expected) for each in items] == [(4, 4)]
    assert shop.level("L001", "COAT") == (4, 0, 0)


def somebody_waits(database: Database) -> bool:
    """A transaction stands at a lock of another."""
    row = database.read(
        lambda tx: tx.execute(
            "select exists (select from pg_stat_activity where wait_event_type = 'Lock')"
        ).fetchone()
    )
    return row is not None and row[0]


def test_what_was_adjusted_for_a_sale_is_explained_by_an_older_scan(shop: Shop) -> None:
    count = begin(shop)
    shop.pass_time(minutes=60)
    sell(shop, "more-than-we-knew", quantity=6, minutes_ago=10)
    assert shop.level("L001", "COAT") == (0, 0, 0)
    scan(shop, count, "COAT", quantity=7, minutes_ago=30)
    assert book_as_seen(shop, count) == {"COAT": (7, 6)}
    assert shop.level("L001", "COAT") == (1, 0, 0)


def test_a_count_between_an_adjustment_and_its_explanation_says_what_lies_there(
    shop: Shop,
) -> None:
    """As many are counted as we have by chance; one of ours was taken off for a sale in it."""
    opened = shop.now
    shop.pass_time(minutes=30)
    sell(shop, "more-than-we-knew", quantity=6)
    count = begin(shop)
    shop.pass_time(minutes=60)
    came = replace(sale(shop, "receipt", quantity=5), kind=MovementKind.RECEIVED)
    late = replace(came, occurred_at=opened + timedelta(minutes=5))
    shop.transact(lambda tx, by: move(tx, by, "wms", [late], shop.now))
    assert on_hand(shop)["COAT"] == 4
    scan(shop, count, "COAT", quantity=5, minutes_ago=30)
    assert book_as_seen(shop, count) == {"COAT": (5, 4)}
    assert on_hand(shop)["COAT"] == 5


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
    hand_out(shop, order)
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
