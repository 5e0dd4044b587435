"""What units are worth to their stores: learned from tills, kept, and weighed by a strategy."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.database.test_explaining import FLORENCE, PALERMO, place_of, plan_of, told
from tests.database.test_strategies import seen, shops
from tests.factories import NOW, TESTER
from tests.worlds import place_id

from ovunque.kernel.ids import NewId
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.platform.following import Follower
from ovunque.sourcing import snapshot as sourcing_snapshot
from ovunque.sourcing.model.ruling import Aim, PlanStep, Price
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.model.valuing import Comes, Worth
from ovunque.stock.moving import move
from ovunque.stock.valuing import is_known, list_worth_of, value_all

__all__ = ["shops"]
DAYS = 40
SECONDS_MAX = 10


@pytest.fixture
def sold(shops: Database) -> Iterator[Database]:
    """Palermo sells a coat a day, and had them every day; Florence one in ten days."""
    at = shops.read(lambda tx: {code: place_id(tx, code) for code in (PALERMO, FLORENCE)})
    told_by_till = [
        Movement(
            id=f"{code} {day}",
            key=Key("COAT", at[code]),
            kind=MovementKind.SOLD_IN_STORE,
            quantity=1,
            occurred_at=NOW - timedelta(days=day),
        )
        for code, every in ((PALERMO, 1), (FLORENCE, 10))
        for day in range(1, DAYS, every)
    ]
    shops.transact(lambda tx: move(tx, TESTER, "till", told_by_till, NOW))
    yield shops
    assert check_now(shops) == ()


def worth_of(database: Database, sku: str) -> dict[str, Worth]:
    network = database.read(sourcing_snapshot.load).network
    codes = {each.id: each.code for each in network.locations}
    found = database.read(lambda tx: list_worth_of(tx, [sku]))
    return {codes[each.key.location_id]: each for each in found}


def test_rates_are_learned_from_what_tills_sell(sold: Database) -> None:
    assert not sold.read(is_known)
    assert value_all(sold, TESTER, NOW) == 2
    assert value_all(sold, TESTER, NOW) == 0, "nothing new, nothing told"

    coats, hats = worth_of(sold, "COAT"), worth_of(sold, "HAT")
    assert set(coats) == {PALERMO, FLORENCE}, "where nobody walks in, nothing is worth anything"
    fast, slow = coats[PALERMO], coats[FLORENCE]
    assert (fast.price_cents, fast.margin_cents) == (4_990, 2_495)
    assert (fast.days, fast.comes) == (7, Comes.ASSUMED)
    assert 600_000 < fast.rate_e6 < 1_050_000
    assert 50_000 < slow.rate_e6 < 300_000
    assert hats[PALERMO].rate_e6 == 0, "it lies there, and nobody has ever asked for one"


def test_an_empty_shelf_does_not_make_a_seller_slow(sold: Database) -> None:
    """Palermo had coats on its last ten days only: the same sales in fewer days."""
    value_all(sold, TESTER, NOW)
    before = worth_of(sold, "COAT")[PALERMO].rate_e6
    at = sold.read(lambda tx: place_id(tx, PALERMO))
    key = Key("COAT", at)
    came = Movement(
        id="came",
        key=key,
        kind=MovementKind.RECEIVED,
        quantity=1_000,
        occurred_at=NOW - timedelta(days=9, hours=12),
    )
    gone = Movement(
        id="gone",
        key=key,
        kind=MovementKind.WRITTEN_OFF,
        quantity=964,
        occurred_at=NOW - timedelta(hours=12),
    )
    sold.transact(lambda tx: move(tx, TESTER, "dock", [came, gone], NOW))
    value_all(sold, TESTER, NOW)
    assert worth_of(sold, "COAT")[PALERMO].rate_e6 > before


def test_a_store_keeps_its_last_coats_while_it_pays(sold: Database, new_id: NewId) -> None:
    value_all(sold, TESTER, NOW)
    cheapest = seen(sold, PlanStep(name="Cheapest"))
    assert place_of(cheapest, plan_of(cheapest, new_id)) == PALERMO
    weighing = seen(sold, PlanStep(name="Whole", price=Price(last_units=100)))
    found = plan_of(weighing, new_id)
    assert place_of(weighing, found) != PALERMO, "five coats, and seven people before more comes"

    explained = told(sold, found)
    beside = {
        weighing.network.locations[weighing.network.position_of[each.location_id]].code: each
        for each in explained.candidates
    }
    cents = beside[PALERMO].beside_cents
    assert cents is not None
    assert 500 < cents < 2_495, "the fifth coat, if seven are asked for"
    assert found.cost_cents == sum(each.cost_cents or 0 for each in explained.parcels), "cash only"


def test_the_snapshot_follows(sold: Database, new_id: NewId) -> None:
    snapshot = seen(sold, PlanStep(name="Whole", aim=Aim.WHOLE_COST))
    follower = Follower(sold, snapshot.version, lambda entries: snapshot.apply(sold, entries), ())
    follower.start()
    try:
        assert snapshot.worth.held("COAT", 100, 0) is None
        value_all(sold, TESTER, NOW)
        assert wait_until(lambda: bool(snapshot.worth.items.get("COAT")), SECONDS_MAX)
    finally:
        follower.close()
    assert place_of(snapshot, plan_of(snapshot, new_id)) != PALERMO
