"""Stock in memory: what promises and availability read, a few milliseconds behind the truth.

Compressed rows by item: `offset[i]:offset[i+1]` are the cells of item i, one for each location
that has a level, in the order of positions. Cells that appear after the build stand in a
dictionary beside it.
"""

import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ovunque.platform.database import Tx

Row = tuple[NDArray[np.int16], NDArray[np.int32]]

# An array as PostgreSQL sends it: a head, then the length of each value before the value.
ARRAY_HEAD = struct.Struct(">iiIii")
LENGTH_DTYPE = ">i4"
LOAD_SECONDS_MAX = 300  # Once in the life of a process, and nobody waits for it but its start.


@dataclass(slots=True)
class StockView:
    """Free units by item and location position; newer versions of a level replace older ones."""

    positions: Mapping[UUID, int]  # Of locations, shared with the network's part.
    item: dict[str, int]
    offset: "array[int]"  # One more than items.
    location: NDArray[np.int16]
    free: NDArray[np.int32]
    on_hand: NDArray[np.int32]
    version: NDArray[np.int64]
    later: dict[str, dict[int, tuple[int, int, int]]] = field(default_factory=dict)
    _told: dict[str, int] = field(default_factory=dict)  # Positions by ids as facts spell them.

    def row(self, sku: str) -> Row:
        """The positions that have a level of an item, and their free units."""
        at = self.item.get(sku)
        if at is None:
            location, free = self.location[:0], self.free[:0]
        else:
            start, end = self.offset[at], self.offset[at + 1]
            location, free = self.location[start:end], self.free[start:end]
        added = self.later.get(sku)
        if added:
            location = np.concatenate([location, np.fromiter(added, np.int16, len(added))])
            values = [cell[0] for cell in added.values()]
            free = np.concatenate([free, np.array(values, np.int32)])
        return location, free

    def free_at(self, sku: str, positions_count: int) -> NDArray[np.int64]:
        """Free units at every position, zero where there is no level."""
        dense = np.zeros(positions_count, np.int64)
        location, free = self.row(sku)
        dense[location] = free
        return dense

    def free_of(self, skus: Sequence[str], positions_count: int) -> NDArray[np.int64]:
        """The same for several items, a row for each; all cells of all rows are laid at once."""
        dense = np.zeros((len(skus), positions_count), np.int64)
        item = np.array([self.item.get(sku, -1) for sku in skus], np.int64)
        known = np.nonzero(item >= 0)[0]
        if len(known):
            offset, at = np.asarray(self.offset), item[known]
            start = offset[at]
            count = offset[at + 1] - start
            row = np.repeat(known, count)
            cell = np.arange(len(row)) + np.repeat(start - count.cumsum() + count, count)
            dense[row, self.location[cell]] = self.free[cell]
        for nth, sku in enumerate(skus if self.later else ()):
            for position, added in self.later.get(sku, {}).items():
                dense[nth, position] = added[0]
        return dense

    def on_hand_at(self, sku: str, positions_count: int) -> NDArray[np.int64]:
        """Units on hand at every position, zero where there is no level."""
        dense = np.zeros(positions_count, np.int64)
        item = self.item.get(sku)
        if item is not None:
            cells = slice(self.offset[item], self.offset[item + 1])
            dense[self.location[cells]] = self.on_hand[cells]
        for position, cell in self.later.get(sku, {}).items():
            dense[position] = cell[1]
        return dense

    def on_hand_of(self, sku: str, location_id: UUID) -> int | None:
        """Units on hand of one level; None where there is none."""
        position = self.positions.get(location_id)
        if position is None:
            return None
        at = self._cell(sku, position)
        if at is not None:
            return int(self.on_hand.item(at))
        cell = self.later.get(sku, {}).get(position)
        return cell[1] if cell else None

    def units(self) -> int:
        """Units on hand in the whole network."""
        later = sum(cell[1] for cells in self.later.values() for cell in cells.values())
        return int(self.on_hand.sum(dtype=np.int64)) + later

    def apply(self, levels: Iterable[Sequence[Any]]) -> None:
        """Take over the values of a `stock.changed` fact; the higher version wins."""
        for sku, location_id, on_hand, unavailable, reserved, version in levels:
            position = self._told.get(location_id)
            if position is None:
                position = self._position(location_id)
            if position is not None:
                free = on_hand - unavailable - reserved
                self._put(sku, position, (free, on_hand, version))

    def _position(self, location_id: str) -> int | None:
        """Where a location stands, remembered: it stands there as long as the process lives."""
        position = self.positions.get(UUID(location_id))
        if position is not None:
            self._told[location_id] = position
        return position

    def _put(self, sku: str, position: int, cell: tuple[int, int, int]) -> None:
        at = self._cell(sku, position)
        if at is not None:
            if cell[2] > self.version.item(at):
                self.free[at], self.on_hand[at], self.version[at] = cell
            return
        added = self.later.get(sku, {})
        if cell[2] > added.get(position, (0, 0, 0))[2]:
            self.later[sku] = added | {position: cell}  # Swapped whole: readers never see half.

    def _cell(self, sku: str, position: int) -> int | None:
        item = self.item.get(sku)
        if item is None:
            return None
        start, end = self.offset[item], self.offset[item + 1]
        places = self.location.data  # Number by number: a call that searches an array costs more.
        found = bisect_left(places, position, start, end)
        return found if found < end and places[found] == position else None

    @property
    def bytes(self) -> int:
        """What the columns take of memory, the items' names and places not counted."""
        columns = (self.location, self.free, self.on_hand, self.version)
        return sum(column.nbytes for column in columns)

    def __len__(self) -> int:
        return len(self.location) + sum(map(len, self.later.values()))


def load(tx: Tx, positions: Mapping[UUID, int]) -> StockView:
    """Build the view from the levels as they are.

    One row for each item, its cells packed as PostgreSQL packs arrays: read in place, a fifth of
    the time that a Python object for each value would take.
    """
    item: dict[str, int] = {}
    packed: tuple[list[NDArray[Any]], ...] = ([], [], [], [])
    for sku, *columns in _packed_levels(tx, positions):
        item[sku] = len(item)
        for column, values, kind in zip(packed, columns, (">i2", ">i4", ">i4", ">i8"), strict=True):
            column.append(unpack(values, kind))
    counts = [len(each) for each in packed[0]]
    offset = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    location = _joined(packed[0], np.int16)
    owner = np.repeat(np.arange(len(item), dtype=np.int64), counts)
    order = np.argsort(owner << 16 | location, kind="stable")  # Within items by position.
    free, on_hand, version = (
        _joined(column, kind)[order]
        for column, kind in zip(packed[1:], (np.int32, np.int32, np.int64), strict=True)
    )
    return StockView(
        positions=positions,
        item=item,
        offset=array("q", offset.tobytes()),
        location=location[order],
        free=free,
        on_hand=on_hand,
        version=version,
    )


def _packed_levels(tx: Tx, positions: Mapping[UUID, int]) -> Iterable[Sequence[Any]]:
    """An item and its cells: positions, free units, units on hand, versions."""
    with tx.transaction(), tx.cursor(binary=True) as cursor:
        cursor.execute(f"set local statement_timeout = '{LOAD_SECONDS_MAX}s'")
        yield from cursor.stream(
            """
            select sku, array_send(array_agg(place.at)),
                   array_send(array_agg(on_hand - unavailable - reserved)),
                   array_send(array_agg(on_hand)), array_send(array_agg(version))
              from stock_level
              join unnest(%(ids)s::uuid[], %(ats)s::int2[]) as place (location_id, at)
             using (location_id)
             group by sku
            """,
            {"ids": list(positions), "ats": list(positions.values())},
        )


def unpack(packed: bytes, kind: DTypeLike) -> NDArray[Any]:
    """The values of an array without gaps, where they lie."""
    _, has_null, _, count, _ = ARRAY_HEAD.unpack_from(packed)
    assert not has_null
    each = np.dtype([("length", LENGTH_DTYPE), ("value", kind)])
    values: NDArray[Any] = np.frombuffer(packed, each, count, ARRAY_HEAD.size)["value"]
    return values


def _joined(parts: Sequence[NDArray[Any]], kind: DTypeLike) -> NDArray[Any]:
    """One column of them all, in the machine's own order of bytes."""
    return np.concatenate([np.zeros(0, kind), *parts], dtype=kind, casting="same_kind")
