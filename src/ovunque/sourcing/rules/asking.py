"""Whom to ask first, when those who are asked may say no or nothing.

Asking costs a round of waiting `d`; a location takes the work with probability `p`, and it costs
`c` then. Asked one after the other until somebody takes it, and left for `R` when nobody does, the
expected cost of a sequence is

    E(1 … n) = d + p₁·c₁ + (1 − p₁)·E(2 … n),   E() = R.

Swapping two neighbors shows that E is least where `c + d/p` rises (an exchange argument, as for
searching in boxes: Weitzman, Optimal search for the best alternative, 1979, with one prize a box);
and a location whose index is not below `R` is better not asked at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

PPM = 1_000_000
CHANCE_MIN_PPM = 10_000  # Nobody is sure to say no.


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """What it costs if a location takes the work, and how likely that is."""

    cost_cents: int
    chance_ppm: int

    @property
    def chance(self) -> int:
        return max(self.chance_ppm, CHANCE_MIN_PPM)


def index_of(odds: Odds, round_cents: int) -> int:
    """What asking this location is worth, in parts of a million of a cent; the least is first."""
    return odds.cost_cents * PPM + round_cents * PPM * PPM // odds.chance


def sequence(
    asked: Sequence[Odds], round_cents: int, fallback_cents: int | None = None
) -> list[int]:
    """Positions in the order in which to ask them; those that are dearer than nobody are left out.

    Of equal ones the first stays first.
    """
    index = [index_of(each, round_cents) for each in asked]
    worth = [
        nth
        for nth, value in enumerate(index)
        if fallback_cents is None or value < fallback_cents * PPM
    ]
    return sorted(worth, key=lambda nth: (index[nth], nth))


def expected_ppm(asked: Sequence[Odds], round_cents: int, fallback_cents: int) -> int:
    """What asking them in this order costs in the mean, in parts of a million of a cent."""
    expected = fallback_cents * PPM
    for each in reversed(asked):
        chance = each.chance
        left = expected * (PPM - chance) // PPM
        expected = round_cents * PPM + chance * each.cost_cents + left
    return expected
