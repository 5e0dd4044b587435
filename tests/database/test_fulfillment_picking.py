"""What was taken is picked unit by unit; what is not there is sought elsewhere."""

from collections.abc import Iterator

import pytest
from tests.factories import TESTER
from tests.shops import CODE, Shop, associate, moved, open_shop

from ovunque.fulfillment.collecting import CollectRequest, collect, note_wrong_code
from ovunque.fulfillment.model import Event, Fulfillment, FulfillmentState, Reason, Wanted
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.fulfillment.shelving import ShelfRequest, find_collection, shelve
from ovunque.fulfillment.unpicking import UnpickRequest, unpick
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.model import Order, OrderStatus
from ovunque.platform.database import Database

STOCK = {
    ("L001", "COAT"): 5,
    ("L001", "HAT"): 2,
    ("L002", "COAT"): 4,
    ("L003", "HAT"): 4,
}


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def places(shop: Shop, order: Order) -> list[tuple[str, str, int, str]]:
    return sorted(
        (shop.at(work), row.sku, row.quantity, work.state.value)
        for work in shop.live(order)
        for row in work.lines
    )


def test_it_is_picked_unit_by_unit(shop: Shop) -> None:
    order = shop.order([("COAT", 2), ("HAT", 1)])
    shop.take(order)
    assert shop.pick(order, sku="COAT", quantity=1).state == FulfillmentState.PICKING
    assert shop.pick(order, sku="HAT", quantity=1).state == FulfillmentState.PICKING
    done = shop.pick(order, sku="COAT", quantity=1)

    assert done.state == FulfillmentState.PICKED
    assert all(row.picked == row.quantity for row in done.lines)
    assert shop.story(order)[-3:] == ["fulfillment.picking"] * 2 + ["fulfillment.picked"]
    assert moved(shop, order)[-2:] == [("accepted", "picking"), ("picking", "picked")]


def test_no_more_is_picked_than_was_asked_for(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.take(order)
    shop.pick(order, quantity=1)
    with pytest.raises(Refusal) as refused:
        shop.pick(order, quantity=2)
    assert (refused.value.code, refused.value.details) == ("not_to_pick", {"left": 1})


def test_nothing_is_picked_that_nobody_has_taken(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    shop.settle()
    with pytest.raises(Refusal) as refused:
        shop.pick(order)
    assert refused.value.code == "transition_refused"
    assert refused.value.details == {"state": "offered", "event": Event.PICK.value}


@pytest.mark.parametrize(
    ("reason", "aside"),
    [
        (Reason.FEWER, {"missing": 3}),  # Of five, two were found: no other is to be trusted.
        (Reason.DAMAGED, {"damaged": 1}),
        (Reason.NO_TIME, {}),
    ],
)
def test_what_is_missing_is_split_off_and_sourced_again(
    shop: Shop, reason: Reason, aside: dict[str, int]
) -> None:
    order = shop.order([("COAT", 3)])
    shop.take(order)
    shop.pick(order, quantity=2)
    shop.short(order, "COAT", 1, reason)
    assert check_now(shop.database) == (), "in between, too"
    shop.settle()

    assert places(shop, order) == [("L001", "COAT", 2, "picked"), ("L002", "COAT", 1, "offered")]
    assert shop.aside("L001", "COAT") == aside
    assert shop.level("L001", "COAT") == (5, sum(aside.values()), 2)
    short = next(entry for entry in shop.facts(order) if entry.kind == "fulfillment.short")
    assert (short.body["quantity"], short.body["reason"]) == (1, reason.value)
    (line,) = shop.read(order.id).lines
    assert (line.reserved, line.in_work) == (1, 2)


def test_a_line_of_which_nothing_is_found_goes_elsewhere_and_the_others_stay(shop: Shop) -> None:
    order = shop.order([("COAT", 1), ("HAT", 1)])
    shop.take(order)
    shop.short(order, "HAT", 1, Reason.NOT_FOUND)
    shop.settle()
    work = next(each for each in shop.live(order) if shop.at(each) == "L001")
    assert work.state == FulfillmentState.PICKING

    assert places(shop, order) == [("L001", "COAT", 1, "picking"), ("L003", "HAT", 1, "offered")]


def test_work_of_which_nothing_is_found_is_rejected(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.take(order)
    shop.short(order, "COAT", 2, Reason.NOT_FOUND)
    shop.settle()

    assert places(shop, order) == [("L002", "COAT", 2, "offered")]
    assert len(shop.read(order.id).fulfillments) == 2, "nothing was split off"
    assert shop.level("L001", "COAT") == (5, 5, 0)


def test_what_was_picked_is_reported_missing_and_not_turned_down(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.take(order)
    shop.pick(order, quantity=1)
    request = RejectRequest(fulfillment_id=shop.work(order).id, reason=Reason.NO_TIME)
    with pytest.raises(Refusal, match="already_picked"):
        shop.transact(lambda tx, by: reject(tx, by, request, shop.now))


def test_a_collection_is_set_out_and_fetched_by_its_code(shop: Shop) -> None:
    order = shop.order([("COAT", 2)], collect_at="L001")
    shop.take(order)
    ready = shop.pick(order)
    assert (ready.state, ready.pickup_code) == (FulfillmentState.READY, CODE)
    assert shop.story(order)[-1] == "fulfillment.ready"

    def fetch(by: str = "L001", **shown: str) -> None:
        request = CollectRequest(fulfillment_id=ready.id, **shown)
        ada = associate(shop, by)
        shop.database.transact(lambda tx: collect(tx, ada, request, shop.now))

    for wrong in ("000000", "12345", ""):
        with pytest.raises(Refusal, match="pickup_code_wrong"):
            fetch(code=wrong)
    with pytest.raises(Refusal, match="not_found"):
        fetch("L002", code=CODE)
    fetch(code=CODE)

    assert shop.work(order).state == FulfillmentState.COLLECTED
    assert shop.level("L001", "COAT") == (3, 0, 0)
    assert shop.read(order.id).lines[0].collected == 2
    assert shop.read(order.id).status == OrderStatus.FULFILLED
    assert CODE not in str(shop.facts(order)), "the code is nobody else's business"
    with pytest.raises(Refusal, match="transition_refused"):
        fetch(code=CODE)


def test_who_shows_who_they_are_needs_no_code(shop: Shop) -> None:
    order = shop.order([("HAT", 1)], collect_at="L001")
    shop.take(order)
    request = CollectRequest(fulfillment_id=shop.pick(order).id, identity="passport")
    shop.transact(lambda tx, by: collect(tx, by, request, shop.now))
    assert shop.facts(order)[-1].body["shown"] == "document"


def test_the_rest_of_a_collection_is_ready_when_the_missing_is_gone(shop: Shop) -> None:
    order = shop.order([("COAT", 2)], collect_at="L001")
    shop.take(order)
    shop.pick(order, quantity=1)
    shop.short(order, "COAT", 1, Reason.DISPLAY)
    shop.settle()

    assert places(shop, order) == [("L001", "COAT", 1, "ready"), ("L002", "COAT", 1, "offered")]
    assert shop.read(order.id).lines[0].unplaced == 0, "what is missing is sent to the store"
    assert shop.work(order, "L001").pickup_code == CODE


def test_nobody_fetches_what_is_bound_for_a_carrier(shop: Shop) -> None:
    order = shop.order([("COAT", 1)])
    shop.take(order)
    shop.pick(order)
    shop.pack(order)
    shop.label()
    request = CollectRequest(fulfillment_id=shop.work(order).id, identity="passport")
    with pytest.raises(Refusal, match="transition_refused"):
        shop.database.transact(lambda tx: collect(tx, TESTER, request, shop.now))


def unpick_one(shop: Shop, order: Order, sku: str) -> Fulfillment:
    back = Wanted(line_id=None, sku=sku, quantity=1)
    request = UnpickRequest(fulfillment_id=shop.work(order).id, back=back)
    return shop.transact(lambda tx, by: unpick(tx, by, request, shop.now))


def test_the_last_scan_is_undone_and_the_piece_wanted_again(shop: Shop) -> None:
    order = shop.order([("COAT", 2)])
    shop.take(order)
    assert shop.pick(order).state == FulfillmentState.PICKED
    assert unpick_one(shop, order, "COAT").state == FulfillmentState.PICKING
    assert [line.picked for line in shop.work(order).lines] == [1]
    assert shop.pick(order).state == FulfillmentState.PICKED
    assert shop.level("L001", "COAT") == (5, 0, 2)
    assert "fulfillment.unpicked" in shop.story(order)


def test_what_is_in_a_parcel_or_in_nobodys_hand_is_not_put_back(shop: Shop) -> None:
    order = shop.order([("COAT", 2), ("HAT", 1)])
    shop.take(order)
    shop.pick(order, sku="COAT", quantity=1)
    with pytest.raises(Refusal) as refused:
        unpick_one(shop, order, "HAT")
    assert (refused.value.code, refused.value.details) == ("not_picked", {"left": 0})
    shop.pick(order)
    shop.pack(order, ("COAT", 1))
    with pytest.raises(Refusal) as refused:
        unpick_one(shop, order, "COAT")
    assert refused.value.details["state"] == "being packed"


def test_what_a_customer_was_told_is_ready_stays_picked(shop: Shop) -> None:
    order = shop.order([("COAT", 1)], collect_at="L001")
    shop.take(order)
    assert shop.pick(order).state == FulfillmentState.READY
    with pytest.raises(Refusal) as refused:
        unpick_one(shop, order, "COAT")
    assert refused.value.code == "transition_refused"


def to_be_fetched(shop: Shop) -> Order:
    order = shop.order([("COAT", 1)], collect_at="L001")
    shop.take(order)
    shop.pick(order)
    return order


def say(shop: Shop, order: Order, **told: str) -> None:
    """As a counter does it: a wrong code is noted in a transaction of its own."""
    request = CollectRequest(fulfillment_id=shop.work(order).id, **told)
    try:
        shop.transact(lambda tx, by: collect(tx, by, request, shop.now))
    except Refusal as refusal:
        if refusal.code == "pickup_code_wrong":
            shop.transact(lambda tx, by: note_wrong_code(tx, by, request.fulfillment_id, shop.now))
        raise


def test_after_three_wrong_codes_only_a_document_counts(shop: Shop) -> None:
    order = to_be_fetched(shop)
    for _ in range(3):
        with pytest.raises(Refusal) as refused:
            say(shop, order, code="654321")
        assert refused.value.code == "pickup_code_wrong"
    with pytest.raises(Refusal) as refused:
        say(shop, order, code=CODE)
    assert (refused.value.code, refused.value.details) == ("identity_needed", {"most": 3})
    say(shop, order, identity="passport")
    assert shop.story(order)[-4:-1] == ["fulfillment.wrong_code"] * 3


def test_the_counter_knows_where_goods_lie_and_who_fetched_them(shop: Shop) -> None:
    order = to_be_fetched(shop)
    request = ShelfRequest(fulfillment_id=shop.work(order).id, shelf="C-12")
    shop.transact(lambda tx, by: shelve(tx, by, request, shop.now))
    say(shop, order, code=CODE, collector="Paolo Riva", signature="M1 2L30 40")

    known = shop.database.read(lambda tx: find_collection(tx, request.fulfillment_id))
    assert (known.shelf, known.collector, known.signature) == ("C-12", "Paolo Riva", "M1 2L30 40")
    told = shop.facts(order)[-1].body
    assert (told["by_another"], told["signed"]) == (True, True)
    with pytest.raises(Refusal):
        shop.transact(lambda tx, by: shelve(tx, by, request, shop.now))
