"""An edited order goes elsewhere, or later: planned anew, promised anew, or not at all."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.database.test_editing import HOME, change, going_to, refused, to
from tests.factories import TESTER
from tests.shops import Shop, open_shop, wait_for_stock

from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.delivery.model import LaneRequest, Service, ZoneArea, ZoneRequest
from ovunque.delivery.saving import save_lanes, save_zones
from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.orders.model import Order
from ovunque.orders.model.editing import ServiceChange
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.promise.keeping import keep
from ovunque.promise.model import KeptPromise

STOCK = {
    ("L000", "BELT"): 9,
    ("L001", "COAT"): 5,
    ("L001", "HAT"): 5,
    ("L002", "COAT"): 5,
}
FAR = replace(HOME, street="Via Roma 1", postal_code="SM1", city="San Marino", country="SM")
NOWHERE = replace(HOME, country="JP")
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
        zone = ZoneRequest(code="far", areas=(ZoneArea(country="SM"),))
        lane = LaneRequest(
            carrier="gls",
            service="standard",
            from_zone="it",
            to_zone="far",
            transit_days=6,
            rates=((30_000, 2_500),),
        )
        database.transact(lambda tx: save_zones(tx, TESTER, [zone], opened.now, new_id))
        database.transact(lambda tx: save_lanes(tx, TESTER, [lane], opened.now, new_id))
        snapshot = opened.services.snapshot
        assert wait_until(lambda: snapshot().delivery.zone_of("SM", "SM1") is not None, 10)
        yield opened
    assert check_now(database) == ()


def promise(shop: Shop, order: Order, latest: datetime) -> None:
    kept = KeptPromise(
        order_id=order.id,
        delivery=0,
        earliest=shop.now,
        latest=latest,
        customer_price=490,
        emissions_g=0,
        deviation=None,
        service="home",
        destination="IT 20123",
    )
    shop.transact(lambda tx, _: keep(tx, [kept]))


def test_another_zone_is_planned_anew(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    (before,) = shop.live(order)
    change(shop, order, going_to(FAR))
    (after,) = shop.live(order)
    assert before.arrives_at is not None
    assert after.arrives_at is not None
    assert after.id != before.id
    assert after.arrives_at > before.arrives_at
    assert shop.level("L001", "COAT") == (5, 0, 1)
    shop.settle()


def test_another_zone_is_too_late_once_work_has_begun(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    shop.take(order)
    assert refused(shop, order, going_to(FAR)) == [("too_late_to_edit", "/changes/0", "too_late")]


def test_where_nobody_delivers_nothing_changes(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    assert refused(shop, order, to(order, 2), going_to(NOWHERE)) == [
        ("cannot_deliver", "/changes/1", "cannot_deliver")
    ]
    assert shop.read(order.id) == order


def test_later_than_promised_needs_the_customers_word(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    (work,) = shop.live(order)
    assert work.arrives_at is not None
    promise(shop, order, work.arrives_at)
    assert refused(shop, order, going_to(FAR)) == [("promise_later", "/changes/0", "promise_later")]
    change(shop, order, going_to(FAR), arrive_by=shop.now + timedelta(days=30))
    (kept,) = shop.read(order.id).promises
    (after,) = shop.live(order)
    assert kept.latest == after.arrives_at
    assert kept.destination == "SM SM1"
    assert kept.told == kept.latest
    shop.settle()


def test_a_promise_that_still_holds_stays(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    promise(shop, order, shop.now + timedelta(days=30))
    edited = change(shop, order, going_to(FAR))
    assert edited.promises == []
    (kept,) = edited.after.promises
    assert (kept.latest, kept.destination) == (shop.now + timedelta(days=30), "SM SM1")


def test_sets_go_as_a_whole_and_come_as_they_are_at_work(shop: Shop) -> None:
    shop.transact(lambda tx, by: save_items(tx, by, [SET], shop.now))
    wait_for_stock(shop, "SET")
    order = shop.order([("SET", 2)])
    change(shop, order, to(order, 1))
    assert shop.level("L001", "HAT") == (5, 0, 1)
    assert shop.level("L000", "BELT") == (9, 0, 2)
    change(shop, order, to(order, 3))
    assert shop.level("L001", "HAT") == (5, 0, 3)
    assert shop.level("L000", "BELT") == (9, 0, 6)
    assert refused(shop, order, to(order, 5)) == [("out_of_stock", "/changes/0", "out_of_stock")]


def test_money_that_is_to_be_paid_at_the_till_keeps_a_delivery_there(shop: Shop) -> None:
    order = shop.order([("COAT", 1)], collect_at="L001")
    shop.transact(
        lambda tx, _: tx.execute(
            "insert into pickup_agreement (order_id, delivery_nth, to_pay) values (%s, 0, 4990)",
            [order.id],
        )
    )
    home = ServiceChange(delivery=0, service=Service.HOME, address=HOME)
    assert refused(shop, order, home) == [("invalid", "/changes/0", "to_be_paid")]
