"""Which counts say what stands already."""

import numpy as np
from numpy.typing import NDArray

from ovunque.stock.model.comparing import CountNumbers, LevelNumbers


def find_same(told: CountNumbers, stands: LevelNumbers) -> NDArray[np.bool_]:
    """The counts that find what stands and are newer than what it was counted by."""
    same = np.zeros(len(told.keys), bool)
    at, found = _places(told, stands.keys)
    equal = told.units[at] == stands.units[found]
    newer = stands.moments[found] < told.moments[at]
    same[at] = equal & newer
    return same


def find_moved(told: CountNumbers, moved: LevelNumbers, reach_us: int) -> NDArray[np.intp]:
    """Where counts of levels stand that moved since, or so shortly before that it is uncertain."""
    at, found = _places(told, moved.keys)
    return at[moved.moments[found] > told.moments[at] - reach_us]


def _places(
    told: CountNumbers, keys: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where some keys stand among those that are told, and which of them do."""
    if not len(told.keys):
        return np.empty(0, np.intp), np.empty(0, np.intp)
    at = np.searchsorted(told.keys, keys)
    (found,) = np.nonzero(told.keys[np.minimum(at, len(told.keys) - 1)] == keys)
    return at[found], found
