"""Where a destination lies, as well as its address tells: by coordinates, post code or country."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ovunque.delivery.model import Settlement
from ovunque.kernel.geography import EARTH_RADIUS_M

URBAN_WITHIN_M = 8_000  # Of one of our locations: these stand in towns. Assumed.
SUBURBAN_WITHIN_M = 25_000
UNKNOWN_M = 500_000  # To a country that no table knows.
CELL_E6 = 50_000  # Coordinates are looked at to a twentieth of a degree: some five kilometers.

Vectors = NDArray[np.float64]  # [n, 3]: points on the unit sphere.
Meters = NDArray[np.int64]

# The middle of each country in tenths of a degree: the last resort, and good to a day's drive.
MIDDLES = {
    "AD": (425, 15), "AL": (411, 201), "AT": (476, 141), "BA": (442, 178), "BE": (506, 47),
    "BG": (427, 255), "CH": (468, 82), "CY": (350, 332), "CZ": (498, 155), "DE": (511, 104),
    "DK": (560, 100), "EE": (587, 255), "ES": (402, -36), "FI": (645, 263), "FR": (466, 25),
    "GB": (536, -21), "GR": (391, 220), "HR": (451, 164), "HU": (472, 194), "IE": (532, -81),
    "IS": (650, -187), "IT": (428, 121), "LI": (471, 96), "LT": (553, 239), "LU": (498, 61),
    "LV": (569, 249), "MC": (437, 74), "MT": (359, 144), "NL": (522, 56), "NO": (622, 100),
    "PL": (521, 194), "PT": (395, -80), "RO": (459, 250), "RS": (442, 208), "SE": (616, 158),
    "SI": (461, 148), "SK": (487, 195), "SM": (439, 125), "UA": (490, 314), "US": (395, -983),
}  # fmt: skip

# Whose clocks countries go by, where it is one; all others that are listed above: Paris.
CLOCKS = {
    "BG": "Europe/Sofia", "CY": "Asia/Nicosia", "EE": "Europe/Tallinn", "FI": "Europe/Helsinki",
    "GB": "Europe/London", "GR": "Europe/Athens", "IE": "Europe/Dublin", "IS": "Atlantic/Reykjavik",
    "LT": "Europe/Vilnius", "LV": "Europe/Riga", "PT": "Europe/Lisbon", "RO": "Europe/Bucharest",
    "UA": "Europe/Kyiv",
}  # fmt: skip
MANY_CLOCKS = frozenset({"US"})


def zone_of_country(country: str) -> ZoneInfo | None:
    """The time zone of a country; None where there are many, or we do not know it."""
    if country not in MIDDLES or country in MANY_CLOCKS:
        return None
    return ZoneInfo(CLOCKS.get(country, "Europe/Paris"))


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A destination as seen from all our locations."""

    distance_m: Meters  # Great circles, by position.
    settlement: Settlement
    is_rough: bool = False  # As good as the middle of its country.


def vectors_of(latitude_e6: NDArray[np.int64], longitude_e6: NDArray[np.int64]) -> Vectors:
    """Points on the unit sphere, whose distances are a product away."""
    north, east = np.radians(latitude_e6 / 1e6), np.radians(longitude_e6 / 1e6)
    across = np.cos(north)
    return np.stack([across * np.cos(east), across * np.sin(east), np.sin(north)], axis=-1)


def distances_m(points: Vectors, to: NDArray[np.float64]) -> Meters:
    """Great-circle distances in meters, as the kernel's `distance_m` tells them."""
    half = np.clip((1 - points @ to) / 2, 0, 1)
    return np.rint(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half))).astype(np.int64)


def settlement_of(nearest_m: int) -> Settlement:
    """How close together doors stand, by the way to the nearest of our locations."""
    if nearest_m <= URBAN_WITHIN_M:
        return Settlement.URBAN
    return Settlement.SUBURBAN if nearest_m <= SUBURBAN_WITHIN_M else Settlement.RURAL
