"""Back-orders: a day on what comes, never more than comes, and served when it has come."""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier, BrokenBarrierError
from zoneinfo import ZoneInfo

import pytest
from tests.factories import TESTER
from tests.shops import Shop
from tests.worlds import CHANNEL, World, asked, build, order_request, put

from ovunque.app import furnish
from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.insight.watching import watch
from ovunque.kernel.ids import NewId, parse_public_id
from ovunque.orders.awaiting import Lacking, promise_ahead
from ovunque.orders.canceling import CancelRequest, cancel
from ovunque.orders.checking import check_now
from ovunque.orders.model import CancelReason, OnShortage, Order, OrderLine
from ovunque.orders.placing import Answered
from ovunque.platform.clock import now
from ovunque.platform.database import Database, Tx
from ovunque.platform.embedded import wait_until
from ovunque.platform.jobs import Work, run_due
from ovunque.platform.settings import Settings
from ovunque.sourcing.foreseeing import promisable
from ovunque.sourcing.selling import reach_of
from ovunque.stock import expecting
from ovunque.stock.expecting import list_ahead, save_incoming
from ovunque.stock.model import ProtectionRequest
from ovunque.stock.model.expecting import Ahead, Awaited, IncomingRequest
from ovunque.stock.protecting import save_protections
from ovunque.stock.transferring import (
    TransferRequest,
    TransferStep,
    dispatch_transfer,
    plan_transfer,
    receive_transfer,
)
from ovunque.worker import known_jobs

WORLD = World(
    locations=3,
    skus=["COAT", "HAT", "BELT"],
    stock={("L000", "COAT"): 2, ("L000", "HAT"): 9, ("L001", "HAT"): 1},
)
SET = ItemRequest(
    sku="SET",
    product="SET",
    titles={"en": "Coat and belts"},
    weight_g=800,
    components=(("HAT", 1), ("BELT", 2)),
)
TODAY = now().date()
SECONDS_MAX = 10


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    build(database, WORLD, TESTER, new_id, now())
    database.transact(lambda tx: save_items(tx, TESTER, [SET], now()))
    with furnish(Settings(), database) as services:
        assert wait_until(lambda: "SET" in services.snapshot().catalog.items, SECONDS_MAX)
        yield Shop(database=database, services=services)
    assert check_now(database) == ()


def day(nth: int) -> date:
    return TODAY + timedelta(days=nth)


def announce(
    shop: Shop, units: int, days: int, sku: str = "COAT", reference: str = "", late_days: int = 3
) -> None:
    told = IncomingRequest(
        reference=reference or f"PO-{days}",
        location="L000",
        sku=sku,
        quantity=units,
        due_on=day(days),
        late_days=late_days,
    )
    shop.database.transact(lambda tx: save_incoming(tx, TESTER, [told], now()))


def order(shop: Shop, *carts: Sequence[tuple[str, int]]) -> list[Order]:
    """Shoppers at the same moment, who all agree to wait."""
    answers: list[Future[Answered]] = []
    for nth, cart in enumerate(carts):
        name = f"{len(carts)}-{nth}-{shop.services.new_id()}"
        request = replace(order_request(cart, name), on_shortage=OnShortage.BACKORDER)
        answers.append(Future())
        shop.services.intake.submit(
            replace(asked(TESTER, name, cart), request=request), answers[-1]
        )
    found = []
    for answer in answers:
        told = answer.result(30).answer
        assert told.status == 201, told.body
        id_ = told.body.split(b'"id":"', 1)[1].split(b'"', 1)[0].decode()
        found.append(shop.read(parse_public_id("ord", id_)))
    return found


def date_orders_again(shop: Shop, at: datetime | None = None) -> None:
    """What the worker does when something else is announced."""
    work = Work(runners=known_jobs(Settings(), shop.services.snapshot()), jitter=lambda: 0.5)
    while run_due(shop.database, work, at or now()):
        pass


def line(shop: Shop, placed: Order) -> OrderLine:
    (found,) = shop.read(placed.id).lines
    return found


def waits(shop: Shop, placed: Order) -> tuple[int, date | None]:
    found = line(shop, placed)
    return found.backordered, found.expected_on


def ahead(shop: Shop) -> dict[int, int]:
    snapshot = shop.services.snapshot()
    reach = reach_of(snapshot.network.channels[CHANNEL], snapshot.network, None)
    found = promisable(snapshot, reach, "COAT", now())
    return {(at - TODAY).days: units for at, units in found}


def arrive(shop: Shop, units: int, sku: str = "COAT", place: str = "L000") -> None:
    """A count that finds more."""
    shop.pass_time(minutes=2)
    on_hand, _, _ = shop.level(place, sku)
    put(shop.database, {(place, sku): on_hand + units}, TESTER, now())


def test_what_is_not_there_is_promised_for_the_day_on_which_it_comes(shop: Shop) -> None:
    announce(shop, 3, days=5)
    announce(shop, 4, days=9)
    first, second, third, fourth = (order(shop, [("COAT", units)])[0] for units in (4, 2, 3, 5))

    assert waits(shop, first) == (2, day(5))
    assert waits(shop, second) == (2, day(9)), "one of the first delivery is left, one is not two"
    assert waits(shop, third) == (3, day(9))
    assert waits(shop, fourth) == (5, None), "more than comes: nobody is told a day"
    assert wait_until(lambda: ahead(shop) == {}, SECONDS_MAX)


def test_a_cut_in_a_later_delivery_limits_what_may_be_promised_today(shop: Shop) -> None:
    announce(shop, 5, days=5)
    announce(shop, 5, days=9)
    order(shop, [("COAT", 2)])
    (early,) = order(shop, [("COAT", 3)])
    (late,) = order(shop, [("COAT", 5)])
    assert (waits(shop, early), waits(shop, late)) == ((3, day(5)), (5, day(9)))
    assert wait_until(lambda: ahead(shop) == {5: 2}, SECONDS_MAX)
    announce(shop, 3, days=9)

    (none_left,) = order(shop, [("COAT", 1)])
    assert waits(shop, none_left) == (1, None)


def test_of_the_last_unit_that_comes_one_promise_is_made_in_a_batch(shop: Shop) -> None:
    announce(shop, 1, days=5)
    order(shop, [("COAT", 2)])
    days = [waits(shop, each)[1] for each in order(shop, *[[("COAT", 1)]] * 4)]

    assert sorted(map(str, days)) == sorted(map(str, [day(5), None, None, None]))


def test_of_the_last_unit_that_comes_two_processes_make_one_promise(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each looks, and lingers until the other has looked too: the item's row lets only one."""
    announce(shop, 1, days=5)
    snapshot, both_have_looked = shop.services.snapshot(), Barrier(2)
    channel, look = snapshot.network.channels[CHANNEL], expecting.look_ahead

    def look_and_linger(tx: Tx, skus: Collection[str]) -> Ahead:
        found = look(tx, skus)
        with suppress(BrokenBarrierError):
            both_have_looked.wait(timeout=0.5)
        return found

    def promise(tx: Tx) -> date | None:
        line_id = shop.services.new_id()
        lacking = Lacking(line_id=line_id, sku="COAT", units=1, channel=channel)
        found = promise_ahead(tx, snapshot, [lacking], now()).get(line_id)
        waiting = Awaited(line_id, "COAT", channel.channel.id, 1, found)
        expecting.wait_for(tx, [line_id], [waiting])
        return found

    monkeypatch.setattr(expecting, "look_ahead", look_and_linger)
    with ThreadPoolExecutor(2) as processes:
        asked_twice = [processes.submit(shop.database.transact, promise) for _ in range(2)]
        days = [each.result() for each in asked_twice]
    shop.database.transact(lambda tx: tx.execute("delete from stock_awaited"))

    assert sorted(map(str, days)) == [str(day(5)), "None"]


def test_who_waits_is_served_by_promised_day_and_then_as_they_came(shop: Shop) -> None:
    announce(shop, 2, days=9)
    order(shop, [("COAT", 2)])
    (late,) = order(shop, [("COAT", 2)])
    announce(shop, 1, days=4, reference="sooner")
    (soon,) = order(shop, [("COAT", 1)])
    (never,) = order(shop, [("COAT", 7)])
    assert [waits(shop, each)[1] for each in (late, soon, never)] == [day(9), day(4), None]
    shop.settle()

    arrive(shop, 2)
    shop.settle()

    assert [waits(shop, each)[0] for each in (late, soon, never)] == [1, 0, 7]
    assert line(shop, soon).expected_on is None
    assert "order.served" in shop.story(soon)
    arrive(shop, 8)
    shop.settle()
    assert [waits(shop, each) for each in (late, soon, never)] == [(0, None)] * 3
    assert shop.level("L000", "COAT")[2] == 2 + 2 + 1 + 7


def test_what_is_unplaced_is_served_too_when_goods_come(shop: Shop) -> None:
    placed = shop.order([("BELT", 2)])
    assert line(shop, placed).unplaced == 2
    shop.settle()
    put(shop.database, {("L001", "BELT"): 5}, TESTER, now())
    shop.pass_time(minutes=2)
    shop.settle()

    found = line(shop, placed)
    assert (found.unplaced, found.reserved + found.in_work) == (0, 2)
    assert shop.database.read(lambda tx: list_ahead(tx, ["BELT"])).awaited == {}


def test_a_bundle_waits_for_the_part_that_is_missing(shop: Shop) -> None:
    announce(shop, 5, days=3, sku="BELT")
    (placed,) = order(shop, [("SET", 2)])

    assert waits(shop, placed) == (2, day(3))
    (more,) = order(shop, [("SET", 1)])
    assert waits(shop, more) == (1, None), "one belt is half of a set"
    put(shop.database, {("L000", "BELT"): 5}, TESTER, now())
    shop.pass_time(minutes=2)
    shop.settle()
    assert [waits(shop, each)[0] for each in (placed, more)] == [0, 1]


def test_who_waits_for_a_delivery_that_is_cut_or_moved_is_told_another_day(shop: Shop) -> None:
    """Who was promised first keeps the first units; whom nothing reaches is told no day."""
    announce(shop, 3, days=5)
    announce(shop, 2, days=9)
    order(shop, [("COAT", 2)])
    first, second, third = (order(shop, [("COAT", units)])[0] for units in (2, 2, 1))
    assert [waits(shop, each)[1] for each in (first, second, third)] == [day(5), day(9), day(5)]

    announce(shop, 2, days=5)
    date_orders_again(shop)
    assert [waits(shop, each)[1] for each in (first, second, third)] == [day(5), None, day(9)]
    assert shop.story(second)[-1] == "order.expected"
    assert "order.expected" not in shop.story(first)
    announce(shop, 9, days=12, reference="PO-9")
    date_orders_again(shop)
    moved = [waits(shop, each)[1] for each in (first, second, third)]
    assert moved == [day(5), day(12), day(12)], "more comes, and later"
    announce(shop, 9, days=14)
    date_orders_again(shop)
    assert shop.story(third).count("order.expected") == 2, "what has not moved is not told"


def test_who_waits_for_a_transfer_is_told_when_it_leaves_and_what_is_missing(shop: Shop) -> None:
    placed, other = order(shop, [("COAT", 2)], [("COAT", 4)])
    assert waits(shop, other) == (4, None)
    asked_for = TransferRequest(
        id=shop.services.new_id(),
        external_id=None,
        from_id=shop.location("L001"),
        to_id=shop.location("L000"),
        units={"COAT": 4},
        expected_at=datetime.combine(day(6), time(12), UTC),
    )

    def go_on(tx: Tx) -> None:
        plan_transfer(tx, TESTER, asked_for, now())
        dispatch_transfer(tx, TESTER, TransferStep(transfer_id=asked_for.id), now())

    put(shop.database, {("L001", "COAT"): 4}, TESTER, now() - timedelta(days=1))
    shop.database.transact(go_on)
    date_orders_again(shop)
    assert waits(shop, other) == (4, day(6))

    came = TransferStep(transfer_id=asked_for.id, units={"COAT": 3})
    shop.database.transact(lambda tx: receive_transfer(tx, TESTER, came, now()))
    date_orders_again(shop)
    assert waits(shop, other) == (4, None)
    assert shop.story(placed)[-1] != "order.expected"


def test_before_its_launch_an_item_is_ordered_ahead_and_no_store_hears_of_it(shop: Shop) -> None:
    """Two coats are there and one comes: three may be promised for the day of the launch."""
    announce(shop, 1, days=3)
    announce(shop, 9, days=8)
    launch = datetime.combine(day(5), time(9), UTC)
    rule = ProtectionRequest(code="spring", kind="listing", sku="COAT", starts_at=launch)
    shop.database.transact(lambda tx: save_protections(tx, TESTER, [rule], now()))
    assert wait_until(lambda: ahead(shop) == {5: 3, 8: 9}, SECONDS_MAX)

    first, second, third = (order(shop, [("COAT", units)])[0] for units in (2, 1, 1))
    assert [waits(shop, each) for each in (first, second, third)] == [
        (2, day(5)),
        (1, day(5)),
        (1, day(8)),
    ]
    shop.now = launch - timedelta(microseconds=1)
    shop.sweep("orders.serve_waiting")
    assert not shop.read(first.id).fulfillments, "not a moment before"
    shop.now = launch
    assert shop.sweep("orders.serve_waiting")
    assert [waits(shop, each)[0] for each in (first, second, third)] == [0, 1, 1]
    assert shop.level("L000", "COAT") == (2, 0, 2)


def test_a_launch_at_midnight_is_on_its_own_day(shop: Shop) -> None:
    """By the calendar of the places that sell it then, not by ours."""
    midnight = datetime.combine(day(5), time(), ZoneInfo("Europe/Rome"))
    rule = ProtectionRequest(code="spring", kind="listing", sku="COAT", starts_at=midnight)
    shop.database.transact(lambda tx: save_protections(tx, TESTER, [rule], now()))
    assert wait_until(lambda: ahead(shop) == {5: 2}, SECONDS_MAX)
    (placed,) = order(shop, [("COAT", 1)])
    assert waits(shop, placed) == (1, day(5))


def test_who_cancels_gives_the_promise_back(shop: Shop) -> None:
    announce(shop, 1, days=5)
    order(shop, [("COAT", 2)])
    (first,) = order(shop, [("COAT", 1)])
    request = CancelRequest(
        order_id=first.id,
        reason=CancelReason.CUSTOMER,
        pickup_code="123456",
        new_id=shop.services.new_id,
    )
    shop.transact(lambda tx, by: cancel(tx, by, request, now()))
    (second,) = order(shop, [("COAT", 1)])

    assert waits(shop, first) == (0, None)
    assert waits(shop, second) == (1, day(5))


def test_two_sweepers_at_once_serve_one_unit_once(shop: Shop) -> None:
    order(shop, [("COAT", 2)])
    placed = order(shop, *[[("COAT", 1)]] * 6)
    arrive(shop, 3)
    with ThreadPoolExecutor(3) as sweepers:
        list(sweepers.map(lambda _: shop.sweep("orders.serve_waiting"), range(3)))

    assert sorted(waits(shop, each)[0] for each in placed) == [0, 0, 0, 1, 1, 1]
    assert shop.level("L000", "COAT") == (5, 0, 5)


def test_a_day_that_passes_without_goods_is_told_again(shop: Shop) -> None:
    """Late goods are expected today while they are believed; after that nobody knows a day."""
    announce(shop, 3, days=2)
    (placed,) = order(shop, [("COAT", 4)])
    assert waits(shop, placed) == (2, day(2))
    told = []
    for nth in (2, 3, 5, 6, 7):
        shop.now = datetime.combine(day(nth), time(12), UTC)
        while shop.sweep("orders.date_again"):
            pass
        told.append(waits(shop, placed)[1])
    assert told == [day(2), day(3), day(5), None, None]
    assert shop.story(placed).count("order.expected") == 2, "late, and then on no known day"
    figures = shop.database.read(lambda tx: watch(tx, shop.now))
    (coming,) = [each for each in figures if each.name == "incoming_open"]
    assert (coming.count, coming.overdue_seconds) == (1, (4 * 24 + 12) * 3600), "somebody is told"
