"""Which counts of a feed find what we have: nearly all that a full one tells.

They are told apart before anything is written: levels come packed, and numbers are compared.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ovunque.platform.database import Tx
from ovunque.stock.confirming import Ground
from ovunque.stock.model.comparing import CountNumbers, Numbering
from ovunque.stock.model.feeding import Source
from ovunque.stock.rules import comparing as rules
from ovunque.stock.store import comparing as store


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Counts of a source as numbers, part by part in the order of keys, as often as asked."""

    source: Source
    ground: Ground
    oldest: datetime  # Of all, by our clock.
    numbering: Numbering
    parts: Callable[[], Iterable[CountNumbers]]


def find_same(tx: Tx, told: Comparison) -> NDArray[np.bool_]:
    """The counts that find what we have, so that they may be kept: nothing has moved since.

    Levels are read first and movements after them. One that is booked in between makes its level
    look as it was told, and is found; the other way round it would be overlooked.
    """
    place_count = len(told.numbering.location_ids)
    allowed = np.array([str(at) in told.ground.locations for at in told.numbering.location_ids])
    same: list[NDArray[np.bool_]] = []
    for part in told.parts():
        stands = store.list_plain(tx, told.numbering, part.keys, told.ground.horizon)
        same.append(rules.find_same(part, stands) & allowed[part.keys % place_count])
    reach_s = max(told.source.delay_s, told.source.clock_skew_s)
    since = told.oldest - timedelta(seconds=reach_s)
    moved = store.list_moved(tx, told.numbering, since)
    if len(moved.keys):
        for found, part in zip(same, told.parts(), strict=True):
            found[rules.find_moved(part, moved, reach_s * 1_000_000)] = False
    return np.concatenate(same) if same else np.zeros(0, bool)
