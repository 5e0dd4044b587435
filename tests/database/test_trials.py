"""A version tried by a share of the orders: drawn by lot, the same each time, and counted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from tests.factories import NOW, TESTER
from tests.shops import Shop, associate, open_shop

from ovunque.fulfillment.model import Reason
from ovunque.fulfillment.rejecting import RejectRequest, reject
from ovunque.insight.judging import list_trials
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.network.model import LocationKind
from ovunque.orders.checking import check_now
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until
from ovunque.sourcing import publishing
from ovunque.sourcing.model.ruling import Conditions, PlanStep, Standing, Strategy, Version
from ovunque.sourcing.publishing import PublishRequest, RollBackRequest, known_in
from ovunque.sourcing.rules.findings import Known
from ovunque.sourcing.rules.strategy import is_drawn

WAREHOUSE = PlanStep(name="Warehouse", kinds=(LocationKind.WAREHOUSE,))
STORES = PlanStep(name="Stores", kinds=(LocationKind.STORE,))
KNOWN = Known(channels=(), groups=(), locations=(), carriers=())
STOCK = {(code, "HAT"): 400 for code in ("L000", "L001", "L002")}


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def publish(shop: Shop, step: PlanStep, share: int = 100, **more: object) -> Version:
    told = {"code": "home", "name": "Home", "steps": (step,), **more}
    snapshot = shop.services.snapshot()
    request = PublishRequest(
        code="home", known=known_in(snapshot.network, snapshot.delivery), share_percent=share
    )
    shop.transact(lambda tx, by: publishing.save_draft(tx, by, Strategy(**told), shop.now))  # type: ignore[arg-type]
    version = shop.transact(lambda tx, by: publishing.publish(tx, by, request, shop.now))
    wait_for(shop, version)
    return version


def wait_for(shop: Shop, version: Version) -> None:
    """The process has heard of it."""

    def is_heard() -> bool:
        steering = shop.services.snapshot().steering
        return version.number in {each.number for each in steering.versions}

    assert wait_until(is_heard, seconds=20)


def end(shop: Shop, *, adopts: bool = False) -> Standing:
    ended = shop.transact(
        lambda tx, by: publishing.end_trial(tx, by, "home", shop.now, adopts=adopts)
    )
    assert wait_until(lambda: not shop.services.snapshot().steering.trials(shop.now), seconds=20)
    return ended


def places(shop: Shop, count: int) -> dict[UUID, str]:
    """Where so many new orders are served from."""
    return {each.id: shop.at(shop.work(each)) for each in shop.order_many(count, [("HAT", 1)])}


def test_a_share_of_the_orders_follows_it_and_both_sides_are_counted(shop: Shop) -> None:
    publish(shop, WAREHOUSE)
    trial = publish(shop, STORES, share=40)
    before = places(shop, 40)
    drawn = {order_id: is_drawn(trial, order_id) for order_id in before}
    assert 0 < sum(drawn.values()) < 40
    assert {at == "L000" for order_id, at in before.items() if drawn[order_id]} == {False}
    assert {at == "L000" for order_id, at in before.items() if not drawn[order_id]} == {True}

    (told,) = shop.database.read(lambda tx: list_trials(tx, "home"))
    assert (told.drawn.orders, told.others.orders) == (
        sum(drawn.values()),
        40 - sum(drawn.values()),
    )
    assert told.drawn.served + told.others.served == 40
    assert (told.drawn.cost_cents > 0, told.drawn.parcels) == (True, 1.0)
    difference, margin = told.cost_difference or (0, 0)
    assert round(difference, 6) == round(told.drawn.cost_cents - told.others.cost_cents, 6)
    assert margin >= 0

    ended = end(shop)
    assert (ended.trial(shop.now), ended.in_force(shop.now).number) == (None, 1)  # type: ignore[union-attr]
    assert set(places(shop, 10).values()) == {"L000"}
    (again,) = shop.database.read(lambda tx: list_trials(tx, "home"))
    assert (again.drawn.orders, again.others.orders) == (told.drawn.orders, told.others.orders)
    with pytest.raises(Refusal):  # There is none any more.
        shop.transact(lambda tx, by: publishing.end_trial(tx, by, "home", shop.now))


def test_an_order_stays_on_its_side_when_it_is_sourced_again(shop: Shop) -> None:
    publish(shop, WAREHOUSE)
    trial = publish(shop, STORES, share=50)
    placed = shop.order_many(12, [("HAT", 1)])
    mine = next(each for each in placed if is_drawn(trial, each.id))
    shop.settle()
    first = shop.at(shop.work(mine))
    request = RejectRequest(fulfillment_id=shop.work(mine).id, reason=Reason.NO_TIME)
    by = associate(shop, first)
    shop.database.transact(lambda tx: reject(tx, by, request, shop.now))
    shop.settle()
    (second,) = [shop.at(each) for each in shop.live(shop.read(mine.id))]
    assert {first, second} == {"L001", "L002"}


def test_adopted_all_orders_follow_it(shop: Shop) -> None:
    """With nothing before it the others have no strategy; of what it is not meant for none is."""
    trial = publish(shop, STORES, share=30, when=Conditions(services=("home",)))
    found = places(shop, 20)
    entered = shop.database.read(
        lambda tx: tx.execute("select order_id, drawn from trial_order").fetchall()
    )
    assert dict(entered) == {order_id: is_drawn(trial, order_id) for order_id in found}
    adopted = end(shop, adopts=True)
    counting = adopted.in_force(shop.now)
    assert counting is not None
    assert (counting.number, counting.restores, counting.share_percent) == (2, 1, 100)
    wait_for(shop, counting)
    assert "L000" not in places(shop, 10).values()


def draft(
    database: Database, share: int, starts_at: datetime = NOW, step: PlanStep = STORES
) -> Version:
    """Published without anybody who would have to hear of it."""
    asked = Strategy(code="home", name="Home", steps=(step,))
    request = PublishRequest(code="home", known=KNOWN, starts_at=starts_at, share_percent=share)
    database.transact(lambda tx: publishing.save_draft(tx, TESTER, asked, NOW))
    return database.transact(lambda tx: publishing.publish(tx, TESTER, request, NOW))


def running(database: Database, at: datetime = NOW) -> list[int]:
    found = database.read(lambda tx: publishing.find_strategy(tx, "home"))
    return [each.number for each in found.versions if each.runs(at)]


def test_whatever_follows_a_trial_ends_it(database: Database) -> None:
    """Another trial, a version for all, one that begins later, and a roll back."""
    draft(database, 100)
    draft(database, 30)
    draft(database, 60)  # One at a time.
    assert running(database) == [3]
    draft(database, 100)
    assert running(database) == []
    draft(database, 10)
    assert running(database) == [5]
    back = RollBackRequest(code="home", number=1)
    database.transact(lambda tx: publishing.roll_back(tx, TESTER, back, NOW))
    assert running(database) == []

    later = NOW + timedelta(hours=1)
    draft(database, 100, later)
    trial = draft(database, 50)
    assert running(database) == [trial.number]
    assert running(database, later) == []
    for wrong in (0, 101):
        with pytest.raises(Refusal) as refused:
            draft(database, wrong)
        assert refused.value.errors[0].pointer == "/share_percent"


def test_one_of_many_who_end_it_ends_it(database: Database) -> None:
    draft(database, 50)

    def work(_: int) -> str:
        try:
            database.transact(lambda tx: publishing.end_trial(tx, TESTER, "home", NOW, adopts=True))
        except Refusal as refusal:
            return refusal.code
        return "ended"

    with ThreadPoolExecutor(4) as people:
        assert sorted(people.map(work, range(4))) == ["ended", *["not_found"] * 3]
