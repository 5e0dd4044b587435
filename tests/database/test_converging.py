"""Whatever happens to messages on their way, the stock that comes of them is the same."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import comparisons
from tests.factories import MILAN, NOW, TESTER, TURIN

from ovunque.platform.database import Database, Link, Tx
from ovunque.platform.invariants import find_violations
from ovunque.stock.checking import INVARIANTS
from ovunque.stock.confirming import announce_feed
from ovunque.stock.counting import ColumnsRequest, CountRequest, take_columns, take_counts
from ovunque.stock.model import Count, Key, Movement, MovementKind
from ovunque.stock.model.feeding import Source, SourceKind
from ovunque.stock.moving import move
from ovunque.stock.rules.columns import columns_of, taken
from ovunque.stock.weighing import ColumnsFeed, weigh_columns

LATER = NOW + timedelta(hours=2)
KEYS = (Key("RAIN", MILAN), Key("RAIN", TURIN), Key("SUN", MILAN))
SOURCES = (
    Source(code="books", posting_delay_s=600),
    Source(code="fast-clock", clock_offset_ms=90_000),
    Source(code="shelf", kind=SourceKind.PHYSICAL, clock_skew_s=120),
)
FEEDS = Source(code="feeds")
ELEVEN = NOW + timedelta(hours=1)

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


@st.composite
def feeds(draw: st.DrawFn) -> list[Message]:
    """A feed of many counts, of which those that find what we have are kept together."""
    as_of = draw(minutes)
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, unique=True))
    told = [Count(key=key, on_hand=draw(st.integers(0, 9)), as_of=as_of) for key in keys]
    source = draw(st.sampled_from([FEEDS, SOURCES[1]]))
    return [feed_of(source, told)]


def feed_of(source: Source, counts: Sequence[Count]) -> Message:
    told = columns_of(counts)
    feed_id = uuid5(NAMESPACE_OID, f"{source.code} {told}")
    spans = {each.key.location_id: (each.as_of, each.as_of) for each in counts}

    def feed(tx: Tx) -> None:
        ground = announce_feed(tx, feed_id, source, spans, LATER)
        request = ColumnsFeed(
            id=feed_id,
            source=source,
            digest=feed_id.bytes * 2,
            rows=len(counts),
            newest=counts[0].as_of,
            parts=lambda: [told],
        )
        others = comparisons.others(tx, source, ground, told)
        assert weigh_columns(tx, TESTER, request, LATER) is None
        same = [at for at in range(len(counts)) if at not in others]
        asked = ColumnsRequest(
            source=source, told=taken(told, others), same=taken(told, same), ground=ground
        )
        take_columns(tx, TESTER, asked, LATER)

    return feed


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
        told += draw(st.one_of(counts(), feeds(), movements(nth), movements(nth)))
    return told


def stock(tx: Tx) -> dict[Key, int]:
    """What lies where; a level that nobody has told of is as one with nothing."""
    rows = tx.execute("select sku, location_id, on_hand from stock_level where on_hand <> 0")
    return {Key(sku, at): on_hand for sku, at, on_hand in rows}


def tell(database: Database, messages: Sequence[Message], *, checked: bool) -> dict[Key, int]:
    with Link.connect(database.conninfo) as tx, tx.transaction(force_rollback=True):
        for message in messages:
            message(tx)
            if checked:
                assert find_violations(tx, INVARIANTS) == ()
        return stock(tx)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
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


def test_kept_counts_are_what_we_have_for_whatever_comes_later(database: Database) -> None:
    """Told at 9:00 and the same at 10:00: sold at 9:30 is in it, however late we hear of that."""
    nine, ten = (feed_of(FEEDS, [Count(key=KEYS[0], on_hand=7, as_of=at)]) for at in (NOW, ELEVEN))
    sold = Movement(
        id="till-1",
        key=KEYS[0],
        kind=MovementKind.SOLD_IN_STORE,
        quantity=2,
        occurred_at=NOW + timedelta(minutes=30),
    )
    late = count_of(
        CountRequest(source=FEEDS, counts=[Count(key=KEYS[0], on_hand=1, as_of=sold.occurred_at)])
    )
    sale: Message = lambda tx: move(tx, TESTER, "till", [sold], LATER)  # noqa: E731

    assert tell(database, [nine, sale], checked=True) == {KEYS[0]: 5}
    assert tell(database, [nine, ten, sale], checked=True) == {KEYS[0]: 7}
    assert tell(database, [nine, ten, late], checked=True) == {KEYS[0]: 7}
    assert tell(database, [nine, ten, late, sale, ten], checked=True) == {KEYS[0]: 7}
