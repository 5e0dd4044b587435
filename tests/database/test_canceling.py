"""Canceling: as far as it has not left, exactly once, and every unit back where it belongs."""

from collections.abc import Iterator

import pytest
from tests.factories import TESTER
from tests.shops import CODE, Shop, open_shop, wait_for_stock

from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.fulfillment.collecting import CollectRequest, collect
from ovunque.fulfillment.labeling import LabelRequest, label
from ovunque.fulfillment.model import (
    FulfillmentState,
    OfferState,
    Parcel,
    ParcelState,
    Reason,
    WithdrawReason,
)
from ovunque.fulfillment.packing import label_key
from ovunque.fulfillment.ports import Label
from ovunque.fulfillment.receiving import ReceiveRequest, receive
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.fulfillment.withdrawing import WithdrawRequest, withdraw
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.canceling import CancelRequest, cancel
from ovunque.orders.checking import check_now
from ovunque.orders.listing import list_orders
from ovunque.orders.model import CancelReason, Order, OrderStatus
from ovunque.platform.database import Database
from ovunque.stock.model import Key
from ovunque.stock.setting_aside import PutBackRequest, put_back

STOCK = {
    ("L000", "BELT"): 9,
    ("L001", "COAT"): 5,
    ("L001", "HAT"): 5,
    ("L002", "COAT"): 5,
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


def call_off(shop: Shop, order: Order) -> Order:
    request = CancelRequest(
        order_id=order.id,
        reason=CancelReason.CUSTOMER,
        pickup_code=CODE,
        new_id=shop.services.new_id,
    )
    return shop.transact(lambda tx, by: cancel(tx, by, request, shop.now))


def states(shop: Shop, order: Order) -> list[str]:
    return sorted(work.state.value for work in shop.read(order.id).fulfillments)


def test_an_order_that_nobody_has_begun_is_gone_at_once(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    after = call_off(shop, order)

    assert after.status == OrderStatus.CANCELED
    assert after.lines[0].canceled == 2
    assert shop.level("L001", "COAT") == (5, 0, 0)
    assert shop.story(order) == ["order.placed", "fulfillment.canceled", "order.canceled"]
    found = shop.database.read(
        lambda tx: list_orders(
            tx, channel_id=None, status=OrderStatus.CANCELED, before=None, limit=9
        )
    )
    assert [each.id for each in found] == [order.id]


def test_it_is_canceled_once(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    call_off(shop, order)
    with pytest.raises(Refusal) as refused:
        call_off(shop, order)
    assert (refused.value.code, refused.value.details) == (
        "nothing_to_cancel",
        {"status": "canceled"},
    )


def test_a_store_that_was_asked_is_asked_no_longer(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    shop.settle()
    call_off(shop, order)
    (work,) = shop.read(order.id).fulfillments
    assert [(offer.state, offer.reason) for offer in work.offers] == [
        (OfferState.WITHDRAWN, "canceled")
    ]
    shop.pass_time(minutes=31)
    assert shop.sweep() == 0


def test_what_was_picked_has_to_be_put_back(shop: Shop) -> None:
    order = shop.order([("COAT", 3)])
    shop.take(order)
    shop.pick(order, quantity=2)
    call_off(shop, order)
    assert shop.level("L001", "COAT") == (5, 2, 0)
    assert shop.aside("L001", "COAT") == {"put_back": 2}

    key = Key("COAT", shop.location("L001"))

    def bring(quantity: int) -> None:
        request = PutBackRequest(key=key, quantity=quantity)
        shop.transact(lambda tx, by: put_back(tx, by, request, shop.now))

    bring(1)
    with pytest.raises(Refusal) as refused:
        bring(2)
    assert (refused.value.code, refused.value.details) == ("not_to_put_back", {"left": 1})
    bring(1)
    assert shop.level("L001", "COAT") == (5, 0, 0)


def packed(shop: Shop, *cart: tuple[str, int]) -> tuple[Order, Parcel]:
    order = shop.order(cart or [("COAT", 2)])
    shop.take(order)
    shop.pick(order)
    return order, shop.pack(order)


def test_a_packed_parcel_is_voided_and_its_label_given_back(shop: Shop) -> None:
    order, parcel = packed(shop)
    shop.label()
    call_off(shop, order)
    assert shop.parcel(parcel).state == ParcelState.VOIDED
    shop.label()

    assert shop.carrier.voided == {"FAKE000001"}
    assert shop.level("L001", "COAT") == (5, 2, 0)
    with pytest.raises(Refusal, match="nothing_to_hand_over"):
        shop.hand_over("L001")


def test_a_label_that_was_not_bought_yet_is_never_bought(shop: Shop) -> None:
    order, _ = packed(shop)
    call_off(shop, order)
    shop.label()
    assert shop.carrier.shipments == []


def test_a_label_that_comes_too_late_is_given_back(shop: Shop) -> None:
    """F15: the carrier was already selling it when the order was canceled."""
    order, parcel = packed(shop)
    call_off(shop, order)
    late = LabelRequest(
        parcel_id=parcel.id,
        label=Label(tracking="LATE", media_type="application/pdf", content=b"%PDF-"),
    )
    shop.transact(lambda tx, by: label(tx, by, late, shop.now))
    shop.label()
    assert shop.carrier.voided == {"LATE"}
    assert shop.parcel(parcel).tracking is None


def test_a_label_whose_answer_was_lost_is_given_back(shop: Shop) -> None:
    """F15: it was sold, nobody here knows, and the order is canceled before we ask again."""
    order, _ = packed(shop)
    shop.carrier.answers_lost = 1
    shop.label()
    call_off(shop, order)
    shop.pass_time(minutes=1)
    shop.label()

    assert len(shop.carrier.shipments) == 1
    assert shop.carrier.voided == {"FAKE000001"}


def test_a_label_is_given_back_though_its_carrier_does_not_answer_for_a_day(shop: Shop) -> None:
    """It was sold, and is paid for: no screen shows the parcel, so nobody would ask again."""
    order, _ = packed(shop)
    shop.carrier.answers_lost = 16
    shop.label()
    call_off(shop, order)
    for _ in range(48):
        shop.pass_time(hours=1)
        shop.label()

    assert shop.carrier.answers_lost == 0
    assert len(shop.carrier.shipments) == 1
    assert shop.carrier.voided == {"FAKE000001"}


def test_a_label_that_was_given_up_is_asked_for_once_more_to_be_given_back(shop: Shop) -> None:
    order, parcel = packed(shop)
    shop.carrier.answers_lost = 1
    shop.label()
    shop.database.transact(
        lambda tx: tx.execute(
            "update job set state = 'parked', attempts = 88 where key = %s", [label_key(parcel.id)]
        )
    )
    call_off(shop, order)
    shop.label()

    assert len(shop.carrier.shipments) == 1
    assert shop.carrier.voided == {"FAKE000001"}


def test_what_has_left_goes_on_and_the_rest_is_canceled(shop: Shop) -> None:
    order = shop.order([("COAT", 3)])
    shop.take(order)
    shop.pick(order)
    first = shop.pack(order, ("COAT", 1))
    shop.pack(order, ("COAT", 1))
    shop.label()
    shop.hand_over("L001", first)
    after = call_off(shop, order)

    assert states(shop, order) == ["canceled", "shipped"]
    assert (after.lines[0].shipped, after.lines[0].canceled) == (1, 2)
    assert after.status == OrderStatus.FULFILLED
    assert shop.level("L001", "COAT") == (4, 2, 0)
    with pytest.raises(Refusal, match="nothing_to_cancel"):
        call_off(shop, order)


def test_what_was_fetched_is_not_canceled(shop: Shop) -> None:
    order = shop.order([("HAT", 1)], collect_at="L001")
    work = shop.take(order)
    shop.pick(order)
    request = CollectRequest(fulfillment_id=work.id, code=CODE)
    shop.transact(lambda tx, by: collect(tx, by, request, shop.now))

    with pytest.raises(Refusal, match="nothing_to_cancel"):
        call_off(shop, order)
    assert shop.level("L001", "HAT") == (4, 0, 0)


def test_units_that_wait_or_are_nowhere_are_canceled_too(shop: Shop) -> None:
    order = shop.order([("COAT", 5), ("NOTHING", 1)])
    shop.settle()
    request = RejectRequest(fulfillment_id=shop.work(order).id, reason=Reason.NO_TIME)
    shop.transact(lambda tx, by: reject(tx, by, request, shop.now))
    after = call_off(shop, order)

    assert [line.canceled for line in after.lines] == [5, 1]
    assert after.status == OrderStatus.CANCELED
    assert shop.sweep() == 0, "nothing is sourced again"


def sell_sets(shop: Shop) -> None:
    shop.transact(lambda tx, by: save_items(tx, by, [SET], shop.now))
    wait_for_stock(shop, "SET")


def test_a_bundle_is_canceled_in_whole_sets(shop: Shop) -> None:
    sell_sets(shop)
    order = shop.order([("SET", 2)])
    shop.settle()
    after = call_off(shop, order)
    assert after.lines[0].canceled == 2
    assert (shop.level("L000", "BELT"), shop.level("L001", "HAT")) == ((9, 0, 0), (5, 0, 0))


def test_a_set_of_which_a_part_has_left_is_completed(shop: Shop) -> None:
    sell_sets(shop)
    order = shop.order([("SET", 1), ("COAT", 1)])
    shop.settle()
    belts = next(work for work in shop.live(order) if shop.at(work) == "L000")
    ship(shop, order, belts.id)
    after = call_off(shop, order)

    coat = next(line for line in after.lines if line.sku == "COAT")
    bundle = next(line for line in after.lines if line.sku == "SET")
    assert (coat.canceled, bundle.canceled) == (1, 0)
    hats = [work for work in after.fulfillments if work.is_live and shop.at(work) == "L001"]
    assert [(row.sku, row.quantity) for work in hats for row in work.lines] == [("HAT", 1)]
    assert after.status == OrderStatus.PARTIALLY_FULFILLED


def ship(shop: Shop, order: Order, work_id: object) -> None:
    """The belts leave; the rest of the order stays as it is."""
    assert [work.id for work in shop.live(order) if shop.at(work) == "L000"] == [work_id]
    shop.pick(order, at="L000")
    shop.pack(order, at="L000")
    shop.label()
    shop.hand_over("L000")


def test_the_rest_of_a_collection_stays_ready(shop: Shop) -> None:
    """Nothing of it has left: all of it is canceled, the set out with the picked."""
    order = shop.order([("COAT", 1), ("HAT", 1)], collect_at="L001")
    shop.take(order)
    shop.pick(order)
    call_off(shop, order)
    assert states(shop, order) == ["canceled"]
    assert shop.aside("L001", "HAT") == {"put_back": 1}


def test_work_can_be_taken_away_and_goes_elsewhere(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.take(order)
    shop.pick(order, quantity=1)
    request = WithdrawRequest(fulfillment_id=shop.work(order).id, reason=WithdrawReason.INCIDENT)
    shop.transact(lambda tx, by: withdraw(tx, by, request, shop.now))
    assert check_now(shop.database) == (), "in between, too"
    shop.settle()

    work = shop.work(order)
    assert (shop.at(work), work.state) == ("L002", FulfillmentState.OFFERED)
    assert shop.aside("L001", "COAT") == {"put_back": 1}
    assert shop.level("L001", "COAT") == (5, 1, 0)
    with pytest.raises(Refusal, match="transition_refused"):
        shop.transact(lambda tx, by: withdraw(tx, by, request, shop.now))


def test_work_that_was_taken_away_can_be_canceled_and_is_put_back_once(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.take(order)
    shop.pick(order, quantity=1)
    request = WithdrawRequest(fulfillment_id=shop.work(order).id, reason=WithdrawReason.PAUSE)
    shop.transact(lambda tx, by: withdraw(tx, by, request, shop.now))
    call_off(shop, order)
    assert shop.aside("L001", "COAT") == {"put_back": 1}
    assert shop.level("L001", "COAT") == (5, 1, 0)


def test_an_order_that_is_not_there_is_not_found(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    request = CancelRequest(
        order_id=shop.location("L001"),
        reason=CancelReason.OTHER,
        pickup_code=CODE,
        new_id=shop.services.new_id,
    )
    with pytest.raises(Refusal, match="not_found"):
        shop.database.transact(lambda tx: cancel(tx, TESTER, request, shop.now))
    assert shop.read(order.id).status == OrderStatus.OPEN


def test_what_had_arrived_when_the_rest_was_canceled_is_delivered(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.take(order)
    shop.pick(order)
    first = shop.pack(order, ("COAT", 1))
    shop.pack(order)
    shop.label()
    shop.hand_over("L001", first)
    shop.tell((first, ParcelState.DELIVERED, 5))
    after = call_off(shop, order)

    assert states(shop, order) == ["canceled", "delivered"]
    assert after.status == OrderStatus.FULFILLED
    assert (after.lines[0].delivered, after.lines[0].canceled) == (1, 1)


def test_what_lies_at_its_store_when_the_rest_is_canceled_is_ready(shop: Shop) -> None:
    order = shop.order([("COAT", 2)], collect_at="L003")
    work = shop.take(order)
    shop.pick(order)
    first = shop.pack(order, ("COAT", 1))
    shop.pack(order)
    shop.label()
    shop.hand_over(shop.at(work), first)
    arrive = ReceiveRequest(location_id=shop.location("L003"), sscc=first.sscc, pickup_code=CODE)
    shop.transact(lambda tx, by: receive(tx, by, arrive, shop.now))
    call_off(shop, order)

    left = shop.work(order)
    assert left.state == FulfillmentState.READY
    fetch = CollectRequest(fulfillment_id=left.id, code=CODE)
    shop.transact(lambda tx, by: collect(tx, by, fetch, shop.now))
    assert shop.read(order.id).status == OrderStatus.FULFILLED
