"""Goods wait for who fetches them for some days: then they are on sale again, and not before."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.factories import TESTER
from tests.shops import CODE, Shop, associate, open_shop

from ovunque.catalog.model import ItemRequest
from ovunque.catalog.saving import save_items
from ovunque.fulfillment import waiting
from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.collecting import CollectRequest, collect
from ovunque.fulfillment.model import Fulfillment, FulfillmentState, ParcelState
from ovunque.fulfillment.model.waiting import PickupTerm
from ovunque.fulfillment.receiving import ReceiveRequest, receive
from ovunque.fulfillment.waiting import ExtendRequest, extend
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.forgetting import find_unfinished
from ovunque.orders.model import Order, OrderStatus
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until

STOCK = {("L000", "COAT"): 9, ("L001", "HAT"): 9}
S = FulfillmentState


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def ready(shop: Shop) -> Order:
    order = shop.order([("HAT", 2)], collect_at="L001")
    shop.take(order)
    shop.pick(order)
    return order


def sent(shop: Shop, order: Order) -> None:
    """What the warehouse has of an order arrives at its store."""
    shop.pick(order, at="L000")
    parcel = shop.pack(order, at="L000")
    shop.label()
    shop.hand_over("L000")
    request = ReceiveRequest(location_id=shop.location("L001"), sscc=parcel.sscc, pickup_code=CODE)
    shop.transact(lambda tx, by: receive(tx, by, request, shop.now))


def say(shop: Shop, term: PickupTerm) -> None:
    shop.database.transact(lambda tx: waiting.set_term(tx, TESTER, term, shop.now))


def know_set(shop: Shop) -> None:
    bundle = ItemRequest(
        sku="SET",
        product="SET",
        titles={"en": "Coat and hat"},
        weight_g=800,
        components=(("COAT", 1), ("HAT", 1)),
    )
    shop.transact(lambda tx, by: save_items(tx, by, [bundle], shop.now))
    assert wait_until(lambda: "SET" in shop.services.snapshot().catalog.items, 10)


def fetch(shop: Shop, work: Fulfillment) -> None:
    asked = CollectRequest(fulfillment_id=work.id, code=CODE)
    shop.transact(lambda tx, by: collect(tx, by, asked, shop.now))


def until(shop: Shop, order: Order) -> datetime:
    found = shop.work(order).collect_by
    assert found is not None
    return found


def states(shop: Shop, order: Order) -> list[str]:
    return sorted(work.state for work in shop.read(order.id).fulfillments)


def test_customers_are_reminded_once_and_what_they_leave_is_on_sale_again(shop: Shop) -> None:
    order = ready(shop)
    end = until(shop, order)
    assert timedelta(days=7) < end - shop.now <= timedelta(days=8)

    shop.now = end - timedelta(days=2)
    shop.settle()
    assert shop.story(order)[-1] == "fulfillment.pickup_ending"
    shop.now = end - timedelta(seconds=1)
    shop.settle()
    assert shop.work(order).state == S.READY

    shop.now = end
    shop.settle()
    assert states(shop, order) == ["uncollected"]
    assert shop.story(order)[-2:] == ["fulfillment.uncollected", "order.uncollected"]
    assert shop.story(order).count("fulfillment.pickup_ending") == 1
    assert shop.aside("L001", "HAT") == {"put_back": 2}
    assert shop.level("L001", "HAT") == (9, 2, 0)
    after = shop.read(order.id)
    assert (after.lines[0].canceled, after.status) == (2, OrderStatus.CANCELED)


def test_who_comes_late_gets_nothing_and_who_calls_gets_time(shop: Shop) -> None:
    late, called = ready(shop), ready(shop)
    end = until(shop, called)
    request = ExtendRequest(fulfillment_id=shop.work(called).id, days=3)
    longer = shop.transact(lambda tx, by: extend(tx, by, request, shop.now))
    assert longer.collect_by == end + timedelta(days=3)
    too_long = ExtendRequest(fulfillment_id=request.fulfillment_id, days=90)
    with pytest.raises(Refusal, match="waits_too_long"):
        shop.transact(lambda tx, by: extend(tx, by, too_long, shop.now))

    work = shop.work(late)
    shop.now = end
    shop.settle()
    with pytest.raises(Refusal, match="transition_refused"):
        fetch(shop, work)
    fetch(shop, shop.work(called))
    with pytest.raises(Refusal, match="transition_refused"):
        shop.transact(lambda tx, by: extend(tx, by, request, shop.now))


def test_what_came_from_elsewhere_becomes_the_stock_of_the_store_where_it_lies(shop: Shop) -> None:
    order = shop.order([("COAT", 1)], collect_at="L001")
    shop.take(order)
    sent(shop, order)
    shop.now = until(shop, order)
    shop.settle()

    assert states(shop, order) == ["uncollected"]
    assert shop.read(order.id).status == OrderStatus.CANCELED
    assert shop.level("L000", "COAT") == (8, 0, 0)
    assert shop.level("L001", "COAT") == (1, 1, 0)
    assert shop.aside("L001", "COAT") == {"put_back": 1}


def test_somebody_comes_once_for_all_of_it(shop: Shop) -> None:
    order = shop.order([("COAT", 1), ("HAT", 1)], collect_at="L001")
    shop.settle()
    here = shop.work(order, "L001")
    shop.transact(lambda tx, by: accept(tx, by, here.id, shop.now))
    shop.pick(order, at="L001")
    shop.now = shop.work(order, "L001").collect_by or shop.now
    shop.settle()
    assert shop.work(order, "L001").state == S.READY  # The coat is still to come.
    for _ in range(3):
        shop.pass_time(days=1)
        shop.settle()
    told = shop.story(order).count("fulfillment.pickup_ending")
    assert told == 1, "nobody hears every day that they must hurry for what waits for the coat"

    sent(shop, order)
    shop.now += timedelta(days=9)
    shop.settle()
    assert states(shop, order) == ["uncollected", "uncollected"]


@pytest.mark.parametrize("first", ["nothing", "coat fetched"])
def test_a_set_of_which_a_part_came_from_elsewhere_does_not_wait_for_ever(
    shop: Shop, first: str
) -> None:
    know_set(shop)
    order = shop.order([("SET", 1)], collect_at="L001")
    shop.settle()
    here = shop.work(order, "L001")
    shop.transact(lambda tx, by: accept(tx, by, here.id, shop.now))
    shop.pick(order, at="L001")
    sent(shop, order)
    if first == "coat fetched":
        fetch(shop, shop.work(order, "L000"))
    shop.now += timedelta(days=9)
    shop.settle()

    (line,) = shop.read(order.id).lines
    if first == "nothing":
        assert states(shop, order) == ["uncollected", "uncollected"]
        assert (line.canceled, shop.read(order.id).status) == (1, OrderStatus.CANCELED)
        assert shop.aside("L001", "COAT") == {"put_back": 1}
    else:
        assert states(shop, order) == ["collected", "uncollected"]
        assert (line.canceled, line.collected) == (0, 1)
    assert shop.aside("L001", "HAT") == {"put_back": 1}
    assert shop.level("L001", "HAT") == (9, 1, 0)


def test_the_term_that_says_most_counts_and_what_waits_keeps_its_day(shop: Shop) -> None:
    before = until(shop, ready(shop))
    channel = next(iter(shop.services.snapshot().network.channels.values())).channel.id
    place = shop.location("L001")
    terms = {(None, None): 20, (channel, None): 3, (channel, place): 1, (None, place): 2}
    for (on, at), days in terms.items():
        say(shop, PickupTerm(channel_id=on, location_id=at, days=days, remind_days=0))
    assert before - until(shop, ready(shop)) == timedelta(days=6)
    shop.database.transact(
        lambda tx: waiting.take_back_term(tx, TESTER, (channel, place), shop.now)
    )
    assert before - until(shop, ready(shop)) == timedelta(days=5)


def test_a_longer_wait_ends_with_a_day_where_clocks_are_changed(shop: Shop) -> None:
    order = shop.order([("HAT", 2)], collect_at="L001")
    shop.take(order)
    shop.now = datetime(2027, 3, 18, 12, tzinfo=UTC)
    shop.pick(order)
    request = ExtendRequest(fulfillment_id=shop.work(order).id, days=5)
    longer = shop.transact(lambda tx, by: extend(tx, by, request, shop.now))

    before, after = (
        work.collect_by.astimezone(ZoneInfo("Europe/Rome"))
        for work in (shop.work(order), longer)
        if work.collect_by is not None
    )
    assert before == after == datetime(2027, 3, 31, tzinfo=ZoneInfo("Europe/Rome"))


def test_only_its_own_store_extends(shop: Shop) -> None:
    request = ExtendRequest(fulfillment_id=shop.work(ready(shop)).id, days=3)
    bob = associate(shop, "L002")
    with pytest.raises(Refusal, match="not_found"):
        shop.database.transact(lambda tx: extend(tx, bob, request, shop.now))


def test_who_sent_a_parcel_back_can_be_forgotten(shop: Shop) -> None:
    """Nobody tells us that it is back, and it does not keep them in our books for ever."""
    order = shop.order([("HAT", 1)])
    shop.take(order)
    shop.pick(order)
    parcel = shop.pack(order)
    shop.label()
    shop.hand_over("L001")
    shop.tell((parcel, ParcelState.RETURNED_TO_SENDER, 1))
    assert shop.work(order).state == S.RETURNING

    def unfinished(days: int) -> int:
        at = shop.now + timedelta(days=days)
        found = shop.database.read(lambda tx: find_unfinished(tx, order.customer_id, at))
        return len(found)

    assert [unfinished(days) for days in (29, 31)] == [1, 0]
