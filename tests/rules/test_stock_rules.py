"""Who gets the units: nothing is sold twice, nobody is refused for nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import MILAN, NOW, ROME, TURIN, level

from ovunque.stock.model import (
    Ask,
    Count,
    Key,
    Move,
    Movement,
    MovementKind,
    Plan,
    Reservation,
    Short,
    StockLevel,
    Taken,
)
from ovunque.stock.rules import (
    BRING_THEIR_SIGN,
    CLOCK_AHEAD_MAX,
    UNITS_MAX,
    changes,
    check_count,
    check_movement,
    decide,
    follow,
    signed,
    units,
    unrecorded,
)

RAIN = [Key("RAIN", place) for place in (MILAN, TURIN, ROME)]
RAIN_MILAN, RAIN_TURIN, RAIN_ROME = RAIN
MINUTE = timedelta(minutes=1)


def take(nth: int, key: Key, quantity: int = 1) -> Reservation:
    return Reservation(id=UUID(int=nth), line_id=UUID(int=nth), key=key, quantity=quantity)


STANDING = [take(nth, RAIN[nth % 3], 1 + nth) for nth in range(6)]
STANDING_IDS = frozenset(each.id for each in STANDING)
GONE = [take(10 + nth, RAIN[nth % 3], 2) for nth in range(3)]

takes = st.builds(take, st.integers(100, 10_000), st.sampled_from(RAIN), st.integers(1, 6))
plans = st.lists(takes, max_size=4).map(tuple)  # The same level may come twice in a plan.
gives = st.lists(st.sampled_from([*STANDING, *GONE]), max_size=3).map(tuple)
asks = st.builds(
    lambda kind, gives, plans: kind(gives=gives, plans=tuple(plans)),
    st.sampled_from([Ask, Move]),
    gives,
    st.lists(plans, min_size=1, max_size=3),
)
free_units = st.tuples(*[st.integers(-5, 15)] * len(RAIN))


def shelf(free: Sequence[int]) -> list[StockLevel]:
    return [level(key, free=units, reserved=20) for key, units in zip(RAIN, free, strict=True)]


def covers(left: Mapping[Key, int], back: Plan, plan: Plan) -> bool:
    """Each level has what the plan wants, or the plan keeps there what was its asker's before."""
    wanted: Counter[Key] = Counter()
    kept: Counter[Key] = Counter()
    for each in plan:
        wanted[each.key] += each.quantity
    for each in back:
        kept[each.key] += each.quantity
    return all(quantity <= max(left[key], kept[key]) for key, quantity in wanted.items())


def given_back(ask: Ask, standing: set[UUID]) -> Plan:
    return tuple(dict.fromkeys(each for each in ask.gives if each.id in standing))


@given(free_units, st.lists(asks, max_size=12))
def test_nothing_is_sold_twice_and_nobody_refused_for_nothing(
    free: tuple[int, ...], asking: list[Ask]
) -> None:
    left = dict(zip(RAIN, free, strict=True))
    standing = set(STANDING_IDS)

    for ask, outcome in zip(asking, decide(shelf(free), standing, asking), strict=True):
        back = given_back(ask, standing)
        offered = {key: left[key] + units(back).get(key, 0) for key in RAIN}
        fitting = [plan for plan in ask.plans if covers(offered, back, plan)]
        match outcome:
            case Taken(plan=plan, given=given):
                assert (plan, given) == (fitting[0], back)
                assert not isinstance(ask, Move) or given == ask.gives
                left = {key: offered[key] - units(plan).get(key, 0) for key in RAIN}
                standing -= {each.id for each in given}
            case Short(free=told):
                assert not fitting or (isinstance(ask, Move) and back != ask.gives)
                assert told == {each.key: left[each.key] for plan in ask.plans for each in plan}


@given(free_units, st.lists(asks, max_size=12))
def test_levels_change_by_what_was_decided(free: tuple[int, ...], asking: list[Ask]) -> None:
    """What `changes` writes to the levels is what reservations come and go."""
    outcomes = decide(shelf(free), STANDING_IDS, asking)
    done = [each for each in outcomes if isinstance(each, Taken)]

    net: Counter[Key] = Counter()
    for outcome in done:
        for each in outcome.plan:
            net[each.key] += each.quantity
        for each in outcome.given:
            net[each.key] -= each.quantity

    written = changes(done)
    assert written == {key: quantity for key, quantity in net.items() if quantity}
    assert list(written) == sorted(written)
    taken_more = {key for key, quantity in written.items() if quantity > 0}
    left = dict(zip(RAIN, free, strict=True))
    assert all(left[key] >= written[key] for key in taken_more), "the second lock would refuse it"


def test_a_cart_that_lost_its_store_falls_to_the_next_plan() -> None:
    milan, turin = (take(1, RAIN_MILAN),), (take(2, RAIN_TURIN),)

    assert decide(shelf([0, 1, 0]), (), [Ask(plans=(milan, turin))]) == (
        Taken(plan=turin, given=()),
    )


def test_a_plan_that_names_a_level_twice_needs_the_sum() -> None:
    plan = (take(1, RAIN_MILAN, 2), take(2, RAIN_MILAN, 2))

    assert decide(shelf([3, 0, 0]), (), [Ask(plans=(plan,))]) == (Short(free={RAIN_MILAN: 3}),)
    assert decide(shelf([4, 0, 0]), (), [Ask(plans=(plan,))]) == (Taken(plan=plan, given=()),)


def test_first_come_first_served() -> None:
    two, one = Ask(plans=((take(1, RAIN_MILAN, 2),),)), Ask(plans=((take(2, RAIN_MILAN),),))

    assert [type(each) for each in decide(shelf([2, 0, 0]), (), [two, one])] == [Taken, Short]
    assert [type(each) for each in decide(shelf([2, 0, 0]), (), [one, two])] == [Taken, Short]


def test_a_level_that_nobody_counted_has_nothing() -> None:
    elsewhere = Key("RAIN", UUID(int=99))

    assert decide([], (), [Ask(plans=((take(1, elsewhere),),))]) == (Short(free={elsewhere: 0}),)


def test_an_ask_can_take_again_what_it_gives_back() -> None:
    held, ordered = take(1, RAIN_MILAN, 2), take(2, RAIN_MILAN, 2)

    outcomes = decide(shelf([0, 0, 0]), {held.id}, [Ask(gives=(held,), plans=((ordered,),))])

    assert outcomes == (Taken(plan=(ordered,), given=(held,)),)


def test_who_gets_nothing_keeps_what_he_wanted_to_give() -> None:
    held, more, other = take(1, RAIN_MILAN, 2), take(2, RAIN_MILAN, 3), take(3, RAIN_MILAN)
    asking = [Ask(gives=(held,), plans=((more,),)), Ask(plans=((other,),))]

    assert decide(shelf([0, 0, 0]), {held.id}, asking) == (
        Short(free={RAIN_MILAN: 0}),
        Short(free={RAIN_MILAN: 0}),
    )


def test_the_same_units_come_back_once_however_often_they_are_given() -> None:
    held = take(1, RAIN_MILAN, 2)
    release = Ask(gives=(held, held))

    first, second = decide(shelf([0, 0, 0]), {held.id}, [release, release])

    assert (first, second) == (Taken(plan=(), given=(held,)), Taken(plan=(), given=()))


def test_a_move_needs_all_that_it_gives_and_other_asks_do_not() -> None:
    stands, gone, there = take(1, RAIN_MILAN), take(2, RAIN_MILAN), take(3, RAIN_TURIN)
    gives, plans = (stands, gone), ((there,),)

    assert decide(shelf([0, 1, 0]), {stands.id}, [Move(gives=gives, plans=plans)]) == (
        Short(free={RAIN_TURIN: 1}),
    )
    assert decide(shelf([0, 1, 0]), {stands.id}, [Ask(gives=gives, plans=plans)]) == (
        Taken(plan=(there,), given=(stands,)),
    )


def test_a_short_level_takes_back_and_gives_nothing() -> None:
    held, wish = take(1, RAIN_MILAN, 2), take(2, RAIN_MILAN)

    outcomes = decide(shelf([-3, 0, 0]), {held.id}, [Ask(gives=(held,)), Ask(plans=((wish,),))])

    assert outcomes == (Taken(plan=(), given=(held,)), Short(free={RAIN_MILAN: -1}))


def test_what_was_ours_stays_ours_on_a_short_level_and_nothing_more() -> None:
    held = take(1, RAIN_MILAN, 3)
    split, more = (take(2, RAIN_MILAN), take(3, RAIN_MILAN, 2)), (take(4, RAIN_MILAN, 4),)

    assert decide(shelf([-2, 0, 0]), {held.id}, [Move(gives=(held,), plans=(more, split))]) == (
        Taken(plan=split, given=(held,)),
    )


COUNTS = [
    (0, timedelta(), []),
    (UNITS_MAX, CLOCK_AHEAD_MAX, []),
    (5, timedelta(days=-3650), []),
    (-1, timedelta(), [("/on_hand", "out_of_bounds")]),
    (UNITS_MAX + 1, timedelta(), [("/on_hand", "out_of_bounds")]),
    (0, CLOCK_AHEAD_MAX + MINUTE / 60, [("/as_of", "in_the_future")]),
    (-1, timedelta(days=1), [("/on_hand", "out_of_bounds"), ("/as_of", "in_the_future")]),
]


@pytest.mark.parametrize(("on_hand", "ahead", "faults"), COUNTS)
def test_what_is_wrong_with_a_count(
    on_hand: int, ahead: timedelta, faults: list[tuple[str, str]]
) -> None:
    found = check_count(Count(key=RAIN_MILAN, on_hand=on_hand, as_of=NOW + ahead), NOW)

    assert [(fault.pointer, fault.code) for fault in found] == faults


OUT = [("/quantity", "out_of_bounds")]
AHEAD = [("/occurred_at", "in_the_future")]
MOVEMENTS = [
    *[(kind, 1, timedelta(), []) for kind in MovementKind],
    *[(kind, UNITS_MAX, CLOCK_AHEAD_MAX, []) for kind in MovementKind],
    *[(kind, 0, timedelta(), OUT) for kind in MovementKind],
    *[(kind, UNITS_MAX + 1, timedelta(), OUT) for kind in MovementKind],
    *[(kind, 1, CLOCK_AHEAD_MAX + MINUTE / 60, AHEAD) for kind in MovementKind],
    *[(kind, -1, timedelta(), OUT) for kind in MovementKind if kind not in BRING_THEIR_SIGN],
    (MovementKind.ADJUSTED, -1, timedelta(), []),
    (MovementKind.ADJUSTED, -UNITS_MAX, timedelta(), []),
    (MovementKind.ADJUSTED, -UNITS_MAX - 1, timedelta(days=1), [*OUT, *AHEAD]),
]


def movement(kind: MovementKind, quantity: int, ahead: timedelta = timedelta()) -> Movement:
    return Movement(id="1", key=RAIN_MILAN, kind=kind, quantity=quantity, occurred_at=NOW + ahead)


@pytest.mark.parametrize(("kind", "quantity", "ahead", "faults"), MOVEMENTS)
def test_what_is_wrong_with_a_movement(
    kind: MovementKind, quantity: int, ahead: timedelta, faults: list[tuple[str, str]]
) -> None:
    found = check_movement(movement(kind, quantity, ahead), NOW)

    assert [(fault.pointer, fault.code) for fault in found] == faults


def test_the_kind_of_a_movement_says_whether_units_came_or_went() -> None:
    came = {kind for kind in MovementKind if signed(movement(kind, 3)) == 3}
    went = {kind for kind in MovementKind if signed(movement(kind, 3)) == -3}

    assert came == {MovementKind.RECEIVED, MovementKind.RETURNED, *BRING_THEIR_SIGN}
    assert went == set(MovementKind) - came
    assert signed(movement(MovementKind.ADJUSTED, -3)) == -3


@pytest.mark.parametrize(
    ("on_hand", "adjusted", "more"), [(-2, 0, 2), (3, 0, 0), (0, 2, 0), (1, 2, -1), (4, 2, -2)]
)
def test_an_adjustment_is_what_never_came_and_no_more(
    on_hand: int, adjusted: int, more: int
) -> None:
    assert unrecorded(on_hand, adjusted) == more


@given(seen=st.lists(st.lists(st.integers(0, 30), max_size=6), max_size=8))
def test_what_is_missing_is_what_was_not_seen(seen: list[list[int]]) -> None:
    last: int | None = None
    missing: list[tuple[int, int]] = []
    told: set[int] = set()
    for numbers in seen:
        missing = follow(last, missing, numbers)
        last = max([*numbers, *([] if last is None else [last])], default=None)
        told |= set(numbers)

    first = next((min(numbers) for numbers in seen if numbers), 0)
    wanted = set(range(first, (last or 0) + 1)) - told if last is not None else set()
    assert {n for a, b in missing for n in range(a, b + 1)} == wanted
