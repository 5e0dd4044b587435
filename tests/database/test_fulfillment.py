"""The work of locations: offered, taken, turned down, and what each means for the stock."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.shops import Shop, associate, moved, open_shop

from ovunque.access.model import SYSTEM
from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.expiring import expire_offers
from ovunque.fulfillment.model import FulfillmentState, OfferState, Reason
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.model import Order, OrderStatus
from ovunque.platform.database import Database
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.moving import move

STOCK = {
    ("L000", "BELT"): 9,
    ("L001", "COAT"): 3,
    ("L001", "HAT"): 2,
    ("L002", "COAT"): 5,
    ("L003", "HAT"): 4,
}


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def say_no(shop: Shop, order: Order, reason: Reason) -> None:
    request = RejectRequest(fulfillment_id=shop.work(order).id, reason=reason)
    by = associate(shop, "L001")
    shop.database.transact(lambda tx: reject(tx, by, request, shop.now))


def test_a_warehouse_has_its_work_at_once(shop: Shop) -> None:
    order = shop.order([("BELT", 1)])
    assert shop.read(order.id).status == OrderStatus.OPEN

    shop.settle()

    work = shop.work(order)
    assert (work.state, shop.at(work)) == (FulfillmentState.ACCEPTED, "L000")
    assert [offer.state for offer in work.offers] == [OfferState.CLAIMED]
    assert shop.story(order) == ["order.placed", "fulfillment.accepted"]
    assert moved(shop, order) == [("planned", "offered"), ("offered", "accepted")]
    assert shop.read(order.id).status == OrderStatus.IN_PROGRESS


def test_a_store_is_asked_and_takes_it(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.settle()
    (offer,) = shop.work(order).offers
    assert (offer.state, offer.accept_by) == (OfferState.OPEN, shop.now + timedelta(minutes=30))

    ada = associate(shop, "L001")
    taken = shop.database.transact(lambda tx: accept(tx, ada, shop.work(order).id, shop.now))

    assert taken.state == FulfillmentState.ACCEPTED
    (claimed,) = shop.work(order).offers
    assert (claimed.state, claimed.closed_by) == (OfferState.CLAIMED, "ada")
    (line,) = shop.read(order.id).lines
    assert (line.reserved, line.in_work) == (0, 2)


def test_an_offer_is_taken_once_and_the_second_is_told_by_whom(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    shop.settle()
    work = shop.work(order)
    shop.database.transact(lambda tx: accept(tx, associate(shop, "L001"), work.id, shop.now))

    with pytest.raises(Refusal) as refused:
        shop.database.transact(
            lambda tx: accept(tx, associate(shop, "L001", "bea"), work.id, shop.now)
        )
    assert (refused.value.code, refused.value.details) == (
        "offer_closed",
        {"state": "claimed", "by": "ada"},
    )


def test_the_work_of_another_store_is_not_there(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    shop.settle()
    stranger = associate(shop, "L002")
    with pytest.raises(Refusal) as refused:
        shop.database.transact(lambda tx: accept(tx, stranger, shop.work(order).id, shop.now))
    assert refused.value.code == "not_found"


def test_an_offer_that_nobody_answers_goes_to_the_next_best_place(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.settle()
    shop.pass_time(minutes=30)

    with pytest.raises(Refusal, match="expired"):
        shop.database.transact(lambda tx: accept(tx, SYSTEM, shop.work(order).id, shop.now))
    shop.settle()

    work = shop.work(order)
    assert (work.state, shop.at(work)) == (FulfillmentState.OFFERED, "L002")
    assert shop.story(order) == [
        "order.placed",
        "offer.opened",
        "offer.expired",
        "order.resourced",
        "offer.opened",
    ]
    assert shop.level("L001", "COAT") == (3, 0, 0)


def test_who_looks_too_early_expires_nothing(shop: Shop) -> None:
    """A sweeper saw it due by a clock that ran ahead, or another offer of the order was."""
    order = shop.order([("COAT", 2)])
    shop.settle()
    (offer,) = shop.work(order).offers
    assert offer.accept_by is not None

    early = offer.accept_by - timedelta(seconds=1)
    assert shop.transact(lambda tx, by: expire_offers(tx, by, [order.id], early)) == 0
    assert shop.work(order).state == FulfillmentState.OFFERED


@pytest.mark.parametrize(
    ("reason", "aside"),
    [
        (Reason.NOT_FOUND, {"missing": 3}),  # The third coat is not to be trusted either.
        (Reason.FEWER, {"missing": 3}),
        (Reason.DAMAGED, {"damaged": 2}),
        (Reason.DISPLAY, {"display": 2}),
        (Reason.SOLD_MEANWHILE, {"awaiting_till": 2}),
        (Reason.NO_TIME, {}),
        (Reason.CLOSED, {}),
    ],
)
def test_why_a_store_says_no_is_what_its_stock_becomes(
    shop: Shop, reason: Reason, aside: dict[str, int]
) -> None:
    order = shop.order([("COAT", 2)])
    shop.settle()
    say_no(shop, order, reason)
    assert check_now(shop.database) == (), "in between, too"
    shop.settle()

    assert shop.at(shop.work(order)) == "L002"
    assert shop.aside("L001", "COAT") == aside
    assert shop.level("L001", "COAT") == (3, sum(aside.values()), 0)
    said = shop.facts(order)[2]
    assert (said.kind, said.body["reason"]) == ("offer.rejected", reason.value)


def test_what_was_taken_can_be_turned_down_until_something_is_picked(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.settle()
    shop.database.transact(lambda tx: accept(tx, SYSTEM, shop.work(order).id, shop.now))
    say_no(shop, order, Reason.NO_TIME)
    shop.settle()

    assert shop.at(shop.work(order)) == "L002"
    assert "fulfillment.rejected" in shop.story(order)


def test_a_reason_can_be_true_of_one_line_only(shop: Shop) -> None:
    order = shop.order([("COAT", 1), ("HAT", 1)])
    shop.settle()
    work = shop.work(order)
    hat = next(line for line in work.lines if line.sku == "HAT")
    request = RejectRequest(fulfillment_id=work.id, reason=Reason.DAMAGED, line_ids=[hat.line_id])
    shop.database.transact(lambda tx: reject(tx, SYSTEM, request, shop.now))

    assert shop.aside("L001", "HAT") == {"damaged": 1}
    assert shop.aside("L001", "COAT") == {}
    stranger = RejectRequest(fulfillment_id=work.id, reason=Reason.DAMAGED, line_ids=[work.id])
    with pytest.raises(Refusal, match="not_found"):
        shop.database.transact(lambda tx: reject(tx, SYSTEM, stranger, shop.now))


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (Reason.SOLD_MEANWHILE, MovementKind.SOLD_IN_STORE),
        (Reason.DAMAGED, MovementKind.WRITTEN_OFF),
    ],
)
def test_what_was_set_aside_is_accounted_for_once(
    shop: Shop, reason: Reason, kind: MovementKind
) -> None:
    """The till tells at last, or the damaged coat is written off: it is gone, and gone once."""
    order = shop.order([("COAT", 1)])
    shop.settle()
    say_no(shop, order, reason)
    shop.settle()
    assert shop.level("L001", "COAT") == (3, 1, 0)
    told = Movement(
        id="m-1",
        key=Key("COAT", shop.location("L001")),
        kind=kind,
        quantity=2,
        occurred_at=shop.now,
    )
    for _ in range(2):
        shop.transact(lambda tx, by: move(tx, by, "till", [told], shop.now))

    assert shop.level("L001", "COAT") == (1, 0, 0)
