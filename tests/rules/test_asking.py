"""Whom to ask first: the rule of the index is the best of all sequences."""

from collections.abc import Sequence
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from ovunque.sourcing.rules.asking import PPM, Odds, expected_ppm, index_of, sequence

odds = st.builds(
    Odds,
    cost_cents=st.integers(0, 3_000),
    chance_ppm=st.integers(1, 100).map(lambda percent: percent * 10_000),
)
asked = st.lists(odds, max_size=5)


def expected(told: Sequence[Odds], round_cents: int, fallback: int) -> float:
    """What asking in this order costs in the mean, step by step."""
    cost = float(fallback)
    for each in reversed(told):
        chance = each.chance_ppm / PPM
        cost = round_cents + chance * each.cost_cents + (1 - chance) * cost
    return cost


@settings(max_examples=100)
@given(told=asked, round_cents=st.integers(0, 500), fallback=st.integers(0, 4_000))
def test_no_sequence_is_better_than_that_of_the_index(
    told: list[Odds], round_cents: int, fallback: int
) -> None:
    """Five stores at most, every order of every part of them: 326 sequences."""
    mine = [told[nth] for nth in sequence(told, round_cents, fallback)]
    best = min(
        expected(each, round_cents, fallback)
        for size in range(len(told) + 1)
        for each in permutations(told, size)
    )
    assert expected(mine, round_cents, fallback) <= best + 0.001
    told_cents = expected_ppm(mine, round_cents, fallback) / PPM
    assert abs(told_cents - expected(mine, round_cents, fallback)) < 0.001


def test_the_cheapest_is_not_asked_first_when_it_seldom_says_yes() -> None:
    """The example of the book: ask B, A, C, and it costs 596 cents in the mean, not 604."""
    a = Odds(cost_cents=480, chance_ppm=300_000)
    b = Odds(cost_cents=540, chance_ppm=900_000)
    c = Odds(cost_cents=620, chance_ppm=700_000)
    assert [index_of(each, 40) // PPM for each in (a, b, c)] == [613, 584, 677]
    assert sequence([a, b, c], 40, 900) == [1, 0, 2]
    assert expected_ppm([b, a, c], 40, 900) // PPM == 596
    assert expected_ppm([a, b, c], 40, 900) // PPM == 604
    assert sequence([a, b, c], 40, 600) == [1], "dearer than doing without is not asked"
    assert sequence([], 40, 900) == []
    assert sequence([a, a], 40) == [0, 1]
