"""What may be taken from a level by whom: buffers, shares and stops, worked by hand."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from tests.factories import MILAN, NOW, TURIN, level

from ovunque.stock.model import Ask, Key, ProtectionRequest, Reservation, RuleKind, Short, Taken
from ovunque.stock.rules import decide
from ovunque.stock.rules.protection import (
    EVERYTHING,
    Guard,
    Guarding,
    Rule,
    Traits,
    guard_of,
    rivals,
    rule_book,
    withheld,
)
from ovunque.stock.rules.protection_checks import check_protection

WEB, STORES, OUTLET = (UUID(int=nth) for nth in (11, 12, 13))
COAT = Traits(sku="COAT", product="COATS", category="outerwear")
ALL: frozenset[str] = frozenset({"all"})


def buffer(**told: Any) -> Rule:
    return Rule(code=told.pop("code", "b"), kind=RuleKind.BUFFER, **told)


def share(*channels: UUID, **told: Any) -> Rule:
    code = told.pop("code", "s")
    return Rule(code=code, kind=RuleKind.SHARE, channel_ids=frozenset(channels), **told)


def stop(*channels: UUID, **told: Any) -> Rule:
    return Rule(code="stop", kind=RuleKind.STOP, channel_ids=frozenset(channels), **told)


def guard(*rules: Rule) -> Guard:
    return guard_of(rule_book(rules).of_item(COAT, NOW), MILAN, ALL)


def test_ten_on_hand_six_for_stores_who_hold_four_leave_the_web_four() -> None:
    kept = guard(share(STORES, units=6))

    # Free are 10 - 4 = 6; of the six kept the stores have taken four: two are kept still.
    assert 6 - withheld(kept, 10, {STORES: 4}, WEB) == 4
    assert 6 - withheld(kept, 10, {STORES: 4}, STORES) == 6


def test_kinds_add_up_and_channels_of_other_shares_are_kept_apart() -> None:
    kept = guard(buffer(units=1), share(STORES, units=3), share(OUTLET, units=2, code="o"))

    assert withheld(kept, 10, {}, WEB) == 1 + 3 + 2
    assert withheld(kept, 10, {}, STORES) == 1 + 2
    assert withheld(kept, 10, {STORES: 9}, WEB) == 1 + 0 + 2


def test_a_percentage_is_of_on_hand_and_rounded_up() -> None:
    kept = guard(buffer(percent=10, units=1))

    assert [withheld(kept, on_hand, {}, WEB) for on_hand in (0, 1, 10, 11, 25)] == [1, 1, 1, 2, 3]


def test_the_most_specific_rule_of_a_kind_wins() -> None:
    rules = [
        buffer(code="everywhere", units=9),
        buffer(code="category", category="outerwear", units=8),
        buffer(code="product", product="COATS", units=7),
        buffer(code="sku", sku="COAT", units=6),
        buffer(code="sku-group", sku="COAT", group="all", units=5),
        buffer(code="sku-here", sku="COAT", location_id=MILAN, units=4),
        buffer(code="today", sku="COAT", location_id=MILAN, starts_at=NOW - timedelta(1), units=3),
    ]

    for last in range(len(rules), 0, -1):
        assert withheld(guard(*rules[:last]), 10, {}, WEB) == 10 - last
        assert withheld(guard(*reversed(rules[:last])), 10, {}, WEB) == 10 - last


def test_a_rule_speaks_of_its_place_and_its_time_only() -> None:
    tomorrow = NOW + timedelta(days=1)
    assert not guard(buffer(units=1, location_id=TURIN)).is_some
    assert not guard(buffer(units=1, group="stores")).is_some
    assert not guard(buffer(units=1, sku="HAT")).is_some
    assert not guard(buffer(units=1, starts_at=tomorrow)).is_some
    assert not guard(buffer(units=1, ends_at=NOW)).is_some
    assert guard(buffer(units=1, ends_at=tomorrow)).is_some
    assert rule_book([buffer(units=1, ends_at=tomorrow)]).next_turn(NOW) == tomorrow


def test_a_stop_keeps_everything_from_those_it_names() -> None:
    assert withheld(guard(stop(WEB)), 10, {}, WEB) == EVERYTHING
    assert withheld(guard(stop(WEB)), 10, {}, STORES) == 0
    assert withheld(guard(stop()), 10, {}, STORES) == EVERYTHING


def test_a_listing_sells_from_its_first_second_to_its_last() -> None:
    begins, ends = NOW + timedelta(days=1), NOW + timedelta(days=2)
    listed = Rule(
        code="spring",
        kind=RuleKind.LISTING,
        channel_ids=frozenset({WEB}),
        starts_at=begins,
        ends_at=ends,
    )
    book, second = rule_book([listed]), timedelta(microseconds=1)

    def kept(at: datetime, channel_id: UUID = WEB) -> int:
        return withheld(guard_of(book.of_item(COAT, at), MILAN, ALL), 10, {}, channel_id)

    moments = (begins - second, begins, ends - second, ends)
    assert [kept(at) for at in moments] == [EVERYTHING, 0, 0, EVERYTHING]
    assert [kept(at, STORES) for at in moments] == [0] * 4
    sold_from = [book.sold_from(COAT, WEB, at) for at in moments]
    assert sold_from == [begins, None, None, None]
    assert book.sold_from(COAT, STORES, NOW) is None
    over = Rule(code="never", kind=RuleKind.LISTING, ends_at=NOW)
    assert rule_book([listed, over]).sold_from(COAT, WEB, NOW) is None, "its time is over"
    assert [book.next_turn(at) for at in (NOW, begins, ends)] == [begins, ends, None]


def test_what_does_not_go_together_is_told() -> None:
    def codes(**told: Any) -> list[str]:
        faults = check_protection(ProtectionRequest(**{"code": "r", "kind": "buffer"} | told))
        return [f"{each.pointer} {each.code}" for each in faults]

    assert codes(units=1) == []
    assert codes() == ["/units missing"]
    assert codes(kind="share", units=1) == ["/channels missing"]
    assert codes(units=1, channels=("web",)) == ["/channels contradiction"]
    assert codes(kind="stop", units=1) == ["/units contradiction"]
    assert codes(kind="listing") == ["/starts_at missing"]
    assert codes(kind="listing", units=1, ends_at=NOW) == ["/units contradiction"]
    assert codes(units=1, sku="A", category="b") == ["/sku contradiction"]
    assert codes(units=1, location="A", group="b") == ["/location contradiction"]
    assert codes(units=1, starts_at=NOW, ends_at=NOW) == ["/ends_at out_of_bounds"]
    assert codes(kind="wall", percent=101) == ["/kind unknown_value", "/percent out_of_bounds"]


asks = st.lists(st.tuples(st.sampled_from([WEB, STORES, OUTLET]), st.integers(1, 4)), max_size=15)


@given(free=st.integers(0, 20), kept=st.integers(0, 12), edge=st.integers(0, 3), asked=asks)
def test_no_channel_ever_takes_what_is_kept_from_it(
    free: int, kept: int, edge: int, asked: list[tuple[UUID, int]]
) -> None:
    """And nobody is refused what they may have: each ask against the formula, one by one."""
    key = Key("COAT", MILAN)
    found = guard(share(STORES, units=kept), buffer(units=edge))
    told = [
        Ask(
            plans=((Reservation(id=UUID(int=n), line_id=WEB, key=key, quantity=units),),),
            channel_id=channel,
        )
        for n, (channel, units) in enumerate(asked)
    ]
    stock = level(key, free=free)

    outcomes = decide([stock], (), told, Guarding({key: found}, [stock]))

    left, taken = free, {WEB: 0, STORES: 0, OUTLET: 0}
    for (channel, units), outcome in zip(asked, outcomes, strict=True):
        still_kept = 0 if channel == STORES else max(0, kept - taken[STORES])
        most = max(0, left - edge - still_kept)
        assert isinstance(outcome, Taken if units <= most else Short)
        if isinstance(outcome, Taken):
            taken[channel] += units
            left -= units


def test_of_rules_that_meet_the_one_that_counts_is_named() -> None:
    coat = Traits(sku="COAT", category="coats")
    hat = Traits(sku="HAT", category="hats")
    places = [(MILAN, frozenset({"stores"})), (TURIN, frozenset[str]())]
    rule = buffer(code="coats", category="coats", group="stores")
    others = [
        rule,
        buffer(code="one-coat", sku="COAT"),
        buffer(code="everything"),
        buffer(code="hats", category="hats"),
        buffer(code="coats-of-turin", category="coats", location_id=TURIN),
        stop(),
        share(WEB),
    ]
    met = rivals(rule, others, [coat, hat], places)
    assert [(other.code, wins) for other, wins in met] == [
        ("one-coat", True),
        ("everything", False),
    ]
    assert rivals(stop(), others, [coat], places) == ()
