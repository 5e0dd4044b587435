"""Days in transit and tariffs that come for themselves: what they must be, and what they say."""

import pytest

from ovunque.delivery.model import TransitRequest
from ovunque.delivery.rules.refining import chances_of, check_transit


def told(**days: tuple[tuple[int, int], ...]) -> TransitRequest:
    return TransitRequest(carrier="a", service="b", from_zone="c", to_zone="d", **days)


def test_quantiles_are_chances_of_what_lies_between_them() -> None:
    assert chances_of(told(quantiles=((50, 2), (90, 3), (100, 5)))) == (
        *(0, 0, 500_000, 400_000),
        *(0, 100_000),
    )
    assert chances_of(told(quantiles=((50, 2), (90, 2), (100, 3)))) == (0, 0, 900_000, 100_000)
    assert chances_of(told(chances=((1, 85), (3, 15)))) == (0, 850_000, 0, 150_000)


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ({}, "contradiction"),
        ({"chances": ((1, 100),), "quantiles": ((100, 1),)}, "contradiction"),
        ({"chances": ((1, 60), (2, 30))}, "incomplete"),
        ({"chances": ((1, 60), (1, 40))}, "duplicate"),
        ({"chances": ((91, 100),)}, "out_of_bounds"),
        ({"quantiles": ((90, 3), (50, 2), (100, 4))}, "malformed"),
        ({"quantiles": ((50, 3), (100, 2))}, "malformed"),
        ({"quantiles": ((50, 2), (90, 3))}, "incomplete"),
    ],
)
def test_days_that_cannot_be_are_named(
    days: dict[str, tuple[tuple[int, int], ...]], code: str
) -> None:
    assert code in [each.code for each in check_transit(told(**days))]
