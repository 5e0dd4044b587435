"""For a moment an answer to an offer is undone: as far as the world has not gone on meanwhile."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from tests.database.test_competing import STOCK, STORES, asked, rule, take
from tests.shops import CODE, Shop, associate, moved, open_shop

from ovunque.fulfillment.model import FulfillmentState, OfferState, Reason, Wanted
from ovunque.fulfillment.picking import PickRequest, pick
from ovunque.fulfillment.refusing import (
    REFUSE,
    RefuseRequest,
    list_refused,
    refuse,
    run_refusal,
    take_back,
)
from ovunque.fulfillment.reopening import ReopenRequest, reopen
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.model import Order
from ovunque.platform.database import Database
from ovunque.platform.jobs import Work, run_due
from ovunque.sourcing.model.ruling import OfferMode, Offers

WITHIN = timedelta(seconds=10)
S, O = FulfillmentState, OfferState  # noqa: E741 - short, and they stand beside each other


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        rule(opened, Offers(mode=OfferMode.COMPETE, among=3))
        yield opened
    assert check_now(database) == ()


def offered(shop: Shop) -> Order:
    order = shop.order([("COAT", 2)])
    shop.settle()
    assert asked(shop, shop.work(order)) == dict.fromkeys(STORES, O.OPEN)
    return order


def undo(shop: Shop, order: Order, code: str) -> None:
    request = ReopenRequest(fulfillment_id=shop.work(order).id, within=WITHIN)
    by = associate(shop, code)
    shop.database.transact(lambda tx: reopen(tx, by, request, shop.now))


def say_no(shop: Shop, order: Order, code: str, reason: Reason = Reason.DISPLAY) -> None:
    request = RefuseRequest(
        fulfillment_id=shop.work(order).id,
        location_id=shop.location(code),
        reason=reason,
        within=WITHIN,
    )
    by = associate(shop, code)
    shop.database.transact(lambda tx: refuse(tx, by, request, shop.now))


def think_again(shop: Shop, order: Order, code: str) -> None:
    asked = shop.work(order).id, shop.location(code)
    by = associate(shop, code)
    shop.database.transact(lambda tx: take_back(tx, by, asked, shop.now))


def run_jobs(shop: Shop) -> None:
    work = Work(runners={REFUSE: run_refusal}, jitter=lambda: 0.5)
    while run_due(shop.database, work, shop.now):
        pass


def went(work: Callable[[], object]) -> bool:
    try:
        work()
    except Refusal:
        return False
    return True


def test_what_was_accepted_by_mistake_is_offered_again_to_all(shop: Shop) -> None:
    order = offered(shop)
    take(shop, order, "L003")
    with pytest.raises(Refusal, match="not_found"):
        undo(shop, order, "L001")
    undo(shop, order, "L003")
    work = shop.work(order)
    assert work.state == S.OFFERED
    assert asked(shop, work) == dict.fromkeys(STORES, O.OPEN)
    assert moved(shop, order)[-2:] == [("offered", "accepted"), ("accepted", "offered")]
    told = shop.facts(order)[-1]
    assert set(told.body["others"]) == {str(shop.location(code)) for code in ("L001", "L002")}

    assert shop.at(take(shop, order, "L001")) == "L001"
    shop.pass_time(seconds=11)
    with pytest.raises(Refusal, match="undo_over"):
        undo(shop, order, "L001")
    shop.pick(order)
    with pytest.raises(Refusal, match="transition_refused"):
        undo(shop, order, "L001")


def test_undone_and_picked_at_the_same_moment_one_of_both_is_done(shop: Shop) -> None:
    for _ in range(6):
        order = offered(shop)
        work = take(shop, order, "L002")
        wanted = Wanted(line_id=None, sku="COAT", quantity=1)
        request = PickRequest(fulfillment_id=work.id, picked=wanted, pickup_code=CODE)
        by = associate(shop, "L002", "bea")

        def take_one(request: PickRequest = request, by=by) -> None:  # type: ignore[no-untyped-def]
            shop.database.transact(lambda tx: pick(tx, by, request, shop.now))

        with ThreadPoolExecutor(2) as people:
            acts = [partial(undo, shop, order, "L002"), take_one]
            done = [*people.map(went, acts)]
        assert sorted(done) == [False, True]
        assert shop.work(order).state == (S.OFFERED if done[0] else S.PICKING)


def test_a_no_takes_effect_when_it_cannot_be_undone_any_more(shop: Shop) -> None:
    order = offered(shop)
    id_ = shop.work(order).id
    say_no(shop, order, "L001")
    run_jobs(shop)
    here = shop.location("L001")
    refused = shop.database.read(lambda tx: list_refused(tx, here, [id_]))
    assert refused == {id_: shop.now + WITHIN}
    think_again(shop, order, "L001")
    shop.pass_time(seconds=11)
    run_jobs(shop)
    assert asked(shop, shop.work(order)) == dict.fromkeys(STORES, O.OPEN)
    assert shop.level("L001", "COAT") == (400, 0, 2)

    say_no(shop, order, "L001")
    shop.pass_time(seconds=11)
    run_jobs(shop)
    assert asked(shop, shop.work(order))["L001"] == O.REJECTED
    assert shop.level("L001", "COAT") == (400, 2, 0)
    with pytest.raises(Refusal, match="undo_over"):
        think_again(shop, order, "L001")


def test_who_else_was_asked_may_take_it_while_a_no_can_be_undone(shop: Shop) -> None:
    order = offered(shop)
    say_no(shop, order, "L001")
    take(shop, order, "L002")
    shop.pass_time(seconds=11)
    run_jobs(shop)
    assert asked(shop, shop.work(order))["L001"] == O.WITHDRAWN
    assert shop.level("L001", "COAT") == (400, 0, 0), "their reason does not count any more"


def test_who_said_no_and_takes_it_after_all_has_it(shop: Shop) -> None:
    order = offered(shop)
    say_no(shop, order, "L001")
    take(shop, order, "L001")
    shop.pass_time(seconds=11)
    run_jobs(shop)
    assert shop.work(order).state == S.ACCEPTED


def test_a_no_that_is_undone_while_it_takes_effect_is_one_or_the_other(shop: Shop) -> None:
    for _ in range(4):
        shop.pass_time(hours=2)
        order = offered(shop)
        say_no(shop, order, "L001", Reason.NO_TIME)
        shop.pass_time(seconds=11)
        with ThreadPoolExecutor(3) as people:
            acts = [
                partial(think_again, shop, order, "L001"),
                partial(run_jobs, shop),
                partial(take, shop, order, "L003"),
            ]
            is_undone, _, _ = people.map(went, acts)
        run_jobs(shop)
        assert shop.at(shop.work(order)) == "L003"
        states = asked(shop, shop.work(order))
        assert states["L003"] == O.CLAIMED
        assert (
            states["L001"] == O.WITHDRAWN
            if is_undone
            else states["L001"] in (O.WITHDRAWN, O.REJECTED)
        )
