"""Millions of counts as plain numbers, 28 bytes each: some in memory, as many as there are on disk.

What does not fit is divided by ranges of keys, sorted one range after the other, and read again a
few thousand rows at a time: a file of any size takes the same memory.
"""

import os
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

ROW = np.dtype([("key", "i8"), ("line", "i8"), ("moment", "i8"), ("units", "i4")])
IN_MEMORY_MAX = 1_000_000
RANGES = 64

Rows = NDArray[np.void]


class Again(NamedTuple):
    """A line that names a key which a line before it names."""

    line: int
    key: int
    before: int


class Counts:
    """Rows told in the order of their lines, and taken in the order of their keys."""

    def __init__(self, keys_max: int, in_memory_max: int = IN_MEMORY_MAX) -> None:
        self._width = max(1, -(-keys_max // RANGES))
        self._in_memory_max = in_memory_max
        self._parts: list[Rows] = []
        self._waiting = 0  # Rows in memory that are not sorted.
        self._spilled: list[Scratch] = []  # By range of keys, as they came.
        self._sorted: Sorted | None = None

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
        self._waiting += len(part)
        if self._waiting > self._in_memory_max:
            self._spill()

    def _spill(self) -> None:
        """Put what is in memory to the others of its range."""
        if not self._spilled:
            self._spilled = [Scratch() for _ in range(RANGES)]
        rows = self._gathered()
        place = rows["key"] // self._width
        for at in np.unique(place):
            self._spilled[at].append(rows[place == at].tobytes())

    def _gathered(self) -> Rows:
        rows = np.concatenate([*self._parts, np.empty(0, ROW)])
        self._parts.clear()
        self._waiting = 0
        return rows

    def _ranges(self) -> Iterator[Rows]:
        """All rows as they came, range by range."""
        if not self._spilled:
            yield self._gathered()
            return
        self._spill()
        for file in self._spilled:
            yield np.frombuffer(file.read(0, file.size), ROW)
        self._spilled = []

    def sort(self) -> Iterator[Again]:
        """Put the rows into the order of keys; of equal keys the first line stays."""
        found = Sorted(on_disk=bool(self._spilled))
        for rows in self._ranges():
            in_order = rows[np.argsort(rows["key"], kind="stable")]
            first = np.ones(len(in_order), bool)
            first[1:] = np.diff(in_order["key"]) != 0
            kept, again = in_order[first], in_order[~first]
            before = kept["line"][np.cumsum(first)[~first] - 1]
            found.add(kept)
            columns = (again["line"], again["key"], before)
            yield from (
                Again(*row) for row in zip(*(each.tolist() for each in columns), strict=True)
            )
        self._sorted = found

    @property
    def _rows(self) -> "Sorted":
        assert self._sorted is not None, "sorted before it is looked at"
        return self._sorted

    def add_missing(self, keys: list[int], moments: list[int]) -> None:
        """Nothing lies where these keys say, which no line named; after `sort`."""
        told = np.zeros(len(keys), ROW)
        told["key"], told["moment"] = keys, moments
        told = told[np.argsort(told["key"], kind="stable")]
        both = Sorted(on_disk=self._rows.on_disk)
        for rows in self._rows.blocks():
            upto = np.searchsorted(told["key"], rows["key"][-1], "right")
            some, told = told[:upto], told[upto:]
            merged = np.concatenate([rows, some[~np.isin(some["key"], rows["key"])]])
            both.add(merged[np.argsort(merged["key"], kind="stable")])
        both.add(told)
        self._sorted = both

    def spans(self, places: int) -> dict[int, tuple[int, int]]:
        """The oldest and the newest moment of each place that is named."""
        least = np.full(places, np.iinfo(np.int64).max)
        most = np.full(places, np.iinfo(np.int64).min)
        for rows in self._rows.blocks():
            place = rows["key"] % places
            order = np.argsort(place, kind="stable")
            place, moment = place[order], rows["moment"][order]
            first = np.flatnonzero(np.diff(place, prepend=-1))
            named = place[first]
            least[named] = np.minimum(least[named], np.minimum.reduceat(moment, first))
            most[named] = np.maximum(most[named], np.maximum.reduceat(moment, first))
        named = np.flatnonzero(least <= most)
        pairs = zip(least[named].tolist(), most[named].tolist(), strict=True)
        return dict(zip(named.tolist(), pairs, strict=True))

    def newest(self) -> int:
        return max(int(rows["moment"].max()) for rows in self._rows.blocks())

    def oldest(self) -> int:
        return min(int(rows["moment"].min()) for rows in self._rows.blocks())

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, some: slice) -> Rows:
        """Some sorted rows as they are."""
        return self._rows[some]

    def take(
        self, some: slice | NDArray[np.int64], places: int
    ) -> tuple[list[int], list[int], list[int], list[int]]:
        """Item, place, units and moment of some sorted rows; a key is `item * places + place`."""
        taken = self._rows[some]
        items, at = np.divmod(taken["key"], places)
        return items.tolist(), at.tolist(), taken["units"].tolist(), taken["moment"].tolist()


class Sorted:
    """Rows in the order of their keys: one array, or a file read in blocks."""

    def __init__(self, *, on_disk: bool) -> None:
        self.on_disk = on_disk
        self._file = Scratch() if on_disk else None
        self._array = np.empty(0, ROW)
        self._length = 0

    def add(self, rows: Rows) -> None:
        """Behind all others."""
        self._length += len(rows)
        if self._file is not None:
            self._file.append(rows.tobytes())
        else:
            self._array = np.concatenate([self._array, rows]) if len(self._array) else rows

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, some: slice | NDArray[np.int64]) -> Rows:
        if self._file is None:
            return self._array[some]
        if isinstance(some, slice):
            start, stop, _ = some.indices(self._length)
            return self._read(start, stop)
        if not len(some):
            return np.empty(0, ROW)
        start = int(some.min())
        return self._read(start, int(some.max()) + 1)[some - start]

    def _read(self, start: int, stop: int) -> Rows:
        assert self._file is not None
        size = ROW.itemsize
        return np.frombuffer(self._file.read(start * size, (stop - start) * size), ROW)

    def blocks(self) -> Iterator[Rows]:
        """All rows, so many at a time as fit into memory."""
        for start in range(0, self._length, IN_MEMORY_MAX):
            yield self[start : start + IN_MEMORY_MAX]


class Scratch:
    """A file without a name: gone with whoever holds it."""

    def __init__(self) -> None:
        self._number, name = tempfile.mkstemp()
        os.unlink(name)
        weakref.finalize(self, os.close, self._number)
        self.size = 0

    def append(self, told: bytes) -> None:
        left = memoryview(told)
        while left:
            written = os.write(self._number, left)
            self.size += written
            left = left[written:]

    def read(self, start: int, size: int) -> bytes:
        """Without moving a place in the file: writers read side by side."""
        return os.pread(self._number, size, start)
