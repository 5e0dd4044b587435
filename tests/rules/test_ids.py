"""Ids: sorted by the moment they were drawn, and spelled in one way only."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.kernel.ids import ID_MAX, LENGTH, IdSource, parse_public_id, public_id
from ovunque.kernel.refusal import Refusal

NOON_MS = 1_772_442_000_000
WHOLE = "0" * LENGTH

readings = st.lists(
    st.tuples(st.integers(NOON_MS - 3, NOON_MS + 3), st.sampled_from([0, 5, (1 << 73) - 1])),
    min_size=1,
    max_size=20,
)


def source(told: list[tuple[int, int]]) -> IdSource:
    clock: Iterator[int] = iter([ms for ms, _ in told])
    chance: Iterator[int] = iter([bits for _, bits in told])
    return IdSource(lambda: next(clock), lambda _: next(chance))


@given(readings)
def test_ids_never_run_backwards_even_when_the_clock_does(told: list[tuple[int, int]]) -> None:
    draw = source(told)

    drawn = [draw() for _ in told]

    assert all(one < other for one, other in pairwise(drawn))


@given(readings)
def test_an_id_is_a_uuid_of_version_7(told: list[tuple[int, int]]) -> None:
    draw = source(told)

    assert {(each.version, each.variant) for each in (draw() for _ in told)} == {(7, RFC_4122)}


def test_an_id_tells_when_it_was_drawn() -> None:
    drawn = source([(NOON_MS, 0)])()

    at = datetime.fromtimestamp((drawn.int >> 80) / 1000, UTC)
    assert at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_the_same_clock_and_chance_draw_the_same_ids() -> None:
    told = [(NOON_MS, 9), (NOON_MS, 7), (NOON_MS + 1, 3)]
    one, other = source(told), source(told)

    assert [one() for _ in told] == [other() for _ in told]


@given(st.uuids())
def test_a_public_id_is_read_back(id_: UUID) -> None:
    text = public_id("ord", id_)

    assert len(text) == len("ord_") + LENGTH
    assert parse_public_id("ord", text) == id_


@given(st.integers(0, ID_MAX - 1), st.integers(0, ID_MAX - 1))
def test_public_ids_sort_like_the_ids_behind_them(one: int, other: int) -> None:
    spelled = [public_id("ord", UUID(int=each)) for each in (one, other)]

    assert (spelled[0] < spelled[1]) == (one < other)


STRANGE = {
    "nothing": "",
    "no prefix": WHOLE,
    "another prefix": f"itm_{WHOLE}",
    "prefix alone": "ord_",
    "one letter short": f"ord_{WHOLE[1:]}",
    "one letter more": f"ord_{WHOLE}0",
    "capitals": f"ord_{WHOLE[1:]}A",
    "a letter that looks like a digit": f"ord_{WHOLE[1:]}o",
    "digits of another script": f"ord_{WHOLE[1:]}٣",
    "a number too large for an id": "ord_8" + WHOLE[1:],
    "a plain UUID": "018f3a3e-7b7c-7abc-8def-0123456789ab",
    "a second underscore": f"ord__{WHOLE[1:]}",
    "a line end": f"ord_{WHOLE}\n",
}


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_what_is_no_id_of_ours_is_not_found(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_public_id("ord", text)

    assert refused.value.code == "not_found"


def test_a_refused_id_is_quoted_in_part_only() -> None:
    with pytest.raises(Refusal) as refused:
        parse_public_id("ord", "x" * 1_000_000)

    assert refused.value.details == {"what": "x" * 40}
