"""A store cannot hand over what somebody comes for: they are asked, and have their way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from tests.factories import TESTER
from tests.shops import CODE, Shop, associate, open_shop

from ovunque.access.model import Actor
from ovunque.customers.model import ContactRequest
from ovunque.delivery.model import Service
from ovunque.fulfillment import consulting
from ovunque.fulfillment.model import FulfillmentState, Reason
from ovunque.fulfillment.model.consulting import Consent, Instead
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.canceling import CancelRequest, cancel
from ovunque.orders.checking import check_now
from ovunque.orders.consenting import AnswerRequest, answer_for
from ovunque.orders.model import CancelReason, Order
from ovunque.platform.database import Database

STOCK = {("L000", "COAT"): 9, ("L001", "COAT"): 2, ("L001", "HAT"): 1, ("L002", "BELT"): 1}
HOME = ContactRequest(street="Via Dante 1", postal_code="20121", city="Milano", country="IT")
S = FulfillmentState


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def say_no(shop: Shop, request: RejectRequest) -> None:
    ada = associate(shop, "L001")
    shop.database.transact(lambda tx: reject(tx, ada, request, shop.now))


def refuse(shop: Shop, order: Order, reason: Reason = Reason.NO_TIME) -> None:
    say_no(shop, RejectRequest(fulfillment_id=shop.work(order).id, reason=reason))
    shop.settle()


def refused(shop: Shop, sku: str = "COAT", reason: Reason = Reason.NO_TIME) -> Order:
    """An order that its store has turned down before it began."""
    order = shop.order([(sku, 1)], collect_at="L001")
    shop.settle()
    refuse(shop, order, reason)
    return order


def answer(
    shop: Shop, order: Order, said: Instead, by: Actor = TESTER, to: ContactRequest | None = HOME
) -> Order:
    request = AnswerRequest(
        order_id=order.id,
        delivery=0,
        answer=said,
        consent=Consent.MESSAGE,
        address=to if said == Instead.DELIVERY else None,
        snapshot=shop.services.snapshot(),
        new_id=shop.services.new_id,
    )
    return shop.database.transact(lambda tx: answer_for(tx, by, request, shop.now))


def is_asked(shop: Shop, order: Order) -> bool:
    return bool(shop.database.read(lambda tx: consulting.list_open(tx, [order.id])))


def test_units_are_kept_elsewhere_and_nobody_sends_them_before_the_customer_agrees(
    shop: Shop,
) -> None:
    order = refused(shop)

    work = shop.work(order)
    assert (shop.at(work), work.state, work.collect_at) == (
        "L000",
        S.PLANNED,
        shop.location("L001"),
    )
    assert is_asked(shop, order)
    assert "order.pickup_refused" in shop.story(order)
    shop.pass_time(days=3)
    shop.settle()
    assert shop.work(order).state == S.PLANNED

    answer(shop, order, Instead.TRANSFER)
    shop.settle()
    assert shop.work(order).state == S.ACCEPTED
    assert shop.story(order).count("order.pickup_answered") == 1
    assert not is_asked(shop, order)


def test_customer_care_is_told_once_of_who_does_not_answer(shop: Shop) -> None:
    order = refused(shop)
    shop.pass_time(hours=3)
    shop.settle()
    assert "order.pickup_unanswered" not in shop.story(order)
    for _ in range(2):
        shop.pass_time(hours=2)
        shop.settle()
    assert shop.story(order).count("order.pickup_unanswered") == 1


def test_a_customer_has_it_delivered_instead(shop: Shop) -> None:
    order = refused(shop)
    before = shop.work(order)
    answer(shop, order, Instead.DELIVERY)
    shop.settle()

    after = shop.read(order.id)
    assert (after.deliveries[0].service, after.deliveries[0].location_id) == (Service.HOME, None)
    work = shop.work(order)
    assert (shop.at(work), work.service, work.collect_at) == ("L000", "home", None)
    assert work.id != before.id
    assert shop.level("L000", "COAT") == (9, 0, 1)
    assert shop.level("L001", "COAT") == (2, 0, 0)
    shop.pick(order)
    shop.pack(order)
    shop.label()
    assert shop.carrier.shipments[-1].recipient.street == "Via Dante 1"


def test_goods_that_wait_on_their_shelf_are_refused_with_what_that_says_of_the_stock(
    shop: Shop,
) -> None:
    sound, broken = (shop.order([("COAT", 1)], collect_at="L001") for _ in range(2))
    for order in (sound, broken):
        shop.take(order)
        assert shop.pick(order).state == S.READY
    refuse(shop, sound, Reason.CLOSED)
    refuse(shop, broken, Reason.DAMAGED)
    assert shop.aside("L001", "COAT") == {"put_back": 1, "damaged": 1}
    assert shop.level("L001", "COAT") == (2, 2, 0)
    assert is_asked(shop, sound)
    assert is_asked(shop, broken)


def test_what_nobody_can_send_to_the_store_waits_and_is_asked_about(shop: Shop) -> None:
    order = refused(shop, "HAT", Reason.NOT_FOUND)
    assert shop.live(order) == []
    assert is_asked(shop, order)
    answer(shop, order, Instead.DELIVERY)
    (line,) = shop.read(order.id).lines
    assert (line.waiting, line.canceled) == (1, 0)  # Never a silent cancellation.


def test_what_no_carrier_brings_to_an_address_stays_asked(shop: Shop) -> None:
    order = refused(shop)
    far = replace(HOME, country="US", postal_code="10001")
    with pytest.raises(Refusal, match="cannot_deliver"):
        answer(shop, order, Instead.DELIVERY, to=far)
    with pytest.raises(Refusal, match="invalid"):
        answer(shop, order, Instead.DELIVERY, to=None)
    with pytest.raises(Refusal, match="nothing_asked"):
        answer(shop, order, Instead.TRANSFER, by=associate(shop, "L002"))
    assert is_asked(shop, order)
    answer(shop, order, Instead.TRANSFER, by=associate(shop, "L001"))
    with pytest.raises(Refusal, match="nothing_asked"):
        answer(shop, order, Instead.TRANSFER)


def test_a_part_that_is_missing_joins_the_rest_without_a_question(shop: Shop) -> None:
    order = shop.order([("COAT", 1), ("BELT", 1)], collect_at="L001")
    shop.settle()
    for work in shop.live(order):
        if shop.at(work) == "L001":
            say_no(shop, RejectRequest(fulfillment_id=work.id, reason=Reason.NO_TIME))
    shop.settle()
    assert not is_asked(shop, order)


def test_an_order_that_is_canceled_asks_nobody_any_more(shop: Shop) -> None:
    order = refused(shop)
    request = CancelRequest(
        order_id=order.id,
        reason=CancelReason.CUSTOMER,
        pickup_code=CODE,
        new_id=shop.services.new_id,
    )
    shop.transact(lambda tx, by: cancel(tx, by, request, shop.now))
    assert not is_asked(shop, order)
    with pytest.raises(Refusal, match="nothing_asked"):
        answer(shop, order, Instead.TRANSFER)


def test_of_two_answers_at_the_same_moment_one_counts(shop: Shop) -> None:
    order = refused(shop)

    def say(said: Instead) -> str:
        try:
            answer(shop, order, said)
        except Refusal as refusal:
            return refusal.code
        return "heard"

    with ThreadPoolExecutor(2) as people:
        said = sorted(people.map(say, (Instead.TRANSFER, Instead.DELIVERY)))
    assert said == ["heard", "nothing_asked"]
    shop.settle()
    assert len(shop.live(order)) == 1
