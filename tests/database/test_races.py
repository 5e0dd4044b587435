"""Two want the same work at the same moment: one has it, the other is told, nothing is lost.

First every order of two transactions, made to happen: the second one waits for the first, which
PostgreSQL itself tells, and then sees what has become of it. Then a thousand races by chance.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product
from threading import Barrier

import psycopg
import pytest
from tests.acts import Acts, NothingDue
from tests.shops import Shop, moved, open_shop

from ovunque.fulfillment.model import FulfillmentState, OfferState
from ovunque.fulfillment.rules import TRANSITIONS
from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.model import Order, OrderStatus
from ovunque.platform.database import Database
from ovunque.platform.embedded import wait_until

RACES = 200  # Of each of the five pairs.
STOCK = {
    **{("L001", sku): 9_000 for sku in ("COAT", "HAT")},
    **{("L002", sku): 9_000 for sku in ("COAT", "HAT")},
}
DONE = "done"
SECONDS_MAX = 10

Act = Callable[[psycopg.Connection, Order], None]


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def planned(shop: Shop, count: int) -> list[Order]:
    return shop.order_many(count, [("COAT", 2)])


def offered(shop: Shop, count: int) -> list[Order]:
    orders = planned(shop, count)
    shop.settle()
    return again(shop, orders)


def accepted(shop: Shop, count: int) -> list[Order]:
    return after(shop, offered(shop, count), Acts(shop).accept)


def waiting(shop: Shop, count: int) -> list[Order]:
    return after(shop, offered(shop, count), Acts(shop).reject)


def labeled(shop: Shop, count: int) -> list[Order]:
    orders = accepted(shop, count)
    for order in orders:
        shop.pick(order)
        shop.pack(order)
    shop.label()
    return again(shop, orders)


def set_out(shop: Shop, count: int) -> list[Order]:
    orders = shop.order_many(count, [("HAT", 2)], collect_at="L001")
    for order in orders:
        shop.take(order)
        shop.pick(order)
    return again(shop, orders)


def after(shop: Shop, orders: Sequence[Order], act: Act) -> list[Order]:
    assert {attempt(shop, act, order) for order in orders} == {DONE}
    return again(shop, orders)


def again(shop: Shop, orders: Sequence[Order]) -> list[Order]:
    return [shop.read(order.id) for order in orders]


# Where an order stands, and who may come for it at the same moment.
SCENES: dict[str, tuple[Callable[[Shop, int], list[Order]], tuple[str, ...]]] = {
    "planned": (planned, ("offer", "cancel")),
    "offered": (offered, ("accept", "reject", "expire", "cancel")),
    "accepted": (accepted, ("pick", "short", "reject", "withdraw", "cancel")),
    "waiting": (waiting, ("source", "cancel")),
    "labeled": (labeled, ("hand_over", "see", "cancel")),
    "set out": (set_out, ("collect", "cancel")),
}
# Whose second finds something to do all the same. All others come too late.
BOTH = {
    ("offer", "cancel"),
    ("accept", "reject"),
    *product(("accept", "reject", "expire", "source", "withdraw"), ("cancel",)),
    *product(("pick",), ("pick", "short", "withdraw", "cancel")),
    *product(("short",), ("pick", "short", "reject", "withdraw", "cancel")),
    *product(("hand_over", "see", "cancel"), ("see",)),  # What a carrier tells is heard, always.
}


def in_turn(shop: Shop, order: Order, first: Act, second: Act) -> str:
    """What becomes of the second, which came while the first was not committed yet."""
    with ThreadPoolExecutor(1) as later, shop.database.connect() as connection:
        with connection.transaction():
            first(connection, order)
            waiting = later.submit(attempt, shop, second, order)
            assert wait_until(lambda: is_blocked(shop, connection, waiting), SECONDS_MAX)
            assert not waiting.done(), "whoever changes an order holds its timeline first"
        return waiting.result(SECONDS_MAX)


def is_blocked(shop: Shop, by: psycopg.Connection, waiting: Future[str]) -> bool:
    """Whether somebody waits for this connection, as PostgreSQL sees it; or waits no more."""
    row = shop.database.read(
        lambda tx: tx.execute(
            "select count(*) from pg_stat_activity where %s = any(pg_blocking_pids(pid))",
            [by.info.backend_pid],
        ).fetchone()
    )
    return waiting.done() or (row is not None and row[0] > 0)


def attempt(shop: Shop, act: Act, order: Order) -> str:
    try:
        shop.database.transact(lambda tx: act(tx, order))
    except Refusal as refusal:
        return refusal.code
    except NothingDue:
        return "nothing due"
    return DONE


@pytest.mark.parametrize("scene", SCENES)
def test_whoever_comes_second_sees_what_the_first_has_done(shop: Shop, scene: str) -> None:
    prepare, names = SCENES[scene]
    acts = Acts(shop)
    pairs = [*product(names, names)]
    for (first, second), order in zip(pairs, prepare(shop, len(pairs)), strict=True):
        outcome = in_turn(shop, order, getattr(acts, first), getattr(acts, second))
        assert (outcome == DONE) == ((first, second) in BOTH), (first, second, outcome)
        assert_sound(shop, order)


def assert_sound(shop: Shop, order: Order) -> None:
    """One owner, and no step that is not in the table."""
    for work in shop.read(order.id).fulfillments:
        assert sum(offer.state == OfferState.CLAIMED for offer in work.offers) <= 1
    steps = {(before.value, after.value) for before in TRANSITIONS for after in following(before)}
    begun = {(None, "rejected"), (None, "canceled")}  # What was split off.
    assert set(moved(shop, order)) <= steps | begun


def following(state: FulfillmentState) -> Sequence[FulfillmentState]:
    return list(TRANSITIONS[state].values())


def race(shop: Shop, orders: Sequence[Order], *acts: Act) -> list[tuple[str, ...]]:
    """What becomes of each when all set out at the same moment, order by order."""
    start = Barrier(len(acts))

    def run(act: Act) -> list[str]:
        outcomes = []
        for order in orders:
            start.wait(SECONDS_MAX)
            outcomes.append(attempt(shop, act, order))
        return outcomes

    with ThreadPoolExecutor(len(acts)) as racing:
        return list(zip(*racing.map(run, acts), strict=True))


def ends(shop: Shop, orders: Sequence[Order]) -> Counter[str]:
    """Where the first fulfillment of each has ended."""
    return Counter(shop.read(order.id).fulfillments[0].state.value for order in orders)


def test_two_accept(shop: Shop) -> None:
    acts, orders = Acts(shop), offered(shop, RACES)
    for outcomes in race(shop, orders, acts.accept, acts.accept):
        assert sorted(outcomes) == [DONE, "offer_closed"]
    assert ends(shop, orders) == {"accepted": RACES}
    for order in orders:
        assert_sound(shop, order)


def test_one_accepts_while_another_says_no(shop: Shop) -> None:
    """Whoever says no after the other has taken it gives it back."""
    acts, orders = Acts(shop), offered(shop, RACES)
    for accepting, rejecting in race(shop, orders, acts.accept, acts.reject):
        assert rejecting == DONE
        assert accepting in (DONE, "offer_closed")
    assert ends(shop, orders) == {"rejected": RACES}
    for order in orders:
        assert_sound(shop, order)


def test_an_offer_is_accepted_as_it_expires(shop: Shop) -> None:
    acts, orders = Acts(shop), offered(shop, RACES)
    taken = 0
    for accepting, expiring in race(shop, orders, acts.accept, acts.expire):
        assert (accepting, expiring) in ((DONE, "nothing due"), ("offer_closed", DONE))
        taken += accepting == DONE
    wanted = {"accepted": taken, "rejected": RACES - taken}
    assert ends(shop, orders) == Counter({state: n for state, n in wanted.items() if n})
    for order in orders:
        assert_sound(shop, order)


def test_an_order_is_canceled_while_it_is_picked(shop: Shop) -> None:
    acts, orders = Acts(shop), accepted(shop, RACES)
    picked = 0
    for canceling, picking in race(shop, orders, acts.cancel, acts.pick):
        assert canceling == DONE
        assert picking in (DONE, "transition_refused")
        picked += picking == DONE
    assert ends(shop, orders) == {"canceled": RACES}
    assert shop.aside("L001", "COAT").get("put_back", 0) == picked
    assert shop.level("L001", "COAT") == (9_000, picked, 0)
    for order in orders:
        assert_sound(shop, order)


def test_an_order_is_canceled_while_it_is_sourced_again(shop: Shop) -> None:
    acts, orders = Acts(shop), waiting(shop, RACES)
    for canceling, sourcing in race(shop, orders, acts.cancel, acts.source):
        assert canceling == DONE
        assert sourcing in (DONE, "nothing due")
    for order in orders:
        assert shop.read(order.id).status == OrderStatus.CANCELED
        assert_sound(shop, order)
    assert shop.level("L002", "COAT") == (9_000, 0, 0)
