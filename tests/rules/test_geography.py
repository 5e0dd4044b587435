"""Distances on the earth."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ovunque.kernel.geography import EARTH_RADIUS_M, Coordinates, distance_m

MILAN, ROME = Coordinates(45_464_200, 9_190_000), Coordinates(41_902_800, 12_496_400)
NORTH_POLE, SOUTH_POLE = Coordinates(90_000_000, 0), Coordinates(-90_000_000, 0)
HALF_ROUND_M = round(3.141592653589793 * EARTH_RADIUS_M)

places = st.builds(
    Coordinates,
    latitude_e6=st.integers(-90_000_000, 90_000_000),
    longitude_e6=st.integers(-180_000_000, 180_000_000),
)


def test_known_distances() -> None:
    assert distance_m(MILAN, ROME) == pytest.approx(477_000, rel=0.01)
    assert distance_m(NORTH_POLE, SOUTH_POLE) == HALF_ROUND_M
    assert distance_m(MILAN, Coordinates(45_464_200, 9_190_001)) == 0  # Eight centimeters.


def test_the_way_over_the_date_line_is_the_short_one() -> None:
    west, east = Coordinates(0, 179_900_000), Coordinates(0, -179_900_000)

    assert distance_m(west, east) == pytest.approx(22_239, abs=1)


@given(places, places)
def test_there_and_back_is_as_far(one: Coordinates, other: Coordinates) -> None:
    assert distance_m(one, other) == distance_m(other, one)
    assert distance_m(one, one) == 0


@given(places, places, places)
def test_a_detour_is_never_shorter(
    one: Coordinates, between: Coordinates, other: Coordinates
) -> None:
    rounding_m = 2
    detour = distance_m(one, between) + distance_m(between, other)

    assert 0 <= distance_m(one, other) <= min(HALF_ROUND_M, detour + rounding_m)
