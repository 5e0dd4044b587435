"""Several locations are asked at once: the first one has the work, and the units move to it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from tests.acts import Acts
from tests.factories import TESTER
from tests.shops import Shop, associate, moved, open_shop
from tests.worlds import put

from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.model import Fulfillment, FulfillmentState, OfferState, Reason
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.insight.orchestrating import look_over
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.assigning import AssignRequest, assign
from ovunque.orders.checking import check_now
from ovunque.orders.model import Order
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.sourcing.answering import learn_answers
from ovunque.sourcing.model.ruling import Aim, OfferMode, Offers, PlanStep, Strategy
from ovunque.sourcing.publishing import PublishRequest, known_in, publish, save_draft
from ovunque.sourcing.rules.answering import USUAL_PPM

STORES = ("L001", "L002", "L003")
STOCK = {(code, sku): 400 for code in STORES for sku in ("COAT", "HAT")}
RACES = 120


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def rule(shop: Shop, offers: Offers, aim: Aim = Aim.ECONOMIC) -> None:
    """Publish how work finds who does it, and wait until the snapshot knows."""
    strategy = Strategy(
        code="asking", name="Asking", steps=(PlanStep(name="All", aim=aim),), offers=offers
    )
    snapshot = shop.services.snapshot()
    known = known_in(snapshot.network, snapshot.delivery)
    shop.transact(lambda tx, by: save_draft(tx, by, strategy, shop.now))
    asked = PublishRequest(code="asking", known=known)
    shop.transact(lambda tx, by: publish(tx, by, asked, shop.now))
    assert wait_until(lambda: shop.services.snapshot().steering.asks, seconds=20)


def asked(shop: Shop, work: Fulfillment) -> dict[str, OfferState]:
    codes = {shop.location(code): code for code in STORES}
    return {codes[each.location_id]: each.state for each in work.offers}


def take(shop: Shop, order: Order, code: str) -> Fulfillment:
    by = associate(shop, code, f"of {code}")
    return shop.database.transact(lambda tx: accept(tx, by, shop.work(order).id, shop.now))


def say_no(shop: Shop, order: Order, code: str, reason: Reason = Reason.NO_TIME) -> None:
    request = RejectRequest(fulfillment_id=shop.work(order).id, reason=reason)
    by = associate(shop, code)
    shop.database.transact(lambda tx: reject(tx, by, request, shop.now))


def test_the_first_one_has_it_and_its_units_and_the_others_are_told(shop: Shop) -> None:
    rule(shop, Offers(mode=OfferMode.COMPETE, among=3))
    order = shop.order([("COAT", 2)])
    shop.settle()
    work = shop.work(order)
    assert asked(shop, work) == dict.fromkeys(STORES, OfferState.OPEN)
    assert shop.at(work) == "L001"

    taken = take(shop, order, "L003")

    assert taken.state == FulfillmentState.ACCEPTED
    work = shop.work(order)
    assert shop.at(work) == "L003"
    lost = OfferState.WITHDRAWN
    assert asked(shop, work) == {"L001": lost, "L002": lost, "L003": OfferState.CLAIMED}
    assert (shop.level("L001", "COAT"), shop.level("L003", "COAT")) == ((400, 0, 0), (400, 0, 2))
    with pytest.raises(Refusal) as refused:
        take(shop, order, "L001")
    assert refused.value.details == {"state": "claimed", "by": "of L003"}
    told = shop.facts(order)[-1]
    assert set(told.body["others"]) == {str(shop.location(code)) for code in ("L001", "L002")}
    assert moved(shop, order) == [("planned", "offered"), ("offered", "accepted")]
    shop.pick(order)
    assert shop.level("L003", "COAT") == (400, 0, 2)


def test_whose_units_are_gone_is_told_so_and_the_others_may_still_have_it(shop: Shop) -> None:
    rule(shop, Offers(mode=OfferMode.COMPETE, among=3))
    order = shop.order([("COAT", 2)])
    shop.settle()
    put(shop.database, {("L003", "COAT"): 1}, TESTER, shop.now)

    with pytest.raises(Refusal, match="stock_gone"):
        take(shop, order, "L003")
    assert shop.work(order).state == FulfillmentState.OFFERED
    assert take(shop, order, "L002").state == FulfillmentState.ACCEPTED


def test_who_says_no_loses_the_units_to_who_may_still_take_them(shop: Shop) -> None:
    rule(shop, Offers(mode=OfferMode.COMPETE, among=3))
    order = shop.order([("COAT", 2)])
    shop.settle()

    say_no(shop, order, "L001", Reason.DAMAGED)
    assert shop.at(shop.work(order)) == "L002"
    assert (shop.level("L001", "COAT"), shop.level("L002", "COAT")) == ((400, 2, 0), (400, 0, 2))
    say_no(shop, order, "L003", Reason.DAMAGED)
    assert (shop.at(shop.work(order)), shop.level("L003", "COAT")) == ("L002", (400, 2, 0))
    assert check_now(shop.database) == (), "in between, too"

    say_no(shop, order, "L002")
    assert shop.work(order).state == FulfillmentState.REJECTED
    assert shop.story(order)[-3:] == ["offer.rejected", "offer.rejected", "offer.rejected"]
    shop.settle()
    assert shop.read(order.id).lines[0].unplaced == 2


def test_nobody_answers_and_all_offers_end_at_once(shop: Shop) -> None:
    rule(shop, Offers(mode=OfferMode.COMPETE, among=2, minutes=20))
    order = shop.order([("COAT", 2)])
    shop.settle()
    work = shop.work(order)
    assert {each.accept_by for each in work.offers} == {shop.now + timedelta(minutes=20)}
    shop.pass_time(minutes=20)
    shop.settle()
    assert shop.at(shop.work(order)) == "L003"
    assert shop.story(order)[1:] == [
        "offer.opened",
        "offer.expired",
        "offer.expired",
        "order.resourced",
        "offer.opened",
    ]


def test_a_canceled_order_is_nobodys(shop: Shop) -> None:
    rule(shop, Offers(mode=OfferMode.COMPETE, among=3))
    order = shop.order([("COAT", 1)])
    shop.settle()
    shop.database.transact(lambda tx: Acts(shop).cancel(tx, order))
    work = shop.read(order.id).fulfillments[0]
    assert asked(shop, work) == dict.fromkeys(STORES, OfferState.WITHDRAWN)
    by = associate(shop, "L002")
    with pytest.raises(Refusal, match="offer_closed"):
        shop.database.transact(lambda tx: accept(tx, by, work.id, shop.now))


def test_nobody_is_asked_before_its_grace_is_over(shop: Shop) -> None:
    """Who cancels within it has troubled nobody."""
    rule(shop, Offers(mode=OfferMode.ASSIGN, grace_minutes=15))
    order, regretted = shop.order([("COAT", 1)]), shop.order([("HAT", 1)])
    work = shop.work(order)
    assert work.offer_at == work.planned_at + timedelta(minutes=15)
    shop.pass_time(minutes=14)
    shop.settle()
    assert shop.work(order).state == FulfillmentState.PLANNED
    shop.database.transact(lambda tx: Acts(shop).cancel(tx, regretted))
    shop.pass_time(minutes=1)
    shop.settle()
    assert shop.work(order).state == FulfillmentState.OFFERED
    assert "offer.opened" not in shop.story(regretted)


def test_another_plan_does_not_cut_its_grace_short(shop: Shop) -> None:
    rule(shop, Offers(mode=OfferMode.ASSIGN, grace_minutes=15))
    order = shop.order([("COAT", 1)])
    first = shop.work(order)
    put(shop.database, {(shop.at(first), "COAT"): 0}, TESTER, shop.now)
    shop.settle()
    second = shop.work(order)
    assert shop.at(second) != shop.at(first)
    assert (second.state, second.offer_at) == (FulfillmentState.PLANNED, first.offer_at)


def test_what_is_given_is_had_at_once_and_may_still_be_turned_down(shop: Shop) -> None:
    rule(shop, Offers(mode=OfferMode.AUTO_CLAIM))
    order = shop.order([("COAT", 1)])
    shop.settle()
    assert shop.work(order).state == FulfillmentState.ACCEPTED
    say_no(shop, order, "L001")
    shop.settle()
    assert (shop.at(shop.work(order)), shop.work(order).state) == (
        "L002",
        FulfillmentState.ACCEPTED,
    )


def test_who_seldom_answers_is_not_asked_first(shop: Shop) -> None:
    """The second store is dearer by a cent, and takes what it is offered."""
    rule(shop, Offers(mode=OfferMode.ASSIGN, among=3))
    orders = [shop.order([("COAT", 1)]) for _ in range(12)]
    shop.settle()
    assert {shop.at(shop.work(order)) for order in orders} == {"L001"}
    shop.pass_time(minutes=31)
    shop.settle()
    for order in orders:
        take(shop, order, "L002")
    network = shop.services.snapshot().network
    shop.transact(lambda tx, by: learn_answers(tx, by, network, shop.now))
    chances = shop.services.snapshot
    assert wait_until(lambda: chances().chances.mean_ppm != USUAL_PPM, seconds=20)

    order = shop.order([("COAT", 1)])
    shop.settle()
    work = shop.work(order)
    assert (shop.at(work), asked(shop, work)) == ("L002", {"L002": OfferState.OPEN})
    assert shop.level("L001", "COAT")[2] == 0
    (opened,) = [each for each in shop.facts(order) if each.kind == "offer.opened"]
    assert opened.body["planned_location"] == str(shop.location("L001"))


def test_after_so_many_who_said_no_a_person_decides(shop: Shop) -> None:
    """Nobody else is asked, though one has it; the person's choice holds, and is named."""
    rule(shop, Offers(mode=OfferMode.ASSIGN, asked_max=2))
    order = shop.order([("COAT", 1)])
    for code in ("L001", "L002"):
        shop.settle()
        say_no(shop, order, code)
    shop.settle()
    assert (shop.live(order), shop.read(order.id).lines[0].unplaced) == ([], 1)
    (row,) = shop.database.read(lambda tx: look_over(tx, shop.now)).unassigned
    assert (row.order_id, row.asked) == (order.id, 2)

    def give(to: str) -> Order:
        request = AssignRequest(
            order_id=order.id,
            location=to,
            snapshot=shop.services.snapshot(),
            new_id=shop.services.new_id,
        )
        return shop.transact(lambda tx, by: assign(tx, by, request, shop.now))

    with pytest.raises(Refusal, match="cannot_serve"):
        give("L000")
    give("L002")
    shop.settle()
    work = shop.work(order)
    assert (shop.at(work), work.state, len(work.offers)) == ("L002", FulfillmentState.OFFERED, 1)
    assert (shop.facts(order)[-2].kind, shop.facts(order)[-2].actor) == ("order.served", "tester")
    with pytest.raises(Refusal, match="nothing_waits"):
        give("L003")


def test_many_claim_at_the_same_moment_and_one_has_it(shop: Shop) -> None:
    """Three stores for each of many works, all at once; `make bench ARGS=offers` races more."""
    rule(shop, Offers(mode=OfferMode.COMPETE, among=3))
    orders = shop.order_many(RACES, [("HAT", 1)])
    shop.settle()
    start = Barrier(3)

    def claim_all(code: str) -> list[bool]:
        start.wait()
        return [claims(shop, order, code) for order in orders]

    with ThreadPoolExecutor(3) as stores:
        won = list(stores.map(claim_all, STORES))

    assert [sum(each) for each in zip(*won, strict=True)] == [1] * RACES
    reserved = [shop.level(code, "HAT")[2] for code in STORES]
    assert reserved == [sum(each) for each in won]


def claims(shop: Shop, order: Order, code: str) -> bool:
    by = associate(shop, code)
    work_id = order.fulfillments[0].id
    try:
        shop.database.transact(lambda tx: accept(tx, by, work_id, shop.now))
    except Refusal as refusal:
        if refusal.code != "offer_closed":
            raise
        return False
    return True
