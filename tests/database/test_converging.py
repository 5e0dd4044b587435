"""Whatever happens to messages on their way, the stock that comes of them is the same."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.factories import MILAN, NOW, TESTER, TURIN

from ovunque.platform.database import Database, Tx
from ovunque.platform.invariants import find_violations
from ovunque.stock.checking import INVARIANTS
from ovunque.stock.counting import CountRequest, take_counts
from ovunque.stock.model import Count, Key, Movement, MovementKind
from ovunque.stock.model.feeding import Source, SourceKind
from ovunque.stock.moving import move

LATER = NOW + timedelta(hours=2)
KEYS = (Key("RAIN", MILAN), Key("RAIN", TURIN), Key("SUN", MILAN))
SOURCES = (
    Source(code="books", posting_delay_s=600),
    Source(code="fast-clock", clock_offset_ms=90_000),
    Source(code="shelf", kind=SourceKind.PHYSICAL, clock_skew_s=120),
)

Message = Callable[[Tx], object]

minutes = st.integers(0, 60).map(lambda nth: NOW + timedelta(minutes=nth))


@st.composite
def counts(draw: st.DrawFn) -> list[Message]:
    """What a source counted at a moment: told at once, or every level by itself."""
    source, as_of = draw(st.sampled_from(SOURCES)), draw(minutes)
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, unique=True))
    told = [Count(key=key, on_hand=draw(st.integers(0, 9)), as_of=as_of) for key in keys]
    known = draw(st.lists(st.sampled_from([f"ours-{nth}" for nth in range(6)]), max_size=2))
    parts = [[each] for each in told] if draw(st.booleans()) else [told]
    return [
        count_of(CountRequest(source=source, counts=part, acknowledged=known)) for part in parts
    ]


def count_of(request: CountRequest) -> Message:
    return lambda tx: take_counts(tx, TESTER, request, LATER)


@st.composite
def movements(draw: st.DrawFn, nth: int) -> list[Message]:
    """Units that came or went, as somebody else or we ourselves know of it."""
    source, kinds = draw(
        st.sampled_from(
            [
                ("ours", (MovementKind.SHIPPED, MovementKind.COLLECTED)),
                ("till", (MovementKind.SOLD_IN_STORE, MovementKind.RETURNED)),
                ("books", (MovementKind.RECEIVED, MovementKind.ADJUSTED, MovementKind.REGRADED)),
            ]
        )
    )
    at, key = draw(minutes), draw(st.sampled_from(KEYS))
    told = Movement(
        id=f"{source}-{nth}",
        key=key,
        kind=draw(st.sampled_from(kinds)),
        quantity=draw(st.integers(1, 5)),
        occurred_at=at,
    )
    name = "ovunque" if source == "ours" else source
    return [lambda tx: move(tx, TESTER, name, [told], LATER)]


@st.composite
def stories(draw: st.DrawFn) -> list[Message]:
    told: list[Message] = []
    for nth in range(draw(st.integers(2, 6))):
        told += draw(st.one_of(counts(), movements(nth), movements(nth)))
    return told


def stock(tx: Tx) -> dict[Key, int]:
    """What lies where; a level that nobody has told of is as one with nothing."""
    rows = tx.execute("select sku, location_id, on_hand from stock_level where on_hand <> 0")
    return {Key(sku, at): on_hand for sku, at, on_hand in rows}


def tell(database: Database, messages: Sequence[Message], *, checked: bool) -> dict[Key, int]:
    with psycopg.connect(database.conninfo) as tx, tx.transaction(force_rollback=True):
        for message in messages:
            message(tx)
            if checked:
                assert find_violations(tx, INVARIANTS) == ()
        return stock(tx)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_order_any_duplicates_and_any_parts_end_in_the_same_stock(
    database: Database, data: st.DataObject
) -> None:
    story = data.draw(stories())
    again = data.draw(st.lists(st.sampled_from(story), max_size=3))
    shuffled = data.draw(st.permutations([*story, *again]))

    assert tell(database, shuffled, checked=True) == tell(database, story, checked=False)


def test_books_that_lag_do_not_lose_what_left_meanwhile(database: Database) -> None:
    """Counted at 10:00 in books ten minutes late; sold at 9:55: not in it, unless they say so."""
    books = SOURCES[0]
    sold = [our_sale(NOW + timedelta(minutes=-5))]
    told = CountRequest(source=books, counts=[Count(key=KEYS[0], on_hand=7, as_of=NOW)])
    knowing = CountRequest(source=books, counts=told.counts, acknowledged=["ours-1"])

    def after(*requests: CountRequest) -> dict[Key, int]:
        counted: list[Message] = [count_of(each) for each in requests]
        return tell(
            database, [lambda tx: move(tx, TESTER, "ovunque", sold, LATER), *counted], checked=True
        )

    assert after(told) == {KEYS[0]: 6}
    assert after(knowing) == {KEYS[0]: 7}
    assert after(told, knowing) == {KEYS[0]: 7}


def our_sale(at: datetime) -> Movement:
    return Movement(id="ours-1", key=KEYS[0], kind=MovementKind.SHIPPED, quantity=1, occurred_at=at)
