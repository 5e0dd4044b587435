"""Counts that find what we have are kept together, and nothing that comes late slips past them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tests import comparisons
from tests.factories import MILAN, NOW, TESTER

from ovunque.platform.database import Database, Link, Tx
from ovunque.platform.invariants import find_violations
from ovunque.stock.checking import INVARIANTS
from ovunque.stock.confirming import KEPT, Ground, announce_feed, look_round, settle_old
from ovunque.stock.counting import ColumnsRequest, count, take_columns
from ovunque.stock.model import Count, Key, Movement, MovementKind
from ovunque.stock.model.feeding import Source
from ovunque.stock.moving import move
from ovunque.stock.rules.columns import columns_of, taken

COAT = Key("COAT", MILAN)
BOOKS = Source(code="books")
TEN, LATER = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
SALE = Movement(
    id="till-1",
    key=COAT,
    kind=MovementKind.SOLD_IN_STORE,
    quantity=2,
    occurred_at=NOW + timedelta(minutes=30),
)
TOLD = columns_of([Count(key=COAT, on_hand=7, as_of=TEN)])


@pytest.fixture
def seven(database: Database) -> Database:
    """Seven lay there at nine, says whoever says at ten that there are seven."""
    nine = Count(key=COAT, on_hand=7, as_of=NOW)
    database.transact(lambda tx: count(tx, TESTER, BOOKS.code, [nine], LATER))
    return database


def announced(database: Database, nth: int = 1) -> Ground:
    spans = {MILAN: (TEN, TEN)}
    return database.transact(lambda tx: announce_feed(tx, UUID(int=nth), BOOKS, spans, LATER))


def others(database: Database, ground: Ground) -> list[int]:
    """The places of counts that have to be booked."""
    return database.transact(lambda tx: comparisons.others(tx, BOOKS, look_round(tx, ground), TOLD))


def book(database: Database, ground: Ground, *, same: bool) -> None:
    kept, told = (TOLD, taken(TOLD, [])) if same else (taken(TOLD, []), TOLD)
    request = ColumnsRequest(source=BOOKS, told=told, same=kept, ground=ground)
    database.transact(lambda tx: take_columns(tx, TESTER, request, LATER))


def stands(database: Database) -> tuple[int, bool, int]:
    """On-hand, whether the count of ten is the level's baseline, and how much is kept."""

    def look(tx: Tx) -> tuple[int, bool, int]:
        assert find_violations(tx, INVARIANTS) == ()
        row = tx.execute(
            "select on_hand, baseline_as_of = %s, (select count(*) from stock_confirmation) "
            "from stock_level where sku = 'COAT'",
            [TEN],
        ).fetchone()
        assert row is not None
        return row[0], row[1], row[2]

    return database.transact(look)


def sell(tx: Tx) -> None:
    move(tx, TESTER, "till", [SALE], LATER)


@contextmanager
def under_way(database: Database) -> Iterator[Tx]:
    """A sale that is booked and not committed yet."""
    with Link.connect(database.conninfo) as tx:
        sell(tx)
        yield tx


def test_what_finds_what_we_have_leaves_its_level_alone(seven: Database) -> None:
    ground = announced(seven)
    assert others(seven, ground) == []
    book(seven, ground, same=True)
    assert stands(seven) == (7, False, 1)
    seven.transact(sell)
    assert stands(seven) == (7, True, 1)


def test_each_count_of_a_feed_keeps_its_own_moment(seven: Database) -> None:
    """What was sold before the later count is in that one, and not in the earlier."""
    hat = Key("HAT", MILAN)
    before = Count(key=hat, on_hand=7, as_of=NOW)
    seven.transact(lambda tx: count(tx, TESTER, BOOKS.code, [before], LATER))
    told = columns_of(
        [
            Count(key=COAT, on_hand=7, as_of=TEN),
            Count(key=hat, on_hand=7, as_of=TEN + timedelta(minutes=20)),
        ]
    )
    spans = {MILAN: (TEN, TEN + timedelta(minutes=20))}
    ground = seven.transact(lambda tx: announce_feed(tx, UUID(int=1), BOOKS, spans, LATER))
    request = ColumnsRequest(source=BOOKS, told=taken(told, []), same=told, ground=ground)
    seven.transact(lambda tx: take_columns(tx, TESTER, request, LATER))

    between = TEN + timedelta(minutes=10)
    sales = [
        replace(SALE, id=f"till-{key.sku}", key=key, occurred_at=between) for key in (COAT, hat)
    ]
    seven.transact(lambda tx: move(tx, TESTER, "till", sales, LATER))

    rows = seven.read(
        lambda tx: tx.execute(
            "select sku, on_hand from stock_level where sku in ('COAT', 'HAT') order by sku"
        ).fetchall()
    )
    assert rows == [("COAT", 5), ("HAT", 7)]


def test_who_does_not_know_of_the_feed_yet_is_waited_for(seven: Database) -> None:
    with under_way(seven) as tx:
        ground = announced(seven)
        assert others(seven, ground) == [0]
        tx.commit()
    book(seven, ground, same=False)
    assert stands(seven) == (7, True, 0)


def test_a_late_sale_between_the_look_and_the_booking_is_noticed(seven: Database) -> None:
    ground = announced(seven)
    assert others(seven, ground) == []
    seven.transact(sell)
    assert stands(seven) == (5, False, 0)
    book(seven, ground, same=True)
    assert stands(seven) == (7, True, 0)


def test_a_sale_while_levels_are_read_is_not_overlooked(seven: Database) -> None:
    """Five were told as of ten; two of them are sold after that, and seven look like five."""
    ground = announced(seven)
    told, after = replace(TOLD, on_hands=[5]), replace(SALE, occurred_at=LATER)

    def sell_later() -> None:
        seven.transact(lambda tx: move(tx, TESTER, "till", [after], LATER))

    def look(tx: Tx) -> list[int]:
        return comparisons.others(tx, BOOKS, look_round(tx, ground), told, sell_later)

    assert seven.transact(look) == [0]
    assert stands(seven) == (5, False, 0)


@pytest.mark.parametrize("units", range(7))
def test_a_count_by_chance_as_high_as_what_was_adjusted_is_booked(
    seven: Database, units: int
) -> None:
    """More was sold than we knew, and the receipt that explains it comes when ten is told of."""
    sale = replace(SALE, quantity=9)
    receipt = replace(
        SALE,
        id="wms-1",
        kind=MovementKind.RECEIVED,
        quantity=5,
        occurred_at=NOW + timedelta(minutes=5),
    )
    seven.transact(lambda tx: move(tx, TESTER, "till", [sale], NOW + timedelta(minutes=31)))
    ground = announced(seven)
    told = replace(TOLD, on_hands=[units])
    assert seven.transact(
        lambda tx: comparisons.others(tx, BOOKS, look_round(tx, ground), told)
    ) == [0]
    request = ColumnsRequest(source=BOOKS, told=told, ground=ground)
    seven.transact(lambda tx: take_columns(tx, TESTER, request, LATER))
    seven.transact(lambda tx: move(tx, TESTER, "wms", [receipt], LATER))
    assert stands(seven) == (units, True, 0)


def test_another_feed_of_the_same_place_takes_over(seven: Database) -> None:
    first, second = announced(seven), announced(seven, 2)
    assert second.locations == frozenset()
    assert first.locations == {str(MILAN)}


def test_what_is_kept_for_a_day_is_written_into_its_level(seven: Database) -> None:
    ground = announced(seven)
    others(seven, ground)
    book(seven, ground, same=True)
    assert settle_old(seven, LATER + KEPT / 2) == 0
    assert settle_old(seven, LATER + 2 * KEPT) == 1
    assert stands(seven) == (7, True, 0)


def test_who_acknowledges_our_movements_keeps_no_counts(seven: Database) -> None:
    seven.transact(
        lambda tx: tx.execute(
            "insert into stock_acknowledged values ('books', 'ovunque', 'one', %s)", [NOW]
        )
    )
    assert announced(seven).locations == frozenset()
