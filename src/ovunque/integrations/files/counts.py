"""Millions of counts as plain numbers: 28 bytes each."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ROW = np.dtype([("key", "i8"), ("line", "i8"), ("moment", "i8"), ("units", "i4")])


class Again(NamedTuple):
    """A line that names a key which a line before it names."""

    line: int
    key: int
    before: int


class Counts:
    """Rows told in the order of their lines, and taken in the order of their keys."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.void]] = []

    def add(
        self,
        lines: Sequence[int],
        keys: NDArray[np.int64],
        units: Sequence[int],
        moments: Sequence[int],
    ) -> None:
        part = np.empty(len(lines), ROW)
        part["line"], part["key"] = lines, keys
        part["units"], part["moment"] = units, moments
        self._parts.append(part)

    def sort(self) -> Iterator[Again]:
        """Put the rows into the order of keys; of equal keys the first line stays."""
        rows = np.concatenate([*self._parts, np.empty(0, ROW)])
        self._parts.clear()
        rows = rows[np.argsort(rows["key"], kind="stable")]
        first = np.ones(len(rows), bool)
        first[1:] = np.diff(rows["key"]) != 0
        kept, again = rows[first], rows[~first]
        before = kept["line"][np.cumsum(first)[~first] - 1]
        self._parts.append(kept)
        columns = (again["line"], again["key"], before)
        return (Again(*row) for row in zip(*(each.tolist() for each in columns), strict=True))

    def add_missing(self, keys: list[int], moments: list[int]) -> None:
        """Nothing lies where these keys say, which no line named; after `sort`."""
        (rows,) = self._parts
        known = rows["key"]
        told = np.zeros(len(keys), ROW)
        told["key"], told["moment"] = keys, moments
        told = told[~np.isin(told["key"], known)]
        both = np.concatenate([rows, told])
        self._parts[:] = [both[np.argsort(both["key"], kind="stable")]]

    def spans(self, places: int) -> dict[int, tuple[int, int]]:
        """The oldest and the newest moment of each place that is named."""
        (rows,) = self._parts
        if not len(rows):
            return {}
        place, moment = rows["key"] % places, rows["moment"]
        order = np.argsort(place, kind="stable")
        place, moment = place[order], moment[order]
        first = np.flatnonzero(np.diff(place, prepend=-1))
        least, most = (each.reduceat(moment, first) for each in (np.minimum, np.maximum))
        pairs = zip(least.tolist(), most.tolist(), strict=True)
        return dict(zip(place[first].tolist(), pairs, strict=True))

    def newest(self) -> int:
        (rows,) = self._parts
        return int(rows["moment"].max())

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def take(
        self, some: slice | NDArray[np.int64], places: int
    ) -> tuple[list[int], list[int], list[int], list[int]]:
        """Item, place, units and moment of some sorted rows; a key is `item * places + place`."""
        (rows,) = self._parts
        taken = rows[some]
        items, at = np.divmod(taken["key"], places)
        return items.tolist(), at.tolist(), taken["units"].tolist(), taken["moment"].tolist()
