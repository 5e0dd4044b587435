"""Stock as the database has it now, for planning on the truth."""

from collections.abc import Iterable

import numpy as np

from ovunque.platform.database import Tx
from ovunque.sourcing.model import Ints
from ovunque.sourcing.planning import FreeOf
from ovunque.sourcing.snapshot import Snapshot
from ovunque.stock.reading import list_levels_of


def look(tx: Tx, snapshot: Snapshot, skus: Iterable[str]) -> FreeOf:
    """The free units of some items at every position, this transaction's own writes included."""
    rows: dict[str, Ints] = {}
    positions = snapshot.network.position_of
    for level in list_levels_of(tx, sorted(set(skus))):
        position = positions.get(level.key.location_id)
        if position is not None:
            row = rows.setdefault(level.key.sku, np.zeros(len(positions), np.int64))
            row[position] = level.free
    return lambda sku: rows.get(sku, np.zeros(len(positions), np.int64)).copy()
