"""Stock in memory: what promises and availability read, a few milliseconds behind the truth.

Compressed rows by item: `offset[i]:offset[i+1]` are the cells of item i, one for each location
that has a level. Cells that appear after the build stand in a dictionary beside it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ovunque.platform.database import Tx

Row = tuple[NDArray[np.int16], NDArray[np.int32]]


@dataclass(slots=True)
class StockView:
    """Free units by item and location position; newer versions of a level replace older ones."""

    positions: Mapping[UUID, int]  # Of locations, shared with the network's part.
    item: dict[str, int]
    offset: list[int]  # One more than items.
    location: NDArray[np.int16]
    free: NDArray[np.int32]
    on_hand: NDArray[np.int32]
    version: NDArray[np.int64]
    later: dict[str, dict[int, tuple[int, int, int]]] = field(default_factory=dict)

    def row(self, sku: str) -> Row:
        """The positions that have a level of an item, and their free units."""
        at = self.item.get(sku)
        if at is None:
            location, free = self.location[:0], self.free[:0]
        else:
            cells = slice(self.offset[at], self.offset[at + 1])
            location, free = self.location[cells], self.free[cells]
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

    def available(self, sku: str, pool: NDArray[np.int16], positions_count: int) -> int:
        """What a pool can sell of an item: the free units of its locations, short ones as none."""
        return int(np.maximum(self.free_at(sku, positions_count)[pool], 0).sum())

    def apply(self, levels: Iterable[Sequence[Any]]) -> None:
        """Take over the values of a `stock.changed` fact; the higher version wins."""
        for sku, location_id, on_hand, unavailable, reserved, version in levels:
            position = self.positions.get(UUID(location_id))
            if position is not None:
                free = on_hand - unavailable - reserved
                self._put(sku, position, (free, on_hand, version))

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
        found = start + int(self.location[start:end].searchsorted(position))
        return found if found < end and self.location.item(found) == position else None

    def __len__(self) -> int:
        return len(self.location) + sum(map(len, self.later.values()))


def load(tx: Tx, positions: Mapping[UUID, int]) -> StockView:
    """Build the view from the levels as they are."""
    item: dict[str, int] = {}
    offset = [0]
    parts: list[NDArray[np.int64]] = []
    rows = tx.execute(
        """
        select sku, array_agg(location_id), array_agg(on_hand - unavailable - reserved),
               array_agg(on_hand), array_agg(version)
          from stock_level group by sku order by sku
        """
    )
    for sku, location_ids, free, on_hand, version in rows:
        at = np.array([positions.get(each, -1) for each in location_ids], np.int64)
        cells = np.stack([at, np.array(free), np.array(on_hand), np.array(version)])
        cells = cells[:, np.argsort(at, kind="stable")][:, int((at < 0).sum()) :]
        item[sku] = len(parts)
        parts.append(cells)
        offset.append(offset[-1] + cells.shape[1])
    cells = np.concatenate(parts, axis=1) if parts else np.zeros((4, 0), np.int64)
    return StockView(
        positions=positions,
        item=item,
        offset=offset,
        location=cells[0].astype(np.int16),
        free=cells[1].astype(np.int32),
        on_hand=cells[2].astype(np.int32),
        version=cells[3].copy(),
    )
