"""Goods that are fetched at a store and come from elsewhere: planned, sent, received, collected."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.factories import TESTER
from tests.shops import CODE, Shop, associate, moved, open_shop

from ovunque.fulfillment.collecting import CollectRequest, collect
from ovunque.fulfillment.listing import list_rides
from ovunque.fulfillment.model import Fulfillment, FulfillmentState, Heard, Parcel, ParcelState
from ovunque.fulfillment.receiving import ReceiveRequest, receive
from ovunque.insight.arriving import list_expected
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.model import Order, OrderStatus
from ovunque.platform.database import Database

STOCK = {("L000", "COAT"): 9, ("L001", "HAT"): 9, ("L002", "BELT"): 1}
S = FulfillmentState


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def got(shop: Shop, parcel: Parcel, at: str = "L001", by: Any = TESTER) -> Fulfillment:
    request = ReceiveRequest(location_id=shop.location(at), sscc=parcel.sscc, pickup_code=CODE)
    return shop.database.transact(lambda tx: receive(tx, by, request, shop.now))


def sent(shop: Shop) -> tuple[Order, Parcel]:
    """A coat of the warehouse on its way to a store."""
    order = shop.order([("COAT", 1)], collect_at="L001")
    shop.take(order)
    shop.pick(order)
    parcel = shop.pack(order)
    shop.label()
    return order, parcel


def fetch(shop: Shop, order: Order, by: Any, at: str | None = None) -> None:
    request = CollectRequest(fulfillment_id=shop.work(order, at).id, code=CODE)
    shop.database.transact(lambda tx: collect(tx, by, request, shop.now))


def test_what_a_store_lacks_is_sent_there_beside_what_it_has(shop: Shop) -> None:
    order = shop.order([("COAT", 1), ("HAT", 1)], collect_at="L001")

    works = {shop.at(work): work for work in shop.live(order)}
    assert works.keys() == {"L000", "L001"}
    assert works["L000"].collect_at == shop.location("L001")
    assert works["L000"].carrier_service_id is not None
    assert (works["L001"].collect_at, works["L001"].carrier_service_id) == (None, None)
    here, there = works["L001"].arrives_at, works["L000"].arrives_at
    assert here is not None
    assert there is not None
    assert here < there


def test_a_store_with_all_of_it_waits_for_no_parcel(shop: Shop) -> None:
    order = shop.order([("HAT", 2)], collect_at="L001")
    assert shop.at(shop.work(order)) == "L001"
    assert shop.work(order).carrier_service_id is None


def test_a_parcel_is_awaited_received_and_collected(shop: Shop) -> None:
    order, parcel = sent(shop)
    assert shop.carrier.shipments[0].recipient.street == "Via Roma 2"
    shop.hand_over("L000")
    assert shop.work(order).state == S.AWAITING_ARRIVAL
    assert shop.level("L000", "COAT") == (8, 0, 0)
    assert shop.tell((parcel, ParcelState.DELIVERED, 5)) == [Heard.APPLIED]
    assert shop.work(order).state == S.AWAITING_ARRIVAL  # The store has not seen it yet.
    assert shop.read(order.id).status == OrderStatus.FULFILLED

    ada = associate(shop, "L001")
    assert got(shop, parcel, by=ada).state == S.READY
    assert got(shop, parcel, by=ada).pickup_code == CODE  # Scanned twice, it arrived once.
    fetch(shop, order, ada)

    assert shop.work(order).state == S.COLLECTED
    assert moved(shop, order)[-4:] == [
        ("ready", "shipped"),
        ("shipped", "awaiting_arrival"),
        ("awaiting_arrival", "ready"),
        ("ready", "collected"),
    ]
    assert shop.level("L000", "COAT") == (8, 0, 0)
    assert shop.story(order).count("fulfillment.ready") == 1


def test_a_parcel_that_nobody_scanned_when_it_left_has_left(shop: Shop) -> None:
    order, parcel = sent(shop)
    assert got(shop, parcel).state == S.READY
    assert shop.level("L000", "COAT") == (8, 0, 0)
    assert shop.parcel(parcel).state == ParcelState.DELIVERED
    fetch(shop, order, TESTER)


def test_it_is_handed_over_only_where_it_has_arrived(shop: Shop) -> None:
    order, parcel = sent(shop)
    shop.hand_over("L000")
    with pytest.raises(Refusal, match="not_found"):
        got(shop, parcel, at="L002")
    with pytest.raises(Refusal, match="transition_refused"):
        fetch(shop, order, TESTER)
    got(shop, parcel)
    with pytest.raises(Refusal, match="not_found"):
        fetch(shop, order, associate(shop, "L000"))
    fetch(shop, order, associate(shop, "L001"))


def test_what_a_store_has_received_is_on_its_way_no_longer(shop: Shop) -> None:
    """Whether its carrier tells of it or not: how long its lanes take is learned of it."""
    _, parcel = sent(shop)
    shop.hand_over("L000")
    shop.pass_time(days=2)
    shop.tell((parcel, ParcelState.IN_TRANSIT, -60))
    got(shop, parcel)

    since = shop.now - timedelta(days=9)
    (ride,) = shop.database.read(lambda tx: list_rides(tx, since, 9))
    assert ride.delivered_at == shop.now


def test_a_parcel_that_is_lost_on_its_way_is_no_arrival(shop: Shop) -> None:
    order, parcel = sent(shop)
    shop.hand_over("L000")
    shop.tell((parcel, ParcelState.LOST, 5))
    assert shop.work(order).state == S.LOST
    with pytest.raises(Refusal, match="transition_refused"):
        got(shop, parcel)


def test_a_parcel_arrives_while_the_rest_is_still_being_packed(shop: Shop) -> None:
    order = shop.order([("COAT", 2)], collect_at="L001")
    shop.take(order)
    shop.pick(order)
    first = shop.pack(order, ("COAT", 1))
    shop.label()
    shop.hand_over("L000", first)

    assert got(shop, first).state == S.PICKED
    second = shop.pack(order)
    shop.label()
    shop.hand_over("L000", second)
    assert shop.work(order).state == S.AWAITING_ARRIVAL
    assert got(shop, second).state == S.READY
    fetch(shop, order, TESTER)


def test_each_parcel_has_arrived_when_the_store_has_seen_it(shop: Shop) -> None:
    order = shop.order([("COAT", 2)], collect_at="L001")
    shop.take(order)
    shop.pick(order)
    first, second = shop.pack(order, ("COAT", 1)), shop.pack(order)
    shop.label()
    shop.hand_over("L000")
    shop.tell((first, ParcelState.DELIVERED, 5), (second, ParcelState.DELIVERED, 5))

    assert got(shop, first).state == S.AWAITING_ARRIVAL
    expected = shop.database.read(lambda tx: list_expected(tx, shop.location("L001")))
    assert [each.sscc for each in expected] == [second.sscc]
    assert got(shop, second).state == S.READY
