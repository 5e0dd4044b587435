"""Who may fetch goods, and what is paid at the till before they are handed over."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.factories import TESTER
from tests.shops import CODE, Shop, associate, open_shop

from ovunque.access.model import Actor
from ovunque.customers.model import Collector
from ovunque.fulfillment.collecting import CollectRequest
from ovunque.fulfillment.model import FulfillmentState
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.agreeing import (
    AgreeRequest,
    TillRequest,
    agree,
    find_agreement,
    hand_out,
    pay_at_till,
)
from ovunque.orders.canceling import CancelRequest, cancel
from ovunque.orders.checking import check_now
from ovunque.orders.model import Agreement, CancelReason, Order
from ovunque.platform.database import Database
from ovunque.platform.refusals import explain

STOCK = {("L001", "HAT"): 9}
MARCO = Collector(name="Marco Rossi", phone="+39 02 1234567")


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def ready(shop: Shop) -> Order:
    order = shop.order([("HAT", 1)], collect_at="L001")
    shop.take(order)
    shop.pick(order)
    return order


def say(shop: Shop, order: Order, to_pay: int | None = 4990, currency: str = "EUR") -> Agreement:
    request = AgreeRequest(
        order_id=order.id,
        delivery=0,
        collector=MARCO,
        to_pay=to_pay,
        currency=currency,
    )
    return shop.transact(lambda tx, by: agree(tx, by, request, shop.now))


def pay(shop: Shop, order: Order, receipt: str = "R-1", by: Actor = TESTER) -> Agreement:
    request = TillRequest(order_id=order.id, delivery=0, receipt=receipt)
    return shop.database.transact(lambda tx: pay_at_till(tx, by, request, shop.now))


def fetch(shop: Shop, order: Order) -> None:
    request = CollectRequest(fulfillment_id=shop.work(order).id, code=CODE)
    shop.transact(lambda tx, by: hand_out(tx, by, request, shop.now))


def test_nothing_is_handed_over_before_it_is_paid_and_it_is_paid_once(shop: Shop) -> None:
    order = ready(shop)
    assert say(shop, order).unpaid == 4990
    with pytest.raises(Refusal, match="unpaid") as refused:
        fetch(shop, order)
    assert explain(refused.value).startswith("49.90 EUR are still to be paid")
    with pytest.raises(Refusal, match="not_found"):
        pay(shop, order, by=associate(shop, "L002"))

    def at_the_till(nth: int) -> str:
        try:
            pay(shop, order, receipt=f"R-{nth}")
        except Refusal as refusal:
            return refusal.code
        return "paid"

    with ThreadPoolExecutor(2) as tills:
        assert sorted(tills.map(at_the_till, range(2))) == ["nothing_to_pay", "paid"]
    with pytest.raises(Refusal, match="paid_already"):
        say(shop, order, to_pay=100)
    fetch(shop, order)
    assert shop.work(order).state == FulfillmentState.COLLECTED
    assert shop.story(order).count("order.paid_at_till") == 1


def test_what_is_agreed_replaces_what_was_and_names_nobody_in_the_journal(shop: Shop) -> None:
    order = ready(shop)
    say(shop, order)
    say(shop, order, to_pay=None)
    agreed = shop.database.read(lambda tx: find_agreement(tx, order.id, 0))
    assert (agreed.collector, agreed.unpaid) == (MARCO, 0)
    assert "Marco" not in str([entry.body for entry in shop.facts(order)])
    fetch(shop, order)


def test_only_what_is_fetched_is_agreed_about_in_its_own_currency(shop: Shop) -> None:
    with pytest.raises(Refusal, match="invalid"):
        say(shop, shop.order([("HAT", 1)]))
    with pytest.raises(Refusal, match="invalid"):
        say(shop, shop.order([("HAT", 1)], collect_at="L001"), currency="CHF")


def test_who_is_waited_for_now_is_answered_within_minutes(shop: Shop) -> None:
    order = shop.order([("HAT", 1)], collect_at="L001")
    shop.database.transact(
        lambda tx: tx.execute("update fulfillment set service = 'express_collect'")
    )
    shop.settle()
    (offer,) = shop.work(order).offers
    assert offer.accept_by is not None
    assert offer.accept_by - shop.now <= timedelta(minutes=5)


def test_nobody_pays_for_what_was_canceled(shop: Shop) -> None:
    order = ready(shop)
    say(shop, order)
    gone = CancelRequest(
        order_id=order.id,
        reason=CancelReason.CUSTOMER,
        pickup_code=CODE,
        new_id=shop.services.new_id,
    )
    shop.transact(lambda tx, by: cancel(tx, by, gone, shop.now))
    with pytest.raises(Refusal, match="nothing_to_pay"):
        pay(shop, order)
