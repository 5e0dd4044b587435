"""What the stock room has to be told by the rooms above it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from ovunque.platform.database import Tx
from ovunque.stock.model import Key


class PickedUnits(Protocol):
    """Units that have left their shelf and not their location, by level."""

    def __call__(self, tx: Tx, keys: Sequence[Key], /) -> Mapping[Key, int]: ...


def nothing_picked(_: Tx, __: Sequence[Key], /) -> Mapping[Key, int]:
    return {}
