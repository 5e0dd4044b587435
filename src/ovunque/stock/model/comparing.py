"""Counts as plain numbers: millions of them, compared without a text for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """What the numbers stand for: a key is `item * len(location_ids) + place`."""

    skus: Sequence[str]  # All there are, in their order.
    item_at: Mapping[str, int]
    location_ids: Sequence[UUID]  # In their order.


class CountNumbers(NamedTuple):
    """Some counts in the order of their keys, each key once; moments by our clock."""

    keys: NDArray[np.int64]
    units: NDArray[np.int32]
    moments: NDArray[np.int64]  # Microseconds since 1970.


class LevelNumbers(NamedTuple):
    """What stands of some levels, in any order."""

    keys: NDArray[np.int64]
    units: NDArray[np.int32]
    moments: NDArray[np.int64]
