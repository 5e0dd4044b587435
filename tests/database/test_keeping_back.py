"""Orders that are kept back: reserved, and nobody's work until somebody has looked at them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from tests.factories import TESTER
from tests.shops import CODE, Shop, associate, open_shop

from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.collecting import CollectRequest, collect
from ovunque.fulfillment.labeling import (
    LabelRequest,
    find_label,
    label_by_hand,
    try_again,
)
from ovunque.fulfillment.model import FulfillmentState, OfferState, ParcelState
from ovunque.fulfillment.model.keeping_back import HoldAsk, HoldReason, OnExpiry
from ovunque.fulfillment.offering import list_due, list_planned
from ovunque.fulfillment.ports import Label
from ovunque.fulfillment.rules.keeping_back import HELD_MAX, hold_faults
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.canceling import CancelRequest, cancel
from ovunque.orders.checking import check_now
from ovunque.orders.keeping_back import (
    EndHoldsRequest,
    HoldBackRequest,
    end_holds,
    hold_back,
    release,
)
from ovunque.orders.model import CancelReason, Order, OrderStatus
from ovunque.platform.database import Database, Link, Tx
from ovunque.platform.embedded import wait_until

STOCK = {("L001", "COAT"): 3}
LABEL = Label(tracking="AB12", media_type="application/pdf", content=b"%PDF")
S, FRAUD, PAYMENT = FulfillmentState, HoldReason.FRAUD, HoldReason.PAYMENT


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def hold(shop: Shop, order: Order, reason: HoldReason = FRAUD) -> Order:
    request = HoldBackRequest(order_id=order.id, asked=HoldAsk(reason=reason, owner="Anna"))
    return shop.database.transact(lambda tx: hold_back(tx, TESTER, request, shop.now))


def let_go(shop: Shop, order: Order, reason: HoldReason | None = None) -> Order:
    return shop.database.transact(lambda tx: release(tx, TESTER, (order.id, reason), shop.now))


def stop(shop: Shop, order: Order) -> Order:
    request = CancelRequest(
        order_id=order.id,
        reason=CancelReason.FRAUD,
        pickup_code=CODE,
        new_id=shop.services.new_id,
    )
    return shop.database.transact(lambda tx: cancel(tx, TESTER, request, shop.now))


def test_nobody_is_asked_until_every_hold_is_released(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    hold(shop, order)
    held = hold(shop, order, PAYMENT)
    assert [(each.reason, each.owner) for each in held.holds] == [
        (FRAUD, "Anna"),
        (PAYMENT, "Anna"),
    ]
    shop.settle()
    assert shop.work(order).state == S.PLANNED
    assert shop.level("L001", "COAT") == (3, 0, 1), "its goods stay reserved"
    assert shop.database.read(lambda tx: list_due(tx, shop.now, 10)) == (), "nobody looks in vain"
    planned = shop.database.read(lambda tx: list_planned(tx, [order.id], shop.now))
    assert planned == (), "nor whoever had begun to look before"
    let_go(shop, order, FRAUD)
    shop.settle()
    assert shop.work(order).state == S.PLANNED
    assert let_go(shop, order).holds == ()
    shop.settle()
    assert shop.work(order).state == S.OFFERED
    told = [kind for kind in shop.story(order) if kind in ("order.held", "order.released")]
    assert told == ["order.held", "order.held", "order.released", "order.released"]


@pytest.mark.parametrize("accepted", [False, True])
def test_who_has_not_begun_is_relieved_and_may_be_asked_again(shop: Shop, accepted: bool) -> None:
    order = shop.order([("COAT", 1)])
    shop.settle()
    first = shop.work(order)
    if accepted:
        shop.take(order)
    hold(shop, order)
    shop.settle()
    again = shop.work(order)
    assert (again.state, shop.at(again)) == (S.PLANNED, "L001"), "the only one that has it"
    with pytest.raises(Refusal):
        shop.database.transact(lambda tx: accept(tx, TESTER, first.id, shop.now))
    let_go(shop, order)
    shop.settle()
    (offer,) = shop.work(order).offers
    assert (shop.work(order).state, offer.state) == (S.OFFERED, OfferState.OPEN)
    assert shop.level("L001", "COAT") == (3, 0, 1)


def test_what_was_begun_stops_until_it_is_released(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.take(order)
    shop.pick(order, quantity=1)
    hold(shop, order)
    shop.settle()
    assert shop.work(order).state == S.PICKING
    with pytest.raises(Refusal, match="order_held"):
        shop.pick(order)
    let_go(shop, order)
    shop.pick(order)
    shop.pass_time(minutes=1)
    hold(shop, order)
    with pytest.raises(Refusal, match="order_held"):
        shop.pack(order)
    let_go(shop, order)
    shop.pack(order)
    assert shop.work(order).state == S.PACKED


def test_no_label_and_no_carrier_gets_what_is_kept_back(shop: Shop) -> None:
    order, other = shop.order_many(2, [("COAT", 1)])
    for each in (order, other):
        shop.take(each)
        shop.pick(each)
        shop.pack(each)
    hold(shop, order)
    (parcel,) = shop.work(order).parcels
    by_hand = LabelRequest(parcel_id=parcel.id, label=LABEL)
    ways: list[Callable[[Tx], object]] = [
        lambda tx: try_again(tx, TESTER, parcel.id, shop.now),
        lambda tx: label_by_hand(tx, TESTER, by_hand, shop.now),
    ]
    for way in ways:
        with pytest.raises(Refusal, match="order_held"):
            shop.database.transact(way)
    shop.label()
    with pytest.raises(Refusal, match="order_held"):
        shop.database.read(lambda tx: find_label(tx, TESTER, parcel.id))
    with pytest.raises(Refusal, match="order_held"):
        shop.hand_over("L001", parcel)
    gone = shop.hand_over("L001")
    assert [each.order_id for each in gone.parcels] == [other.id], "all that may go"
    with pytest.raises(Refusal, match="nothing_to_hand_over"):
        shop.hand_over("L001")
    let_go(shop, order)
    assert [each.id for each in shop.hand_over("L001").parcels] == [parcel.id]


def test_who_comes_for_what_is_kept_back_does_not_get_it(shop: Shop) -> None:
    order = shop.order([("COAT", 1)], collect_at="L001")
    shop.take(order)
    shop.pick(order)
    hold(shop, order)
    fetch = CollectRequest(fulfillment_id=shop.work(order).id, code=CODE)
    with pytest.raises(Refusal, match="order_held"):
        shop.transact(lambda tx, by: collect(tx, by, fetch, shop.now))
    let_go(shop, order)
    shop.transact(lambda tx, by: collect(tx, by, fetch, shop.now))
    assert shop.work(order).state == S.COLLECTED


def test_a_hold_stands_once_for_each_reason(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    first = hold(shop, order).holds
    shop.pass_time(minutes=1)
    assert hold(shop, order).holds == first
    assert shop.story(order).count("order.held") == 1
    with pytest.raises(Refusal, match="nothing_held"):
        let_go(shop, order, PAYMENT)
    let_go(shop, order, FRAUD)
    with pytest.raises(Refusal, match="nothing_held"):
        let_go(shop, order)
    assert len(hold(shop, order).holds) == 1, "and again"


def timed(shop: Shop, order: Order, on_expiry: OnExpiry, **more: Any) -> Order:
    ask = HoldAsk(**{"reason": PAYMENT, "minutes": 60, "on_expiry": on_expiry, **more})
    request = HoldBackRequest(order_id=order.id, asked=ask)
    return shop.database.transact(lambda tx: hold_back(tx, TESTER, request, shop.now))


def test_a_hold_ends_by_itself_and_the_order_goes_on(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    (kept,) = timed(shop, order, OnExpiry.RELEASE).holds
    assert (kept.owner, kept.expires_at) == (TESTER.name, shop.now + timedelta(hours=1))
    shop.pass_time(minutes=59)
    shop.settle()
    assert shop.work(order).state == S.PLANNED
    hold(shop, order)
    shop.pass_time(minutes=1)
    shop.settle()
    assert [each.reason for each in shop.read(order.id).holds] == [FRAUD], "that one has no end"
    assert shop.work(order).state == S.PLANNED
    let_go(shop, order)
    shop.settle()
    assert shop.work(order).state == S.OFFERED
    told = [e.body.get("expired") for e in shop.facts(order) if e.kind == "order.released"]
    assert told == [True, None]


def test_a_hold_ends_by_itself_and_the_order_with_it(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    timed(shop, order, OnExpiry.CANCEL)
    hold(shop, order)
    shop.pass_time(minutes=60)
    shop.settle()
    ended = shop.read(order.id)
    assert (ended.status, ended.holds) == (OrderStatus.CANCELED, ())
    assert shop.level("L001", "COAT") == (3, 0, 0)
    story = [kind for kind in shop.story(order) if kind.startswith("order.")][-3:]
    assert story == ["order.released", "order.canceled", "order.released"]


def test_what_was_begun_before_and_has_left_is_not_canceled(shop: Shop) -> None:
    """It was on the van already: what its carrier says of it is a fact."""
    order = shop.order([("COAT", 1)])
    shop.take(order)
    shop.pick(order)
    parcel = shop.pack(order)
    shop.label()
    timed(shop, order, OnExpiry.CANCEL)
    shop.tell((shop.parcel(parcel), ParcelState.IN_TRANSIT, 1))
    shop.pass_time(minutes=60)
    shop.settle()
    assert (shop.read(order.id).status, shop.read(order.id).holds) == (OrderStatus.FULFILLED, ())


def test_who_releases_in_the_moment_of_its_end_saves_the_order(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    timed(shop, order, OnExpiry.CANCEL)
    shop.pass_time(minutes=60)
    request = EndHoldsRequest(order_ids=[order.id], new_id=shop.services.new_id)
    with Link.connect(shop.database.conninfo) as tx, ThreadPoolExecutor(1) as worker:
        release(tx, TESTER, (order.id, None), shop.now)
        ending = worker.submit(
            shop.database.transact, lambda tx: end_holds(tx, TESTER, request, shop.now)
        )
        assert wait_until(lambda: somebody_waits(shop.database), seconds=10)
        tx.commit()
        assert ending.result(10) == 0
    assert shop.read(order.id).status == OrderStatus.OPEN


def test_an_order_is_kept_back_from_its_first_moment(shop: Shop) -> None:
    asks = (HoldAsk(reason=PAYMENT, minutes=30), HoldAsk(reason=FRAUD, owner="Anna"))
    order = shop.order([("COAT", 1)], holds=asks)
    assert [(each.reason, each.owner) for each in order.holds] == [
        (FRAUD, "Anna"),
        (PAYMENT, TESTER.name),
    ]
    shop.settle()
    assert (shop.work(order).state, shop.work(order).offers) == (S.PLANNED, ())
    assert shop.level("L001", "COAT") == (3, 0, 1)
    assert shop.story(order)[:3] == ["order.placed", "order.held", "order.held"]
    let_go(shop, order, FRAUD)
    shop.pass_time(minutes=30)
    shop.settle()
    assert shop.work(order).state == S.OFFERED


def test_a_hold_ends_once_in_time_to_come_and_soon_enough(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    long = {"minutes": None, "expires_at": shop.now + HELD_MAX + timedelta(seconds=1)}
    odd: list[dict[str, Any]] = [
        {"minutes": None},
        {"minutes": None, "expires_at": shop.now},
        {"expires_at": shop.now + timedelta(hours=1)},
        long,
    ]
    for each in odd:
        with pytest.raises(Refusal, match="invalid"):
            timed(shop, order, OnExpiry.CANCEL, **each)
    twice = (HoldAsk(reason=FRAUD), HoldAsk(reason=FRAUD, minutes=1, expires_at=shop.now))
    found = [(fault.pointer, fault.code) for fault in hold_faults(twice, shop.now)]
    assert found == [("/holds/1/reason", "duplicate"), ("/holds/1/expires_at", "unexpected")]


def test_a_canceled_order_is_nobodys_task_any_more(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    hold(shop, order)
    assert stop(shop, order).holds == ()
    assert shop.story(order).count("order.released") == 1
    with pytest.raises(Refusal, match="nothing_to_hold"):
        hold(shop, order)
    assert shop.level("L001", "COAT") == (3, 0, 0)


def test_who_accepts_in_that_very_moment_is_relieved_too(shop: Shop) -> None:
    ada = associate(shop, "L001")
    order = shop.order([("COAT", 1)])
    shop.settle()
    with Link.connect(shop.database.conninfo) as tx, ThreadPoolExecutor(1) as desk:
        accept(tx, ada, shop.work(order).id, shop.now)
        holding = desk.submit(hold, shop, order)
        assert wait_until(lambda: somebody_waits(shop.database), seconds=10)
        tx.commit()
        (hold_now,) = holding.result(10).holds
    assert hold_now.reason == FRAUD
    shop.settle()
    assert shop.work(order).state == S.PLANNED


def somebody_waits(database: Database) -> bool:
    """A transaction stands at a lock of another."""
    row = database.read(
        lambda tx: tx.execute(
            "select exists (select from pg_stat_activity where wait_event_type = 'Lock')"
        ).fetchone()
    )
    return row is not None and bool(row[0])
