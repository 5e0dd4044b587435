"""What nobody picks yet moves to a better place: never dearer, never late, and not too often."""

from collections.abc import Iterator

import pytest
from tests.factories import TESTER
from tests.shops import Shop, open_shop
from tests.worlds import put

from ovunque.fulfillment.accepting import accept
from ovunque.fulfillment.model import FulfillmentState
from ovunque.kernel.ids import NewId
from ovunque.orders import improving
from ovunque.orders.checking import check_now
from ovunque.orders.listing import list_decisions
from ovunque.orders.model import Order
from ovunque.orders.replanning import unserving
from ovunque.platform.database import Database

STOCK = {("L001", "COAT"): 0, ("L002", "COAT"): 9, ("L001", "HAT"): 1, ("L002", "HAT"): 1}
SECONDS_MAX = 10


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    """Handling in L001 is a cent cheaper than in L002 for each parcel."""
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def improve(shop: Shop) -> int:
    return shop.sweep("orders.improve")


def places(shop: Shop, order: Order) -> list[str]:
    return sorted(shop.at(work) for work in shop.live(order))


def come(shop: Shop, code: str, sku: str, units: int) -> None:
    put(shop.database, {(code, sku): units}, TESTER, shop.now)


def a_split_order(shop: Shop) -> Order:
    """A coat from L002 and two hats, of which one lies in each place."""
    order = shop.order([("COAT", 1), ("HAT", 2)])
    assert places(shop, order) == ["L001", "L002"]
    return order


def test_two_parcels_become_one_when_the_hat_comes(shop: Shop) -> None:
    order = a_split_order(shop)
    come(shop, "L002", "HAT", 2)
    assert improve(shop) == 0, "what was planned just now stays as it is for a while"

    shop.pass_time(minutes=6)
    assert improve(shop) == 1
    assert places(shop, order) == ["L002"]
    assert shop.level("L001", "HAT")[2] == 0, "nothing is reserved there any more"
    assert shop.level("L002", "HAT")[2] == 2
    assert "order.resourced" in shop.story(order)

    decision = shop.database.read(lambda tx: list_decisions(tx, order.id))[-1]
    after = sum(each.cost_cents or 0 for each in decision.deliveries[0].parcels)
    assert decision.instead is not None
    assert decision.instead.cost_cents > after
    assert len(decision.instead.locations) == 2
    assert improve(shop) == 0, "looked at a moment ago"


def test_what_somebody_picks_stays(shop: Shop) -> None:
    order = a_split_order(shop)
    shop.settle()
    work = shop.work(order, "L001")
    shop.transact(lambda tx, by: accept(tx, by, work.id, shop.now))
    shop.pick(order, at="L001", sku="HAT", quantity=1)
    come(shop, "L002", "HAT", 2)
    shop.pass_time(minutes=6)
    assert improve(shop) == 0
    assert places(shop, order) == ["L001", "L002"]


def test_an_offer_that_moves_is_withdrawn(shop: Shop) -> None:
    order = a_split_order(shop)
    shop.sweep("offers.open")
    assert {work.state for work in shop.live(order)} == {FulfillmentState.OFFERED}
    come(shop, "L002", "HAT", 2)
    shop.pass_time(minutes=6)
    assert improve(shop) == 1
    old = [work for work in shop.read(order.id).fulfillments if work.replaced_at is not None]
    assert {offer.state.value for work in old for offer in work.offers} == {"withdrawn"}


def test_a_list_changes_only_so_often(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    a_split_order(shop)
    come(shop, "L002", "HAT", 2)
    shop.pass_time(minutes=6)
    monkeypatch.setattr(improving, "CHANGES_MAX", 0)
    assert improve(shop) == 0
    shop.pass_time(minutes=11)
    monkeypatch.undo()
    assert improve(shop) == 1


def test_a_place_whose_work_moved_away_has_not_said_no(shop: Shop) -> None:
    """What it lost for a better plan it may have again: nobody there turned it down."""
    order = a_split_order(shop)
    come(shop, "L002", "HAT", 2)
    shop.pass_time(minutes=6)
    assert improve(shop) == 1
    assert places(shop, order) == ["L002"]
    assert unserving(shop.read(order.id)) == frozenset()


def test_what_would_be_better_but_later_stays(shop: Shop) -> None:
    """Nobody was promised a day: then the day for which it is planned is the latest."""
    order = a_split_order(shop)
    last = max(work.arrives_at for work in shop.live(order) if work.arrives_at)
    come(shop, "L002", "HAT", 2)
    # Half an hour before it arrives, no carrier is so quick.
    shop.pass_time(minutes=int((last - shop.now).total_seconds() / 60) - 30)
    assert improve(shop) == 0
    assert places(shop, order) == ["L001", "L002"]
