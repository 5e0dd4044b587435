"""Places on the earth and the distance between them."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8  # Mean radius, IUGG.


@dataclass(frozen=True, slots=True)
class Coordinates:
    """WGS 84, in millionths of a degree: integers, so that equal places are equal."""

    latitude_e6: int
    longitude_e6: int


def distance_m(one: Coordinates, other: Coordinates) -> int:
    """The great-circle distance in meters (haversine)."""
    north, other_north = radians(one.latitude_e6 / 1e6), radians(other.latitude_e6 / 1e6)
    east = radians((other.longitude_e6 - one.longitude_e6) / 1e6)
    half = sin((other_north - north) / 2) ** 2
    half += cos(north) * cos(other_north) * sin(east / 2) ** 2
    return round(2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half))))
