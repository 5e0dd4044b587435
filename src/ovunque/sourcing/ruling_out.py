"""What may not serve a delivery whatever it has: out for a time, or for whole carts only."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from ovunque.sourcing.barring import Scene, barred
from ovunque.sourcing.model import Destination, Ints, Reason, Reasons
from ovunque.sourcing.routing import Lanes, Ways
from ovunque.sourcing.snapshot import Snapshot

Road = tuple[Lanes, Ways, Destination]


def rule_out(
    snapshot: Snapshot, road: Road, skus: Sequence[str], asked: tuple[Ints, Ints], now: datetime
) -> Reasons | None:
    """[C] why a column is out, 0 if it is not; `asked`: what is in reach, and what is wanted.

    What is out gives nothing: it is taken from what is in reach.
    """
    reach, wanted = asked
    lanes, ways, destination = road
    scene = Scene(
        network=snapshot.network,
        delivery=snapshot.delivery,
        lanes=lanes,
        ways=ways,
        destination=destination,
        now=now,
    )
    out = barred(snapshot.bars, scene, skus, reach)
    only = snapshot.network.whole_carts
    if only is None:
        return out
    parts = _refuse_parts(reach, wanted, only[ways.columns.location])
    return parts if out is None else np.where(out, out, parts)


def _refuse_parts(reach: Ints, wanted: Ints, only_whole: NDArray[np.bool_]) -> Reasons:
    """Who serves whole carts only gives nothing of one that it lacks some of."""
    lacking = only_whole & (reach < wanted[:, None]).any(axis=0)
    reach[:, lacking] = 0
    return lacking.astype(np.uint8) * Reason.LACKS_SOME
