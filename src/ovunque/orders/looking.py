"""Stock as the database has it now, for planning on the truth."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import numpy as np

from ovunque.platform.database import Tx
from ovunque.sourcing.model import Ints
from ovunque.sourcing.planning import Shelf
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.guarding import guard
from ovunque.stock.model import StockLevel
from ovunque.stock.reading import count_overdue, list_levels_of


def look(tx: Tx, snapshot: Snapshot, skus: Iterable[str], now: datetime) -> Shelf:
    """Some items as they lie at every position, this transaction's own writes included."""
    positions = snapshot.network.position_of
    rows: dict[str, Ints] = {}
    levels: dict[str, list[tuple[int, StockLevel]]] = {}
    named = sorted(set(skus))
    found, overdue = list_levels_of(tx, named), count_overdue(tx, named, now)
    for level in found:
        position = positions.get(level.key.location_id)
        if position is not None:
            row = rows.setdefault(level.key.sku, np.zeros(len(positions), np.int64))
            row[position] = level.free + overdue.get(level.key, 0)
            levels.setdefault(level.key.sku, []).append((position, level))
    guarding = guard(tx, found, now)

    def kept_of(sku: str, channel_id: UUID) -> Ints | None:
        if not guarding:
            return None
        kept = np.zeros(len(positions), np.int64)
        for position, level in levels.get(sku, ()):
            kept[position] = guarding.withheld(level.key, channel_id)
        return kept

    return Shelf(lambda sku: rows.get(sku, np.zeros(len(positions), np.int64)).copy(), kept_of)
