"""Stock on a real database: what is claimed once stays claimed, and counts are facts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import permutations
from uuid import uuid4

import psycopg
import pytest
from tests.factories import MILAN, NOW, TESTER, TURIN, cart, put_stock, take

from ovunque.kernel.ids import NewId
from ovunque.kernel.refusal import Refusal
from ovunque.platform import journal
from ovunque.platform.database import Database, Link, Tx
from ovunque.platform.embedded import wait_until
from ovunque.platform.invariants import find_violations
from ovunque.stock.asking import ask_for_counts, count_waiting, dismiss_task, list_settled
from ovunque.stock.checking import INVARIANTS
from ovunque.stock.claiming import claim
from ovunque.stock.counting import CountRequest, count, take_counts
from ovunque.stock.model import (
    Aside,
    Ask,
    Count,
    Key,
    Move,
    Movement,
    MovementKind,
    Short,
    Taken,
    UnavailableReason,
)
from ovunque.stock.model.feeding import Source, SourceKind, TaskOutcome
from ovunque.stock.moving import move
from ovunque.stock.setting_aside import set_aside
from ovunque.stock.snapshot import load

RAIN_MILAN, RAIN_TURIN = Key("RAIN", MILAN), Key("RAIN", TURIN)


def levels(tx: Tx) -> dict[Key, tuple[int, int, int]]:
    rows = tx.execute("select sku, location_id, on_hand, unavailable, reserved from stock_level")
    return {Key(sku, at): (a, b, c) for sku, at, a, b, c in rows}


def units_reserved(tx: Tx, key: Key) -> int:
    row = tx.execute(
        "select coalesce(sum(quantity), 0)::int from reservation "
        "where (sku, location_id) = (%s, %s) and state in ('held', 'allocated')",
        [key.sku, key.location_id],
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_the_last_units_are_sold_once(database: Database, new_id: NewId) -> None:
    """Forty shoppers at the same moment, five raincoats: five happy shoppers."""
    coat, hat = (Key(f"{name}-{uuid4()}", MILAN) for name in ("COAT", "HAT"))
    database.transact(lambda tx: put_stock(tx, coat, on_hand=5))
    database.transact(lambda tx: put_stock(tx, hat, on_hand=50))

    def shop(turn: int) -> bool:
        keys = (coat, hat) if turn % 2 else (hat, coat)  # Both orders: the trap of a deadlock.
        asked = [cart(new_id, *keys)]
        (outcome,) = database.transact(lambda tx: claim(tx, asked, NOW)).outcomes
        return isinstance(outcome, Taken)

    with ThreadPoolExecutor(8) as shoppers:
        assert sum(shoppers.map(shop, range(40))) == 5
    assert database.transact(levels) == {coat: (5, 0, 5), hat: (50, 0, 5)}
    assert database.transact(lambda tx: units_reserved(tx, coat)) == 5


def test_what_an_order_gives_back_serves_the_one_behind_it(
    database: Database, new_id: NewId
) -> None:
    database.transact(lambda tx: put_stock(tx, RAIN_MILAN, on_hand=1))
    first = take(new_id, RAIN_MILAN)
    database.transact(lambda tx: claim(tx, [Ask(plans=((first,),))], NOW))

    second = take(new_id, RAIN_MILAN)
    claimed = database.transact(
        lambda tx: claim(tx, [Ask(gives=(first,)), Ask(plans=((second,),))], NOW)
    )

    assert [type(each) for each in claimed.outcomes] == [Taken, Taken]
    assert database.transact(levels) == {RAIN_MILAN: (1, 0, 1)}


def test_the_same_units_never_come_back_twice(database: Database, new_id: NewId) -> None:
    database.transact(lambda tx: put_stock(tx, RAIN_MILAN, on_hand=2))
    first = take(new_id, RAIN_MILAN, 2)
    database.transact(lambda tx: claim(tx, [Ask(plans=((first,),))], NOW))

    for _ in range(2):
        database.transact(lambda tx: claim(tx, [Ask(gives=(first,))], NOW))

    assert database.transact(levels) == {RAIN_MILAN: (2, 0, 0)}


def test_a_move_whose_units_are_gone_takes_nothing(database: Database, new_id: NewId) -> None:
    database.transact(lambda tx: put_stock(tx, RAIN_MILAN, on_hand=1))
    database.transact(lambda tx: put_stock(tx, RAIN_TURIN, on_hand=1))
    milan, turin = take(new_id, RAIN_MILAN), take(new_id, RAIN_TURIN)
    database.transact(lambda tx: claim(tx, [Ask(plans=((milan,),))], NOW))
    database.transact(lambda tx: claim(tx, [Ask(gives=(milan,))], NOW))

    moving = [Move(gives=(milan,), plans=((turin,),))]
    (outcome,) = database.transact(lambda tx: claim(tx, moving, NOW)).outcomes

    assert isinstance(outcome, Short)
    assert database.transact(levels) == {RAIN_MILAN: (1, 0, 0), RAIN_TURIN: (1, 0, 0)}


def test_any_order_of_arrival_gives_the_same_stock(database: Database) -> None:
    """Counts before, between and after movements, each told twice, in every order."""

    def at(minute: int) -> Count:
        return Count(key=RAIN_MILAN, on_hand=10 + minute, as_of=NOW + timedelta(minutes=minute))

    def sold(minute: int) -> Movement:
        return Movement(
            id=f"till-{minute}",
            key=RAIN_MILAN,
            kind=MovementKind.SOLD_IN_STORE,
            quantity=2,
            occurred_at=NOW + timedelta(minutes=minute),
        )

    later = NOW + timedelta(hours=1)
    messages: list[Count | Movement] = [at(0), at(10), sold(5), sold(12)]

    def tell(tx: Tx, message: Count | Movement) -> None:
        if isinstance(message, Count):
            count(tx, TESTER, "wms", [message], later)
        else:
            move(tx, TESTER, "till", [message], later)

    for told in permutations(messages):
        with Link.connect(database.conninfo) as tx, tx.transaction(force_rollback=True):
            for message in (*told, *reversed(told)):
                tell(tx, message)
            assert levels(tx) == {RAIN_MILAN: (18, 0, 0)}


def test_the_same_count_again_changes_nothing(database: Database) -> None:
    told = [Count(key=RAIN_MILAN, on_hand=3, as_of=NOW)]
    first = database.transact(lambda tx: count(tx, TESTER, "wms", told, NOW))
    second = database.transact(lambda tx: count(tx, TESTER, "wms", told, NOW))

    assert (first.changed, first.unchanged) == (1, 0)
    assert (second.changed, second.unchanged) == (0, 1)


def test_a_count_from_tomorrow_is_refused_by_its_row(database: Database) -> None:
    told = [
        Count(key=RAIN_MILAN, on_hand=3, as_of=NOW),
        Count(key=RAIN_TURIN, on_hand=3, as_of=NOW + timedelta(minutes=3)),
    ]
    with pytest.raises(Refusal) as refused:
        database.transact(lambda tx: count(tx, TESTER, "wms", told, NOW))

    assert [fault.pointer for fault in refused.value.errors] == ["/1/as_of"]
    assert database.transact(levels) == {}


def test_a_true_count_below_what_is_reserved_opens_a_shortage_and_heals(
    database: Database, new_id: NewId
) -> None:
    database.transact(lambda tx: put_stock(tx, RAIN_MILAN, on_hand=3))
    taken = take(new_id, RAIN_MILAN, 3)
    database.transact(lambda tx: claim(tx, [Ask(plans=((taken,),))], NOW))

    def shortages() -> list[tuple[int]]:
        return database.transact(lambda tx: tx.execute("select units from shortage").fetchall())

    later = NOW + timedelta(minutes=1)
    database.transact(lambda tx: put_stock(tx, RAIN_MILAN, on_hand=1, as_of=later))
    assert shortages() == [(2,)]

    database.transact(lambda tx: claim(tx, [Ask(gives=(taken,))], later))
    assert shortages() == []


def test_a_negative_level_that_no_shortage_names_fails_its_commit(database: Database) -> None:
    database.transact(lambda tx: put_stock(tx, RAIN_MILAN, on_hand=1))

    with pytest.raises(psycopg.errors.CheckViolation):
        database.transact(lambda tx: tx.execute("update stock_level set reserved = 2"))


def test_the_door_has_a_second_lock(database: Database, new_id: NewId) -> None:
    """A claim decided on values that were not true is stopped by its own write."""
    database.transact(lambda tx: put_stock(tx, RAIN_MILAN, on_hand=1))

    from ovunque.stock import store  # noqa: PLC0415 - the test looks behind the room's door

    plan = [(take(new_id, RAIN_MILAN, 2), None)]
    with pytest.raises(psycopg.errors.AssertFailure, match="beyond what was free"):
        database.transact(
            lambda tx: store.save_claims(tx, taken=plan, given={}, changes={RAIN_MILAN: 2})
        )


def test_the_snapshot_follows_and_the_higher_version_wins(
    database: Database, new_id: NewId
) -> None:
    positions = {MILAN: 0, TURIN: 1}
    database.transact(lambda tx: put_stock(tx, RAIN_MILAN, on_hand=4))
    start = database.read(journal.end)
    view = database.read(lambda tx: load(tx, positions))
    database.transact(lambda tx: put_stock(tx, RAIN_TURIN, on_hand=2))
    for _ in range(2):
        database.transact(lambda tx: claim_one(tx, new_id))

    entries = database.read(lambda tx: journal.read(tx, start, 100))
    for entry in (*entries, *reversed(entries)):
        view.apply(entry.body["levels"])

    assert list(view.free_at("RAIN", 2)) == [2, 2]
    assert list(view.free_at("NO-SUCH", 2)) == [0, 0]


def claim_one(tx: Tx, new_id: NewId) -> None:
    from ovunque.stock import events  # noqa: PLC0415

    claimed = claim(tx, [cart(new_id, RAIN_MILAN)], NOW)
    journal.record(tx, [events.changed(claimed.levels)], by="tester", at=NOW)


def test_a_level_that_comes_to_be_while_it_is_counted_is_counted_once(database: Database) -> None:
    """A count of a new level waits for the receipt that makes it, and begins again behind it."""
    counted = [Count(key=RAIN_MILAN, on_hand=4, as_of=NOW)]
    received = Movement(
        id="r-1",
        key=RAIN_MILAN,
        kind=MovementKind.RECEIVED,
        quantity=3,
        occurred_at=NOW + timedelta(minutes=1),
    )
    later = NOW + timedelta(hours=1)
    with ThreadPoolExecutor(1) as other, database.connect() as receiving:
        with receiving.transaction():
            move(receiving, TESTER, "till", [received], later)
            counting = other.submit(
                database.transact, lambda tx: count(tx, TESTER, "wms", counted, later)
            )
            assert wait_until(lambda: waits_for_a_lock(database), seconds=10)
        assert counting.result(10).changed == 1
    assert database.read(levels) == {RAIN_MILAN: (7, 0, 0)}
    assert database.transact(lambda tx: find_violations(tx, INVARIANTS)) == ()


def waits_for_a_lock(database: Database) -> bool:
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    return database.read(lambda tx: tx.execute(waiting.encode()).fetchone()) != (0,)


SHELF = Source(code="shelf", kind=SourceKind.PHYSICAL)


def count_shelf(database: Database, on_hand: int, as_of: datetime, source: Source = SHELF) -> None:
    told = [Count(key=RAIN_MILAN, on_hand=on_hand, as_of=as_of)]
    request = CountRequest(source=source, counts=told)
    database.transact(lambda tx: take_counts(tx, TESTER, request, as_of))


@pytest.mark.parametrize("found", [5, 3])
def test_a_later_count_of_the_shelf_settles_what_was_missing(
    database: Database, found: int
) -> None:
    """Two coats were not found, one is damaged: who counts sees what became of them."""
    database.transact(lambda tx: put_stock(tx, RAIN_MILAN, on_hand=5))
    asides = [
        Aside(key=RAIN_MILAN, reason=UnavailableReason.MISSING, quantity=2),
        Aside(key=RAIN_MILAN, reason=UnavailableReason.DAMAGED, quantity=1),
    ]
    at = NOW + timedelta(hours=1)
    database.transact(lambda tx: set_aside(tx, asides, at))

    count_shelf(database, 5, at - timedelta(minutes=1))
    assert database.read(levels) == {RAIN_MILAN: (5, 3, 0)}, "counted before they were missed"
    count_shelf(database, found, at + timedelta(minutes=1), Source(code="books"))
    assert database.read(levels) == {RAIN_MILAN: (found, 3, 0)}, "books see no shelf"

    count_shelf(database, found, at + timedelta(minutes=2))
    assert database.read(levels) == {RAIN_MILAN: (found, 1, 0)}
    assert database.read(lambda tx: find_violations(tx, INVARIANTS)) == ()
    count_shelf(database, 9, at - timedelta(minutes=2))
    assert database.read(levels) == {RAIN_MILAN: (found, 1, 0)}, "and an old count changes nothing"


def test_units_missed_after_a_count_stay_missing_until_the_next(database: Database) -> None:
    at = NOW + timedelta(hours=1)
    count_shelf(database, 5, NOW)
    for minutes in (10, 20):
        aside = Aside(key=RAIN_MILAN, reason=UnavailableReason.MISSING, quantity=1)
        when = at + timedelta(minutes=minutes)
        database.transact(partial(set_aside, asides=[aside], now=when))
    count_shelf(database, 4, at + timedelta(minutes=15))
    assert database.read(levels) == {RAIN_MILAN: (4, 2, 0)}, "one was missed after it"
    assert database.read(waiting) == 1, "and somebody has to look for it"
    count_shelf(database, 4, at + timedelta(minutes=30))
    assert database.read(levels) == {RAIN_MILAN: (4, 0, 0)}
    assert database.read(waiting) == 0


def test_a_count_from_before_it_was_asked_for_does_not_answer(database: Database) -> None:
    """It came late: whoever counted has not seen what was missed since."""
    at = NOW + timedelta(hours=1)
    count_shelf(database, 5, NOW)
    database.transact(lambda tx: ask_for_counts(tx, TESTER, [RAIN_MILAN], at))
    count_shelf(database, 4, at - timedelta(minutes=1))
    assert database.read(waiting) == 1
    count_shelf(database, 4, at)
    assert database.read(waiting) == 0


def waiting(tx: Tx) -> int:
    return count_waiting(tx, RAIN_MILAN.location_id)


def test_each_count_task_is_told_from_its_opening_to_its_end(database: Database) -> None:
    """Not found when picked and counted; asked for, twice, and not needed after all."""
    at, later = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    count_shelf(database, 5, NOW)
    aside = Aside(key=RAIN_MILAN, reason=UnavailableReason.MISSING, quantity=1)
    database.transact(lambda tx: set_aside(tx, [aside], at))
    count_shelf(database, 4, at + timedelta(minutes=1))
    for _ in range(2):
        database.transact(lambda tx: ask_for_counts(tx, TESTER, [RAIN_MILAN], later))
    database.transact(lambda tx: dismiss_task(tx, TESTER, RAIN_MILAN, later))

    facts = database.read(
        lambda tx: tx.execute(
            "select kind, actor, body->>'reason' from journal where kind like 'count.%' "
            "order by position"
        ).fetchall()
    )
    assert facts == [
        ("count.opened", "system", "short_pick"),
        ("count.done", TESTER.name, None),
        ("count.asked", TESTER.name, "asked"),
        ("count.dismissed", TESTER.name, None),
    ]
    settled = database.read(lambda tx: list_settled(tx, RAIN_MILAN.location_id, 9))
    assert [each.outcome for each in settled] == [TaskOutcome.DISMISSED, TaskOutcome.COUNTED]
