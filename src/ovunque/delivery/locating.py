"""Where the destinations of parcels lie, and how far from each of our locations."""

import numpy as np

from ovunque.delivery.model import Settlement
from ovunque.delivery.rules import normal_postal, places
from ovunque.delivery.rules.places import Meters, Place, Vectors
from ovunque.delivery.snapshot import Memory
from ovunque.network.model import LocationKind
from ovunque.network.snapshot import NetworkView

PLACES_MAX = 4_096  # Some 5 kB each with 600 locations.
POSTAL_MIN = 2  # Characters that two post codes share before we call the places near.


class Atlas:
    """All locations on the globe; distances come out by position."""

    def __init__(self, network: NetworkView) -> None:
        self._network = network
        points = [each.coordinates for each in network.locations]
        self._points = places.vectors_of(
            np.array([each.latitude_e6 for each in points], np.int64),
            np.array([each.longitude_e6 for each in points], np.int64),
        ).reshape(-1, 3)
        self._known = Memory[tuple[str, str], Place](PLACES_MAX)
        self._cells = Memory[tuple[int, int], Place](PLACES_MAX)
        self.inbound_m = self._inbound()

    def place(self, country: str, postal_code: str, at_e6: tuple[int, int] | None = None) -> Place:
        """A destination by its coordinates, else by what its post code and country tell.

        Neighbors share one place: this is for distances, not for doors.
        """
        if at_e6 is not None:
            cell = (round(at_e6[0] / places.CELL_E6), round(at_e6[1] / places.CELL_E6))
            return self._cells.get(cell) or self._cells.put(cell, self._in_cell(cell))
        key = (country, normal_postal(postal_code))
        return self._known.get(key) or self._known.put(key, self._guess(*key))

    def _in_cell(self, cell: tuple[int, int]) -> Place:
        north, east = (np.array(each * places.CELL_E6) for each in cell)
        distance = places.distances_m(self._points, places.vectors_of(north, east))
        nearest = int(distance.min(initial=places.UNKNOWN_M))
        return Place(distance, places.settlement_of(nearest))

    def _guess(self, country: str, postal: str) -> Place:
        near = self._near(country, postal)
        point = self._middle(country) if near is None else near
        if point is None:
            distance = np.full(len(self._points), places.UNKNOWN_M, np.int64)
        else:
            distance = places.distances_m(self._points, point)
        return Place(distance, Settlement.SUBURBAN, is_rough=near is None)

    def _near(self, country: str, postal: str) -> Vectors | None:
        """The middle of our locations whose post codes begin alike, if there are some."""
        shared = [
            _shared(normal_postal(each.postal_code), postal) if each.country == country else 0
            for each in self._network.locations
        ]
        most = max(shared, default=0)
        if most < POSTAL_MIN:
            return None
        middle: Vectors = self._points[np.array(shared) == most].sum(axis=0)
        return middle / np.linalg.norm(middle)

    def _middle(self, country: str) -> Vectors | None:
        if country not in places.MIDDLES:
            return None
        north, east = places.MIDDLES[country]
        return places.vectors_of(np.array(north * 100_000), np.array(east * 100_000))

    def _inbound(self) -> Meters:
        """From the nearest warehouse to each store: what a store sells has to be replaced."""
        kinds = np.array([each.kind for each in self._network.locations])
        distance = np.zeros(len(kinds), np.int64)
        warehouses = self._points[kinds == LocationKind.WAREHOUSE]
        if len(warehouses):
            for at in np.nonzero(kinds == LocationKind.STORE)[0]:
                distance[at] = places.distances_m(warehouses, self._points[at]).min()
        return distance


def _shared(one: str, other: str) -> int:
    """How many characters two post codes begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((nth for nth, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
