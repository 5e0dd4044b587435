"""What may be promised by a day: tables, and every answer against counting it out."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.stock.model.expecting import Awaited, Coming, Incoming, IncomingRequest
from ovunque.stock.rules.ahead import (
    Dated,
    Outlook,
    check_incoming,
    earliest,
    outlook,
    promisable,
    sets,
    with_units,
)

TODAY = date(2026, 12, 1)
MILAN, ROME = UUID(int=1), UUID(int=2)
WEB, TILL = UUID(int=11), UUID(int=12)


def day(nth: int) -> date:
    return TODAY + timedelta(days=nth)


def seen(
    supply: list[tuple[int, int]], promised: list[tuple[int, int]], waiting: int = 0
) -> Outlook:
    return Outlook(
        today=TODAY,
        supply=tuple((day(at), units) for at, units in supply),
        promised=tuple((day(at), units) for at, units in promised),
        waiting=waiting,
    )


@pytest.mark.parametrize(
    ("supply", "promised", "waiting", "by", "units"),
    [
        ([], [], 0, 0, 0),
        ([(0, 3)], [], 0, 0, 3),
        ([(11, 10)], [], 0, 0, 0),
        ([(11, 10)], [], 0, 11, 10),
        ([(11, 10)], [(11, 4)], 0, 11, 6),
        ([(11, 10)], [], 4, 11, 6),
        # Somebody is promised units of the second delivery: the first one is free for that.
        ([(11, 10), (19, 5)], [(19, 5)], 0, 11, 10),
        # The second delivery is cut: what it was promised for has to come out of the first.
        ([(11, 10)], [(19, 5)], 0, 11, 5),
        ([(0, 3), (11, 10)], [(19, 13)], 0, 0, 0),
        # More was promised than comes.
        ([(11, 2)], [(11, 5)], 0, 11, -3),
    ],
)
def test_available_to_promise_by_a_day(
    supply: list[tuple[int, int]],
    promised: list[tuple[int, int]],
    waiting: int,
    by: int,
    units: int,
) -> None:
    assert seen(supply, promised, waiting).atp(day(by)) == units


dated = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 9)), max_size=6)


def counted_out(supply: list[tuple[int, int]], promised: list[tuple[int, int]], by: int) -> int:
    """Day after day what is there and what is owed: the least of it from a day on."""
    left = []
    for at in range(14):
        came = sum(units for due, units in supply if due <= at)
        left.append(came - sum(units for due, units in promised if due <= at))
    return min(left[by:])


@given(supply=dated, promised=dated, waiting=st.integers(0, 9), by=st.integers(0, 12))
def test_it_is_what_counting_every_day_gives(
    supply: list[tuple[int, int]], promised: list[tuple[int, int]], waiting: int, by: int
) -> None:
    outlook_ = seen(supply, promised, waiting)

    assert outlook_.atp(day(by)) == counted_out(supply, promised, by) - waiting


@given(supply=dated, asks=st.lists(st.integers(1, 6), max_size=8))
def test_who_is_promised_a_day_has_their_units_by_then(
    supply: list[tuple[int, int]], asks: list[int]
) -> None:
    """Promises one after the other, each for its earliest day, never one that cannot be kept."""
    promised: list[Dated] = []
    for units in asks:
        now = Outlook(
            today=TODAY,
            supply=tuple((day(at), came) for at, came in supply),
            promised=tuple(promised),
        )
        found = earliest([(now, 1)], units, TODAY)
        fits = [
            at
            for at in range(13)
            if counted_out(supply, [((on - TODAY).days, n) for on, n in promised], at) >= units
        ]
        assert found == (day(fits[0]) if fits else None)
        if found is not None:
            promised.append((found, units))
    for at in range(14):
        came = sum(units for due, units in supply if due <= at)
        assert sum(units for due, units in promised if due <= day(at)) <= came


def test_a_bundle_is_promised_when_its_last_part_comes() -> None:
    hat, belts = seen([(0, 9)], []), seen([(5, 2), (8, 3)], [])

    assert [sets([(hat, 1), (belts, 2)], day(at)) for at in (0, 5, 8)] == [0, 1, 2]
    assert earliest([(hat, 1), (belts, 2)], 2, TODAY) == day(8)
    assert earliest([(hat, 1), (belts, 2)], 3, TODAY) is None


def test_what_comes_is_told_beyond_what_is_there() -> None:
    told = with_units(seen([(5, 2), (5, 1), (8, 4)], [(8, 6)]), 4)

    assert promisable([(told, 1)], TODAY, 4) == ((day(5), 1),), "the rest is owed on the 8th"
    assert promisable([(seen([(0, 2), (3, 5)], []), 1)], TODAY, 0) == ((day(0), 2), (day(3), 5))


def test_a_channel_sees_what_comes_to_its_places_and_who_else_waits_for_it() -> None:
    coming = [
        Coming("COAT", MILAN, day(4), day(7), 5, "PO-1", "delivery"),
        Coming("COAT", ROME, day(4), day(7), 9, "PO-1", "delivery"),
        Coming("COAT", MILAN, day(-2), day(1), 2, "PO-2", "delivery"),
        Coming("COAT", MILAN, day(-9), day(-1), 7, "PO-3", "delivery"),
    ]
    awaited = [
        Awaited(UUID(int=21), "COAT", WEB, 1, day(4)),
        Awaited(UUID(int=22), "COAT", TILL, 3, day(4)),
        Awaited(UUID(int=23), "COAT", WEB, 2, None),
    ]

    web = outlook(coming, awaited, lambda at: at == MILAN, lambda each: each == WEB, (TODAY, TODAY))

    assert web.supply == ((day(4), 5), (TODAY, 2)), "late is today, and not believed for ever"
    assert (web.promised, web.waiting) == (((day(4), 1),), 2)
    launched = outlook(coming, awaited, lambda at: at == MILAN, lambda _: True, (TODAY, day(5)))
    assert launched.supply == ((day(5), 5), (day(5), 2)), "nothing is expected before the launch"


def test_a_late_delivery_is_shown_and_believed_for_some_days() -> None:
    late = Incoming(
        reference="PO-1",
        location="MI-01",
        sku="COAT",
        quantity=5,
        due_on=TODAY,
        late_days=2,
        location_id=MILAN,
        received=1,
        version=1,
    )

    told = [(late.is_overdue(day(at)), late.is_believed(day(at))) for at in (0, 1, 2, 3)]
    assert told == [(False, True), (True, True), (True, True), (True, False)]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"reference": " "}, "/reference"),
        ({"reference": "a\nb"}, "/reference"),
        ({"reference": "x" * 101}, "/reference"),
        ({"location": "?"}, "/location"),
        ({"sku": ""}, "/sku"),
        ({"quantity": -1}, "/quantity"),
        ({"quantity": 1_000_001}, "/quantity"),
        ({"late_days": 366}, "/late_days"),
        ({"due_on": date(1999, 1, 1)}, "/due_on"),
    ],
)
def test_a_delivery_that_cannot_be_is_refused(change: dict[str, object], pointer: str) -> None:
    sound = {
        "reference": "PO-1",
        "location": "MI-01",
        "sku": "COAT",
        "quantity": 1,
        "due_on": TODAY,
    }

    assert check_incoming(IncomingRequest(**sound)) == ()  # type: ignore[arg-type]
    (fault,) = check_incoming(IncomingRequest(**(sound | change)))  # type: ignore[arg-type]
    assert fault.pointer == pointer
