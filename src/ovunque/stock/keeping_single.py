"""Of a single piece there is one: counted twice, or in two places, it would be sold twice.

Whoever says how many of an item there are holds its piece, if it is one, and looks at all its
levels afterwards.
"""

from collections.abc import Iterable, Sequence

from ovunque.catalog import knowing_pieces as pieces
from ovunque.kernel.refusal import Refusal
from ovunque.platform.database import Tx
from ovunque.stock import store


def hold_pieces(tx: Tx, skus: Iterable[str]) -> tuple[str, ...]:
    """Those of some items that are pieces: nobody else says where they are until we are done."""
    return tuple(sorted(pieces.lock_pieces(tx, [*dict.fromkeys(skus)])))


def refuse_twice(tx: Tx, skus: Sequence[str]) -> None:
    """Refuse what makes two of one: asked when the levels are written."""
    if not skus:
        return
    units = dict.fromkeys(skus, 0)
    for level in store.list_levels_of(tx, skus):
        units[level.key.sku] += level.on_hand
    for sku, count in units.items():
        if count > 1:
            raise Refusal("piece_once", sku=sku, units=count)
