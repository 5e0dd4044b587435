"""What the stock room has to be told by the rooms above it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from ovunque.platform.database import Tx
from ovunque.stock.model import Key


class PickedUnits(Protocol):
    """Units that had left their shelf and not their location, by level and its moment."""

    def __call__(self, tx: Tx, moments: Mapping[Key, datetime], /) -> Mapping[Key, int]: ...


def nothing_picked(_: Tx, __: Mapping[Key, datetime], /) -> Mapping[Key, int]:
    return {}
