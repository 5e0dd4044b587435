"""Reserve & collect: set aside, tried on, bought or not; the rest is on sale again at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import permutations
from uuid import UUID

import pytest
from tests.factories import TESTER
from tests.shops import Shop, associate, open_shop
from tests.worlds import CHANNEL

from ovunque.customers.model import CustomerRequest
from ovunque.fulfillment.model import Reason
from ovunque.fulfillment.model.reserving import StoreReservation, StoreReservationState
from ovunque.fulfillment.reserving import find_reservation, list_open, reserve
from ovunque.fulfillment.setting_aside import AsideRequest, decline, keep_for_visit
from ovunque.fulfillment.visiting import VisitRequest, cancel, conclude_visit
from ovunque.kernel.ids import NewId, public_id
from ovunque.kernel.refusal import Refusal
from ovunque.orders.checking import check_now
from ovunque.orders.holding import AskedHold, HoldRequest
from ovunque.orders.placing import Answered
from ovunque.platform.clock import now
from ovunque.platform.database import Database, Link, Tx
from ovunque.platform.embedded import wait_until
from ovunque.platform.idempotency import Key as IdempotencyKey
from ovunque.platform.idempotency import digest
from ovunque.sourcing.reserving import Wish, prepare
from ovunque.stock.model import Key, Movement, MovementKind
from ovunque.stock.moving import move
from ovunque.stock.reading import list_levels_of
from ovunque.stock.setting_aside import forget_accounted
from ovunque.sweeping import VISITS, sweep

STOCK = {("L001", "COAT"): 3, ("L001", "HAT"): 1, ("L000", "HAT"): 9}
S = StoreReservationState


@pytest.fixture
def shop(database: Database, new_id: NewId) -> Iterator[Shop]:
    with open_shop(database, new_id, STOCK) as opened:
        yield opened
    assert check_now(database) == ()


def wish(shop: Shop, lines: list[tuple[str, int]], who: str = "ada") -> Wish:
    return Wish(
        id=shop.services.new_id(),
        channel=CHANNEL,
        location="L001",
        customer=CustomerRequest(name=who.title(), email=f"{who}@example.org"),
        lines=lines,
    )


def ask(shop: Shop, lines: list[tuple[str, int]], who: str = "ada") -> StoreReservation:
    asked = wish(shop, lines, who)
    request = prepare(shop.services.snapshot(), asked, "secret", shop.services.new_id, shop.now)
    return shop.database.transact(lambda tx: reserve(tx, TESTER, request, shop.now))


def set_aside(shop: Shop, kept: StoreReservation, found: dict[str, int] | None = None) -> None:
    request = AsideRequest(
        reservation_id=kept.id, found=found, shelf="R4", new_id=shop.services.new_id
    )
    shop.database.transact(lambda tx: keep_for_visit(tx, TESTER, request, shop.now))


def visit(shop: Shop, kept: StoreReservation, bought: dict[str, int] | None) -> StoreReservation:
    request = VisitRequest(reservation_id=kept.id, bought=bought)
    return shop.database.transact(lambda tx: conclude_visit(tx, TESTER, request, shop.now))


def state(shop: Shop, kept: StoreReservation) -> S:
    return shop.database.read(lambda tx: find_reservation(tx, TESTER, kept.id)).state


def units(shop: Shop, sku: str) -> tuple[int, int, int]:
    """On hand, unavailable, reserved at the store."""
    levels = shop.database.read(lambda tx: list_levels_of(tx, [sku]))
    (level,) = (each for each in levels if each.key.location_id == shop.location("L001"))
    return level.on_hand, level.unavailable, level.reserved


def story(shop: Shop, kept: StoreReservation) -> list[str]:
    subject = public_id("sre", kept.id)
    rows = shop.database.read(
        lambda tx: tx.execute(
            "select kind, body from journal where subject = %s order by position", [subject]
        ).fetchall()
    )
    return [f"{kind.partition('.')[2]}: {body.get('way')}" for kind, body in rows]


def succeeds(otherwise: str, work: Callable[[], object]) -> bool:
    """Whether it was done; if it was not, for this reason and no other."""
    try:
        work()
    except Refusal as refusal:
        if refusal.code != otherwise:
            raise
        return False
    return True


def test_what_is_bought_waits_for_the_till_and_the_rest_is_on_sale_at_once(shop: Shop) -> None:
    kept = ask(shop, [("COAT", 2), ("HAT", 1)])
    assert units(shop, "COAT") == (3, 0, 2)
    set_aside(shop, kept)
    after = visit(shop, kept, {"COAT": 1})

    assert after.state == S.PARTLY_BOUGHT
    assert units(shop, "COAT") == (3, 1, 0)
    assert units(shop, "HAT") == (1, 0, 0)
    sold = sale(shop, "till-1")
    for _ in range(2):  # The till says it twice: it is sold once.
        shop.database.transact(lambda tx: move(tx, TESTER, "till", [sold], shop.now))
    assert units(shop, "COAT") == (2, 0, 0)
    assert story(shop, kept) == [
        "requested: [None, 'requested']",
        "set_aside: ['requested', 'set_aside']",
        "partly_bought: ['set_aside', 'visited', 'partly_bought']",
    ]


def sale(shop: Shop, id_: str, quantity: int = 1) -> Movement:
    return Movement(
        id=id_,
        key=Key("COAT", shop.location("L001")),
        kind=MovementKind.SOLD_IN_STORE,
        quantity=quantity,
        occurred_at=shop.now,
    )


def tell(tx: Tx, told: Movement, at: datetime) -> None:
    move(tx, TESTER, "till", [told], at)


def leave(tx: Tx, kept: StoreReservation, at: datetime) -> None:
    conclude_visit(tx, TESTER, VisitRequest(reservation_id=kept.id), at)


def test_a_till_may_tell_of_a_sale_before_its_visit_ends(shop: Shop) -> None:
    """In any order: what waits is what was bought and no till has told of, each unit once."""
    others = sale(shop, "of-somebody-else")
    shop.pass_time(minutes=1)
    kept = [ask(shop, [("COAT", 1)], who) for who in ("ada", "bob")]
    for each in kept:
        set_aside(shop, each)
    shop.transact(lambda tx, _: tell(tx, others, shop.now))  # Told late, of before: nobody's here.
    shop.pass_time(minutes=1)
    steps = {f"till-{nth}": partial(tell, told=sale(shop, f"till-{nth}")) for nth in (1, 2)}
    steps |= {f"visit-{nth}": partial(leave, kept=each) for nth, each in enumerate(kept)}
    for order in permutations(steps):
        with Link.connect(shop.database.conninfo) as tx:
            for count, name in enumerate(order, 1):
                steps[name](tx, at=shop.now)
                visits = sum(each.startswith("visit") for each in order[:count])
                (level,) = (
                    each
                    for each in list_levels_of(tx, ["COAT"])
                    if each.key.location_id == shop.location("L001")
                )
                assert level.on_hand == 2 - (count - visits), order
                assert level.unavailable == max(0, visits - (count - visits)), order
            tx.rollback()


def test_the_last_one_is_sold_before_its_visit_ends(shop: Shop) -> None:
    kept = ask(shop, [("COAT", 3)])
    set_aside(shop, kept)
    three = sale(shop, "till-3", quantity=3)
    shop.transact(lambda tx, _: tell(tx, three, shop.now))
    assert units(shop, "COAT") == (0, 0, 3)
    visit(shop, kept, None)
    assert units(shop, "COAT") == (0, 0, 0)


@pytest.mark.parametrize(("days", "rows"), [(89, 1), (91, 0)])
def test_what_a_sale_accounted_for_is_forgotten_and_accounts_for_nothing_more(
    shop: Shop, days: int, rows: int
) -> None:
    kept = [ask(shop, [("COAT", 1)], who) for who in ("ada", "bob")]
    for each in kept:
        set_aside(shop, each)
    shop.transact(lambda tx, _: tell(tx, sale(shop, "till-1"), shop.now))
    visit(shop, kept[0], None)
    shop.pass_time(days=days)
    forget_accounted(shop.database, None, shop.now)
    assert accounted(shop.database) == rows
    visit(shop, kept[1], None)
    assert units(shop, "COAT") == (2, 1, 0), "the one sale was the first visitor's"


def accounted(database: Database) -> int:
    found = database.read(
        lambda tx: tx.execute("select count(*)::int from stock_accounted").fetchone()
    )
    return found[0] if found else 0


def test_a_sale_of_before_the_goods_were_set_aside_is_not_the_visitors(shop: Shop) -> None:
    before = sale(shop, "till-1")
    shop.transact(lambda tx, _: tell(tx, before, shop.now))
    shop.pass_time(minutes=5)
    kept = ask(shop, [("COAT", 1)])
    set_aside(shop, kept)
    visit(shop, kept, None)
    assert units(shop, "COAT") == (2, 1, 0)


def hold(shop: Shop, lines: list[tuple[str, int]], minutes: int) -> None:
    """A cart on the web keeps these for so long."""
    request = HoldRequest(channel=CHANNEL, lines=tuple(lines), minutes=minutes)
    key = IdempotencyKey(TESTER.client_id, "cart", digest("POST", "/", None))
    answer: Future[Answered] = Future()
    told = AskedHold(request=request, key=key, by=TESTER)
    shop.services.intake.submit_hold(told, answer)
    assert answer.result(30).answer.status == 201
    shop.now = max(shop.now, now())


def test_what_a_cart_keeps_no_longer_is_a_visitors(shop: Shop) -> None:
    """Nobody swept: as much is given back as is taken, no level changes, and the end is told."""
    hold(shop, [("COAT", 3)], minutes=15)
    with pytest.raises(Refusal, match="out_of_stock"):
        ask(shop, [("COAT", 1)])
    assert units(shop, "COAT") == (3, 0, 3)

    shop.pass_time(minutes=16)
    ask(shop, [("COAT", 3)])

    assert units(shop, "COAT") == (3, 0, 3)
    expired = shop.database.read(
        lambda tx: tx.execute("select count(*) from journal where kind = 'hold.expired'").fetchone()
    )
    assert expired == (1,)


def test_all_or_nothing_is_bought_and_never_more_than_is_kept(shop: Shop) -> None:
    for bought, then, waits in ((None, S.BOUGHT, 1), ({}, S.NOT_BOUGHT, 1)):
        kept = ask(shop, [("COAT", 1)])
        set_aside(shop, kept)
        with pytest.raises(Refusal, match="not_reserved"):
            visit(shop, kept, {"COAT": 2})
        with pytest.raises(Refusal, match="not_reserved"):
            visit(shop, kept, {"HAT": 1})
        assert visit(shop, kept, bought).state == then
        assert units(shop, "COAT") == (3, waits, 0)
        with pytest.raises(Refusal, match="transition_refused"):
            visit(shop, kept, None)

    kept = ask(shop, [("HAT", 1)])
    set_aside(shop, kept)
    assert (
        shop.database.transact(lambda tx: cancel(tx, TESTER, kept.id, shop.now)).state == S.CANCELED
    )
    assert units(shop, "HAT") == (1, 1, 0)  # It lies aside until somebody scans it back.


@pytest.mark.parametrize("found", [2, 1])
def test_who_concludes_a_visit_as_goods_are_set_aside_sees_all_of_them(
    shop: Shop, found: int
) -> None:
    kept = ask(shop, [("COAT", 2)])
    request = AsideRequest(
        reservation_id=kept.id, found={"COAT": found}, new_id=shop.services.new_id
    )
    with ThreadPoolExecutor(1) as counter, shop.database.connect() as store:
        with store.transaction():
            keep_for_visit(store, TESTER, request, shop.now)
            concluding = counter.submit(visit, shop, kept, None)
            assert wait_until(lambda: someone_waits(shop), seconds=10)
        after = concluding.result()
    assert (after.state, after.lines[0].bought) == (S.BOUGHT, found)


def someone_waits(shop: Shop) -> bool:
    row = shop.database.read(
        lambda tx: tx.execute("select exists (select from pg_locks where not granted)").fetchone()
    )
    return row is not None and row[0]


def test_what_is_not_found_is_missing_and_counted(shop: Shop) -> None:
    kept = ask(shop, [("COAT", 2), ("HAT", 1)])
    set_aside(shop, kept, {"COAT": 1})
    assert state(shop, kept) == S.SET_ASIDE
    assert units(shop, "COAT") == (3, 2, 1)  # Nobody trusts the rest of that shelf either.
    assert units(shop, "HAT") == (1, 1, 0)
    assert visit(shop, kept, None).state == S.BOUGHT


def test_a_store_that_finds_nothing_has_declined_and_strangers_find_none(shop: Shop) -> None:
    first, second = ask(shop, [("COAT", 1)]), ask(shop, [("HAT", 1)], "grace")
    set_aside(shop, first, {})
    assert state(shop, first) == S.DECLINED
    shop.database.transact(lambda tx: decline(tx, TESTER, second.id, Reason.NO_TIME, shop.now))
    assert units(shop, "HAT") == (1, 0, 0)
    with pytest.raises(Refusal, match="transition_refused"):
        set_aside(shop, second)

    kept = ask(shop, [("HAT", 1)])
    stranger = associate(shop, "L000")
    with pytest.raises(Refusal, match="not_found"):
        shop.database.read(lambda tx: find_reservation(tx, stranger, kept.id))
    with pytest.raises(Refusal, match="not_found"):
        shop.database.transact(lambda tx: decline(tx, stranger, kept.id, Reason.NO_TIME, shop.now))

    def seen(at: UUID) -> int:
        return shop.database.read_at(at, lambda tx: len(list_open(tx, shop.location("L001"))))

    assert (seen(shop.location("L001")), seen(shop.location("L000"))) == (1, 0)
    for lines in ([("NO-SUCH", 1)], [("COAT", 4)]):
        with pytest.raises(Refusal):
            ask(shop, lines)


def test_the_last_piece_is_reserved_once_and_its_visit_ends_once(shop: Shop) -> None:
    """Eight customers at the same moment, one hat; then two colleagues at its counter."""
    won: list[StoreReservation] = []

    def want(nth: int) -> bool:
        wanted = [("HAT", 1), ("COAT", 1)] if nth % 2 else [("HAT", 1)]
        return succeeds("out_of_stock", lambda: won.append(ask(shop, wanted, f"buyer{nth}")))

    with ThreadPoolExecutor(8) as people:
        assert sum(people.map(want, range(8))) == 1
    assert units(shop, "HAT") == (1, 0, 1)

    (kept,) = won
    set_aside(shop, kept)

    def finish(bought: dict[str, int] | None) -> bool:
        return succeeds("transition_refused", lambda: visit(shop, kept, bought))

    with ThreadPoolExecutor(2) as people:
        assert sum(people.map(finish, [None, {}])) == 1
    assert units(shop, "HAT")[2] == 0


def test_nobody_looked_and_nobody_came(shop: Shop) -> None:
    """The clock starts when it is set aside; its end is told before, once."""
    asked, kept = ask(shop, [("HAT", 1)]), ask(shop, [("COAT", 1)], "grace")
    set_aside(shop, kept)
    expire, remind = VISITS
    shop.now += timedelta(hours=2)
    assert sweep(shop.database, expire, shop.now) == 1
    assert state(shop, asked) == S.DECLINED
    assert units(shop, "HAT") == (1, 0, 0)

    shop.now += timedelta(hours=20)
    assert [sweep(shop.database, remind, shop.now) for _ in range(2)] == [1, 0]
    assert story(shop, kept)[-1] == "ending: None"
    shop.now += timedelta(hours=2)
    assert [sweep(shop.database, expire, shop.now) for _ in range(2)] == [1, 0]
    assert state(shop, kept) == S.EXPIRED
    assert units(shop, "COAT") == (3, 1, 0)
